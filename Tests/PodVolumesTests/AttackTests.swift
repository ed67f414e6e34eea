import Confinement
import Glibc
import JSONValue
import KubeClient
import KubeModel
@testable import LinuxKernel
import OCIModel
import Synchronization
import Testing

@testable import PodVolumes

/// What a container can plant in a volume that it writes to, and what must not come of it.
@Suite("volumes of containers that mean harm", .enabled(if: Bench.obstacle == nil, "\(Bench.obstacle ?? "")"))
struct AttackTests {
    private static let empty: JSON = ["name": "v", "emptyDir": [:]]

    @Test(
        "a sub-path does not leave its volume",
        arguments: [
            ("absolute", "/etc", "absolute"), ("up", "../../..", "up/etc"), ("magic", "/proc/self/root", "magic/etc"), ("deep", "in/up", "deep/etc"),
            ("file", "/etc/passwd", "file"), ("token", "../../../other/content/access/token", "token"), ("dangling", "nowhere", "dangling"),
            ("dangling", "/tmp/kst-made-by-sub-path", "dangling/x"), ("loop", "loop", "loop"), ("none", "none", "../x"), ("none", "none", "a/../../x"),
        ])
    func stays(_ name: String, _ target: String, _ subPath: String) async throws {
        try await Bench.run { bench in
            let pod = try await bench.pod("p", [Self.empty])
            let path = try #require(try await bench.volumes.prepare(pod, shared: nil).volumes["v"]?.path)
            Files.folder(path + "/in")
            Files.link(path + "/in/up", to: "../../../..")
            Files.link(path + "/" + name, to: target)
            await #expect(throws: VolumeError.self) { try await bench.volumes.source(of: bench.plan("v", path, subPath), container: "c", pod: pod) }
            #expect(!Files.exists("/tmp/kst-made-by-sub-path"))
            #expect(try Mounts.list(below: bench.folder + "/node").isEmpty)
        }
    }

