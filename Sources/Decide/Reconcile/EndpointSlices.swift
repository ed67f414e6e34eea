public import JSONValue
public import KubeModel

/// A service with a selector has EndpointSlices that name the pods behind it.
///
/// Source: KEP-752; Kubernetes documentation, "EndpointSlices".
public enum EndpointSlices {
    /// The resource that is written.
    public static let resource = GroupVersionResource(group: "discovery.k8s.io", version: "v1", resource: "endpointslices")
    /// The label that names the service of a slice.
    public static let serviceLabel = "kubernetes.io/service-name"
    /// The label that names who looks after a slice.
    public static let managerLabel = "endpointslice.kubernetes.io/managed-by"
    /// Who looks after our slices.
    public static let manager = "endpointslice-controller.k8s.io"
    /// The most endpoints in a slice.
    public static let capacity = 100
    private static let headless = "service.kubernetes.io/headless"
    private static let trigger = "endpoints.kubernetes.io/last-change-trigger-time"

    /// Endpoints that a slice can hold together: of one family, with the same ports.
    private struct Shape: Hashable {
        var family: String
        var ports: JSON
    }

    /// The writes after which the slices of a service name the pods behind it; none for a service without selector.
    ///
    /// - Parameters:
    ///   - service: the service.
    ///   - pods: the pods of the namespace that the service selects.
    ///   - slices: the slices of the service that this controller looks after.
    ///   - nodes: labels of the nodes by name, for the zones.
    /// - Returns: what to create, replace and delete.
    public static func plan(service: JSON, pods: [JSON], slices: [JSON], nodes: [String: [String: String]]) -> Plan {
        guard !(service["spec"]?["selector"]?.object?.isEmpty ?? true), service["spec"]?["type"]?.string != "ExternalName" else { return Plan() }
        let families = families(of: service)
        var wanted: [Shape: [JSON]] = [:]
        for pod in pods.sorted(by: { $0.name < $1.name }) where !isOver(pod) {
            for family in families {
                guard let entry = endpoint(pod, family: family, service: service, nodes: nodes) else { continue }
                wanted[Shape(family: family, ports: ports(of: service, on: pod)), default: []].append(entry)
            }
        }
        var changes: [Change] = []
        var kept: [Shape: [JSON]] = [:]
        for slice in slices.sorted(by: { $0.name < $1.name }) where !slice.isBeingDeleted {
            let shape = Shape(family: slice["addressType"]?.string ?? "", ports: .array(slice["ports"]?.array ?? []))
            kept[shape, default: []].append(slice)
        }
        for family in families where !wanted.keys.contains(where: { $0.family == family }) {
            // Without endpoints one empty slice says that somebody looked.
            wanted[Shape(family: family, ports: [])] = []
        }
        for (shape, present) in kept where wanted[shape] == nil {
            for slice in present { changes.append(.delete(Target(resource, slice), uid: slice.uid, policy: nil)) }
        }
        for (shape, entries) in wanted.sorted(by: { ($0.key.family, $0.value.count) < ($1.key.family, $1.value.count) }) {
            changes += fill(shape, entries, present: kept[shape] ?? [], service: service)
        }
        return Plan(changes: changes)
    }

    /// Puts the endpoints into the slices that are there, with as few writes as can be, and the rest into new ones.
    private static func fill(_ shape: Shape, _ entries: [JSON], present: [JSON], service: JSON) -> [Change] {
        func key(_ entry: JSON) -> String { entry["targetRef"]?["uid"]?.string ?? "" }
        var left = Dictionary(entries.map { (key($0), $0) }) { $1 }
        var contents: [[JSON]] = present.map { slice in
            (slice["endpoints"]?.array ?? []).compactMap { left.removeValue(forKey: key($0)) }
        }
        var new = entries.filter { left[key($0)] != nil }[...]
        // A slice that changes anyway is filled before others are touched.
        for index in contents.indices where contents[index] != present[index]["endpoints"]?.array ?? [] {
            take(&new, into: &contents[index])
        }
        for index in contents.indices where !new.isEmpty { take(&new, into: &contents[index]) }
        while !new.isEmpty || contents.isEmpty {
            var fresh: [JSON] = []
            take(&new, into: &fresh)
            contents.append(fresh)
        }
        var changes: [Change] = []
        let keepsOne = contents.allSatisfy(\.isEmpty)
        for (index, content) in contents.enumerated() {
            guard present.indices.contains(index) else {
                changes.append(
                    .create(Target(resource, namespace: service.namespace, name: ""), slice(shape, content, service: service, over: nil)))
                continue
            }
            let old = present[index]
            if content.isEmpty, !(keepsOne && index == 0) {
                changes.append(.delete(Target(resource, old), uid: old.uid, policy: nil))
                continue
            }
            let updated = slice(shape, content, service: service, over: old)
            if updated != old { changes.append(.replace(Target(resource, old), updated)) }
        }
        return changes
    }

