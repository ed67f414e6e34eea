import ControlPlane
import Glibc
import LinuxKernel
import WorkerNode

/// What a node needs of its machine, as it was found.
struct NodeHost: Hashable, Sendable {
    var isRoot = true
    var user = ""
    /// Programs that are not there, with the Debian packages that bring them.
    var missing: [Missing] = []
    var found: [String] = []
    /// How many ids the user may give to namespaces of its own.
    var subordinateUsers: UInt64 = 0
    var subordinateGroups: UInt64 = 0
    /// `user.max_user_namespaces`.
    var userNamespaces: Int64 = 0
    /// What keeps users without root from making them; nil when nothing does.
    var namespaceBar: NamespaceBar?
    /// Why `/dev/net/tun` cannot be opened; nil when it can.
    var tunnelFault: String?
    /// The controllers in which groups can be made, by name.
    var controllers: Set<String> = []
    var isUnified = true
    var release: (major: Int, minor: Int) { Self.version(kernel) }
    var kernel = ""
    var hasOverlay = true
    var hasSeccomp = true
    /// What libnftables or the kernel answered to a question; nil when they answered well.
    var filterFault: String?

    struct Missing: Hashable, Sendable { var path: String, package: String }
    enum NamespaceBar: Hashable, Sendable { case sysctl, appArmor }

    static func version(_ release: String) -> (major: Int, minor: Int) {
        let numbers = release.split(separator: ".").prefix(2).compactMap { Int($0.prefix { $0.isNumber }) }
        return numbers.count == 2 ? (numbers[0], numbers[1]) : (0, 0)
    }

    /// Reads this machine.
    static func read() -> NodeHost {
        var host = NodeHost()
        host.isRoot = geteuid() == 0
        host.user = SubordinateIDs.userName
        for program in NodeProcess.programs + (host.isRoot ? [] : RootlessNode.programs) {
            if unsafe access(program.path, X_OK) == 0 { host.found.append(program.path) } else { host.missing.append(Missing(path: program.path, package: program.package)) }
        }
        func count(_ file: String) -> UInt64 { SubordinateIDs.read(file, user: geteuid(), name: host.user).reduce(0) { $0 + UInt64($1.count) } }
        host.subordinateUsers = count("/etc/subuid")
        host.subordinateGroups = count("/etc/subgid")
        host.userNamespaces = number("/proc/sys/user/max_user_namespaces") ?? 0
        if number("/proc/sys/kernel/unprivileged_userns_clone") == 0 { host.namespaceBar = .sysctl } else if number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1 {
            host.namespaceBar = .appArmor
        }
        let tunnel = unsafe open("/dev/net/tun", O_RDWR | O_CLOEXEC)
        if tunnel >= 0 { close(tunnel) } else { host.tunnelFault = "\(SystemError("open /dev/net/tun", errno))" }
        readControllers(&host)
        host.kernel = line("/proc/sys/kernel/osrelease")
        let isModule = unsafe access("/lib/modules/\(host.kernel)/kernel/fs/overlayfs", F_OK) == 0
        host.hasOverlay = isModule || ProcFiles.text("/proc/filesystems").contains("overlay")
        host.hasSeccomp = unsafe access("/proc/sys/kernel/seccomp/actions_avail", F_OK) == 0
        host.filterFault = filterFault(isRoot: host.isRoot)
        return host
    }

    private static func line(_ path: String) -> String { ProcFiles.text(path).split(separator: "\n").first.map(String.init) ?? "" }
    private static func number(_ path: String) -> Int64? { Int64(line(path).filter { !$0.isWhitespace }) }

    /// cgroups(7): where this process may make groups.
    private static func readControllers(_ host: inout NodeHost) {
        let root = "/sys/fs/cgroup"
        host.isUnified = unsafe access(root + "/cgroup.controllers", F_OK) == 0
        if host.isUnified {
            let own = ProcFiles.text("/proc/self/cgroup").split(separator: "\n").first { $0.hasPrefix("0::") }.map { String($0.dropFirst(3)) } ?? "/"
            let folder = root + (own == "/" ? "" : own)
            guard unsafe access(folder + "/cgroup.procs", W_OK) == 0, unsafe access(folder + "/cgroup.subtree_control", W_OK) == 0 else { return }
            host.controllers = Set(line(folder + "/cgroup.controllers").split(separator: " ").map(String.init))
        } else {
            for name in ["cpu", "memory", "pids"] where unsafe access("\(root)/\(name)/cgroup.procs", W_OK) == 0 { host.controllers.insert(name) }
        }
    }

    /// Root asks the kernel; another user cannot, outside of a namespace.
    private static func filterFault(isRoot: Bool) -> String? {
        guard isRoot else { return nil }
        do {
            try NFTablesContext().run("list tables")
            return nil
        } catch { return "\(error)" }
    }
}
