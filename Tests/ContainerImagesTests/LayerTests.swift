import CArchive
import ContentStore
import Glibc
import OCIModel
import Testing

@testable import ContainerImages

private let isRoot = geteuid() == 0

@Suite("layers", .enabled(if: isRoot, "needs root, or root of a user namespace, to give files to their owners")) struct LayerTests {
    private func layer(_ body: (inout Tar) -> Void) -> [UInt8] {
        var tar = Tar()
        body(&tar)
        return tar.whole
    }

    @Test("files, folders, links and pipes come out with mode, owner and time") func plain() throws {
        var layers = Layers()
        try layers.unpack(layer { tar in
            tar.folder("./")
            tar.folder("bin/", mode: 0o711, user: 7)
            tar.add("bin/su", Array("x".utf8), mode: 0o4755, user: 3, group: 4)
            tar.add("bin/sh", type: "2", link: "su")
            tar.add("bin/hard", type: "1", link: "bin/su")
            tar.add("tmp/deep/pipe", type: "6", mode: 0o600)
            tar.folder("var/", mode: 0o1777)
        })
        #expect(layers.mode("bin") == 0o711 && layers.status("bin")?.st_uid == 7)
        #expect(layers.mode("bin/su") == 0o4755 && layers.status("bin/su")?.st_uid == 3 && layers.status("bin/su")?.st_gid == 4)
        #expect(layers.status("bin/su")?.st_nlink == 2)
        #expect(layers.kind("bin/sh") == 0o120000 && layers.kind("tmp/deep/pipe") == 0o010000)
        #expect(layers.mode("var") == 0o1777)
        #expect(layers.status("bin/su")?.st_mtim.tv_sec == 1_600_000_000 && layers.status("bin")?.st_mtim.tv_sec == 1_600_000_000)
    }

    @Test("whiteouts take the overlay's form") func whiteouts() throws {
        var layers = Layers()
        try layers.unpack(layer { tar in
            tar.add("a/.wh.gone")
            tar.add("b/.wh..wh..opq")
            tar.add("b/new", [1])
            // Of this layer itself: stays, and hides the lower one of its name.
            tar.folder("c/")
            tar.add(".wh.c")
            tar.add(".wh.d")
            tar.folder("d/")
            tar.add(".wh..wh.plnk")
        })
        #expect(layers.kind("a/gone") == 0o020000 && layers.status("a/gone")?.st_rdev == 0)
        #expect(layers.attribute("b", OverlayForm.here.opaque) == [0x79])
        #expect(layers.kind("c") == 0o040000 && layers.attribute("c", OverlayForm.here.opaque) == [0x79])
        #expect(layers.kind("d") == 0o040000 && layers.attribute("d", OverlayForm.here.opaque) == [0x79])
        #expect(layers.status(".wh..wh.plnk") == nil)
    }

    @Test("a folder that a layer leaves out is as the layers below have it, links included") func lowerFolders() throws {
        var layers = Layers()
        try layers.unpack(layer { tar in
            tar.folder("tmp/", mode: 0o1777, user: 5)
            tar.folder("usr/lib/", mode: 0o700)
            tar.add("lib", type: "2", link: "usr/lib")
        })
        try layers.unpack(layer { tar in
            tar.add("tmp/x", [1])
            tar.add("lib/y", [1])
        })
        #expect(layers.mode("tmp") == 0o1777 && layers.status("tmp")?.st_uid == 5)
        #expect(layers.kind("lib") == nil && layers.kind("usr/lib/y") == 0o100000 && layers.mode("usr/lib") == 0o700)
    }

    @Test("nothing lands outside the layer", arguments: [
        ("escape", "0"), ("escape/deep", "0"), ("link/escape", "0"), ("absolute/escape", "0"), ("escape", "2"), ("absolute/escape", "1"),
    ])
    func outside(name: String, type: Character) throws {
        var layers = Layers()
        let victim = layers.folder.path + "/escape"
        let up = String(repeating: "../", count: 30)
        let bytes = layer { tar in
            tar.add("source", [1])
            tar.add("link", type: "2", link: up)
            tar.add("absolute", type: "2", link: layers.folder.path)
            tar.add(name, type: type, [], link: type == "1" ? "source" : "/etc/passwd")
            tar.add("/\(name)2", [2])
        }
        _ = try? layers.unpack(bytes)
        var status = stat()
        #expect(unsafe lstat(victim, &status) != 0 && lstat("/escape", &status) != 0 && lstat("/escape2", &status) != 0)
    }

    @Test("hostile entries are refused", arguments: [
        "dotdot", "dotdot-middle", "hardlink-out", "hardlink-through-link", "hardlink-missing", "whiteout-dot", "whiteout-dotdot", "whiteout-empty", "root-file",
        "file-as-folder", "link-circle", "deep", "negative-owner",
    ])
    func hostile(name: String) throws {
        var layers = Layers()
        let bytes = layer { tar in
            switch name {
            case "dotdot": tar.add("../escape", [1])
            case "dotdot-middle": tar.add("a/../../escape", [1])
            case "hardlink-out": tar.add("x", type: "1", link: "../../../../etc/shadow")
            case "hardlink-through-link":
                tar.add("out", type: "2", link: "/etc")
                tar.add("x", type: "1", link: "out/shadow")
            case "hardlink-missing": tar.add("x", type: "1", link: "/etc/shadow")
            case "whiteout-dot": tar.add("a/.wh..")
            case "whiteout-dotdot": tar.add("a/.wh...")
            case "whiteout-empty": tar.add("a/.wh.")
            case "root-file": tar.add("./", type: "2", link: "/")
            case "file-as-folder":
                tar.add("a", [1])
                tar.add("a/b", [1])
            case "link-circle":
                tar.add("a", type: "2", link: "b")
                tar.add("b", type: "2", link: "a")
                tar.add("a/x", [1])
            case "deep":
                tar.extended([("path", Array(Array(repeating: "d", count: 300).joined(separator: "/").utf8))])
                tar.add("x", [1])
            default:
                tar.extended([("uid", Array("4294967295".utf8))])
                tar.add("x", [1])
            }
        }
        let error = #expect(throws: LayerError.self) { try layers.unpack(bytes) }
        if let error, case .hostile = error {} else { Issue.record("\(String(describing: error))") }
    }

    @Test("device nodes are left out, and attributes that are the kernel's business") func devicesAndAttributes() throws {
        var layers = Layers()
        let capability: [UInt8] = [1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        let result = try layers.unpack(layer { tar in
            tar.add("dev/sda", type: "4", device: 8)
            tar.add("dev/null", type: "3", device: 1)
            tar.add("fake-whiteout", type: "3", device: 0)
            tar.extended([
                ("SCHILY.xattr.trusted.overlay.opaque", [0x79]), ("SCHILY.xattr.user.overlay.redirect", Array("/".utf8)),
                ("SCHILY.xattr.security.selinux", [0x61]), ("SCHILY.xattr.user.fine", [0x31]), ("SCHILY.xattr.security.capability", capability),
            ])
            tar.add("file", [1], user: 9)
        })
        #expect(result.skippedDevices == 3 && result.skippedAttributes == 3)
        #expect(layers.status("dev/sda") == nil && layers.status("fake-whiteout") == nil)
        #expect(layers.attribute("file", OverlayForm.here.opaque) == nil && layers.attribute("file", "security.selinux") == nil)
        #expect(layers.attribute("file", "user.fine") == [0x31] && layers.attribute("file", "security.capability")?.isEmpty == false)
    }

    @Test("what is too much is refused before it is written") func limits() throws {
        var limits = LayerLimits()
        limits.bytes = 1 << 20
        limits.entries = 10
        let tooLarge = layer { $0.add("a", [UInt8](repeating: 0, count: (1 << 20) + 1)) }
        let announced = layer { $0.add("a", [], size: 1 << 32) }
        let many = layer { tar in for index in 0..<11 { tar.add("f\(index)") } }
        // One byte of a sparse file that says it is 4 TiB.
        let sparse = layer { tar in
            tar.extended([("GNU.sparse.major", [0x30]), ("GNU.sparse.minor", [0x31]), ("GNU.sparse.name", Array("s".utf8)),
                ("GNU.sparse.size", Array("4398046511104".utf8)), ("GNU.sparse.map", Array("0,1".utf8))])
            tar.add("s", [1])
        }
        for bytes in [tooLarge, announced, many, sparse] {
            var layers = Layers()
            #expect(throws: LayerError.self) { try layers.unpack(bytes, limits: limits) }
        }
    }

    @Test("a bomb of zeros stops at the limit") func bomb() throws {
        let folder = TemporaryFolder()
        #expect(Shell.run("sh", "-c", "head -c 300000000 /dev/zero | gzip -1 > \(folder.path)/bomb.gz") == 0)
        var limits = LayerLimits()
        limits.bytes = 1 << 20
        var layers = Layers()
        let bytes = try Files.read(folder.path + "/bomb.gz")
        #expect(throws: LayerError.self) { try layers.unpack(bytes, compression: .gzip, limits: limits) }
    }

    @Test("contents of another digest are refused") func digest() throws {
        var layers = Layers()
        let other = try #require(ImageDigest(.sha256, hex: String(repeating: "0", count: 64)))
        #expect(throws: LayerError.self) { try layers.unpack(layer { $0.add("a", [1]) }, expected: other) }
    }

    @Test("compressed layers come out the same", arguments: ["gzip", "zstd"])
    func compressed(tool: String) throws {
        let folder = TemporaryFolder()
        let bytes = layer { tar in for index in 0..<200 { tar.add("f\(index)", [UInt8](repeating: UInt8(index), count: 5000)) } }
        try Files.write(folder.path + "/layer", bytes)
        try #require(Shell.run("sh", "-c", "\(tool) -c < \(folder.path)/layer > \(folder.path)/packed") == 0)
        var layers = Layers()
        let result = try layers.unpack(
            try Files.read(folder.path + "/packed"), compression: tool == "gzip" ? .gzip : .zstd, expected: ContentHash.digest(bytes))
        #expect(result.entries == 200 && result.bytes == 1_000_000)
    }

    @Test("broken and mutated archives are refused or unpacked, and nothing lands outside", arguments: 0..<24)
    func fuzz(seed: UInt64) throws {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let good = layer { tar in
            tar.folder("a/")
            tar.add("a/b", Array("contents".utf8))
            tar.add("a/l", type: "2", link: "../..")
            tar.add("a/l/x", [1])
            tar.add("h", type: "1", link: "a/b")
            tar.extended([("path", Array("long/name".utf8)), ("SCHILY.xattr.user.k", [0x31])])
            tar.add("n", [1])
            tar.add("a/.wh.q")
        }
        for _ in 0..<12 {
            var bytes = good
            for _ in 0..<(1 + random(6)) { bytes[random(bytes.count)] = UInt8(random(256)) }
            if random(4) == 0 { bytes.removeLast(random(bytes.count)) }
            var layers = Layers()
            _ = try? layers.unpack(bytes)
        }
    }

    @Test("an empty layer is an empty folder") func empty() throws {
        var layers = Layers()
        #expect(try layers.unpack([UInt8](repeating: 0, count: 10240)).entries == 0)
    }
}

enum Files {
    static func read(_ path: String) throws -> [UInt8] {
        let file = unsafe open(path, O_RDONLY)
        try #require(file >= 0)
        defer { close(file) }
        var all: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe Glibc.read(file, &chunk, chunk.count)
            if count <= 0 { return all }
            all += chunk.prefix(count)
        }
    }

    static func write(_ path: String, _ bytes: [UInt8]) throws {
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        try #require(file >= 0)
        defer { close(file) }
        try #require(unsafe Glibc.write(file, bytes, bytes.count) == bytes.count)
    }
}
