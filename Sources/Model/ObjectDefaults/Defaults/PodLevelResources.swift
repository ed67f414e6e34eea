import JSONValue
import KubeModel

/// The resources of a whole pod, as far as they follow from those of its containers (KEP-2837).
enum PodLevelResources {
    private static func isHugePage(_ name: String) -> Bool { name.hasPrefix("hugepages-") }
    private static func isSupported(_ name: String) -> Bool { name == "cpu" || name == "memory" || isHugePage(name) }

    static func fill(_ spec: inout JSON) {
        guard spec.has("resources") else { return }
        hugePageLimits(&spec)
        requests(&spec)
    }

    /// Huge pages that containers limit and the pod does not are limited for the pod to their sum.
    private static func hugePageLimits(_ spec: inout JSON) {
        let resources = spec["resources"] ?? [:]
        guard resources.count("limits") > 0 || resources.count("requests") > 0 else { return }
        for (name, sum) in aggregate("limits", of: spec) where isHugePage(name) {
            if resources[path: "requests", name] == nil {
                spec.edit("resources") { $0.editOrCreate("limits") { $0.fill(name, .string(sum.description)) } }
            }
        }
    }

    /// Where the pod has limits, its requests are those of its containers, or the limits.
    private static func requests(_ spec: inout JSON) {
        let limits = spec["resources"]?.members("limits") ?? JSONObject()
        guard !limits.isEmpty else { return }
        var filled = spec[path: "resources", "requests"] ?? [:]
        for (name, sum) in aggregate("requests", of: spec) where name == "cpu" || name == "memory" {
            filled.fill(name, .string(sum.description))
        }
        for (name, limit) in limits where isSupported(name) { filled.fill(name, limit) }
        if filled.object?.isEmpty == false { spec[path: "resources", "requests"] = filled }
    }

    /// What the containers take together: the sum of those that run side by side, or what one that runs before them
    /// takes beside the sidecars started until then, when that is more.
    private static func aggregate(_ field: String, of spec: JSON) -> [(String, Quantity)] {
        var order: [String] = []
        func amounts(_ container: JSON) -> [String: Quantity] {
            var found: [String: Quantity] = [:]
            for (name, value) in container["resources"]?.members(field) ?? JSONObject() {
                guard let quantity = Quantity(value.string ?? "") else { continue }
                found[name] = quantity
                if !order.contains(name) { order.append(name) }
            }
            return found
        }
        var sum: [String: Quantity] = [:]
        for container in spec.elements("containers") { sum.merge(amounts(container)) { $0 + $1 } }
        var sidecars: [String: Quantity] = [:]
        var peak: [String: Quantity] = [:]
        for container in spec.elements("initContainers") {
            var taken = amounts(container)
            if container.text("restartPolicy") == "Always" {
                sum.merge(taken) { $0 + $1 }
                sidecars.merge(taken) { $0 + $1 }
                taken = sidecars
            } else {
                taken.merge(sidecars) { $0 + $1 }
            }
            peak.merge(taken) { max($0, $1) }
        }
        sum.merge(peak) { max($0, $1) }
        return order.compactMap { name in sum[name].map { (name, $0) } }
    }
}
