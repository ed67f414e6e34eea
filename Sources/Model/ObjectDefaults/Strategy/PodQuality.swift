public import JSONValue
import KubeModel

/// The quality of service of a pod, which decides who is killed first when memory is short.
public enum PodQuality: String, Hashable, Sendable {
    case guaranteed = "Guaranteed"
    case burstable = "Burstable"
    case bestEffort = "BestEffort"

    /// The quality that follows from the requests and limits of a pod's spec.
    public init(of spec: JSON) {
        let pod = spec["resources"]
        let parts =
            pod.isAbsent
            ? (spec.elements("containers") + spec.elements("initContainers")).map { $0["resources"] ?? [:] }
            : [pod ?? [:]]
        var requests: [String: Quantity] = [:]
        var limits: [String: Quantity] = [:]
        var isGuaranteed = true
        for part in parts {
            for (name, amount) in Self.amounts(part, "requests") {
                requests[name] = requests[name].map { $0 + amount } ?? amount
            }
            let limited = Self.amounts(part, "limits")
            for (name, amount) in limited { limits[name] = limits[name].map { $0 + amount } ?? amount }
            // A pod that only requests on its own level is not asked for its limits: the comparison below finds them.
            if limited.count < 2, pod.isAbsent || part.count("limits") > 0 { isGuaranteed = false }
        }
        if requests.isEmpty, limits.isEmpty {
            self = .bestEffort
        } else if isGuaranteed, requests.count == limits.count, requests.allSatisfy({ limits[$0] == $1 }) {
            self = .guaranteed
        } else {
            self = .burstable
        }
    }

    /// The amounts of processor and memory that are more than zero.
    private static func amounts(_ resources: JSON, _ field: String) -> [(String, Quantity)] {
        ["cpu", "memory"].compactMap { name in
            guard let quantity = Quantity(resources[field]?.text(name) ?? ""), quantity.nano > 0 else { return nil }
            return (name, quantity)
        }
    }
}
