import Confinement
import Glibc
import JSONValue
import KubeClient
import KubeModel
import LinuxKernel
import OCIModel
import Testing

@testable import PodVolumes

@Suite("kinds of volumes", .enabled(if: Bench.obstacle == nil, "\(Bench.obstacle ?? "")"))
struct KindTests {
    @Test("an emptyDir is everybody's, on the disk or in memory, and the group's when there is one")
    func empty() async throws {
        try await Bench.run { bench in
            let volumes: [JSON] = [["name": "disk", "emptyDir": [:]], ["name": "fast", "emptyDir": ["medium": "Memory", "sizeLimit": "64Ki"]]]
            let users = RuntimeIDMapping(containerID: 0, hostID: 1_000_000, size: 65536)
            for (name, context, mapping, rights) in [
                ("plain", [:], nil, "777 0:0"), ("group", ["fsGroup": 2000], nil, "2777 0:2000"), ("own", [:], users, "777 1000000:1000000"),
                ("all", ["fsGroup": 2000], users, "2777 1000000:1002000"),
            ] as [(String, JSON, RuntimeIDMapping?, String)] {
                let pod = try await bench.pod(name, volumes, context: context)
                let ready = try await bench.volumes.prepare(pod, shared: bench.shared(pod, users: mapping))
                let (disk, fast) = (try #require(ready.volumes["disk"]), try #require(ready.volumes["fast"]))
                #expect(!disk.isReadOnly && disk.takesOwnership)
                #expect(Files.rights(disk.path) == rights)
                #expect(Files.rights(fast.path) == rights)
                #expect(try HeldFile(fast.path).isInMemory())
                let file = unsafe open(fast.path + "/big", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
                let bytes = [UInt8](repeating: 1, count: 1 << 20)
                #expect(unsafe Glibc.write(file, bytes, bytes.count) == 65536)
                close(file)
            }
        }
    }

    @Test("an emptyDir on the disk that is over its limit is told of, also when many names stand for one file")
    func excess() async throws {
        try await Bench.run { bench in
            let pod = try await bench.pod("p", [["name": "disk", "emptyDir": ["sizeLimit": "1Mi"]], ["name": "free", "emptyDir": [:]]])
            let ready = try await bench.volumes.prepare(pod, shared: nil)
            let path = try #require(ready.volumes["disk"]?.path)
            let big = String(repeating: "x", count: 600 << 10)
            try Files.write(try #require(ready.volumes["free"]?.path) + "/big", big + big)
            Files.folder(path + "/deep")
            try Files.write(path + "/deep/one", big)
            for number in 0..<8 { unsafe Glibc.link(path + "/deep/one", path + "/link\(number)") }
            Files.link(path + "/out", to: "/usr")
            #expect(try await bench.volumes.excess(of: pod) == nil)
            try Files.write(path + "/two", big)
            let found = try await bench.volumes.excess(of: pod)
            #expect(found?.volume == "disk")
            #expect(found?.message == "Usage of EmptyDir volume \"disk\" exceeds the limit \"1Mi\". ")
        }
    }

    @Test(
        "a hostPath is what its type says, or is refused",
        arguments: [
            ("folder", "", nil), ("folder", "Directory", nil), ("folder", "DirectoryOrCreate", nil), ("folder", "File", "a file"),
            ("file", "File", nil), ("file", "FileOrCreate", nil), ("file", "Directory", "a directory"), ("file", "Socket", "a socket file"),
            ("link", "Directory", nil), ("dangling", "File", "a file"), ("none", "Directory", "a directory"), ("none", "File", "a file"),
            ("none", "DirectoryOrCreate", nil), ("deep/er", "DirectoryOrCreate", nil), ("new", "FileOrCreate", nil), ("fresh", "", nil),
            ("/dev/null", "CharDevice", nil), ("/dev/null", "BlockDevice", "a block device"), ("/dev/null", "File", "a file"),
            ("socket", "Socket", nil), ("folder", "CharDevice", "a character device"),
        ] as [(String, String, String?)])
    func hostPath(_ name: String, _ type: String, _ missing: String?) async throws {
        try await Bench.run { bench in
            let host = bench.folder + "/host/"
            Files.folder(host + "folder")
            try Files.write(host + "file", "x")
            Files.link(host + "link", to: "folder")
            Files.link(host + "dangling", to: "nothing")
            try Self.makeSocket(host + "socket")
            let path = name.hasPrefix("/") ? name : host + name
            let pod = try await bench.pod("p", [["name": "host", "hostPath": ["path": .string(path), "type": .string(type)]]])
            guard let missing else {
                let facts = try #require(try await bench.volumes.prepare(pod, shared: nil).volumes["host"])
                #expect(facts == VolumeFacts(path: path, takesOwnership: false))
                #expect(Files.exists(path))
                if name.hasPrefix("deep") || name == "none" || name == "fresh" { #expect(Files.rights(path) == "755 0:0") }
                if name == "new" { #expect(Files.rights(path) == "644 0:0") }
                return
            }
            let error = try await #require(throws: VolumeError.self) { try await bench.volumes.prepare(pod, shared: nil) }
            #expect(error.message == "hostPath type check failed: \(path) is not \(missing)")
            #expect(Files.exists(path) == (name != "none"))
        }
    }

    private static func makeSocket(_ path: String) throws {
        let number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(number) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { bytes in unsafe bytes.copyBytes(from: path.utf8.prefix(107)) }
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        try #require(result == 0)
    }

    @Test(
        "volumes that this node does not have are refused for good",
        arguments: [
            ["name": "v", "nfs": ["server": "192.0.2.1", "path": "/x"]], ["name": "v", "csi": ["driver": "x.example.com"]],
            ["name": "v", "iscsi": ["targetPortal": "192.0.2.1", "iqn": "iqn.2001-04.com.example:x", "lun": 0]],
            ["name": "v", "emptyDir": ["medium": "HugePages"]], ["name": "v", "image": ["reference": "busybox", "pullPolicy": "Always"]],
        ] as [JSON])
    func refused(_ volume: JSON) async throws {
        try await Bench.run { bench in
            let metadata: JSON = ["name": "p", "namespace": "default", "uid": "1-2"]
            let pod: JSON = [
                "metadata": metadata,
                "spec": ["volumes": [volume], "containers": [["name": "c", "volumeMounts": [["name": "v", "mountPath": "/v"]]]]],
            ]
            let error = try await #require(throws: VolumeError.self) { try await bench.volumes.prepare(pod, shared: nil) }
            #expect(!error.isRetryable)
            #expect(error.message.contains("this node has no"))
            // What no container uses is nobody's concern.
            let unused: JSON = ["metadata": metadata, "spec": ["volumes": [volume], "containers": [["name": "c"]]]]
            #expect(try await bench.volumes.prepare(unused, shared: nil) == PreparedVolumes())
        }
    }

    @Test("names that would leave the folder are no names")
    func names() async throws {
        try await Bench.run { bench in
            for uid in ["", "..", "a/b", "../x", String(repeating: "a", count: 64)] {
                await #expect(throws: VolumeError.self) { try await bench.volumes.remove(uid: uid) }
                await #expect(throws: VolumeError.self) {
                    try await bench.volumes.prepare(["metadata": ["uid": .string(uid)]], shared: nil)
                }
            }
            let pod: JSON = [
                "metadata": ["uid": "1"],
                "spec": ["volumes": [["name": "../x", "emptyDir": [:]]], "containers": [["volumeMounts": [["name": "../x"]]]]],
            ]
            await #expect(throws: VolumeError.self) { try await bench.volumes.prepare(pod, shared: nil) }
        }
    }

    @Test("a claim leads to its volume once it is bound")
    func claims() async throws {
        try await Bench.run { bench in
            let host = bench.folder + "/host"
            Files.folder(host + "/data")
            let local: [String: JSON] = ["local": ["path": .string(host + "/data")], "nodeAffinity": Bench.affinity("fast")]
            try await bench.claim("good", local)
            try await bench.claim("unbound", local, isBound: false)
            try await bench.claim("elsewhere", ["local": ["path": .string(host + "/data")], "nodeAffinity": Bench.affinity("slow")])
            try await bench.claim("gone", ["local": ["path": .string(host + "/gone")], "nodeAffinity": Bench.affinity("fast")])
            try await bench.claim("host", ["hostPath": ["path": .string(host + "/made"), "type": "DirectoryOrCreate"]])
            try await bench.claim("read", ["hostPath": ["path": .string(host + "/data")]], modes: ["ReadOnlyMany"])
            try await bench.claim("nfs", ["nfs": ["server": "192.0.2.1", "path": "/x"]])
            try await bench.claim("block", ["local": ["path": "/dev/null"], "nodeAffinity": Bench.affinity("fast")], block: true)
            func prepare(_ claim: String, readOnly: Bool = false, asDevice: Bool = false) async throws -> PreparedVolumes {
                let volume: JSON = ["name": "v", "persistentVolumeClaim": ["claimName": .string(claim), "readOnly": .bool(readOnly)]]
                let pod = try await bench.pod("p-\(claim)-\(readOnly)-\(asDevice)", [volume], devices: asDevice ? ["v"] : [])
                return try await bench.volumes.prepare(pod, shared: bench.shared(pod))
            }
            #expect(try await prepare("good").volumes["v"] == VolumeFacts(path: host + "/data"))
            #expect(try await prepare("good", readOnly: true).volumes["v"] == VolumeFacts(path: host + "/data", isReadOnly: true, takesOwnership: false))
            #expect(try await prepare("host").volumes["v"] == VolumeFacts(path: host + "/made", takesOwnership: false))
            #expect(try await prepare("read").volumes["v"]?.isReadOnly == true)
            #expect(Files.rights(host + "/made") == "755 0:0")
            for (claim, asDevice, message) in [
                ("unbound", false, "PVC is not bound"), ("elsewhere", false, "storage node affinity check failed"),
                ("gone", false, "No such file or directory"), ("nfs", false, "this node does not mount nfs"),
                ("missing", false, "failed to fetch PVC from API server"), ("block", false, "has volumeMode Block"),
                ("good", true, "has volumeMode Filesystem"), ("block", true, "/dev/null is not a block device"),
            ] {
                await #expect("\(claim)") { try await prepare(claim, asDevice: asDevice) } throws: { "\($0)".contains(message) }
            }
        }
    }

    @Test("a volume for one pod is given to one pod at a time, and one that is made for a pod only to that pod")
    func exclusive() async throws {
        try await Bench.run { bench in
            let host = bench.folder + "/host"
            try await bench.claim("one", ["hostPath": ["path": .string(host)]], modes: ["ReadWriteOncePod"])
            let volume: JSON = ["name": "v", "persistentVolumeClaim": ["claimName": "one"]]
            let (first, second) = (try await bench.pod("a", [volume]), try await bench.pod("b", [volume]))
            _ = try await bench.volumes.prepare(first, shared: nil)
            await #expect { try await bench.volumes.prepare(second, shared: nil) } throws: { "\($0)".contains("already in use by another pod") }
            try await bench.volumes.remove(uid: try #require(first["metadata"]?["uid"]?.string))
            _ = try await bench.volumes.prepare(second, shared: nil)
            // A claim of somebody else that has the name of the pod's own is not the pod's.
            try await bench.claim("c-own", ["hostPath": ["path": .string(host)]])
            let template: JSON = [
                "spec": ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]]]
            ]
            let pod = try await bench.pod("c", [["name": "own", "ephemeral": ["volumeClaimTemplate": template]]])
            await #expect { try await bench.volumes.prepare(pod, shared: nil) } throws: { "\($0)".contains("pod is not owner") }
            try await bench.admin.patch(
                Bench.v1("persistentvolumeclaims"), namespace: "default", name: "c-own",
                [
                    "metadata": [
                        "ownerReferences": [
                            ["apiVersion": "v1", "kind": "Pod", "name": "c", "uid": pod["metadata"]?["uid"] ?? "", "controller": true]
                        ]
                    ]
                ])
            #expect(try await bench.volumes.prepare(pod, shared: nil).volumes["own"]?.path == host)
        }
    }
}
