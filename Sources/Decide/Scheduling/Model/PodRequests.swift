import JSONValue

/// What a pod takes of a node: the sum of its containers, or what its init containers need at their peak if that is
/// more, with pod-level requests in their place where they are set, and the overhead on top.
///
/// Source: Kubernetes documentation, "Init Containers" (resource sharing), "Sidecar Containers", "Pod Overhead",
/// "Assign Pod-level CPU and memory resources"; component-helpers `resource.PodRequests`.
enum PodRequests {
    /// What a container without requests counts for in the scores, so that such pods do not pile up on one node.
    static let assumed: [(String, Int128)] = [("cpu", 100), ("memory", 200 * 1024 * 1024)]

    /// The exact requests, by which the pod fits or not.
    static func exact(_ pod: JSON) -> ResourceAmounts { total(pod, assuming: []) }

    /// The requests with ``assumed`` amounts for containers that ask for none, by which nodes are scored.
    static func nonZero(_ pod: JSON) -> ResourceAmounts {
        guard let podLevel = podLevelRequests(pod) else { return total(pod, assuming: assumed) }
        let set = exactWithoutOverhead(pod, podLevel: podLevel)
        return total(pod, assuming: assumed.filter { set[$0.0] == 0 })
    }

    private static func exactWithoutOverhead(_ pod: JSON, podLevel: JSON) -> ResourceAmounts {
        containers(pod, assuming: []).overridden(by: podLevel)
    }

    private static func total(_ pod: JSON, assuming: [(String, Int128)]) -> ResourceAmounts {
        var sum = containers(pod, assuming: assuming)
        if let podLevel = podLevelRequests(pod) { sum = sum.overridden(by: podLevel) }
        sum += ResourceAmounts(list: pod["spec"]?["overhead"])
        return sum
    }

    /// The pod-level requests of the resources that may be requested there; nil when there are none.
    private static func podLevelRequests(_ pod: JSON) -> JSON? {
        guard let requests = pod[path: "spec", "resources", "requests"]?.object else { return nil }
        let supported = requests.filter { $0.key == "cpu" || $0.key == "memory" || $0.key.hasPrefix("hugepages-") }
        return supported.isEmpty ? nil : .object(JSONObject(supported.map { ($0.key, $0.value) }))
    }

    private static func containers(_ pod: JSON, assuming: [(String, Int128)]) -> ResourceAmounts {
        let spec = pod["spec"]
        let statuses = statusRequests(pod)
        let infeasible = pod[path: "status", "conditions"]?.array?.contains {
            $0["type"] == "PodResizePending" && $0["reason"] == "Infeasible"
        } ?? false
        func requests(_ container: JSON) -> ResourceAmounts {
            var amounts = ResourceAmounts(list: container[path: "resources", "requests"])
            let named = container[path: "resources", "requests"]
            if let held = statuses[container["name"]?.string ?? ""] {
                // A resize under way holds the greater of both; one that cannot be done holds what it has.
                if infeasible { amounts = held } else { amounts.formMaximum(held) }
            }
            for (name, amount) in assuming where named?[name] == nil { amounts[name] = amount }
            return amounts
        }
        var running = ResourceAmounts()
        for container in spec?["containers"]?.array ?? [] { running += requests(container) }
        var sidecars = ResourceAmounts()
        var peak = ResourceAmounts()
        for container in spec?["initContainers"]?.array ?? [] {
            let own = requests(container)
            if container["restartPolicy"] == "Always" {
                running += own
                sidecars += own
                peak.formMaximum(sidecars)
            } else {
                // An init container runs beside the sidecars that were started before it.
                var together = sidecars
                together += own
                peak.formMaximum(together)
            }
        }
        running.formMaximum(peak)
        return running
    }

    /// What the node holds for each container by now: allocated, and in force.
    private static func statusRequests(_ pod: JSON) -> [String: ResourceAmounts] {
        var held: [String: ResourceAmounts] = [:]
        for list in ["containerStatuses", "initContainerStatuses"] {
            for status in pod[path: "status", list]?.array ?? [] {
                guard let name = status["name"]?.string else { continue }
                var amounts = ResourceAmounts(list: status["allocatedResources"])
                amounts.formMaximum(ResourceAmounts(list: status[path: "resources", "requests"]))
                if !amounts.amounts.isEmpty { held[name] = amounts }
            }
        }
        return held
    }
}

extension ResourceAmounts {
    fileprivate func overridden(by list: JSON) -> ResourceAmounts {
        var result = self
        for (name, value) in list.object ?? JSONObject() { result[name] = Self.amount(of: value, for: name) }
        return result
    }
}
