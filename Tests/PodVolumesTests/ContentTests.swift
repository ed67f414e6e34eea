import Confinement
import Glibc
import JSONValue
import KubeClient
import KubeModel
@testable import LinuxKernel
import OCIModel
import Synchronization
import Testing
import VolumeContent

@testable import PodVolumes

@Suite("volumes with the content of objects", .enabled(if: Bench.obstacle == nil, "\(Bench.obstacle ?? "")"))
struct ContentTests {
    private static let projected: JSON = [
        "name": "access",
        "projected": [
            "sources": [
                ["serviceAccountToken": ["path": "token", "expirationSeconds": 3600]], ["configMap": ["name": "cm", "items": [["key": "a", "path": "sub/a"]]]],
                ["downwardAPI": ["items": [["path": "name", "fieldRef": ["fieldPath": "metadata.name"]]]]],
            ]
        ],
    ]

    @Test("ConfigMaps, Secrets, fields and tokens are files in memory that only the pod can reach")
    func kinds() async throws {
        try await Bench.run { bench in
            try await bench.object("ConfigMap", "cm", ["a": "1", "b": "2"])
            try await bench.object("Secret", "s", ["password": "hidden"])
            let pod = try await bench.pod(
                "p",
                [
                    ["name": "config", "configMap": ["name": "cm"]], ["name": "secret", "secret": ["secretName": "s", "defaultMode": 256]], Self.projected,
                    ["name": "none", "configMap": ["name": "missing", "optional": true]],
                ])
            let ready = try await bench.volumes.prepare(pod, shared: bench.shared(pod))
            #expect(Set(ready.volumes.keys) == ["config", "secret", "access", "none"])
            #expect(ready.volumes.values.filter { !$0.isReadOnly }.isEmpty)
            let config = try #require(ready.volumes["config"]?.path)
            let secret = try #require(ready.volumes["secret"]?.path)
            let access = try #require(ready.volumes["access"]?.path)
            #expect(Files.text(config + "/a") == "1")
            #expect(Files.text(config + "/b") == "2")
            #expect(Files.targetRights(config + "/a") == "644 0:0")
            #expect(Files.text(secret + "/password") == "hidden")
            #expect(Files.targetRights(secret + "/password") == "400 0:0")
            #expect(Files.text(access + "/sub/a") == "1")
            #expect(Files.text(access + "/name") == "p")
            let token = try #require(Files.text(access + "/token"))
            #expect(token.split(separator: ".").count == 3)
            #expect(try HeldFile(config).names().filter { !$0.hasPrefix("..") } == ["a", "b"])
            #expect(try HeldFile(config).link("a") == "..data/a")
            #expect(try HeldFile(try #require(ready.volumes["none"]?.path)).names().filter { !$0.hasPrefix("..") }.isEmpty)
            for path in [config, secret, access] { #expect(try HeldFile(path).isInMemory()) }
            #expect(Files.rights(bench.folder + "/node") == "700 0:0")
            // The token is the pod's, and the server knows it.
            let review = try await bench.admin.create(
                GroupVersionResource("authentication.k8s.io/v1", "tokenreviews"),
                ["apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": ["token": .string(token)]])
            #expect(review["status"]?["user"]?["username"] == "system:serviceaccount:default:worker")
            #expect(review["status"]?["user"]?["extra"]?["authentication.kubernetes.io/pod-name"]?[at: 0] == "p")
        }
    }

    @Test("a group and users of the pod's own get what they are to read, and a token is for its user alone")
    func owners() async throws {
        try await Bench.run { bench in
            try await bench.object("ConfigMap", "cm", ["a": "1"])
            let volumes: [JSON] = [["name": "config", "configMap": ["name": "cm", "defaultMode": 384]], Self.projected]
            func rights(_ name: String, _ context: JSON, _ users: RuntimeIDMapping? = nil) async throws -> [String?] {
                let pod = try await bench.pod(name, volumes, context: context)
                let ready = try await bench.volumes.prepare(pod, shared: bench.shared(pod, users: users))
                let (config, access) = (try #require(ready.volumes["config"]?.path), try #require(ready.volumes["access"]?.path))
                return [config + "/a", access + "/token", access + "/sub", access].map(Files.targetRights)
            }
            #expect(try await rights("plain", [:]) == ["600 0:0", "644 0:0", "755 0:0", "755 0:0"])
            #expect(try await rights("user", ["runAsUser": 1000]) == ["600 0:0", "600 1000:0", "755 0:0", "755 0:0"])
            #expect(try await rights("group", ["fsGroup": 2000]) == ["640 0:2000", "640 0:2000", "2755 0:2000", "2755 0:2000"])
            #expect(
                try await rights("both", ["runAsUser": 1000, "fsGroup": 2000]) == ["640 0:2000", "640 1000:2000", "2755 0:2000", "2755 0:2000"])
            let users = RuntimeIDMapping(containerID: 0, hostID: 1_000_000, size: 65536)
            #expect(
                try await rights("own", ["runAsUser": 1000], users)
                    == ["600 1000000:1000000", "600 1001000:1000000", "755 1000000:1000000", "755 1000000:1000000"])
            #expect(
                try await rights("all", ["runAsUser": 1000, "fsGroup": 2000], users)
                    == ["640 1000000:1002000", "640 1001000:1002000", "2755 1000000:1002000", "2755 1000000:1002000"])
            // A user that the pod does not have is refused, not given to somebody else.
            await #expect { try await rights("far", ["runAsUser": 70000], users) } throws: { "\($0)".contains("the pod has no user 70000") }
        }
    }

    @Test("what is missing is told, and does not keep the other volumes from being ready")
    func missing() async throws {
        try await Bench.run { bench in
            try await bench.object("ConfigMap", "cm", ["a": "1"])
            let pod = try await bench.pod(
                "p", [["name": "gone", "secret": ["secretName": "gone"]], ["name": "config", "configMap": ["name": "cm"]]])
            let shared = try bench.shared(pod)
            let error = try await #require(throws: VolumeError.self) { try await bench.volumes.prepare(pod, shared: shared) }
            #expect(error.description == "MountVolume.SetUp failed for volume \"gone\" : secret \"gone\" not found")
            #expect(error.isRetryable)
            #expect(error.reason == .failedMount)
            #expect(await bench.volumes.pods.values.first?.ready.volumes.keys.sorted() == ["config"])
            try await bench.object("Secret", "gone", ["k": "v"])
            let ready = try await bench.volumes.prepare(pod, shared: shared)
            #expect(Files.text(try #require(ready.volumes["gone"]?.path) + "/k") == "v")
        }
    }

    @Test("a node that the pod is not bound to gets neither its objects nor its token")
    func otherNode() async throws {
        try await Bench.run { bench in
            try await bench.object("Secret", "s", ["k": "hidden"])
            for volume in [["name": "secret", "secret": ["secretName": "s"]], ["name": "access", "projected": ["sources": [["serviceAccountToken": ["path": "token"]]]]]] as [JSON] {
                let pod = try await bench.pod("p-" + (volume["name"]?.string ?? ""), [volume])
                let other = Bench.volumes(bench.folder, bench.server, "two", bench.clock)
                await #expect { try await other.prepare(pod, shared: nil) } throws: { "\($0)".contains("no relationship found between node 'two'") }
            }
        }
    }

    @Test("changed objects reach running pods as a whole; what is gone or cannot be read leaves the files as they are")
    func refreshes() async throws {
        try await Bench.run { bench in
            let maps = Bench.v1("configmaps")
            try await bench.object("ConfigMap", "cm", ["a": "1", "b": "1"])
            let pod = try await bench.pod("p", [["name": "config", "configMap": ["name": "cm"]], ["name": "scratch", "emptyDir": [:]]])
            let path = try #require(try await bench.volumes.prepare(pod, shared: bench.shared(pod)).volumes["config"]?.path)
            let before = try HeldFile(path).link("..data")
            let next = try #require(try await bench.volumes.refresh(pod))
            #expect(next > bench.clock.now && next <= bench.clock.now.adding(seconds: 60))
            #expect(try HeldFile(path).link("..data") == before)
            try await bench.admin.patch(maps, namespace: "default", name: "cm", ["data": ["a": "2", "b": .null, "c": "2"]])
            // What was just read for another pod is not read again at once.
            _ = try await bench.volumes.refresh(pod)
            #expect(Files.text(path + "/a") == "1")
            // Unless somebody asks for it.
            bench.clock.advance(1)
            _ = try await bench.volumes.refresh(pod, isAsked: true)
            #expect(Files.text(path + "/a") == "2")
            try await bench.admin.patch(maps, namespace: "default", name: "cm", ["data": ["c": "3"]])
            bench.clock.advance(60)
            _ = try await bench.volumes.refresh(pod)
            #expect(try HeldFile(path).link("..data") != before)
            #expect(try HeldFile(path).names().filter { !$0.hasPrefix("..") } == ["a", "c"])
            #expect(try HeldFile(path).names().count == 4)
            #expect(Files.text(path + "/a") == "2")
            #expect(Files.text(path + "/c") == "3")
            try await bench.admin.delete(maps, namespace: "default", name: "cm")
            bench.clock.advance(60)
            await #expect(throws: VolumeError.self) { try await bench.volumes.refresh(pod) }
            #expect(Files.text(path + "/a") == "2")
        }
    }

    @Test("who reads while the content is replaced sees all of the old or all of the new")
    func atomic() throws {
        let folder = "/tmp/kst-vol-" + String(UInt32.random(in: 0 ... .max), radix: 36)
        Files.folder(folder)
        defer { try? FileTree.remove(folder) }
        let writer = ContentWriter(folder: try HeldFile(folder), ownership: VolumeOwnership())
        func files(_ value: String) -> [String: VolumeFile] {
            ["a": VolumeFile(bytes: Array(value.utf8), mode: 0o644), "deep/b": VolumeFile(bytes: Array(value.utf8), mode: 0o644)]
        }
        try writer.write(files("0"), now: Timestamp(seconds: 0))
        let reader = Reader(try HeldFile(folder))
        try OneTimeThread.start { reader.run() }
        for value in 1...400 { try writer.write(files("\(value)"), now: Timestamp(seconds: Int64(value))) }
        reader.end.withLock { $0 = true }
        #expect(reader.torn.withLock { $0 } == 0)
        while reader.ended.withLock({ !$0 }) { usleep(1000) }
        #expect(reader.whole.withLock { $0 } > 0)
        #expect(reader.torn.withLock { $0 } == 0)
        #expect(try HeldFile(folder).names().count == 4)
        #expect(Files.text(folder + "/deep/b") == "400")
    }

    /// Reads both files of one version again and again.
    private final class Reader: Sendable {
        let end = Mutex(false)
        let ended = Mutex(false)
        let torn = Mutex(0)
        let whole = Mutex(0)
        private let folder: HeldFile
        init(_ folder: HeldFile) { self.folder = folder }
        func run() {
            while !end.withLock({ $0 }) {
                guard let version = try? folder.open(beneath: "..data", following: .linksInside),
                    let left = try? version.read("a", limit: 100), let right = try? version.read("deep/b", limit: 100)
                else { continue }
                if left == right, !left.isEmpty { whole.withLock { $0 += 1 } } else { torn.withLock { $0 += 1 } }
            }
            ended.withLock { $0 = true }
        }
    }

    @Test("tokens are replaced after four fifths of their life, and kept while the server does not give a new one")
    func tokens() async throws {
        try await Bench.run { bench in
            try await bench.object("ConfigMap", "cm", ["a": "1"])
            let pod = try await bench.pod("p", [Self.projected])
            let path = try #require(try await bench.volumes.prepare(pod, shared: nil).volumes["access"]?.path)
            let first = Files.text(path + "/token")
            bench.clock.advance(2870)
            #expect(try #require(try await bench.volumes.refresh(pod)) <= bench.clock.now.adding(seconds: 20))
            #expect(Files.text(path + "/token") == first)
            bench.clock.advance(20)
            _ = try await bench.volumes.refresh(pod)
            let second = Files.text(path + "/token")
            #expect(second != nil && second != first)
            // The pod is gone from the server: it gives no token any more.
            try await bench.admin.delete(Bench.v1("pods"), namespace: "default", name: "p", options: ["gracePeriodSeconds": 0])
            bench.clock.advance(3000)
            await #expect(throws: VolumeError.self) { try await bench.volumes.refresh(pod) }
            #expect(Files.text(path + "/token") == second)
        }
    }

    @Test(
        "when a token is to be replaced",
        arguments: [(3600, 2880), (600, 480), (604_800, 86_400), (0, 0)] as [(Int64, Int64)])
    func renewal(_ life: Int64, _ after: Int64) {
        let issued = Timestamp(seconds: 1000)
        #expect(PodToken(bytes: [], issued: issued, expires: issued.adding(seconds: life)).renewal == issued.adding(seconds: after))
    }

    @Test("a new process takes over what an earlier one made")
    func takesOver() async throws {
        try await Bench.run { bench in
            try await bench.object("ConfigMap", "cm", ["a": "1"])
            let pod = try await bench.pod(
                "p",
                [["name": "config", "configMap": ["name": "cm"]], ["name": "fast", "emptyDir": ["medium": "Memory"]], ["name": "disk", "emptyDir": [:]]])
            let ready = try await bench.volumes.prepare(pod, shared: nil)
            let (config, fast, disk) = (
                try #require(ready.volumes["config"]?.path), try #require(ready.volumes["fast"]?.path), try #require(ready.volumes["disk"]?.path)
            )
            try Files.write(fast + "/kept", "1")
            try Files.write(disk + "/kept", "2")
            unsafe chmod(disk, 0o700)
            let version = try HeldFile(config).link("..data")
            let count = try Mounts.list(below: bench.folder).count
            let second = Bench.volumes(bench.folder, bench.server, "one", bench.clock)
            let uid = try #require(pod["metadata"]?["uid"]?.string)
            #expect(try await second.all() == [uid])
            #expect(try await second.prepare(pod, shared: nil) == ready)
            #expect(Files.text(fast + "/kept") == "1")
            #expect(Files.text(disk + "/kept") == "2")
            #expect(Files.rights(disk) == "700 0:0")
            #expect(try HeldFile(config).link("..data") == version)
            #expect(try Mounts.list(below: bench.folder).count == count)
            try await second.remove(uid: uid)
            #expect(try Mounts.list(below: bench.folder).isEmpty)
            #expect(try await second.all().isEmpty)
        }
    }
}
