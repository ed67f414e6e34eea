import CLinux
import Glibc

/// The name of an entry, or a path below a folder, as the kernel has it: any bytes but 0, which need not be text.
package struct EntryName: Hashable, Sendable {
    /// With the 0 at the end.
    let bytes: [CChar]

    fileprivate init(_ bytes: [CChar]) { self.bytes = bytes }

    init(_ text: String) { bytes = Array(text.utf8CString) }

    static let here = EntryName(".")

    /// The path of an entry of the folder that this is the path of; nil when it is longer than the kernel takes.
    func child(_ name: EntryName) -> EntryName? {
        if self == Self.here { return name }
        let joined = bytes.dropLast() + [0x2F] + name.bytes
        return joined.count > Int(PATH_MAX) ? nil : EntryName(Array(joined))
    }

    package var text: String { String(decoding: bytes.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self) }
}

extension HeldFile {
    /// Calls `body` with every name in this folder, in no order, until it answers false. Names may come and go meanwhile.
    func forEachEntry(_ body: (EntryName) throws(SystemError) -> Bool) throws(SystemError) {
        let number = try SystemError.check("list \(name)", unsafe kst_open_beneath(descriptor.number, ".", O_RDONLY | O_DIRECTORY, 0, 0))
        guard let stream = unsafe fdopendir(number) else {
            close(number)
            throw SystemError("list \(name)", ENOMEM)
        }
        defer { unsafe closedir(stream) }
        while let entry = unsafe readdir(stream) {
            let bytes = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { start in
                    unsafe Array(UnsafeBufferPointer(start: start, count: strlen(start) + 1))
                }
            }
            if bytes == [0x2E, 0] || bytes == [0x2E, 0x2E, 0] { continue }
            if try !body(EntryName(bytes)) { return }
        }
    }

    /// What an entry is; nil when it is gone.
    func present(_ entry: EntryName) throws(SystemError) -> FileFacts? {
        var facts = kst_file_facts()
        let result = unsafe kst_entry_facts(descriptor.number, entry.bytes, &facts)
        if result == -ENOENT { return nil }
        _ = try SystemError.check("look at \(entry.text) in \(name)", result)
        return FileFacts(facts)
    }

    /// Holds what is at a path below this folder without following a link or crossing a mount; nil when it is gone, is a link on the
    /// way, or is on another mount.
    func hold(_ path: EntryName) throws(SystemError) -> HeldFile? {
        let resolve = KST_RESOLVE_BENEATH | KST_RESOLVE_NO_MOUNTS | KST_RESOLVE_NO_LINKS
        // A link at the end is held as one.
        let number = unsafe kst_open_beneath(descriptor.number, path.bytes, Int32(KST_O_PATH) | O_NOFOLLOW, 0, UInt64(resolve))
        if [-ENOENT, -ELOOP, -EXDEV, -ENOTDIR].contains(number) { return nil }
        return HeldFile(OwnedDescriptor(try SystemError.check("open \(path.text) in \(name)", number)), name + "/" + path.text)
    }

    /// What ``walk(limit:_:)`` found.
    package enum WalkResult: Hashable, Sendable { case complete, stopped, tooMany }

    /// Calls `body` with everything below this folder that is on its filesystem, each held by itself, in no order; a folder comes after
    /// what is in it was found, but before it was visited. No link is followed and no mount crossed.
    ///
    /// Two descriptors at a time, whatever the depth. What is deeper than a path can say is an error, as others find it then.
    ///
    /// - Parameters:
    ///   - limit: how many entries are looked at, at most.
    ///   - body: answers whether to go on.
    package func walk(limit: Int, _ body: (HeldFile, FileFacts) throws(SystemError) -> Bool) throws(SystemError) -> WalkResult {
        var pending = [EntryName.here]
        var seen = 0
        var result = WalkResult.complete
        while let path = pending.popLast(), result == .complete {
            guard let folder = try hold(path) else { continue }
            try folder.forEachEntry { (entry) throws(SystemError) in
                seen += 1
                if seen > limit {
                    result = .tooMany
                    return false
                }
                guard let held = try folder.hold(entry) else { return true }
                let facts = try held.facts()
                if facts.isFolder {
                    guard let deeper = path.child(entry) else { throw SystemError("walk \(name)", ENAMETOOLONG) }
                    pending.append(deeper)
                }
                if try !body(held, facts) {
                    result = .stopped
                    return false
                }
                return true
            }
        }
        return result
    }
}
