public import JSONValue
public import KubeModel

/// Containers, pods and claims keep to the limit ranges of their namespace, and get what those give by default.
///
/// Source: Kubernetes documentation, "Limit Ranges".
public enum LimitRanger {
    /// Gives the containers of a new pod the default requests and limits.
    public static func mutate(_ pod: inout JSON, ranges: [JSON]) {
        for range in ranges {
            var limits = JSONObject()
            var requests = JSONObject()
            for item in range["spec"]?["limits"]?.array ?? [] where item["type"]?.string == "Container" {
                for (name, value) in item["default"]?.object ?? JSONObject() { limits[name] = value }
                for (name, value) in item["defaultRequest"]?.object ?? JSONObject() { requests[name] = value }
            }
            var notes: [String] = []
            for (field, words) in [("containers", "container"), ("initContainers", "init container")] {
                guard var containers = pod["spec"]?[field]?.array else { continue }
                for index in containers.indices {
                    let name = containers[index]["name"]?.string ?? ""
                    for (kind, defaults, noun) in [("requests", requests, "request"), ("limits", limits, "limit")] {
                        let set = complete(&containers[index], kind, defaults)
                        if !set.isEmpty { notes.append("\(set.joined(separator: ", ")) \(noun) for \(words) \(name)") }
                    }
                }
                pod[path: "spec", field] = .array(containers)
            }
            if !notes.isEmpty {
                pod[path: "metadata", "annotations", "kubernetes.io/limit-ranger"] = .string("LimitRanger plugin set: " + notes.joined(separator: "; "))
            }
        }
    }

    private static func complete(_ container: inout JSON, _ kind: String, _ defaults: JSONObject) -> [String] {
        var set: [String] = []
        for (name, value) in defaults where container["resources"]?[kind]?[name] == nil {
            container[path: "resources", kind, name] = value
            set.append(name)
        }
        return set.sorted()
    }

    /// Refuses a pod that does not keep to the ranges.
    public static func validate(pod: JSON, ranges: [JSON]) throws(StatusError) {
        for range in ranges {
            var faults: [String] = []
            for item in range["spec"]?["limits"]?.array ?? [] {
                switch item["type"]?.string {
                case "Container":
                    for field in ["containers", "initContainers"] {
                        for container in pod["spec"]?[field]?.array ?? [] {
                            faults += bounds(
                                item, requests: PodResources.list(container["resources"]?["requests"]),
                                limits: PodResources.list(container["resources"]?["limits"]))
                        }
                    }
                case "Pod": faults += bounds(item, requests: PodResources.requests(of: pod), limits: PodResources.limits(of: pod))
                default: continue
                }
            }
            try refuse(faults, GroupResource(group: "", resource: "pods"), pod)
        }
    }

    /// Refuses a claim that does not keep to the ranges.
    public static func validate(claim: JSON, ranges: [JSON]) throws(StatusError) {
        let requests = PodResources.list(claim["spec"]?["resources"]?["requests"])
        for range in ranges {
            var faults: [String] = []
            for item in range["spec"]?["limits"]?.array ?? [] where item["type"]?.string == "PersistentVolumeClaim" {
                for (name, bound) in sorted(item["min"]) {
                    if let fault = minimum("PersistentVolumeClaim", name, bound, requests[name], nil) { faults.append(fault) }
                }
                for (name, bound) in sorted(item["max"]) {
                    let start = "maximum \(name) usage per PersistentVolumeClaim is \(bound)"
                    guard let request = requests[name] else {
                        faults.append("\(start).  No request is specified")
                        continue
                    }
                    if request > bound { faults.append("\(start), but request is \(request)") }
                }
            }
            try refuse(faults, GroupResource(group: "", resource: "persistentvolumeclaims"), claim)
        }
    }

    private static func refuse(_ faults: [String], _ resource: GroupResource, _ object: JSON) throws(StatusError) {
        guard let first = faults.first else { return }
        var seen = Set<String>()
        let all = faults.filter { seen.insert($0).inserted }
        throw .forbidden(
            resource, name: object["metadata"]?["name"]?.string ?? "", all.count == 1 ? first : "[\(all.joined(separator: ", "))]")
    }

    private static func sorted(_ list: JSON?) -> [(String, Quantity)] { PodResources.list(list).sorted { $0.key < $1.key } }

    private static func bounds(_ item: JSON, requests: PodResources.List, limits: PodResources.List) -> [String] {
        let type = item["type"]?.string ?? ""
        var faults: [String] = []
        for (name, bound) in sorted(item["min"]) {
            if let fault = minimum(type, name, bound, requests[name], limits[name]) { faults.append(fault) }
        }
        for (name, bound) in sorted(item["max"]) {
            let start = "maximum \(name) usage per \(type) is \(bound)"
            if let limit = limits[name] {
                if limit > bound {
                    faults.append("\(start), but limit is \(limit)")
                } else if let request = requests[name], request > bound {
                    faults.append("\(start), but request is \(request)")
                }
            } else {
                faults.append("\(start).  No limit is specified")
            }
        }
        for (name, bound) in sorted(item["maxLimitRequestRatio"]) {
            if let fault = ratio(type, name, bound, requests[name], limits[name]) { faults.append(fault) }
        }
        return faults
    }

    private static func minimum(_ type: String, _ name: String, _ bound: Quantity, _ request: Quantity?, _ limit: Quantity?) -> String? {
        let start = "minimum \(name) usage per \(type) is \(bound)"
        guard let request else { return "\(start).  No request is specified" }
        if request < bound { return "\(start), but request is \(request)" }
        if let limit, limit < bound { return "\(start), but limit is \(limit)" }
        return nil
    }

    private static func ratio(_ type: String, _ name: String, _ bound: Quantity, _ request: Quantity?, _ limit: Quantity?) -> String? {
        let start = "\(name) max limit to request ratio per \(type) is \(bound), but"
        guard let request, request.nano != 0 else { return "\(start) no request is specified or request is 0" }
        guard let limit, limit.nano != 0 else { return "\(start) no limit is specified or limit is 0" }
        let found = Double(limit.nano) / Double(request.nano)
        return found > Double(bound.nano) / 1e9 ? "\(start) provided ratio is \(sixDigits(found))" : nil
    }

    /// The number with six digits after the point.
    private static func sixDigits(_ number: Double) -> String {
        let millionths = Int64((number * 1_000_000).rounded())
        let rest = String(millionths % 1_000_000)
        return "\(millionths / 1_000_000)." + String(repeating: "0", count: 6 - rest.count) + rest
    }
}
