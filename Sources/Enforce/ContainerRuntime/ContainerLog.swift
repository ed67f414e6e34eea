import CertificateAuthority
import KubeModel
import LinuxKernel

/// Reads the log that a monitor writes, also while it writes it and while it is rotated.
package struct ContainerLog: Sendable {
    private let path: String
    private let selection: LogSelection

    /// - Parameter path: the present part of the log.
    package init(_ path: String, _ selection: LogSelection) {
        self.path = path
        self.selection = selection
    }

    private static let block = 64 * 1024

    /// Reads from the selected beginning to the end; one that is followed to the end of its container.
    ///
    /// - Parameters:
    ///   - isRunning: whether the container may still write.
    ///   - send: takes what the client gets.
    /// - Throws: `SystemError` ENOENT when there is no log; what `send` throws.
    package func read(isRunning: @Sendable () async -> Bool, send: @Sendable ([UInt8]) async throws -> Void) async throws {
        // The watch comes first: what happens after the last look is told.
        let growth = selection.follows ? try GrowingFile.growth(in: SecureFile.folder(of: path)) : nil
        defer { growth?.close() }
        var rendering = LogRendering(selection)
        var file = try GrowingFile(path)
        var offset = try await start(in: file)
        var isLast = growth == nil
        while !rendering.isFull {
            try Task.checkCancellation()
            let (current, position) = (file, offset)
            let bytes = try await KernelCall.blocking { () throws(SystemError) in try current.read(at: position, count: Self.block) }
            if !bytes.isEmpty {
                offset += bytes.count
                let shown = rendering.take(bytes)
                if !shown.isEmpty { try await send(shown) }
                continue
            }
            if isLast { break }
            if let next = try? rotated(from: file) {
                // The monitor has opened the new part: nothing more is written to the old one. One more look at it first.
                let tail = try file.read(at: offset, count: Self.block)
                if !tail.isEmpty { continue }
                (file, offset) = (next, 0)
                continue
            }
            if await !isRunning() {
                // What it wrote before it ended is read, then it is over.
                isLast = true
                continue
            }
            guard let growth else { break }
            // Its end makes no file grow: that is asked for once a second.
            if try await growth.isReadable(within: 1000) { _ = try await growth.read() }
        }
    }

    /// The part that came after `file`, though others may have come since; nil while `file` is the present one.
    private func rotated(from file: GrowingFile) throws(SystemError) -> GrowingFile? {
        let folder = SecureFile.folder(of: path)
        let stem = path.split(separator: "/").last.map(String.init) ?? ""
        for attempt in 0..<3 {
            let parts = try FileTree.names(folder).filter { $0.hasPrefix(stem + ".") }.map { folder + "/" + $0 } + [path]
            let identities = parts.map(GrowingFile.identity(of:))
            if let place = identities.firstIndex(of: file.identity) {
                if place + 1 == parts.count || identities[place + 1] == nil { return nil }
                return try GrowingFile(parts[place + 1])
            }
            // Renamed between the two looks, or removed since it was too old: then the oldest goes on.
            if attempt == 2, let oldest = zip(parts, identities).first(where: { $0.1 != nil })?.0 { return try GrowingFile(oldest) }
        }
        return nil
    }

    /// Where to begin. For the last lines, the file is read from its end backwards, as far as needed.
    private func start(in file: GrowingFile) async throws -> Int {
        guard let tail = selection.tail else { return 0 }
        let size = try file.size()
        if tail == 0 { return size }
        return try await KernelCall.blocking { () throws(SystemError) in
            var kept: [UInt8] = []
            var start = size
            while start > 0 {
                let count = min(max(Self.block, kept.count), start)
                start -= count
                kept = try file.read(at: start, count: count) + kept
                // The first line may have begun before.
                let first = start == 0 ? 0 : (kept.firstIndex(of: 0x0A) ?? kept.count - 1) + 1
                if let found = LogRendering.start(ofLast: tail, in: Array(kept[first...])) { return start + first + found }
            }
            return 0
        }
    }
}

extension ContainerRuntime {
    /// Begins a new part of a container's log when the present one is full, and removes the oldest parts.
    ///
    /// - Parameters:
    ///   - limit: the size of a part, in bytes.
    ///   - parts: how many are kept, the present one included.
    /// - Returns: whether a new part was begun.
    @discardableResult
    package func rotateLog(of id: String, _ log: String, limit: Int = 10 << 20, parts: Int = 5) throws -> Bool {
        guard let size = GrowingFile.size(of: log), size >= limit else { return false }
        let folder = SecureFile.folder(of: log)
        let stem = log.split(separator: "/").last.map(String.init) ?? ""
        let now = clock()
        var name = LogRendering.text(now).filter { $0 != ":" && $0 != "-" }
        // Parts are read in the order of their names, also when two begin at one time or the clock goes back.
        let last = try FileTree.names(folder).last { $0.hasPrefix(stem + ".") }.map { String($0.dropFirst(stem.count + 1)) }
        if let last, last >= name { name = last + "a" }
        try GrowingFile.rename(log, to: log + "." + name)
        do {
            try GrowingFile.tell(configuration.bundle(id) + "/ctl", "2 0 0\n")
        } catch {
            // Nobody would write to the new part: it stays as it was.
            try GrowingFile.rename(log + "." + name, to: log)
            throw error
        }
        let old = try FileTree.names(folder).filter { $0.hasPrefix(stem + ".") }
        for name in old.dropLast(max(0, parts - 1)) { try? FileTree.remove(folder + "/" + name) }
        return true
    }
}
