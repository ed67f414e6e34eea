import JSONValue
import KubeModel

/// What a whole pod asks for: its containers together, its init containers one after the other, and its overhead.
///
/// Source: KEP-753 (sidecar containers), "Resources calculation for scheduling and pod admission"; KEP-688 (overhead).
enum PodResources {
    typealias List = [String: Quantity]

    static func list(_ value: JSON?) -> List { (value?.stringMap ?? [:]).compactMapValues { Quantity($0) } }

    static func requests(of pod: JSON) -> List { total(pod, field: "requests") }
    static func limits(of pod: JSON) -> List { total(pod, field: "limits") }

    private static func total(_ pod: JSON, field: String) -> List {
        let spec = pod["spec"]
        var sum: List = [:]
        for container in spec?["containers"]?.array ?? [] { add(list(container["resources"]?[field]), to: &sum) }
        var sidecars: List = [:]
        var peak: List = [:]
        for container in spec?["initContainers"]?.array ?? [] {
            let own = list(container["resources"]?[field])
            var now: List
            if container["restartPolicy"]?.string == "Always" {
                add(own, to: &sum)
                add(own, to: &sidecars)
                now = sidecars
            } else {
                now = own
                add(sidecars, to: &now)
            }
            raise(&peak, to: now)
        }
        raise(&sum, to: peak)
        // What the pod says as a whole stands above what its containers add up to.
        for (name, quantity) in list(spec?["resources"]?[field]) { sum[name] = quantity }
        let overhead = list(spec?["overhead"])
        for (name, quantity) in overhead where field == "requests" || sum[name] != nil { sum[name] = sum[name].map { $0 + quantity } ?? quantity }
        return sum
    }

    private static func add(_ more: List, to sum: inout List) {
        for (name, quantity) in more { sum[name] = sum[name].map { $0 + quantity } ?? quantity }
    }

    private static func raise(_ sum: inout List, to peak: List) {
        for (name, quantity) in peak where (sum[name].map { $0 < quantity } ?? true) { sum[name] = quantity }
    }
}
