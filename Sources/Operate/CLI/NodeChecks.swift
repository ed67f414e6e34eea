import WorkerNode

/// The checks of `kastell doctor` for a machine that runs a node: what is failed keeps it from running, what is advised keeps it
/// from something that a pod may ask for.
enum NodeChecks {
    static func judge(_ host: NodeHost) -> [HostCheck] {
        var checks = [programs(host), filter(host), seccomp(host), overlay(host)]
        if !host.isRoot { checks += [namespaces(host), ids(host, "/etc/subuid", host.subordinateUsers, "--add-subuids"), ids(host, "/etc/subgid", host.subordinateGroups, "--add-subgids"), uplink(host)] }
        checks.append(limits(host))
        return checks
    }

    /// Refuses to start a node where it could not run.
    ///
    /// - Throws: ``CommandError`` that names everything that is missing, with its mend.
    static func require(_ host: NodeHost) throws(CommandError) {
        let failed = judge(host).filter { $0.verdict == .failed }
        guard !failed.isEmpty else { return }
        let lines = failed.map { "\($0.name): \($0.found). \($0.remedy ?? "")" }
        throw CommandError("this machine cannot run a node. \(lines.joined(separator: " ")) To start the control plane alone, add --control-only.")
    }

    private static func programs(_ host: NodeHost) -> HostCheck {
        guard !host.missing.isEmpty else { return HostCheck(name: "node programs", verdict: .passed, found: host.found.joined(separator: ", ")) }
        var packages: [String] = []
        for program in host.missing where !packages.contains(program.package) { packages.append(program.package) }
        return HostCheck(
            name: "node programs", verdict: .failed, found: host.missing.map(\.path).joined(separator: ", ") + (host.missing.count == 1 ? " is missing" : " are missing"),
            remedy: "Run as root: apt-get install \(packages.joined(separator: " ")).")
    }

    private static func filter(_ host: NodeHost) -> HostCheck {
        if let fault = host.filterFault {
            return HostCheck(
                name: "packet filter", verdict: .failed, found: "nf_tables does not answer: \(fault)",
                remedy: "Use a kernel with CONFIG_NF_TABLES and CONFIG_NF_TABLES_INET, and load it: modprobe nf_tables.")
        }
        return HostCheck(name: "packet filter", verdict: .passed, found: host.isRoot ? "libnftables and nf_tables answer" : "libnftables is there; nf_tables is tried when the node starts")
    }

    private static func seccomp(_ host: NodeHost) -> HostCheck {
        HostCheck(
            name: "seccomp", verdict: host.hasSeccomp ? .passed : .failed, found: host.hasSeccomp ? "filters of system calls are there" : "the kernel has no filters of system calls",
            remedy: host.hasSeccomp ? nil : "Use a kernel with CONFIG_SECCOMP_FILTER.")
    }

    private static func overlay(_ host: NodeHost) -> HostCheck {
        if !host.hasOverlay {
            return HostCheck(name: "overlayfs", verdict: .failed, found: "the kernel does not have it", remedy: "Use a kernel with CONFIG_OVERLAY_FS, and load it: modprobe overlay.")
        }
        if !host.isRoot, host.release < (5, 11) {
            return HostCheck(name: "overlayfs", verdict: .failed, found: "Linux \(host.kernel) does not mount it in user namespaces", remedy: "Use Linux 5.11 or newer, or run kastell as root.")
        }
        return HostCheck(name: "overlayfs", verdict: .passed, found: host.isRoot ? "is there" : "is there, in user namespaces too")
    }

    private static func namespaces(_ host: NodeHost) -> HostCheck {
        let name = "user namespaces"
        if host.userNamespaces <= 0 {
            return HostCheck(name: name, verdict: .failed, found: "user.max_user_namespaces is \(host.userNamespaces)", remedy: "Run as root: sysctl -w user.max_user_namespaces=10000.")
        }
        switch host.namespaceBar {
        case .sysctl?:
            return HostCheck(name: name, verdict: .failed, found: "kernel.unprivileged_userns_clone is 0", remedy: "Run as root: sysctl -w kernel.unprivileged_userns_clone=1.")
        case .appArmor?:
            return HostCheck(
                name: name, verdict: .failed, found: "AppArmor keeps users from making them", remedy: "Run as root: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0.")
        case nil: return HostCheck(name: name, verdict: .passed, found: "\(host.userNamespaces) at most")
        }
    }

    private static func ids(_ host: NodeHost, _ file: String, _ count: UInt64, _ flag: String) -> HostCheck {
        let need = UInt64(RootlessNode.idCount)
        let found = "user '\(host.user)' has \(count) ids"
        if count < need {
            return HostCheck(name: file, verdict: .failed, found: found + ", and a node takes \(need)", remedy: "Run as root: usermod \(flag) 100000-165535 \(host.user).")
        }
        if count < 2 * need {
            return HostCheck(
                name: file, verdict: .advised, found: found + ", which leaves none for pods with users of their own (hostUsers: false)",
                remedy: "Run as root: usermod \(flag) 1000000-\(1_000_000 + 16 * need - 1) \(host.user).")
        }
        return HostCheck(name: file, verdict: .passed, found: found)
    }

    private static func uplink(_ host: NodeHost) -> HostCheck {
        guard let fault = host.tunnelFault else { return HostCheck(name: "way out", verdict: .passed, found: "/dev/net/tun can be opened") }
        return HostCheck(
            name: "way out", verdict: .advised, found: "pods and image pulls reach nothing outside of the cluster: \(fault)",
            remedy: "Run as root: modprobe tun && chmod 666 /dev/net/tun.")
    }

    private static func limits(_ host: NodeHost) -> HostCheck {
        let lacking = ["cpu", "memory", "pids"].filter { !host.controllers.contains($0) }
        let name = "resource limits"
        if lacking.isEmpty { return HostCheck(name: name, verdict: .passed, found: "cgroup \(host.isUnified ? "v2" : "v1"): cpu, memory and pids") }
        let found = "no control groups for \(lacking.joined(separator: ", ")): pods with such limits are refused"
        let remedy =
            host.isRoot || !host.isUnified
            ? "Boot with cgroup v2, and run kastell where /sys/fs/cgroup can be written."
            : "As root write '[Service]' and 'Delegate=cpu cpuset io memory pids', a line each, into /etc/systemd/system/user@.service.d/delegate.conf; "
                + "then run 'systemctl daemon-reload', log in again, and start kastell with 'systemd-run --user --scope -p Delegate=yes'."
        return HostCheck(name: name, verdict: .advised, found: found, remedy: remedy)
    }
}
