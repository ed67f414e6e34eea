import CertificateAuthority
import LinuxKernel

/// Where the volumes of pods are, below the folder that ``PodVolumes`` owns. Makes what is missing; calls block.
///
///     UID/volumes/NAME               an emptyDir
///     UID/content/NAME               the files of objects, on a filesystem in memory that is the pod's own
///     UID/subpaths/CONTAINER/NUMBER  a part of a volume, mounted for one container
///     UID/owned/NAME                 says that the files of a volume have been given to the pod's group
struct VolumePlaces: Sendable {
    var folder: String

    func root() throws(SystemError) -> HeldFile {
        do { try SecureFile.makePrivateFolder(folder) } catch { throw SystemError("make \(folder)", 13, detail: error.description) }
        return try HeldFile(folder)
    }

    /// A folder of a pod; made when it is missing.
    func place(_ uid: String, _ path: [String], mode: UInt32 = 0o711) throws(SystemError) -> HeldFile {
        var current = try root()
        for name in [uid] + path {
            let isNew = try current.makeFolder(name, mode: mode)
            current = try current.open(beneath: name)
            if isNew { try current.setMode(mode) }
        }
        return current
    }

    func path(_ uid: String, _ path: [String]) -> String { ([folder, uid] + path).joined(separator: "/") }

    /// The folder of a pod for the files of objects, on its filesystem in memory.
    ///
    /// - Throws: also when what is mounted there does not live in memory: secrets never reach a disk.
    func content(_ uid: String) throws(SystemError) -> HeldFile {
        let pod = try place(uid, [])
        try pod.makeFolder("content", mode: 0o711)
        if !(try Self.isMounted("content", in: pod)) {
            try Mounts.memory(on: try pod.open(beneath: "content"), bytes: nil, user: 0, group: 0, mode: 0o711, keepsOffDisk: true)
        }
        let content = try pod.open(beneath: "content")
        guard try content.isInMemory() else { throw SystemError("use \(path(uid, ["content"]))", 1, detail: "it is not in memory") }
        return content
    }

    /// Whether an entry of a folder is the root of a mount.
    static func isMounted(_ name: String, in folder: HeldFile) throws(SystemError) -> Bool {
        try folder.open(beneath: name).facts().mount != folder.facts().mount
    }

    /// What is part of a path: no slash, no dots alone, not long.
    static func isName(_ text: String) -> Bool {
        (1...63).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || (0x41...0x5A).contains($0) || $0 == 0x2D }
    }
}