    private static func take(_ source: inout ArraySlice<JSON>, into list: inout [JSON]) {
        let room = max(0, capacity - list.count)
        list += source.prefix(room)
        source = source.dropFirst(room)
    }

    private static func slice(_ shape: Shape, _ entries: [JSON], service: JSON, over old: JSON?) -> JSON {
        var labels = service.labels.filter { $0.key != serviceLabel && $0.key != managerLabel && $0.key != headless }
        labels[serviceLabel] = service.name
        labels[managerLabel] = manager
        if service["spec"]?["clusterIP"]?.string == "None" { labels[headless] = "" }
        var object: JSON =
            old ?? [
                "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
                "metadata": ["generateName": .string(service.name + "-"), "namespace": .string(service.namespace)],
                "addressType": .string(shape.family),
            ]
        object[path: "metadata", "labels"] = JSON(labels)
        object[path: "metadata", "ownerReferences"] = [OwnerReference.controlling(service, apiVersion: "v1", kind: "Service").json]
        if let time = service.annotations[trigger] { object[path: "metadata", "annotations", trigger] = .string(time) }
        if old == nil || old?["endpoints"]?.array ?? [] != entries { object["endpoints"] = .array(entries) }
        if old == nil { object["ports"] = shape.ports }
        return object
    }

    // MARK: What a service asks for

    private static func families(of service: JSON) -> [String] {
        let given = service["spec"]?["ipFamilies"]?.strings ?? []
        return given.isEmpty ? ["IPv4"] : given
    }

    /// A pod that has ended, or is going and never ran, is behind no service.
    private static func isOver(_ pod: JSON) -> Bool { ReplicaSets.isFinished(pod) }

    private static func endpoint(_ pod: JSON, family: String, service: JSON, nodes: [String: [String: String]]) -> JSON? {
        let all = (pod["status"]?["podIPs"]?.array ?? []).compactMap { $0["ip"]?.string } + [pod["status"]?["podIP"]?.string].compactMap { $0 }
        guard let address = all.first(where: { $0.utf8.contains(UInt8(ascii: ":")) == (family == "IPv6") }) else { return nil }
        let isReady = PodReadiness.readySince(pod) != nil
        let publishes = service["spec"]?["publishNotReadyAddresses"]?.bool ?? false
        var entry: JSON = [
            "addresses": [.string(address)],
            "conditions": [
                "ready": .bool(publishes || (isReady && !pod.isBeingDeleted)), "serving": .bool(isReady),
                "terminating": .bool(pod.isBeingDeleted),
            ],
        ]
        let hostname = pod["spec"]?["hostname"]?.string ?? ""
        if !hostname.isEmpty, pod["spec"]?["subdomain"]?.string == service.name { entry["hostname"] = .string(hostname) }
        entry["targetRef"] = ["kind": "Pod", "namespace": .string(pod.namespace), "name": .string(pod.name), "uid": .string(pod.uid)]
        if let node = pod["spec"]?["nodeName"]?.string, !node.isEmpty {
            entry["nodeName"] = .string(node)
            if let zone = nodes[node]?["topology.kubernetes.io/zone"] { entry["zone"] = .string(zone) }
        }
        return entry
    }

    /// The ports of the service as this pod has them; a named port that it lacks is left out.
    private static func ports(of service: JSON, on pod: JSON) -> JSON {
        var result: [JSON] = []
        for port in service["spec"]?["ports"]?.array ?? [] {
            let protocolName = port["protocol"]?.string ?? "TCP"
            guard let number = number(of: port, protocolName: protocolName, on: pod) else { continue }
            var entry: JSON = ["name": .string(port["name"]?.string ?? ""), "port": .int(number), "protocol": .string(protocolName)]
            entry["appProtocol"] = port["appProtocol"]
            result.append(entry)
        }
        return .array(result)
    }

    private static func number(of port: JSON, protocolName: String, on pod: JSON) -> Int64? {
        guard let name = port["targetPort"]?.string else { return port["targetPort"]?.int ?? port["port"]?.int }
        let sidecars = (pod["spec"]?["initContainers"]?.array ?? []).filter { $0["restartPolicy"]?.string == "Always" }
        for container in (pod["spec"]?["containers"]?.array ?? []) + sidecars {
            for candidate in container["ports"]?.array ?? []
            where candidate["name"]?.string == name && candidate["protocol"]?.string ?? "TCP" == protocolName {
                return candidate["containerPort"]?.int
            }
        }
        return nil
    }
}
