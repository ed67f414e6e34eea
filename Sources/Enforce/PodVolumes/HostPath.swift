import JSONValue
import LinuxKernel

/// A path of the node that a volume names, and what has to be there. Calls block.
///
/// Source: Kubernetes documentation, "Volumes", "hostPath volume types".
struct HostPath: Sendable {
    var path: String
    var type: String

    init(_ source: JSON?) {
        path = source?["path"]?.string ?? ""
        type = source?["type"]?.string ?? ""
    }

    /// Makes what may be made and checks what is there.
    ///
    /// - Returns: nil when it is as asked, and otherwise what is wrong.
    func obstacle() throws(SystemError) -> String? {
        guard path.hasPrefix("/"), !path.split(separator: "/").contains("..") else { return "the path \(path) is not absolute" }
        let found = try? HeldFile(path).facts()
        if found == nil {
            switch type {
            // A runtime makes the folder that it is told to mount, when there is no word of what it is.
            case "", "DirectoryOrCreate": try HeldFile.makeFolders(path, mode: 0o755)
            case "FileOrCreate": try makeFile()
            default: break
            }
        }
        let kind = try? (found ?? HeldFile(path).facts()).kind
        let (isRight, name): (Bool, String) =
            switch type {
            case "": (true, "")
            case "Directory", "DirectoryOrCreate": (kind == .folder, "a directory")
            case "File", "FileOrCreate": (kind == .file, "a file")
            case "Socket": (kind == .socket, "a socket file")
            case "CharDevice": (kind?.isCharacterDevice == true, "a character device")
            case "BlockDevice": (kind?.isBlockDevice == true, "a block device")
            default: (false, "of the type \(type), which is unknown")
            }
        return isRight ? nil : "hostPath type check failed: \(path) is not \(name)"
    }

    private func makeFile() throws(SystemError) {
        let parts = path.split(separator: "/").map(String.init)
        guard let name = parts.last else { return }
        _ = try HeldFile("/" + parts.dropLast().joined(separator: "/")).makeFile(name, mode: 0o644)
    }
}

extension FileFacts.Kind {
    var isCharacterDevice: Bool { if case .characterDevice = self { true } else { false } }
    var isBlockDevice: Bool { if case .blockDevice = self { true } else { false } }
}
