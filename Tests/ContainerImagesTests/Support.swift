import CArchive
import ContentStore
import Glibc
import OCIModel
import Testing

@testable import ContainerImages

/// A folder that is removed with its contents when the last reference goes.
final class TemporaryFolder: Sendable {
    let path: String
    init() {
        let base = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        var path = ""
        repeat { path = "\(base)/kastell-images-\(UInt64.random(in: .min ... .max))" } while unsafe mkdir(path, 0o700) != 0 && errno == EEXIST
        self.path = path
    }
    deinit { Shell.run("rm", "-rf", path) }
}

enum Shell {
    /// The status and standard output of a command.
    @discardableResult
    static func run(_ words: String..., input: [UInt8]? = nil) -> Int32 {
        var child: pid_t = 0
        var arguments: [UnsafeMutablePointer<CChar>?] = unsafe words.map { unsafe strdup($0) } + [nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        guard unsafe posix_spawnp(&child, words[0], nil, nil, &arguments, environ) == 0 else { return -1 }
        var status: Int32 = 0
        while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : -1
    }
}

/// Writes tar archives as no builder would.
struct Tar {
    private(set) var bytes: [UInt8] = []

    mutating func add(
        _ name: String, type: Character = "0", _ contents: [UInt8] = [], link: String = "", mode: Int = 0o644, user: Int = 0, group: Int = 0,
        size: Int64? = nil, device: Int = 0
    ) {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, _ at: Int, _ limit: Int) { header.replaceSubrange(at..<(at + min(limit, text.utf8.count)), with: text.utf8.prefix(limit)) }
        func octal(_ value: Int64, _ width: Int) -> String {
            let digits = String(value, radix: 8)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        put(name, 0, 100)
        put(octal(Int64(mode), 7), 100, 7)
        put(octal(Int64(user), 7), 108, 7)
        put(octal(Int64(group), 7), 116, 7)
        put(octal(size ?? Int64(contents.count), 11), 124, 11)
        put(octal(1_600_000_000, 11), 136, 11)
        put("        ", 148, 8)
        put(String(type), 156, 1)
        put(link, 157, 100)
        put("ustar\u{0}00", 257, 8)
        put(octal(Int64(device), 7), 329, 7)
        put(octal(Int64(device), 7), 337, 7)
        let sum = header.reduce(0) { $0 + Int($1) }
        put(octal(Int64(sum), 6) + "\u{0} ", 148, 8)
        bytes += header + contents
        bytes += [UInt8](repeating: 0, count: (512 - contents.count % 512) % 512)
    }

    mutating func folder(_ name: String, mode: Int = 0o755, user: Int = 0) { add(name, type: "5", mode: mode, user: user) }

    /// An extended header for the next entry.
    mutating func extended(_ values: [(String, [UInt8])]) {
        var text: [UInt8] = []
        for (key, value) in values {
            let rest = key.utf8.count + value.count + 3
            var length = rest + 1
            while length != rest + String(length).utf8.count { length = rest + String(length).utf8.count }
            text += Array("\(length) \(key)=".utf8) + value + [0x0A]
        }
        add("PaxHeaders/x", type: "x", text)
    }

    var whole: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }
}

/// A layer unpacked into a folder of its own.
struct Layers {
    let folder = TemporaryFolder()
    private(set) var paths: [String] = []

    /// Unpacks one more layer on top, and answers where.
    @discardableResult
    mutating func unpack(_ bytes: [UInt8], compression: ImageMediaType.Compression = .none, expected: ImageDigest? = nil, limits: LayerLimits = LayerLimits()) throws -> UnpackedLayer {
        let path = "\(folder.path)/\(paths.count)"
        var rest = bytes[...]
        let result = try LayerUnpacker.unpack(
            compression: compression, into: path, lowers: paths.reversed(), expected: expected ?? ContentHash.digest(bytes), form: .here, limits: limits
        ) { chunk in
            let count = min(rest.count, chunk.count)
            chunk.replaceSubrange(0..<count, with: rest.prefix(count))
            rest = rest.dropFirst(count)
            return count
        }
        paths.append(path)
        return result
    }

    func status(_ name: String, layer: Int? = nil) -> stat? {
        var status = stat()
        return unsafe lstat("\(paths[layer ?? paths.count - 1])/\(name)", &status) == 0 ? status : nil
    }

    func mode(_ name: String) -> UInt32? { status(name).map { $0.st_mode & 0o7777 } }
    func kind(_ name: String) -> UInt32? { status(name).map { $0.st_mode & 0o170000 } }

    func attribute(_ name: String, _ key: String) -> [UInt8]? {
        var value = [UInt8](repeating: 0, count: 64)
        let count = unsafe lgetxattr("\(paths[paths.count - 1])/\(name)", key, &value, 64)
        return count < 0 ? nil : Array(value.prefix(count))
    }
}
