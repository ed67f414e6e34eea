public import JSONValue
import KubeModel
public import NetworkPolicy

/// What the names of a cluster stand for: an index of Services, EndpointSlices and Pods that answers questions.
///
/// In: objects as they change. Out: ``answer(_:rotation:)``. A change costs time linear in the changed object, whatever
/// the size of the cluster; a question a few lookups, and then the records of its answer.
///
/// Source: "Kubernetes DNS-Based Service Discovery", version 1.1.0.
public struct ClusterZone: Sendable {
    /// What the index is made of.
    public enum Kind: Hashable, Sendable, CaseIterable {
        /// `v1` Service.
        case service
        /// `discovery.k8s.io/v1` EndpointSlice.
        case endpointSlice
        /// `v1` Pod.
        case pod
    }

    /// What the zone is called, and for how long its answers hold.
    public struct Configuration: Hashable, Sendable {
        /// `cluster.local`.
        public var domain: DNSName
        /// The ranges of pods and services: reverse names in them are answered here and nowhere else.
        public var ranges: [IPNetwork]
        /// The life of records, in seconds.
        public var timeToLive: UInt32
        /// For how many seconds an absence may be kept.
        public var negativeTimeToLive: UInt32

        /// A zone.
        public init(domain: DNSName, ranges: [IPNetwork], timeToLive: UInt32 = 5, negativeTimeToLive: UInt32 = 5) {
            self.domain = domain
            self.ranges = ranges
            self.timeToLive = timeToLive
            self.negativeTimeToLive = negativeTimeToLive
        }
    }

    /// The version of the specification that is followed, as `dns-version` says it.
    public static let specification = "1.1.0"

    let configuration: Configuration
    let domainLabels: Int
    /// Counts changes; the serial of the zone.
    private(set) var serial: UInt32 = 1
    private(set) var synced: Set<Kind> = []

    // MARK: Services

    private(set) var services: [ObjectKey: ServiceEntry] = [:]
    /// How many services a namespace has.
    private var namespaces: [String: Int] = [:]
    private var serviceOfAddress: [IPAddress: Set<ObjectKey>] = [:]

    // MARK: Endpoints, by slice

    private var slices: [ObjectKey: SliceEntry] = [:]
    private var slicesOfService: [ObjectKey: Set<ObjectKey>] = [:]
    /// The slices that have an endpoint of that label, under its service.
    private var slicesOfHost: [ObjectKey: [String: Set<ObjectKey>]] = [:]
    private var slicesOfAddress: [IPAddress: Set<ObjectKey>] = [:]

    // MARK: Pods

    private var addressesOfPod: [ObjectKey: [IPAddress]] = [:]
    private var podsOfAddress: [IPAddress: Set<ObjectKey>] = [:]
    private var podNamespaces: [String: Int] = [:]

    /// A zone of nothing, that has not heard of anything yet.
    public init(_ configuration: Configuration) {
        self.configuration = configuration
        domainLabels = configuration.domain.labelCount
    }

    /// Whether all kinds have been listed once. Until then the zone does not say that a name does not exist.
    public var isSynced: Bool { synced.count == Kind.allCases.count }

    // MARK: Changes

    /// Takes all objects of a kind; those that are not among them are gone.
    public mutating func replace(_ kind: Kind, with objects: [JSON]) {
        let kept = Set(objects.map { ObjectKey(namespace: $0.namespace, name: $0.name) })
        for key in keys(kind) where !kept.contains(key) { remove(kind, key) }
        for object in objects { put(kind, object) }
        synced.insert(kind)
    }

    /// Takes an object that is new or has changed.
    public mutating func put(_ kind: Kind, _ object: JSON) {
        let key = ObjectKey(namespace: object.namespace, name: object.name)
        remove(kind, key)
        switch kind {
        case .service: add(ServiceEntry(object), key)
        case .endpointSlice: if let slice = SliceEntry(object) { add(slice, key) }
        case .pod: addPod(object, key)
        }
    }

    /// Forgets an object.
    public mutating func remove(_ kind: Kind, namespace: String, name: String) {
        remove(kind, ObjectKey(namespace: namespace, name: name))
    }

    private func keys(_ kind: Kind) -> [ObjectKey] {
        switch kind {
        case .service: Array(services.keys)
        case .endpointSlice: Array(slices.keys)
        case .pod: Array(addressesOfPod.keys)
        }
    }

