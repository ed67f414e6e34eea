import APIServer
import CertificateAuthority
import Confinement
import EncryptionAtRest
import Glibc
import JSONValue
import KubeClient
import KubeModel
import LinuxKernel
import Logging
import OCIModel
import PolicyModel
import Store
import Synchronization
import Testing

@testable import PodVolumes

/// A cluster in this process, and the volumes of its node `one` in a folder that goes with it.
struct Bench {
    let folder: String
    let server: APIServer
    let clock: TestClock
    let volumes: PodVolumes

    /// Why nothing can be mounted here; nil when it can.
    static let obstacle: String? = {
        if geteuid() != 0 { return "only root mounts" }
        let folder = "/tmp/kst-vol-" + String(UInt32.random(in: 0 ... .max), radix: 36)
        unsafe mkdir(folder, 0o700)
        defer { unsafe rmdir(folder) }
        do {
            try Mounts.memory(on: try HeldFile(folder), bytes: 65536, user: 0, group: 0, mode: 0o700, keepsOffDisk: true)
            try Mounts.detach(try HeldFile(folder))
            return nil
        } catch {
            return "nothing can be mounted here: \(error)"
        }
    }()

    /// Moves on when it is told to.
    final class TestClock: Sendable {
        private let later = Mutex<Int64>(0)
        var now: Timestamp { Timestamp(seconds: Int64(time(nil)) + later.withLock { $0 }) }
        func advance(_ seconds: Int64) { later.withLock { $0 += seconds } }
    }

    static func run(_ body: (Bench) async throws -> Void) async throws {
        let folder = "/tmp/kst-vol-" + String(UInt32.random(in: 0 ... .max), radix: 36)
        unsafe mkdir(folder, 0o711)
        let real = try HeldFile(folder)
        defer {
            try? Mounts.detachAll(below: "node", of: real)
            try? Mounts.detachAll(below: "host", of: real)
            try? FileTree.remove(folder)
        }
        unsafe mkdir(folder + "/host", 0o755)
        let cache = APIServer.makeCache()
        let store = try Store(path: folder + "/store.db", transformer: ValueTransformer(), sink: { cache.apply($0) })
        let range = try #require(ServiceAllocator.Range("10.96.0.0/16"))
        let server = try APIServer(
            options: APIServerOptions(
                admissionPlugins: ["NamespaceLifecycle", "NodeRestriction"], tokenFile: nil, allowsAnonymous: false,
                serviceAccountIssuer: "https://kubernetes.default.svc", serviceRange: range, apiPort: 6443,
                version: ServerVersion(gitVersion: "v1.36.0+kastell", gitCommit: "test", buildDate: "2026-01-01T00:00:00Z")),
            cache: cache, store: store, signingKey: ServiceAccountKey.make(), clock: { Timestamp(seconds: Int64(time(nil))) })
        try await server.bootstrap()
        let clock = TestClock()
        let bench = Bench(
            folder: folder, server: server, clock: clock,
            volumes: Self.volumes(folder, server, "one", clock))
        try await bench.admin.create(v1("nodes"), ["apiVersion": "v1", "kind": "Node", "metadata": ["name": "one", "labels": ["disk": "fast"]]])
        try await bench.admin.create(
            v1("serviceaccounts"), namespace: "default", ["apiVersion": "v1", "kind": "ServiceAccount", "metadata": ["name": "worker"]])
        try await body(bench)
        store.close()
    }

    static func volumes(_ folder: String, _ server: APIServer, _ node: String, _ clock: TestClock) -> PodVolumes {
        PodVolumes(
            folder: folder + "/node", client: client(server, "system:node:" + node, ["system:nodes"]), nodeName: "one",
            allocatable: ["memory": "8Gi"], clock: { clock.now }, log: Logger(label: "test"))
    }

    static func v1(_ resource: String) -> GroupVersionResource { GroupVersionResource("v1", resource) }

    private static func client(_ server: APIServer, _ name: String, _ groups: [String]) -> KubeClient {
        server.client(for: UserInfo(name: name, groups: groups + [UserInfo.authenticatedGroup]), userAgent: "test")
    }

    var admin: KubeClient { Self.client(server, "admin", [UserInfo.privilegedGroup]) }

    /// Makes a pod of node `one` whose container `c` mounts every volume on `/NAME`.
    ///
    /// - Parameter mounts: further fields of the mounts, by volume.
    func pod(_ name: String, _ volumes: [JSON], context: JSON = [:], mounts: [String: JSON] = [:], devices: Set<String> = []) async throws -> JSON {
        let all: [JSON] = volumes.compactMap { volume in
            guard let name = volume["name"]?.string, !devices.contains(name) else { return nil }
            var mount: JSON = ["name": .string(name), "mountPath": .string("/" + name)]
            for (key, value) in mounts[name]?.object ?? [:] { mount[key] = value }
            return mount
        }
        var container: JSON = ["name": "c", "image": "busybox", "volumeMounts": .array(all)]
        container["volumeDevices"] = .array(devices.sorted().map { ["name": .string($0), "devicePath": .string("/dev/" + $0)] })
        return try await admin.create(
            Self.v1("pods"), namespace: "default",
            [
                "apiVersion": "v1", "kind": "Pod", "metadata": ["name": .string(name), "labels": ["app": .string(name)]],
                "spec": [
                    "nodeName": "one", "serviceAccountName": "worker", "securityContext": context, "containers": [container],
                    "volumes": .array(volumes),
                ],
            ])
    }

