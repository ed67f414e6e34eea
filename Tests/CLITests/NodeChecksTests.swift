import Testing

@testable import CLI

@Suite("what a node needs of its machine")
struct NodeChecksTests {
    private static var good: NodeHost {
        var host = NodeHost()
        host.user = "anna"
        host.kernel = "6.1.0-18-amd64"
        host.found = ["/usr/sbin/runc", "/usr/bin/conmon"]
        host.subordinateUsers = 1 << 20
        host.subordinateGroups = 1 << 20
        host.userNamespaces = 1000
        host.controllers = ["cpu", "memory", "pids"]
        return host
    }

    private static var rootless: NodeHost {
        var host = good
        host.isRoot = false
        return host
    }

    @Test("a machine that has everything passes, with root and without")
    func passes() throws {
        for host in [Self.good, Self.rootless] {
            #expect(NodeChecks.judge(host).allSatisfy { $0.verdict == .passed && $0.remedy == nil && !$0.found.isEmpty })
            try NodeChecks.require(host)
        }
        #expect(NodeChecks.judge(Self.good).count < NodeChecks.judge(Self.rootless).count)
    }

    struct Lack: Sendable {
        var name: String
        var verdict: HostCheck.Verdict
        var remedy: String
        var onlyRootless = false
        var change: @Sendable (inout NodeHost) -> Void
    }

    static let lacks: [Lack] = [
        Lack(name: "node programs", verdict: .failed, remedy: "apt-get install runc.") { $0.missing = [.init(path: "/usr/sbin/runc", package: "runc")] },
        Lack(name: "node programs", verdict: .failed, remedy: "apt-get install uidmap slirp4netns.", onlyRootless: true) {
            $0.missing = [
                .init(path: "/usr/bin/newuidmap", package: "uidmap"), .init(path: "/usr/bin/newgidmap", package: "uidmap"),
                .init(path: "/usr/bin/slirp4netns", package: "slirp4netns"),
            ]
        },
        Lack(name: "packet filter", verdict: .failed, remedy: "modprobe nf_tables") { $0.filterFault = "Operation not supported" },
        Lack(name: "seccomp", verdict: .failed, remedy: "CONFIG_SECCOMP_FILTER") { $0.hasSeccomp = false },
        Lack(name: "overlayfs", verdict: .failed, remedy: "modprobe overlay") { $0.hasOverlay = false },
        Lack(name: "overlayfs", verdict: .failed, remedy: "Linux 5.11", onlyRootless: true) { $0.kernel = "5.10.0-28-amd64" },
        Lack(name: "user namespaces", verdict: .failed, remedy: "user.max_user_namespaces", onlyRootless: true) { $0.userNamespaces = 0 },
        Lack(name: "user namespaces", verdict: .failed, remedy: "unprivileged_userns_clone=1", onlyRootless: true) { $0.namespaceBar = .sysctl },
        Lack(name: "user namespaces", verdict: .failed, remedy: "apparmor_restrict", onlyRootless: true) { $0.namespaceBar = .appArmor },
        Lack(name: "/etc/subuid", verdict: .failed, remedy: "usermod --add-subuids 100000-165535 anna", onlyRootless: true) { $0.subordinateUsers = 65_535 },
        Lack(name: "/etc/subgid", verdict: .failed, remedy: "usermod --add-subgids 100000-165535 anna", onlyRootless: true) { $0.subordinateGroups = 0 },
        Lack(name: "/etc/subuid", verdict: .advised, remedy: "--add-subuids 1000000-2048575", onlyRootless: true) { $0.subordinateUsers = 65_536 },
        Lack(name: "way out", verdict: .advised, remedy: "/dev/net/tun", onlyRootless: true) { $0.tunnelFault = "Permission denied" },
        Lack(name: "resource limits", verdict: .advised, remedy: "delegate.conf", onlyRootless: true) { $0.controllers = ["pids"] },
        Lack(name: "resource limits", verdict: .advised, remedy: "cgroup v2") {
            $0.controllers = []
            $0.isUnified = false
        },
    ]

    @Test("what is missing is named with its mend, and only what keeps a node from running keeps it from starting", arguments: lacks)
    func lacking(_ lack: Lack) throws {
        var host = lack.onlyRootless ? Self.rootless : Self.good
        lack.change(&host)
        let found = NodeChecks.judge(host).filter { $0.verdict != .passed }
        #expect(found.map(\.name) == [lack.name])
        #expect(found.map(\.verdict) == [lack.verdict])
        #expect(found.first?.remedy?.contains(lack.remedy) == true, "\(found)")
        guard lack.verdict == .failed else { return try NodeChecks.require(host) }
        let refusal = #expect(throws: CommandError.self) { try NodeChecks.require(host) }
        #expect(refusal?.description.contains(lack.remedy) == true)
        #expect(refusal?.description.contains("--control-only") == true)
    }

    @Test("this machine can be read")
    func reads() {
        let host = NodeHost.read()
        #expect(host.release >= (5, 10))
        #expect(!host.user.isEmpty)
        #expect(NodeChecks.judge(host).count >= 5)
    }
}
