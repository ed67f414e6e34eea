import JSONValue
import KubeModel
import PolicyModel

/// Ports of the node are taken only from the policy's ranges.
///
/// Source: Kubernetes 1.20, PodSecurityPolicy, "Host namespaces", HostPorts.
enum HostPorts: PolicyRule {
    static let id: ControlID = "hostPorts"

    static func breaches(in container: Container, of pod: Pod, under policy: Policy) -> [Breach] {
        let ranges = (policy.spec.member("hostPorts")?.array ?? []).map(IDRange.init)
        let printed = ranges.map { $0.min == $0.max ? "\($0.min)" : "\($0.min)-\($0.max)" }.joined(separator: ",")
        return (container.json.member("ports")?.array ?? []).enumerated().compactMap { index, port in
            guard let number = port["hostPort"]?.int, number > 0, !ranges.contains(id: number) else { return nil }
            // Kubernetes leaves the port's place out of the path.
            let error = FieldError.invalid(
                container.path.child("hostPort"), .int(number),
                "Host port \(number) is not allowed to be used. Allowed ports: [\(printed)]")
            let field = container.path.child("ports").index(index).child("hostPort")
            let choice = ranges.isEmpty ? "" : " or use one of \(ranges.words)"
            return Breach(id, error, field: field, found: String(number), remedy: "remove \(field)\(choice)")
        }
    }
}
