import CertificateAuthority
import Glibc
import Testing

@Suite("private files")
struct SecureFileTests {
    private static func folder() throws -> String {
        let path = "/tmp/kst-file-" + String(UInt64.random(in: .min ... .max), radix: 36)
        try SecureFile.makePrivateFolder(path)
        return path
    }

    private static func clean(_ folder: String, _ names: String...) {
        for name in names { unsafe unlink(folder + "/" + name) }
        unsafe rmdir(folder)
    }

    @Test("a link that somebody planted is replaced by the file, and nothing is written through it")
    func plantedLink() throws {
        let folder = try Self.folder()
        defer { Self.clean(folder, "key", "victim") }
        try SecureFile.write(folder + "/victim", Array("untouched".utf8))
        #expect(unsafe symlink(folder + "/victim", folder + "/key") == 0)
        try SecureFile.write(folder + "/key", Array("secret".utf8))
        #expect(try SecureFile.read(folder + "/victim", .secret) == Array("untouched".utf8))
        #expect(try SecureFile.read(folder + "/key", .secret) == Array("secret".utf8))
        var target = [CChar](repeating: 0, count: 64)
        #expect(unsafe readlink(folder + "/key", &target, target.count) == -1 && errno == EINVAL, "still a link")
        #expect(SecureFile.mode(folder + "/key") == 0o600)
    }

    @Test("a link that leads nowhere is no free place for a file that must be new")
    func danglingLink() throws {
        let folder = try Self.folder()
        defer { Self.clean(folder, "lock", "elsewhere") }
        #expect(unsafe symlink(folder + "/elsewhere", folder + "/lock") == 0)
        #expect(try SecureFile.createExclusively(folder + "/lock") == false)
        #expect(!SecureFile.exists(folder + "/elsewhere"))
    }

    @Test("a secret that others can read is refused, and so is what is no file", arguments: [0o644, 0o660, 0o604] as [mode_t])
    func readableByOthers(_ mode: mode_t) throws {
        let folder = try Self.folder()
        defer { Self.clean(folder, "key") }
        try SecureFile.write(folder + "/key", Array("secret".utf8))
        #expect(unsafe chmod(folder + "/key", mode) == 0)
        #expect(throws: FileError.self) { try SecureFile.read(folder + "/key", .secret) }
        #expect(throws: FileError.self) { try SecureFile.read(folder, .any) }
    }

    @Test("a folder that others can enter is not taken for a private one")
    func openFolder() throws {
        let folder = try Self.folder()
        defer { Self.clean(folder) }
        #expect(unsafe chmod(folder, 0o755) == 0)
        #expect(throws: FileError.self) { try SecureFile.makePrivateFolder(folder) }
    }
}
