import KubeModel
import LinuxKernel
import VolumeContent

/// Writes the files of a volume so that whoever reads them sees all of the old ones or all of the new ones: the files are in a folder with a name
/// of their own, `..data` is a link to it, every visible name is a link through `..data`, and a rename puts the new link in the place of the old.
/// Calls block.
///
/// Source: Kubernetes documentation, "Mounted ConfigMaps are updated automatically"; the layout is kubelet's, which programs watch.
struct ContentWriter: Sendable {
    /// The folder of the volume; only the node writes into it.
    var folder: HeldFile
    var ownership: VolumeOwnership

    private static let data = "..data"
    private static let temporary = "..data_tmp"

    /// Makes the volume hold these files and no others.
    ///
    /// - Returns: whether something changed.
    @discardableResult
    func write(_ files: [String: VolumeFile], now: Timestamp) throws(SystemError) -> Bool {
        let before = folder.link(Self.data)
        if let before, try holds(files, in: before) { return false }
        let version = Self.version(now)
        do {
            try make(version, files)
            try? folder.unlink(Self.temporary)
            try folder.makeLink(Self.temporary, to: version)
            try folder.rename(Self.temporary, to: Self.data)
        } catch {
            try? folder.removeAll(version)
            throw error
        }
        try show(files)
        try removeOthers(than: version, files)
        return true
    }

    /// `..2026_11_26_07_30_00.1234567890`
    private static func version(_ now: Timestamp) -> String {
        let digits = now.description.dropLast().map { "-T:".contains($0) ? "_" : $0 }
        return ".." + String(digits) + "." + String(UInt32.random(in: 0 ... .max))
    }

    private func make(_ version: String, _ files: [String: VolumeFile]) throws(SystemError) {
        let top = try makeFolder(version, in: folder)
        for (path, file) in files.sorted(by: { $0.key < $1.key }) {
            guard let parts = VolumePath.components(path), let name = parts.last, let owner = ownership.user(file.owner ?? 0) else {
                throw SystemError("write \(path)", 22, detail: "the pod has no user \(file.owner ?? 0)")
            }
            var current = top
            for part in parts.dropLast() { current = try makeFolder(part, in: current) }
            // Without permissions until it has its owner.
            let made = try current.makeFile(name, file.bytes, mode: 0)
            try made.setOwner(user: owner, group: ownership.group)
            try made.setMode(ownership.readOnlyMode(file.mode))
        }
    }

    private func makeFolder(_ name: String, in parent: HeldFile) throws(SystemError) -> HeldFile {
        let isNew = try parent.makeFolder(name)
        let made = try parent.open(beneath: name, following: .nothing)
        if isNew {
            try made.setOwner(user: ownership.root, group: ownership.group)
            try made.setMode(ownership.readOnlyFolderMode)
        }
        return made
    }

    /// Links what people look for.
    private func show(_ files: [String: VolumeFile]) throws(SystemError) {
        for name in Self.visible(files) where folder.link(name) != Self.data + "/" + name {
            try folder.removeAll(name)
            try folder.makeLink(name, to: Self.data + "/" + name)
        }
    }

    private static func visible(_ files: [String: VolumeFile]) -> Set<String> { Set(files.keys.compactMap { VolumePath.components($0)?.first }) }

    private func removeOthers(than version: String, _ files: [String: VolumeFile]) throws(SystemError) {
        let kept = Self.visible(files).union([Self.data, version])
        for name in try folder.names() where !kept.contains(name) { try folder.removeAll(name) }
    }

    /// Whether a version has these files, with these owners and permissions, and no others.
    private func holds(_ files: [String: VolumeFile], in version: String) throws(SystemError) -> Bool {
        guard version.hasPrefix(".."), !version.contains("/"), let top = try? folder.open(beneath: version, following: .nothing) else { return false }
        for (path, file) in files {
            guard let facts = try? top.open(beneath: path, following: .nothing).facts(), facts.kind == .file, facts.bytes == UInt64(file.bytes.count),
                facts.mode == ownership.readOnlyMode(file.mode), facts.owner == ownership.user(file.owner ?? 0), facts.group == ownership.group,
                try top.read(path, limit: file.bytes.count + 1) == file.bytes
            else { return false }
        }
        if !Self.visible(files).allSatisfy({ folder.link($0) == Self.data + "/" + $0 }) { return false }
        var count = 0
        let walked = try top.walk(limit: 1 << 20) { (_, facts) in
            if !facts.isFolder { count += 1 }
            return true
        }
        return walked == .complete && count == files.count
    }
}
