public import JSONValue
import KubeModel
public import NFTables
import NetworkPolicy

/// What a node serves for the cluster's services: from Services and EndpointSlices to ports with their pods.
///
/// A change of an object touches the ports of its service and no others. Pure: equal objects give equal ports, in
/// whatever order they came. Source: Kubernetes documentation, "Virtual IPs and Service Proxies"; KEP-752 (slices),
/// KEP-1669 (terminating endpoints), KEP-2086 (internalTrafficPolicy).
public struct ServiceTable: Sendable {
    private let node: String
    private var services: [String: ServiceFacts] = [:]
    private var slices: [String: [String: SliceFacts]] = [:]
    private var serviceOf: [String: String] = [:]
    private var ports: [String: Set<ServicePort>] = [:]
    private var dirty: Set<String> = []

    /// The table of a node.
    public init(node: String) { self.node = node }

    /// The names of the services, `namespace/name`.
    public var serviceKeys: Set<String> { Set(services.keys) }
    /// The names of the slices, `namespace/name`.
    public var sliceKeys: Set<String> { Set(serviceOf.keys) }

    /// Puts in a Service, or replaces it.
    public mutating func set(service: JSON) {
        let key = Self.key(service)
        let facts = ServiceFacts(service)
        if services[key] == facts { return }
        services[key] = facts
        dirty.insert(key)
    }

    /// Takes out the Service `namespace/name`.
    public mutating func remove(service key: String) {
        if services.removeValue(forKey: key) != nil { dirty.insert(key) }
    }

    /// Puts in an EndpointSlice, or replaces it.
    public mutating func set(slice: JSON) {
        let key = Self.key(slice)
        let owner = slice.namespace + "/" + (slice.labels[SliceFacts.serviceLabel] ?? "")
        let facts = SliceFacts(slice, node: node)
        if serviceOf[key] == owner, slices[owner]?[key] == facts { return }
        remove(slice: key)
        serviceOf[key] = owner
        slices[owner, default: [:]][key] = facts
        dirty.insert(owner)
    }

    /// Takes out the EndpointSlice `namespace/name`.
    public mutating func remove(slice key: String) {
        guard let owner = serviceOf.removeValue(forKey: key) else { return }
        slices[owner]?[key] = nil
        if slices[owner]?.isEmpty == true { slices[owner] = nil }
        dirty.insert(owner)
    }

    /// What is no longer served, and what is served anew, since the last call. Linear in what changed.
    public mutating func takeChanges() -> (gone: Set<ServicePort>, new: Set<ServicePort>) {
        var changes: (gone: Set<ServicePort>, new: Set<ServicePort>) = ([], [])
        for key in dirty {
            let former = ports[key] ?? []
            let wanted = services[key].map { Set($0.ports(key, slices[key].map { Array($0.values) } ?? [])) } ?? []
            changes.gone.formUnion(former.subtracting(wanted))
            changes.new.formUnion(wanted.subtracting(former))
            ports[key] = wanted.isEmpty ? nil : wanted
        }
        dirty = []
        return changes
    }

    /// Everything that is served.
    public var all: Set<ServicePort> { ports.values.reduce(into: []) { $0.formUnion($1) } }

    private static func key(_ object: JSON) -> String { object.namespace + "/" + object.name }
}

/// The numbers of the protocols that services have.
enum ServiceProtocol {
    static func number(_ name: String?) -> UInt8? {
        switch name {
        case nil, "TCP": 6
        case "UDP": 17
        case "SCTP": 132
        default: nil
        }
    }
}
