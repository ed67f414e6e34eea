import Confinement
import LinuxKernel

/// A part of a volume, mounted on a place of the node's own for one mount of one container. Calls block.
///
/// What leads there is followed by the kernel, which does not leave the volume; what it found is held, and mounted from what is held. Whatever a
/// container does to the path meanwhile, it is something of its volume.
struct SubPath: Sendable {
    /// The volume's own path.
    var volume: String
    /// The part of it.
    var path: String
    /// Whether missing folders are made.
    var makesFolders: Bool
    var ownership: VolumeOwnership
    var spread: Mounts.Spread

    /// How often the way is begun again when somebody changes it meanwhile.
    private static let attempts = 16

    func mount(_ uid: String, container: String, number: Int, _ places: VolumePlaces) throws(SystemError) -> String {
        let origin = try find()
        let folder = try places.place(uid, ["subpaths", container], mode: 0o711)
        let name = String(number)
        try Mounts.detachAll(below: name, of: folder)
        let isFolder = try origin.facts().isFolder
        if let present = try? folder.facts(of: name), present.isFolder != isFolder { try folder.removeAll(name) }
        if (try? folder.facts(of: name)) == nil {
            if isFolder { try folder.makeFolder(name) } else { _ = try folder.makeFile(name) }
        }
        try Mounts.bind(origin, on: try folder.open(beneath: name, following: .nothing), spread: spread)
        return places.path(uid, ["subpaths", container, name])
    }

    /// Holds the part of the volume; makes the folders on the way that are missing.
    func find() throws(SystemError) -> HeldFile {
        let root = try HeldFile(volume)
        let parts = path.split(separator: "/").map(String.init).filter { $0 != "." }
        guard !parts.isEmpty, !parts.contains("..") else { throw SystemError("follow \(path)", 22) }
        for _ in 0..<Self.attempts {
            do throws(SystemError) {
                return try root.open(beneath: parts.joined(separator: "/"), following: .linksInside)
            } catch {
                guard error.code == 2, makesFolders else { throw error }
            }
            try makeMissing(parts, root)
        }
        throw SystemError("follow \(path) in \(volume)", 40, detail: "a link on the way leads nowhere, or somebody changes the way")
    }

    /// Makes the folders of the path from the first one that is missing. The permissions are the volume's own.
    private func makeMissing(_ parts: [String], _ root: HeldFile) throws(SystemError) {
        let mode = try root.facts().mode & 0o2777
        var current = root
        for (index, part) in parts.enumerated() {
            if let next = try? root.open(beneath: parts[...index].joined(separator: "/"), following: .linksInside) {
                current = next
                continue
            }
            // A link that leads nowhere has the name already; then the way is begun again, and ends as too long.
            guard try current.makeFolder(part) else { return }
            let made = try current.open(beneath: part, following: .nothing)
            // Whoever put something else there meanwhile gets no set-group-id file from us.
            guard try made.facts().isFolder else { return }
            try made.setOwner(user: ownership.root, group: ownership.group)
            try made.setMode(mode)
            current = made
        }
    }
}
