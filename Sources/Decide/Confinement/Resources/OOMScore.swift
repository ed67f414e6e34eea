import JSONValue
import KubeModel
import ObjectDefaults
import PolicyModel

/// How readily the kernel kills a process of the container when memory is short.
///
/// Source: Kubernetes documentation, "Node-pressure Eviction", "Node out of memory behavior".
enum OOMScore {
    static let id: ControlID = "oomScoreAdj"
    private static let guaranteed = -997
    private static let bestEffort = 1000
    /// Priorities from here on are those of the system.
    private static let criticalPriority: Int64 = 2_000_000_000

    static func decide(_ subject: Subject, _ quality: PodQuality, _ findings: inout Findings) -> Int {
        let wanted = score(subject, quality)
        let floor = subject.node.lowestOOMScoreAdjustment
        if wanted >= floor { return wanted }
        findings.note(
            id, at: subject.path.child("resources"),
            "the adjustment is \(floor), not \(wanted): the node may not lower it below its own")
        return floor
    }

    private static func score(_ subject: Subject, _ quality: PodQuality) -> Int {
        if (subject.spec["priority"]?.int ?? 0) >= criticalPriority { return guaranteed }
        switch quality {
        case .guaranteed: return guaranteed
        case .bestEffort: return bestEffort
        case .burstable:
            let own = share(subject.container, subject.node.memory)
            // A sidecar lives no shorter than the container that it serves.
            guard subject.list == "initContainers", subject.container["restartPolicy"]?.string == "Always" else {
                return own
            }
            return (subject.spec["containers"]?.array ?? []).map { share($0, subject.node.memory) }.reduce(own, min)
        }
    }

    /// The more of the memory was asked for, the later it is killed; never as late as a guaranteed pod, nor as soon as one that asked
    /// for nothing.
    private static func share(_ container: JSON, _ memory: Int64) -> Int {
        let resources = container["resources"]
        let request = Amounts.amount(resources, "requests", "memory") ?? Amounts.amount(resources, "limits", "memory")
        let nano = max(0, request?.nano ?? 0)
        let part = memory > 0 ? nano / 1_000_000_000 * 1000 / Int128(memory) : 0
        return Int(clamping: max(1000 + Int128(guaranteed), min(1000 - part, 999)))
    }
}
