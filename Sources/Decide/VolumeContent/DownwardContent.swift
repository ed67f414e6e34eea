import JSONValue
import KubeModel

/// What a volume tells of its pod.
///
/// Source: Kubernetes documentation, "Downward API", "Information available via downwardAPI volume".
enum DownwardContent {
    static func value(_ origin: VolumeContentPlan.Field.Origin, pod: JSON, allocatable: [String: String]) throws(VolumeContentError) -> String {
        switch origin {
        case .field(let path):
            if let text = field(path, pod) { return text }
            throw VolumeContentError("unsupported fieldPath: \(path)", isRetryable: false)
        case .resource(let reference):
            if let text = resource(reference, pod, allocatable) { return text }
            throw VolumeContentError("unsupported container resource: \(reference["resource"]?.string ?? "")", isRetryable: false)
        }
    }

    private static func field(_ path: String, _ pod: JSON) -> String? {
        let metadata = pod["metadata"]
        switch path {
        case "metadata.name", "metadata.namespace", "metadata.uid": return metadata?[String(path.dropFirst("metadata.".count))]?.string ?? ""
        case "metadata.labels", "metadata.annotations":
            let map = metadata?[String(path.dropFirst("metadata.".count))]?.stringMap ?? [:]
            return map.sorted { $0.key < $1.key }.map { "\($0.key)=\(goQuoted($0.value))" }.joined(separator: "\n")
        default:
            for map in ["labels", "annotations"] {
                let prefix = "metadata.\(map)['"
                guard path.hasPrefix(prefix), path.hasSuffix("']"), path.count >= prefix.count + 2 else { continue }
                return metadata?[map]?[String(path.dropFirst(prefix.count).dropLast(2))]?.string ?? ""
            }
            return nil
        }
    }

    /// A request or limit in whole divisors, rounded up; without a limit, what the node has for all pods.
    private static func resource(_ reference: JSON, _ pod: JSON, _ allocatable: [String: String]) -> String? {
        let parts = (reference["resource"]?.string ?? "").split(separator: ".", maxSplits: 1).map(String.init)
        guard parts.count == 2, ["limits", "requests"].contains(parts[0]) else { return nil }
        let name = parts[1]
        guard ["cpu", "memory", "ephemeral-storage"].contains(name) || name.hasPrefix("hugepages-") else { return nil }
        let spec = pod["spec"] ?? [:]
        let containers = (spec["containers"]?.array ?? []) + (spec["initContainers"]?.array ?? [])
        guard let wanted = reference["containerName"]?.string, let container = containers.first(where: { $0["name"]?.string == wanted })
        else { return nil }
        let own = quantity(container["resources"]?["limits"]?[name])
        let limit = own ?? Quantity(allocatable[name] ?? "")
        let amount = parts[0] == "limits" ? limit : quantity(container["resources"]?["requests"]?[name]) ?? own
        let divisor = quantity(reference["divisor"]).flatMap { $0.nano > 0 ? $0 : nil } ?? Quantity(1)
        return String(Int64(clamping: (max(0, amount?.nano ?? 0) + divisor.nano - 1) / divisor.nano))
    }

    private static func quantity(_ value: JSON?) -> Quantity? {
        switch value {
        case .string(let text)?: Quantity(text)
        case .int(let number)?: Quantity(number)
        case .double(let number)?: Quantity("\(number)")
        case .null?, .bool?, .array?, .object?, nil: nil
        }
    }
}