    private mutating func remove(_ kind: Kind, _ key: ObjectKey) {
        serial &+= 1
        switch kind {
        case .service:
            guard let old = services.removeValue(forKey: key) else { return }
            namespaces.count(key.namespace, -1)
            if case .clusterIP(let addresses) = old.kind { for address in addresses { serviceOfAddress.remove(key, under: address) } }
        case .endpointSlice:
            guard let old = slices.removeValue(forKey: key) else { return }
            slicesOfService.remove(key, under: old.service)
            for endpoint in old.endpoints {
                slicesOfHost[old.service]?.remove(key, under: endpoint.host)
                for address in endpoint.addresses { slicesOfAddress.remove(key, under: address) }
            }
            if slicesOfHost[old.service]?.isEmpty == true { slicesOfHost[old.service] = nil }
        case .pod:
            guard let old = addressesOfPod.removeValue(forKey: key) else { return }
            podNamespaces.count(key.namespace, -1)
            for address in old { podsOfAddress.remove(key, under: address) }
        }
    }

    private mutating func add(_ entry: ServiceEntry, _ key: ObjectKey) {
        services[key] = entry
        namespaces.count(key.namespace, 1)
        if case .clusterIP(let addresses) = entry.kind { for address in addresses { serviceOfAddress[address, default: []].insert(key) } }
    }

    private mutating func add(_ entry: SliceEntry, _ key: ObjectKey) {
        slices[key] = entry
        slicesOfService[entry.service, default: []].insert(key)
        for endpoint in entry.endpoints {
            slicesOfHost[entry.service, default: [:]][endpoint.host, default: []].insert(key)
            for address in endpoint.addresses { slicesOfAddress[address, default: []].insert(key) }
        }
    }

    /// A pod that has ended no longer has its address: another may have it now.
    private mutating func addPod(_ pod: JSON, _ key: ObjectKey) {
        let phase = pod["status"]?["phase"]?.string
        if phase == "Succeeded" || phase == "Failed" { return }
        let texts = (pod["status"]?["podIPs"]?.array ?? []).compactMap { $0["ip"]?.string } + [pod["status"]?["podIP"]?.string].compactMap { $0 }
        var addresses: [IPAddress] = []
        for address in texts.compactMap({ IPAddress($0) }) where !addresses.contains(address) { addresses.append(address) }
        addressesOfPod[key] = addresses
        podNamespaces.count(key.namespace, 1)
        for address in addresses { podsOfAddress[address, default: []].insert(key) }
    }

    // MARK: Lookups

    func hasServices(in namespace: String) -> Bool { namespaces[namespace] != nil }
    func hasPods(in namespace: String) -> Bool { podNamespaces[namespace] != nil }
    func hasPod(_ address: IPAddress, in namespace: String) -> Bool {
        podsOfAddress[address]?.contains { $0.namespace == namespace } ?? false
    }
    func servicesWith(_ address: IPAddress) -> [ObjectKey] { Self.sorted(serviceOfAddress[address]) }

    /// The slices of a service.
    func slices(of service: ObjectKey) -> [SliceEntry] { Self.sorted(slicesOfService[service]).compactMap { slices[$0] } }

    /// The slices with an endpoint of that label.
    func slices(of service: ObjectKey, host: String) -> [SliceEntry] {
        Self.sorted(slicesOfHost[service]?[host]).compactMap { slices[$0] }
    }
    func slices(with address: IPAddress) -> [SliceEntry] { Self.sorted(slicesOfAddress[address]).compactMap { slices[$0] } }

    private static func sorted(_ keys: Set<ObjectKey>?) -> [ObjectKey] {
        guard let keys else { return [] }
        return keys.count < 2 ? Array(keys) : keys.sorted { ($0.namespace, $0.name) < ($1.namespace, $1.name) }
    }
}

extension Dictionary {
    /// Takes a member out of the set under a key, and the set when it is empty.
    fileprivate mutating func remove<Member>(_ member: Member, under key: Key) where Value == Set<Member> {
        self[key]?.remove(member)
        if self[key]?.isEmpty == true { self[key] = nil }
    }

    /// Counts up or down; what comes to 0 is left out.
    fileprivate mutating func count(_ key: Key, _ change: Int) where Value == Int {
        let count = self[key, default: 0] + change
        self[key] = count == 0 ? nil : count
    }
}
