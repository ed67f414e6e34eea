package import ContentStore
import Glibc
import OCIModel

/// The root file system of one container: the image's layers below, a folder of its own above, joined by the kernel's overlay.
extension ImageLibrary {
    /// Mounts the root file system of a container and answers its path.
    ///
    /// Devices of it cannot be opened, whatever a container makes of them. Called in the mount namespace of the containers.
    ///
    /// - Parameters:
    ///   - owner: whom the folder belongs to that the container writes to: the root of its users.
    ///   - layer: gives another path for a layer, where its files belong to other users; called with the layer and its number.
    package func mountRoot(
        _ id: String, of image: ImageRecord, owner: UInt32 = 0, layer: (String, Int) throws -> String = { path, _ in path }
    ) throws -> String {
        guard !id.isEmpty, id.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || (0x41...0x5A).contains($0) || $0 == 0x2D || $0 == 0x5F }) else {
            throw ImageError("'\(id)' is no id of a container")
        }
        let lease = try store.lease()
        defer { lease.end() }
        let (_, _, configuration) = try resolve(image.target)
        let chain = Array(ContentHash.chain(configuration.diffIDs).reversed())
        try lease.keep(chain)
        try store.addRoot(RootRecord(id: id, layers: chain))
        let folders = try unpack(image).folders.enumerated().map { try layer($1, $0) }
        let root = store.rootPath(id)
        for name in ["upper", "work", "rootfs"] {
            guard unsafe mkdir(root + "/" + name, 0o755) == 0 || errno == EEXIST else { throw LayerError.system(call: "mkdir", entry: root + "/" + name, code: errno) }
        }
        if owner != 0, unsafe chown(root + "/upper", owner, owner) != 0 { throw LayerError.system(call: "chown", entry: root + "/upper", code: errno) }
        // An image without layers is an empty folder.
        var opened: [Int32] = []
        defer { for file in opened { close(file) } }
        var lowers = folders.isEmpty ? [root + "/work"] : folders
        if lowers.reduce(0, { $0 + $1.utf8.count + 1 }) > 3000 {
            // The options of a mount are one page: many layers are named by descriptors.
            lowers = try lowers.map { folder in
                let file = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                guard file >= 0 else { throw LayerError.system(call: "open", entry: folder, code: errno) }
                opened.append(file)
                return "/proc/self/fd/\(file)"
            }
        }
        var options = "lowerdir=" + lowers.map(Self.escaped).joined(separator: ":")
        options += ",upperdir=\(Self.escaped(root + "/upper")),workdir=\(Self.escaped(root + "/work"))"
        if form == .user { options += ",userxattr" }
        let target = root + "/rootfs"
        guard unsafe mount("overlay", target, "overlay", UInt(MS_NODEV), options) == 0 else { throw LayerError.system(call: "mount overlay", entry: target, code: errno) }
        return target
    }

    /// Unmounts the root file system of a container and removes what the container wrote.
    package func unmountRoot(_ id: String) throws {
        let target = store.rootPath(id) + "/rootfs"
        guard unsafe umount2(target, Int32(MNT_DETACH)) == 0 || errno == EINVAL || errno == ENOENT else {
            throw LayerError.system(call: "umount", entry: target, code: errno)
        }
        try store.removeRoot(id)
    }

    /// The overlay's options have their own separators.
    private static func escaped(_ path: String) -> String {
        path.map { $0 == ":" || $0 == "," || $0 == "\\" ? "\\\($0)" : String($0) }.joined()
    }
}
