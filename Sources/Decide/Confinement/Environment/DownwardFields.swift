import JSONValue
import KubeModel

/// What a pod can be told of itself.
///
/// Source: Kubernetes documentation, "Downward API".
enum DownwardFields {
    static let names = [
        "metadata.name", "metadata.namespace", "metadata.uid", "metadata.labels['KEY']", "metadata.annotations['KEY']",
        "spec.nodeName",
        "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
    ]

    /// A field of the pod; nil for one that is not told.
    static func value(_ path: String, _ subject: Subject) -> String? {
        let metadata = subject.pod["metadata"]
        switch path {
        case "metadata.name": return metadata?["name"]?.string ?? ""
        case "metadata.namespace": return metadata?["namespace"]?.string ?? ""
        case "metadata.uid": return metadata?["uid"]?.string ?? ""
        case "spec.nodeName": return subject.spec["nodeName"]?.string ?? subject.node.name
        case "spec.serviceAccountName": return subject.spec["serviceAccountName"]?.string ?? ""
        case "status.hostIP": return subject.identity.hostIPs.first ?? ""
        case "status.hostIPs": return subject.identity.hostIPs.joined(separator: ",")
        case "status.podIP": return podIPs(subject).first ?? ""
        case "status.podIPs": return podIPs(subject).joined(separator: ",")
        default:
            for map in ["labels", "annotations"] {
                let prefix = "metadata.\(map)['"
                guard path.hasPrefix(prefix), path.hasSuffix("']"), path.count >= prefix.count + 2 else { continue }
                return metadata?[map]?[String(path.dropFirst(prefix.count).dropLast(2))]?.string ?? ""
            }
            return nil
        }
    }

    private static func podIPs(_ subject: Subject) -> [String] {
        subject.spec["hostNetwork"]?.bool == true ? subject.identity.hostIPs : subject.identity.podIPs
    }

    /// A request or limit of a container in whole divisors, rounded up; without a limit, what the node has for all pods.
    static func resource(_ reference: JSON, _ subject: Subject) -> String? {
        let parts = (reference["resource"]?.string ?? "").split(separator: ".", maxSplits: 1).map(String.init)
        guard parts.count == 2, ["limits", "requests"].contains(parts[0]) else { return nil }
        let name = parts[1]
        guard ["cpu", "memory", "ephemeral-storage"].contains(name) || name.hasPrefix("hugepages-") else { return nil }
        var container = subject.container
        if let other = reference["containerName"]?.string, !other.isEmpty {
            let all = Subject.lists.flatMap { subject.spec[$0]?.array ?? [] }
            guard let found = all.first(where: { $0["name"]?.string == other }) else { return nil }
            container = found
        }
        let resources = container["resources"]
        let limit = Amounts.amount(resources, "limits", name) ?? Quantity(subject.node.allocatable[name] ?? "")
        let amount =
            parts[0] == "limits"
            ? limit : Amounts.amount(resources, "requests", name) ?? Amounts.amount(resources, "limits", name)
        let divisor = Amounts.quantity(reference["divisor"]).flatMap { $0.nano > 0 ? $0 : nil } ?? Quantity(1)
        let nano = max(0, amount?.nano ?? 0)
        return String(Int64(clamping: (nano + divisor.nano - 1) / divisor.nano))
    }
}
