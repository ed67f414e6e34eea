import JSONValue
import KubeModel
import ObjectDefaults
import PolicyModel

/// What a container may use, by its requests and limits. A limit that this node cannot make hold is a refusal; a request that it
/// cannot keep is a note, since the scheduler has kept it already.
///
/// Source: Kubernetes documentation, "Resource Management for Pods and Containers", "Manage HugePages".
enum ContainerResources {
    static let id: ControlID = "resources"

    static func decide(_ subject: Subject, _ findings: inout Findings) -> ResourcePlan {
        let resources = subject.container["resources"]
        let path = subject.path.child("resources")
        var plan = ResourcePlan()
        let cgroups = subject.node.cgroups

        let cpuLimit = Amounts.amount(resources, "limits", "cpu")
        let cpuRequest = Amounts.amount(resources, "requests", "cpu") ?? cpuLimit
        if isWritable(.cpu, for: cpuLimit, "cpu", path, subject.node, &findings) {
            plan.cpuShares = CPUWeight.shares(milli: cpuRequest?.milliValue ?? 0)
            if let cpuLimit, cpuLimit.nano > 0 {
                plan.cpuQuota = CPUWeight.quota(milli: cpuLimit.milliValue, period: plan.cpuPeriod)
            }
        } else if cpuRequest != nil, cpuLimit == nil {
            findings.note(
                id, at: path.child("requests", "cpu"),
                "the share is not kept against neighbours: \(subject.node.limitsMend)")
        }
        let memory = Amounts.amount(resources, "limits", "memory")
        if isWritable(.memory, for: memory, "memory", path, subject.node, &findings) {
            if let memory, memory.nano > 0 { plan.memoryLimit = memory.value }
            plan.forbidsSwap = cgroups.countsSwap && (plan.memoryLimit != nil || cgroups.version == .v2)
        }
        if let limit = subject.node.podPidsLimit, cgroups.writable.contains(.pids) { plan.pidsLimit = limit }
        plan.hugePages = hugePages(resources, path, subject.node, &findings)
        if let limits = resources?["limits"]?.object, !limits.isEmpty { findings.decided(by: path.child("limits")) }
        return plan
    }

    private static func isWritable(
        _ controller: CgroupFacts.Controller, for limit: Quantity?, _ name: String, _ path: FieldPath,
        _ node: NodeFacts,
        _ findings: inout Findings
    ) -> Bool {
        if node.cgroups.writable.contains(controller) { return true }
        if let limit, limit.nano > 0 {
            let field = path.child("limits", name)
            findings.refuse(
                id, .notEnforceable, at: field, found: limit.description,
                "the limit on \(name) cannot hold: the node cannot write the \(controller.rawValue) controller of cgroup v\(node.cgroups.version.rawValue)",
                remedy: "\(node.limitsMend); or remove \(field)")
        }
        return false
    }

    /// The limit of every size that the node has, 0 for those that are not asked for.
    private static func hugePages(
        _ resources: JSON?, _ path: FieldPath, _ node: NodeFacts, _ findings: inout Findings
    ) -> [String: UInt64] {
        var limits: [String: UInt64] = [:]
        let isWritable = node.cgroups.writable.contains(.hugetlb)
        if isWritable { for size in node.cgroups.hugePageSizes { limits[size] = 0 } }
        for (name, value) in resources?["limits"]?.object ?? JSONObject() where name.hasPrefix("hugepages-") {
            guard let amount = Amounts.quantity(value), amount.nano > 0 else { continue }
            let size = sizeName(String(name.dropFirst("hugepages-".count)))
            if isWritable, let size, limits[size] != nil {
                limits[size] = UInt64(clamping: amount.value)
                continue
            }
            let field = path.child("limits").key(name)
            findings.refuse(
                id, .notEnforceable, at: field, found: amount.description,
                "the limit on \(name) cannot hold: \(isWritable ? "the node has no huge pages of this size" : "the node cannot write the hugetlb controller")",
                remedy: isWritable
                    ? "ask for one of the node's sizes: \(node.cgroups.hugePageSizes.joined(separator: ", "))"
                    : "\(node.limitsMend); or remove \(field)")
        }
        return limits
    }

    /// `2Mi` → `2MB`, as the controller names it.
    private static func sizeName(_ text: String) -> String? {
        guard let bytes = Quantity(text)?.value, bytes > 0 else { return nil }
        for (unit, shift) in [("GB", 30), ("MB", 20), ("KB", 10)] where bytes >= 1 << shift && bytes % (1 << shift) == 0
        {
            return "\(bytes >> shift)\(unit)"
        }
        return nil
    }
}

/// What a pod as a whole may use: the sum of its containers, or what it says of itself. A limit holds for the pod only
/// when every container has one.
///
/// Source: Kubernetes documentation, "Pod Quality of Service Classes", "Assign Pod-level CPU and memory resources"; kubelet,
/// `ResourceConfigForPod`.
enum PodResources {
    static func decide(_ scope: PodScope, _ quality: PodQuality) -> ResourcePlan {
        let cgroups = scope.node.cgroups
        var plan = ResourcePlan()
        if cgroups.writable.contains(.cpu) {
            let request = sum(scope.spec, "requests", "cpu") ?? Quantity(0)
            plan.cpuShares =
                quality == .bestEffort ? CPUWeight.shares.lowerBound : CPUWeight.shares(milli: request.milliValue)
            if let limit = sum(scope.spec, "limits", "cpu"), limit.nano > 0 {
                plan.cpuQuota = CPUWeight.quota(milli: limit.milliValue, period: plan.cpuPeriod)
            }
        }
        if cgroups.writable.contains(.memory) {
            if let limit = sum(scope.spec, "limits", "memory"), limit.nano > 0 { plan.memoryLimit = limit.value }
            plan.forbidsSwap = cgroups.countsSwap && (plan.memoryLimit != nil || cgroups.version == .v2)
        }
        if cgroups.writable.contains(.pids) { plan.pidsLimit = scope.node.podPidsLimit }
        return plan
    }

    /// The sum over the containers and the sidecars, or the most that an init container needs beside them; for limits nil as soon as
    /// one container has none.
    private static func sum(_ spec: JSON, _ list: String, _ name: String) -> Quantity? {
        if let own = Amounts.amount(spec["resources"], list, name) { return own }
        func amount(_ container: JSON) -> Quantity? {
            let resources = container["resources"]
            return Amounts.amount(resources, list, name)
                ?? (list == "requests" ? Amounts.amount(resources, "limits", name) ?? Quantity(0) : nil)
        }
        var running = Quantity(0)
        var peak = Quantity(0)
        for container in spec["initContainers"]?.array ?? [] {
            guard let own = amount(container) else { return nil }
            if container["restartPolicy"]?.string == "Always" {
                running = running + own
            } else {
                peak = max(peak, running + own)
            }
        }
        for container in spec["containers"]?.array ?? [] {
            guard let own = amount(container) else { return nil }
            running = running + own
        }
        let overhead = Amounts.quantity(spec["overhead"]?[name]) ?? Quantity(0)
        return max(running, peak) + overhead
    }
}
