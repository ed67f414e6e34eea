/// A condition of the Node that says what its kernel or its rights keep it from enforcing.
public struct NodeCondition: Hashable, Sendable {
    /// The type, such as `ResourceLimitsEnforced`.
    public var type: String
    /// Whether it holds.
    public var isTrue: Bool
    /// Why, in one word.
    public var reason: String
    /// What it means for pods, and how to mend it.
    public var message: String
}

extension NodeFacts {
    /// What this node enforces, in a fixed order; each one that does not hold names its mend.
    public var conditions: [NodeCondition] { [limits, filters, users, appArmorCondition, selinuxCondition] }

    private func condition(_ type: String, _ holds: Bool, yes: String, no reason: String, _ message: String)
        -> NodeCondition
    {
        NodeCondition(type: type, isTrue: holds, reason: holds ? "Enforced" : reason, message: holds ? yes : message)
    }

    private var limits: NodeCondition {
        let missing = [CgroupFacts.Controller.cpu, .memory, .pids].filter { !cgroups.writable.contains($0) }.map(
            \.rawValue)
        let names = missing.joined(separator: ", ")
        return condition(
            "ResourceLimitsEnforced", missing.isEmpty,
            yes: "limits on cpu, memory and pids are held by cgroup v\(cgroups.version.rawValue)",
            no: "ControllersNotWritable",
            "pods with limits that need the cgroup v\(cgroups.version.rawValue) controllers \(names) are refused, and requests are not held: \(limitsMend)"
        )
    }

    /// How limits could be made to hold.
    var limitsMend: String {
        switch (privilege, cgroups.version) {
        case (.root, _): "let this node write to the cgroup controllers"
        case (.rootless, .v1):
            "boot with cgroup v2 (systemd.unified_cgroup_hierarchy=1) and delegate its controllers to the user, or run the node as root"
        case (.rootless, .v2):
            "delegate the controllers to the user (systemd: Delegate=cpu memory pids for user@.service), or run the node as root"
        }
    }

    private var filters: NodeCondition {
        condition(
            "SeccompEnforced", hasSeccomp,
            yes: "system calls are filtered; RuntimeDefault holds where a pod says nothing",
            no: "KernelWithoutSeccomp",
            "pods that ask for a seccomp profile are refused: use a kernel with CONFIG_SECCOMP_FILTER")
    }

    private var users: NodeCondition {
        let pods = UserNamespaceRanges(self).count
        return condition(
            "UserNamespacesAvailable", hasUserNamespaces && pods > 0,
            yes: "there are ids for \(pods) pods with users of their own",
            no: hasUserNamespaces ? "NoSubordinateIDs" : "KernelWithoutUserNamespaces",
            "pods with hostUsers: false are refused: \(hasUserNamespaces ? UserNamespaceRanges.mend : "use a kernel with CONFIG_USER_NS")"
        )
    }

    private var appArmorCondition: NodeCondition {
        condition(
            "AppArmorEnforced", appArmor != nil, yes: "AppArmor profiles are applied", no: "KernelWithoutAppArmor",
            "pods that ask for an AppArmor profile are refused: boot a kernel with AppArmor active, or leave the profile out"
        )
    }

    private var selinuxCondition: NodeCondition {
        condition(
            "SELinuxEnforced", selinux != nil, yes: "SELinux labels are applied", no: "KernelWithoutSELinux",
            "pods that ask for SELinux options are refused: boot a kernel with SELinux active, or leave the options out"
        )
    }
}
