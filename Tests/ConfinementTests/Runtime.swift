import Confinement
import FoundationEssentials
import Glibc
import JSONValue
import OCIModel

/// The runtime of this machine, and a root filesystem that holds busybox alone.
struct Runtime {
    static let program = ["/usr/sbin/runc", "/usr/bin/runc", "/usr/local/sbin/runc"].first { can($0, X_OK) }
    static let busybox = ["/bin/busybox", "/usr/bin/busybox"].first { can($0, X_OK) }

    private static func can(_ path: String, _ mode: Int32) -> Bool { unsafe access(path, mode) == 0 }

    /// Why no container can be run here; nil when one can.
    static let obstacle: String? =
        geteuid() != 0
        ? "only root can run containers without a user namespace"
        : program == nil ? "runc is not installed" : busybox == nil ? "busybox is not installed" : nil

    /// Why no container can be run here as an ordinary user would; nil when one can.
    static let rootlessObstacle: String? =
        obstacle
        ?? ["/usr/bin/unshare", "/usr/bin/setpriv", "/usr/bin/newuidmap", "/usr/bin/newgidmap"].first { !can($0, X_OK) }
        .map { "\($0) is not installed" }

    /// This machine as a node, as far as containers on it see.
    static var node: NodeFacts {
        var node = NodeFacts(name: "node-1")
        #if arch(arm64)
            node.architecture = .aarch64
        #endif
        let bounding = status("/proc/self/status")["CapBnd"].flatMap { UInt64($0, radix: 16) } ?? 0
        node.capabilities = Set(capabilities(bounding))
        if !node.capabilities.contains("CAP_SYS_RESOURCE") {
            node.lowestOOMScoreAdjustment =
                Int(text("/proc/self/oom_score_adj").filter { $0.isNumber || $0 == "-" }) ?? 0
        }
        node.cgroups.version = can("/sys/fs/cgroup/cgroup.controllers", F_OK) ? .v2 : .v1
        node.cgroups.writable = Set(
            CgroupFacts.Controller.allCases.filter { controller in
                node.cgroups.version == .v2
                    ? controller != .hugetlb : can("/sys/fs/cgroup/\(controller.rawValue)", W_OK)
            })
        node.cgroups.countsSwap =
            node.cgroups.version == .v2 || can("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes", F_OK)
        node.subordinateIDs = [IDRange(first: 1_000_000, count: 131_072)]
        node.devices = [RuntimeDevice(path: "/dev/kmsg", kind: .character, major: 1, minor: 11)]
        return node
    }

    /// The names of the bits of a capability set, in the kernel's order.
    static func capabilities(_ set: UInt64) -> [String] {
        let names = NodeFacts(name: "").capabilities
        return Numbers.order.enumerated().filter { set & (1 << UInt64($0.offset)) != 0 && names.contains($0.element) }
            .map(\.element)
    }

    enum Numbers {
        /// capabilities(7), by number.
        static let order = """
            CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST
            NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE
            SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM
            BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE
            """.split(whereSeparator: \.isWhitespace).map { "CAP_" + $0 }
    }

    private static func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }

    static func status(_ path: String) -> [String: String] {
        var fields: [String: String] = [:]
        for line in text(path).split(separator: "\n") {
            let halves = line.split(separator: ":", maxSplits: 1)
            if halves.count == 2 { fields[String(halves[0])] = String(halves[1].drop(while: \.isWhitespace)) }
        }
        return fields
    }

    /// The script with both streams in one: the runtime copies each by itself, and so out of order.
    static func together(_ script: String) -> String { "exec 2>&1\n" + script }

    /// A folder for one container, which goes with its bundle.
    let folder: String
    let name: String

    init() throws {
        name = "kastell-test-\(UInt64.random(in: .min ... .max))"
        folder = FileManager.default.temporaryDirectory.appending(path: name).path
        for part in ["bin", "tmp", "etc", "data", "proc", "sys", "dev", "root"] {
            try FileManager.default.createDirectory(
                atPath: "\(folder)/rootfs/\(part)", withIntermediateDirectories: true)
        }
        try FileManager.default.createDirectory(atPath: "\(folder)/volume/inner", withIntermediateDirectories: true)
        // A copy of our own making would be open for writing in what other tests start meanwhile, and so not be executed.
        guard try spawn(["/bin/cp", Runtime.busybox ?? "", "\(folder)/rootfs/bin/busybox"]).code == 0 else {
            throw Failure(description: "busybox cannot be copied")
        }
        for tool in [
            "sh", "cat", "id", "grep", "mount", "touch", "chroot", "unshare", "hostname", "ls", "mknod", "sysctl",
            "ping", "nice", "stat", "sed", "cut", "tr", "head", "dd", "chmod", "chown", "ps", "rm", "mkdir",
        ] {
            _ = unsafe symlink("busybox", "\(folder)/rootfs/bin/\(tool)")
        }
        _ = unsafe chmod(folder, 0o755)
    }

    /// Runs the container to its end.
    ///
    /// - Returns: what it printed on both streams, and the exit code of the runtime, which is that of the container.
    func run(_ spec: RuntimeSpec, wrapper: [String] = []) throws -> (output: String, code: Int32) {
        try write(spec)
        return try spawn(wrapper + runtime + ["run", "--bundle", folder, name])
    }

    /// Starts the container and lets it run; ``end()`` ends it.
    ///
    /// - Returns: the number of its first process.
    func start(_ spec: RuntimeSpec) throws -> String {
        try write(spec)
        let file = "\(folder)/pid"
        let (output, code) = try spawn(runtime + ["run", "--detach", "--pid-file", file, "--bundle", folder, name])
        guard code == 0 else { throw Failure(description: output) }
        return try String(contentsOfFile: file, encoding: .utf8)
    }

    func end() { _ = try? spawn(runtime + ["delete", "--force", name]) }

    private var runtime: [String] { [Runtime.program ?? "", "--root", "\(folder)/state"] }

    private func write(_ spec: RuntimeSpec) throws {
        var writer = JSONWriter()
        writer.write(spec.json)
        try Data(writer.bytes).write(to: URL(filePath: "\(folder)/config.json"))
    }

    private func spawn(_ words: [String]) throws -> (output: String, code: Int32) {
        let output = "\(folder)/output"
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var arguments: [UnsafeMutablePointer<CChar>?] = unsafe words.map { unsafe strdup($0) } + [nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        var process: pid_t = 0
        guard unsafe posix_spawn(&process, words[0], &actions, nil, &arguments, environ) == 0 else {
            throw Failure(description: "\(words[0]) cannot be started")
        }
        var status: Int32 = 0
        _ = unsafe waitpid(process, &status, 0)
        return ((try? String(contentsOfFile: output, encoding: .utf8)) ?? "", status >> 8 & 0xFF)
    }

    /// Gives the image's files to another root.
    func own(_ id: UInt32) throws {
        for root in ["\(folder)/rootfs", "\(folder)/volume"] {
            for entry in [root] + (try FileManager.default.subpathsOfDirectory(atPath: root)).map({ "\(root)/\($0)" }) {
                guard unsafe lchown(entry, id, id) == 0 else { throw Failure(description: "\(entry) keeps its owner") }
            }
        }
    }

    func remove() { try? FileManager.default.removeItem(atPath: folder) }

    struct Failure: Error, CustomStringConvertible { let description: String }
}
