public import JSONValue
public import KubeModel

/// The garbage collector's index: who depends on whom.
///
/// It holds the objects that have owners and those whose deletion waits for their dependents or for their release, and
/// nothing of all others, so that its size is that of the ownership in the cluster. Every change costs what its own
/// dependents and owners cost.
public struct OwnerGraph: Sendable {
    /// An object as the graph knows it.
    public struct Node: Hashable, Sendable {
        /// Where the object is.
        public var target: Target
        /// Its UID, by which it is known.
        public var uid: String
        /// Its owners at the last event.
        public var owners: [OwnerReference]
        /// Its deletion waits until its blocking dependents are gone.
        public var waitsForDependents: Bool
        /// Its deletion waits until its dependents are released.
        public var orphansDependents: Bool
        /// It waits for its deletion, for whatever reason.
        public var isBeingDeleted: Bool

        init(_ object: JSON, _ resource: GroupVersionResource) {
            target = Target(resource, object)
            uid = object.uid
            owners = object.owners
            isBeingDeleted = object.isBeingDeleted
            waitsForDependents = isBeingDeleted && object.finalizers.contains("foregroundDeletion")
            orphansDependents = isBeingDeleted && object.finalizers.contains("orphan")
        }

        var isWorthKeeping: Bool { !owners.isEmpty || waitsForDependents || orphansDependents }
    }

    /// What must be looked at.
    public enum Work: Hashable, Sendable {
        /// Whether the object with this UID can stay.
        case examine(String)
        /// The dependents of the object with this UID must be released.
        case orphan(String)
    }

    /// What is known about an owner that dependents name.
    public enum OwnerState: Hashable, Sendable {
        /// Nobody has looked yet.
        case unknown
        /// It was seen, or asked for, and was there.
        case present
        /// It is gone. UIDs do not come back.
        case absent
    }

    private var nodes: [String: Node] = [:]
    private var dependents: [String: Set<String>] = [:]
    private var owners: [String: OwnerState] = [:]

    /// An empty graph.
    public init() {}

    /// How many objects the graph holds.
    public var count: Int { nodes.count }

    /// The object with this UID, if the graph holds it.
    public func node(_ uid: String) -> Node? { nodes[uid] }

    /// The objects that name this owner.
    public func dependents(of uid: String) -> [Node] { (dependents[uid] ?? []).compactMap { nodes[$0] } }

    /// What is known about an owner.
    public func state(ofOwner uid: String) -> OwnerState { owners[uid] ?? .unknown }

    /// Notes what asking for an owner has shown.
    public mutating func note(owner uid: String, _ state: OwnerState) {
        guard dependents[uid] != nil, owners[uid] != .absent else { return }
        owners[uid] = state
    }

    /// Takes in a fresh list of a resource. Owners that the graph does not hold itself are asked for anew, since their
    /// end may have been missed.
    public mutating func observe(all items: [JSON], of resource: GroupVersionResource) -> [Work] {
        let listed = Set(items.map(\.uid))
        var work: [Work] = []
        for node in nodes.values where node.target.resource == resource && !listed.contains(node.uid) { work += remove(node.uid) }
        for (uid, state) in owners where state == .present && nodes[uid] == nil && !listed.contains(uid) {
            owners[uid] = .unknown
            work += (dependents[uid] ?? []).map { .examine($0) }
        }
        for item in items { work += observe(item, of: resource) }
        return work
    }

    /// Takes in that an object is there, or has changed.
    public mutating func observe(_ object: JSON, of resource: GroupVersionResource) -> [Work] {
        let node = Node(object, resource)
        guard !node.uid.isEmpty else { return [] }
        let before = nodes[node.uid]
        if dependents[node.uid] != nil, owners[node.uid] != .absent { owners[node.uid] = .present }
        guard node.isWorthKeeping || before != nil else { return [] }
        var work: [Work] = []
        let old = Set((before?.owners ?? []).map(\.uid))
        let new = Set(node.owners.map(\.uid))
        for uid in new.subtracting(old) { dependents[uid, default: []].insert(node.uid) }
        for uid in old.subtracting(new) { unlink(node.uid, from: uid) }
        nodes[node.uid] = node.isWorthKeeping ? node : nil
        if before?.owners != node.owners || before == nil {
            // New owners may be gone already; an owner that waits may have one dependent less to wait for.
            if node.owners.contains(where: { state(ofOwner: $0.uid) != .present }) { work.append(.examine(node.uid)) }
            for uid in old.union(new) where nodes[uid]?.waitsForDependents == true {
                work.append(.examine(uid))
                if new.contains(uid) { work.append(.examine(node.uid)) }
            }
        }
        if node.orphansDependents, before?.orphansDependents != true { work.append(.orphan(node.uid)) }
        if node.waitsForDependents, before?.waitsForDependents != true {
            work += (dependents[node.uid] ?? []).sorted().map { .examine($0) }
            work.append(.examine(node.uid))
            // Owners that wait count this one's dependents as their own.
            for owner in node.owners where nodes[owner.uid]?.waitsForDependents == true { work.append(.examine(owner.uid)) }
        }
        return work
    }

    /// Takes in that an object is gone.
    public mutating func remove(_ uid: String) -> [Work] {
        var work: [Work] = []
        if let node = nodes.removeValue(forKey: uid) {
            for owner in Set(node.owners.map(\.uid)) {
                unlink(uid, from: owner)
                if nodes[owner]?.waitsForDependents == true { work.append(.examine(owner)) }
            }
        }
        if let left = dependents[uid] {
            owners[uid] = .absent
            work += left.sorted().map { .examine($0) }
        }
        return work
    }

    private mutating func unlink(_ uid: String, from owner: String) {
        dependents[owner]?.remove(uid)
        if dependents[owner]?.isEmpty == true {
            dependents[owner] = nil
            owners[owner] = nil
        }
    }
}