    func object(_ kind: String, _ name: String, _ data: [String: String]) async throws {
        let body: JSON = ["apiVersion": "v1", "kind": .string(kind), "metadata": ["name": .string(name)], kind == "Secret" ? "stringData" : "data": JSON(data)]
        try await admin.create(Self.v1(kind.lowercased() + "s"), namespace: "default", body)
    }

    /// A claim that is bound to a new volume.
    func claim(_ name: String, _ source: [String: JSON], block: Bool = false, modes: [String] = ["ReadWriteOnce"], isBound: Bool = true) async throws {
        let mode: JSON = block ? "Block" : "Filesystem"
        let made = try await admin.create(
            Self.v1("persistentvolumeclaims"), namespace: "default",
            [
                "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": ["name": .string(name)],
                "spec": [
                    "accessModes": JSON(modes), "resources": ["requests": ["storage": "1Gi"]], "volumeName": .string("pv-" + name), "storageClassName": "",
                    "volumeMode": mode,
                ],
            ])
        var spec: JSON = [
            "accessModes": JSON(modes), "capacity": ["storage": "1Gi"], "storageClassName": "", "volumeMode": mode,
            "claimRef": ["kind": "PersistentVolumeClaim", "namespace": "default", "name": .string(name), "uid": made["metadata"]?["uid"] ?? ""],
        ]
        for (key, value) in source { spec[key] = value }
        try await admin.create(
            Self.v1("persistentvolumes"), ["apiVersion": "v1", "kind": "PersistentVolume", "metadata": ["name": .string("pv-" + name)], "spec": spec])
        if !isBound { return }
        try await admin.patch(
            Self.v1("persistentvolumeclaims"), namespace: "default", name: name, subresource: "status", ["status": ["phase": "Bound"]])
    }

    static func affinity(_ value: String) -> JSON {
        ["required": ["nodeSelectorTerms": [["matchExpressions": [["key": "disk", "operator": "In", "values": [.string(value)]]]]]]]
    }

    /// What a pod's containers share, as Confinement decides it.
    func shared(_ pod: JSON, users: RuntimeIDMapping? = nil) throws -> ConfinedPod {
        var shared = try #require(Confinement.decide(pod: pod, node: NodeFacts(name: "one"), identity: PodIdentity()).pod)
        if let users {
            shared.users = users
            shared.fsGroup?.nodeGroup += users.hostID
        }
        return shared
    }

    func plan(_ volume: String, _ source: String, _ subPath: String) -> VolumeMountPlan {
        VolumeMountPlan(
            volume: volume, source: source, subPath: subPath, destination: "/" + volume, isReadOnly: false, isRecursivelyReadOnly: false, propagation: .none)
    }
}

extension VolumeMountPlan {
    init(
        volume: String, source: String, subPath: String, destination: String, isReadOnly: Bool, isRecursivelyReadOnly: Bool,
        propagation: Propagation
    ) {
        let mount: JSON = ["name": .string(volume), "mountPath": .string(destination)]
        var identity = PodIdentity()
        identity.volumes[volume] = VolumeFacts(path: source)
        let pod: JSON = ["spec": ["containers": [["name": "c", "volumeMounts": [mount]]]]]
        let decision = Confinement.decide(pod: pod, container: "c", image: ImageFacts(entrypoint: ["/x"]), node: NodeFacts(name: "one"), identity: identity)
        guard var plan = decision.container?.volumeMounts.first else { preconditionFailure("no mount: \(decision)") }
        plan.subPath = subPath
        plan.propagation = propagation
        self = plan
    }
}

/// Files of a test by path.
enum Files {
    static func text(_ path: String) -> String? {
        guard let file = unsafe fopen(path, "re") else { return nil }
        defer { unsafe fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = unsafe fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    static func write(_ path: String, _ text: String, mode: UInt32 = 0o644) throws {
        let bytes = Array(text.utf8)
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        try #require(file >= 0, "\(path)")
        defer { close(file) }
        #expect(unsafe Glibc.write(file, bytes, bytes.count) == bytes.count)
    }

    /// `644 0:0`, not following a link.
    static func rights(_ path: String) -> String? {
        var facts = stat()
        guard unsafe lstat(path, &facts) == 0 else { return nil }
        return "\(String(facts.st_mode & 0o7777, radix: 8)) \(facts.st_uid):\(facts.st_gid)"
    }

    /// As ``rights(_:)``, following links.
    static func targetRights(_ path: String) -> String? {
        var facts = stat()
        guard unsafe stat(path, &facts) == 0 else { return nil }
        return "\(String(facts.st_mode & 0o7777, radix: 8)) \(facts.st_uid):\(facts.st_gid)"
    }

    static func exists(_ path: String) -> Bool {
        var facts = stat()
        return unsafe lstat(path, &facts) == 0
    }

    static func folder(_ path: String, _ mode: UInt32 = 0o755) { unsafe mkdir(path, mode) }
    static func link(_ path: String, to target: String) { unsafe symlink(target, path) }
}
