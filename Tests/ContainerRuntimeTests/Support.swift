import Confinement
import ContainerRuntime
import Glibc
import JSONValue
import KubeModel
import LinuxKernel
import OCIModel
import Testing

/// What containers need here: root, runc, conmon and a static busybox.
enum Host {
    static let reason: Comment = "needs root, runc, conmon and busybox-static"
    static var canRun: Bool {
        geteuid() == 0 && ["/usr/sbin/runc", "/usr/bin/conmon", "/bin/busybox"].allSatisfy { (path: String) in unsafe access(path, X_OK) == 0 }
    }
    static let clock: @Sendable () -> Timestamp = { Timestamp(seconds: Int64(time(nil))) }
}

/// A runtime over a folder of its own, with a root filesystem of busybox.
struct Bench {
    let folder: String
    let configuration: ContainerRuntime.Configuration
    let runtime: ContainerRuntime

    init() throws {
        folder = "/tmp/kst-rt-" + String(UInt32.random(in: 0 ... .max), radix: 36)
        configuration = ContainerRuntime.Configuration(folder: folder + "/r")
        unsafe mkdir(folder, 0o700)
        for name in ["rootfs", "rootfs/bin", "rootfs/etc", "rootfs/proc", "rootfs/sys", "rootfs/dev", "rootfs/tmp", "logs"] {
            unsafe mkdir("\(folder)/\(name)", 0o755)
        }
        _ = try Self.shell("cp /bin/busybox \(folder)/rootfs/bin/ && for i in sh cat sleep echo id mount ls head grep touch kill; do ln -s busybox \(folder)/rootfs/bin/$i; done")
        runtime = try ContainerRuntime(configuration, clock: Host.clock)
    }

    static func shell(_ text: String) throws -> ProcessEnding {
        try Subprocess.wait(for: Subprocess.start(Program("/bin/sh", ["-c", text])))
    }

    /// Runs `body` and removes everything.
    static func run(_ body: (Bench) async throws -> Void) async throws {
        let bench = try Bench()
        do { try await body(bench) } catch {
            await bench.end()
            throw error
        }
        await bench.end()
    }

    func end() async {
        for id in (try? await runtime.all()) ?? [] { try? await runtime.remove(id) }
        try? FileTree.remove(folder)
    }

    /// A container of a pod that runs a shell command, confined as the pod's fields say.
    func request(_ id: String, _ command: String, pod more: JSON = [:], container fields: JSON = [:]) throws -> ContainerRuntime.Request {
        var container: JSON = ["name": "c", "image": "busybox", "command": ["/bin/sh", "-c", .string(command)]]
        for (key, value) in fields.object ?? [:] { container[key] = value }
        var spec: JSON = ["containers": [container]]
        for (key, value) in more.object ?? [:] { spec[key] = value }
        let pod: JSON = ["metadata": ["name": "p", "namespace": "n", "uid": "u"], "spec": spec]
        var node = NodeFacts(name: "node")
        // What is not tried here: limits, which depend on the machine's groups.
        node.cgroups.writable = []
        let decision = Confinement.decide(pod: pod, container: "c", image: ImageFacts(), node: node, identity: PodIdentity())
        let confined = try #require(decision.container, "\(decision.refusals)")
        return ContainerRuntime.Request(id: id, name: "p_n_c", spec: confined.runtimeSpec(root: folder + "/rootfs"), log: "\(folder)/logs/\(id).log")
    }

    /// Waits for the end of a container.
    func ending(_ id: String) async throws -> Ending? {
        for _ in 0..<500 {
            if case .ended(let ending)? = try await runtime.state(id) { return ending }
            try await Task.sleep(for: .milliseconds(10))
        }
        return nil
    }

    /// What a container wrote, without the monitor's marks.
    func output(_ id: String) throws -> [String] {
        let descriptor = try OwnedDescriptor(opening: "\(folder)/logs/\(id).log")
        let text = String(decoding: try Pipe.readAll(descriptor, limit: 1 << 20), as: UTF8.self)
        return text.split(separator: "\n").map { $0.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false).last.map(String.init) ?? "" }
    }
}