    @Test("a sub-path is what the volume has there: folders, files and links that stay inside; missing folders are made")
    func follows() async throws {
        try await Bench.run { bench in
            let pod = try await bench.pod("p", [Self.empty], context: ["fsGroup": 2000])
            let path = try #require(try await bench.volumes.prepare(pod, shared: bench.shared(pod)).volumes["v"]?.path)
            Files.folder(path + "/data")
            try Files.write(path + "/data/file", "inside")
            Files.link(path + "/link", to: "data")
            Files.link(path + "/data/back", to: "../data")
            func source(_ subPath: String) async throws -> String {
                try await bench.volumes.source(of: bench.plan("v", path, subPath), container: "c", pod: pod)
            }
            #expect(try await source("") == path)
            for subPath in ["data", "link", "data/back", "./data"] {
                let place = try await source(subPath)
                #expect(place.hasPrefix(bench.folder + "/node/"))
                #expect(Files.text(place + "/file") == "inside")
            }
            #expect(Files.text(try await source("data/file")) == "inside")
            let made = try await source("new/folder")
            #expect(Files.rights(path + "/new/folder") == "2777 0:2000")
            try Files.write(made + "/x", "written")
            #expect(Files.text(path + "/new/folder/x") == "written")
            // One mount, whatever it was before.
            #expect(try Mounts.list(below: bench.folder + "/node").count == 1)
            await #expect(throws: VolumeError.self) { try await source("data/file/x") }
            try await bench.volumes.remove(uid: try #require(pod["metadata"]?["uid"]?.string))
            #expect(try Mounts.list(below: bench.folder).isEmpty)
            #expect(!Files.exists(path))
        }
    }

    @Test("what stands behind a sub-path is inside, also when its way is swapped for a link while it is followed", arguments: [false, true])
    func race(makesFolders: Bool) throws {
        let folder = "/tmp/kst-vol-" + String(UInt32.random(in: 0 ... .max), radix: 36)
        for name in ["", "/volume", "/volume/a", "/volume/a/b", "/outside", "/outside/b"] { Files.folder(folder + name) }
        defer { try? FileTree.remove(folder) }
        Files.link(folder + "/volume/link", to: "../outside")
        let outside = try HeldFile(folder + "/outside/b").facts().identity
        let swapper = Swapper(folder + "/volume")
        try OneTimeThread.start { swapper.run() }
        defer { swapper.stop() }
        var (found, refused) = (0, 0)
        // Until both have been seen often enough; a machine on which that does not come to pass fails.
        for round in 0..<400_000 where round < 2000 || found < 10 || refused < 10 {
            let path = makesFolders ? "a/new\(round)" : "a/b"
            let part = SubPath(volume: folder + "/volume", path: path, makesFolders: makesFolders, ownership: VolumeOwnership(), spread: .nothing)
            guard let held = try? part.find() else {
                refused += 1
                continue
            }
            found += 1
            try #require(try held.facts().identity != outside)
        }
        #expect(found >= 10)
        #expect(refused >= 10)
        #expect(try HeldFile(folder + "/outside").names() == ["b"])
    }

    /// Puts a link in the place of a folder and back, as fast as it can.
    private final class Swapper: Sendable {
        private let end = Mutex(false)
        private let ended = Mutex(false)
        private let folder: String
        init(_ folder: String) { self.folder = folder }
        func run() {
            var count = 0
            while !end.withLock({ $0 }) {
                count += 1
                for (from, to) in [("/a", "/hidden"), ("/link", "/a"), ("/a", "/link")] { unsafe rename(folder + from, folder + to) }
                // What was made while nothing was there is in the way; to empty it would take as long as the other side fills it.
                unsafe rename(folder + "/a", "\(folder)/made\(count)")
                unsafe rename(folder + "/hidden", folder + "/a")
            }
            ended.withLock { $0 = true }
        }
        func stop() {
            end.withLock { $0 = true }
            while ended.withLock({ !$0 }) { usleep(100) }
        }
    }

    @Test("removing a pod takes its own files and nothing that a link or mount in them leads to")
    func removal() async throws {
        try await Bench.run { bench in
            let host = bench.folder + "/host"
            // Shared, as the filesystems of a machine are: what is unmounted on one side goes on the other, unless it was cut off.
            try Mounts.bind(try HeldFile(host), on: try HeldFile(host))
            let sharing = try await Subprocess.run(Program("/bin/mount", ["--make-shared", host]))
            try #require(sharing.status.isSuccess, "\(sharing.complaint)")
            for name in ["/precious", "/data", "/bound"] {
                Files.folder(host + name)
                try Files.write(host + name + "/kept", "1")
            }
            try await bench.claim("data", ["local": ["path": .string(host + "/data")], "nodeAffinity": Bench.affinity("fast")])
            try await bench.object("Secret", "s", ["k": "v"])
            let pod = try await bench.pod(
                "p",
                [
                    Self.empty, ["name": "host", "hostPath": ["path": .string(host)]], ["name": "claim", "persistentVolumeClaim": ["claimName": "data"]],
                    ["name": "secret", "secret": ["secretName": "s"]], ["name": "fast", "emptyDir": ["medium": "Memory"]],
                ])
            let ready = try await bench.volumes.prepare(pod, shared: nil)
            let path = try #require(ready.volumes["v"]?.path)
            Files.link(path + "/root", to: "/")
            Files.link(path + "/host", to: host + "/precious")
            Files.folder(path + "/mounted")
            // As a privileged container does whose mounts spread to the node.
            try Mounts.bind(try HeldFile(host + "/bound"), on: try HeldFile(path + "/mounted"))
            Files.folder(path + "/mounted/inner")
            try Mounts.memory(on: try HeldFile(path + "/mounted/inner"), bytes: 65536, user: 0, group: 0, mode: 0o755, keepsOffDisk: false)
            // A mount of the node that is seen through a part of a hostPath is the node's.
            Files.folder(host + "/precious/mount")
            try Mounts.memory(on: try HeldFile(host + "/precious/mount"), bytes: 65536, user: 0, group: 0, mode: 0o755, keepsOffDisk: false)
            try Files.write(host + "/precious/mount/kept", "1")
            let part = try await bench.volumes.source(of: bench.plan("host", host, "precious"), container: "c", pod: pod)
            #expect(Files.text(part + "/mount/kept") == "1")
            try Self.plant(path)
            let uid = try #require(pod["metadata"]?["uid"]?.string)
            try await bench.volumes.remove(uid: uid)
            #expect(!Files.exists(bench.folder + "/node/" + uid))
            #expect(try Mounts.list(below: bench.folder + "/node").isEmpty)
            for name in ["/precious", "/data", "/bound", "/precious/mount"] { #expect(Files.text(host + name + "/kept") == "1", "\(name)") }
            try await bench.volumes.remove(uid: uid)
        }
    }

    /// Folders deeper than a path can say, names that are no text, and files of every kind.
    private static func plant(_ path: String) throws {
        var current = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        let name = String(repeating: "d", count: 200)
        for _ in 0..<300 {
            try #require(unsafe mkdirat(current, name, 0o755) == 0)
            let next = unsafe openat(current, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            close(current)
            current = next
            try #require(next >= 0)
        }
        close(current)
        let bytes: [CChar] = Array((path + "/").utf8CString.dropLast()) + [CChar(bitPattern: 0xFF), CChar(bitPattern: 0xC0), 0]
        try #require(unsafe mkdir(bytes, 0o000) == 0)
        unsafe mkfifo(path + "/pipe", 0o600)
        for number in 0..<2000 { try Files.write(path + "/f\(number)", "") }
    }

    @Test("a mount in the way that cannot be taken away keeps its files")
    func mountInTheWay() throws {
        let folder = "/tmp/kst-vol-" + String(UInt32.random(in: 0 ... .max), radix: 36)
        for name in ["", "/top", "/top/a", "/outside"] { Files.folder(folder + name) }
        try Files.write(folder + "/outside/kept", "1")
        defer { try? FileTree.remove(folder) }
        let root = try HeldFile(folder)
        try Mounts.bind(try HeldFile(folder + "/outside"), on: try HeldFile(folder + "/top/a"))
        #expect { try root.removeAll("top") } throws: { "\($0)".contains("a mount is in the way") }
        #expect(Files.text(folder + "/outside/kept") == "1")
        try Mounts.detachAll(below: "top", of: root)
        try root.removeAll("top")
        #expect(Files.text(folder + "/outside/kept") == "1")
        #expect(try root.names() == ["outside"])
    }

    @Test("fsGroup changes the files of its volume and none that links in it lead to")
    func group() async throws {
        try await Bench.run { bench in
            let host = bench.folder + "/host"
            for name in ["/data", "/data/sub", "/outside", "/data/mounted"] { Files.folder(host + name, 0o700) }
            try Files.write(host + "/outside/file", "1", mode: 0o600)
            try Files.write(host + "/data/sub/file", "1", mode: 0o600)
            try Files.write(host + "/data/program", "1", mode: 0o755)
            Files.link(host + "/data/link", to: host + "/outside/file")
            Files.link(host + "/data/sub/folder", to: "../../outside")
            try Mounts.bind(try HeldFile(host + "/outside"), on: try HeldFile(host + "/data/mounted"))
            let local: [String: JSON] = ["local": ["path": .string(host + "/data")], "nodeAffinity": Bench.affinity("fast")]
            try await bench.claim("data", local)
            let volumes: [JSON] = [["name": "v", "persistentVolumeClaim": ["claimName": "data"]], ["name": "host", "hostPath": ["path": .string(host + "/outside")]]]
            func prepare(_ name: String, _ context: JSON) async throws {
                let pod = try await bench.pod(name, volumes, context: context)
                _ = try await bench.volumes.prepare(pod, shared: bench.shared(pod))
            }
            try await prepare("a", ["fsGroup": 2000])
            func look() -> [String?] { ["", "/sub", "/sub/file", "/program", "/link", "/sub/folder"].map { Files.rights(host + "/data" + $0) } }
            #expect(look() == ["2770 0:2000", "2770 0:2000", "660 0:2000", "775 0:2000", "777 0:2000", "777 0:2000"])
            #expect(["", "/file"].map { Files.rights(host + "/outside" + $0) } == ["700 0:0", "600 0:0"])
            // The same group again: with OnRootMismatch nothing below is looked at, with Always it is.
            try Files.write(host + "/data/late", "1", mode: 0o600)
            try await prepare("b", ["fsGroup": 2000, "fsGroupChangePolicy": "OnRootMismatch"])
            #expect(Files.rights(host + "/data/late") == "600 0:2000")
            try await prepare("c", ["fsGroup": 2000, "fsGroupChangePolicy": "Always"])
            #expect(Files.rights(host + "/data/late") == "660 0:2000")
            try await prepare("d", ["fsGroup": 3000, "fsGroupChangePolicy": "OnRootMismatch"])
            #expect(Files.rights(host + "/data/late") == "660 0:3000")
        }
    }

    @Test("a claim that can only be read is not written to for a sub-path")
    func readOnly() async throws {
        try await Bench.run { bench in
            let host = bench.folder + "/host"
            try await bench.claim("data", ["hostPath": ["path": .string(host)]])
            let pod = try await bench.pod("p", [["name": "v", "persistentVolumeClaim": ["claimName": "data", "readOnly": true]]])
            _ = try await bench.volumes.prepare(pod, shared: nil)
            await #expect(throws: VolumeError.self) { try await bench.volumes.source(of: bench.plan("v", host, "new"), container: "c", pod: pod) }
            #expect(try HeldFile(host).names().isEmpty)
        }
    }

    @Test("paths of mounts are read as the kernel writes them", arguments: [
        ("36 35 98:0 /mnt1 /mnt/a\\040b rw,noatime shared:1 master:2 - ext4 /dev/root rw", MountFacts(id: 36, path: "/mnt/a b", type: "ext4")),
        ("1 2 0:3 / / rw - tmpfs tmpfs rw", MountFacts(id: 1, path: "/", type: "tmpfs")), ("nonsense", nil), ("1 2 0:3 / /x rw", nil),
    ] as [(String, MountFacts?)])
    func mountLines(_ line: String, _ expected: MountFacts?) { #expect(Mounts.parse(line) == expected) }
}
