public import JSONValue
public import KubeModel

/// What becomes of an object whose owners go: it goes with them, loses them, or stays.
///
/// Source: Kubernetes documentation, "Garbage Collection" and "Owners and Dependents".
public enum GarbageCollection {
    /// One owner of the object, as it is now.
    public enum Owner: Hashable, Sendable {
        /// It is there, and keeps the object.
        case solid
        /// It is gone, or is another object of the same name, or cannot own this object.
        case dangling
        /// Its foreground deletion waits for the object.
        case waiting
    }

    /// How an owner that the API answered stands to a reference.
    ///
    /// - Parameters:
    ///   - reference: the entry of `ownerReferences`.
    ///   - object: what the API has under the reference's name; nil when it has nothing.
    /// - Returns: `dangling` for an object of another uid too.
    public static func classify(_ reference: OwnerReference, found object: JSON?) -> Owner {
        guard let object, object.uid == reference.uid else { return .dangling }
        return object.isBeingDeleted && object.finalizers.contains("foregroundDeletion") ? .waiting : .solid
    }

    /// What an object that waits for its dependents needs: the finalizer off, once none blocks it.
    ///
    /// - Parameters:
    ///   - object: as it is now.
    ///   - target: its address.
    ///   - dependents: the objects of the graph that name it.
    /// - Returns: the write, nil while something blocks it; and the uids of the dependents that have to be looked at.
    public static func release(_ object: JSON, at target: Target, dependents: [OwnerGraph.Node]) -> (change: Change?, examine: [String]) {
        let blocking = dependents.filter { node in node.owners.contains { $0.uid == object.uid && $0.blocksDeletion } }
        if blocking.isEmpty { return (without("foregroundDeletion", object, at: target), []) }
        return (nil, blocking.filter { !$0.waitsForDependents }.map(\.uid))
    }

    /// Takes a finalizer off; nil when it is off.
    public static func without(_ finalizer: String, _ object: JSON, at target: Target) -> Change? {
        guard object.finalizers.contains(finalizer) else { return nil }
        let kept = object.finalizers.filter { $0 != finalizer }
        return .patch(
            target, .merge,
            ["metadata": ["resourceVersion": object["metadata"]?["resourceVersion"] ?? "", "finalizers": JSON(kept)]], manager: "")
    }

    /// Takes owners off an object; nil when it has none of them.
    public static func without(owners uids: Set<String>, _ object: JSON, at target: Target) -> Change? {
        let kept = (object["metadata"]?["ownerReferences"]?.array ?? []).filter { !uids.contains($0["uid"]?.string ?? "") }
        guard kept.count != object.owners.count else { return nil }
        return .patch(
            target, .merge,
            [
                "metadata": [
                    "resourceVersion": object["metadata"]?["resourceVersion"] ?? "", "uid": .string(object.uid),
                    "ownerReferences": .array(kept),
                ]
            ], manager: "")
    }

    /// What becomes of an object with these owners.
    ///
    /// - Parameters:
    ///   - object: as it is now.
    ///   - target: its address.
    ///   - owners: its owners, each with how it stands.
    ///   - dependents: the objects of the graph that name it.
    /// - Returns: the writes in their order; none when it stays as it is.
    public static func decide(
        _ object: JSON, at target: Target, owners: [(reference: OwnerReference, state: Owner)], dependents: [OwnerGraph.Node]
    ) -> [Change] {
        guard !owners.isEmpty else { return [] }
        let gone = owners.filter { $0.state != .solid }
        if gone.count < owners.count {
            if gone.isEmpty { return [] }
            // An owner that waits must not wait for an object that another owner keeps.
            return [without(owners: Set(gone.map(\.reference.uid)), object, at: target)].compactMap { $0 }
        }
        var changes: [Change] = []
        let policy: String
        if owners.contains(where: { $0.state == .waiting }), !dependents.isEmpty {
            if dependents.contains(where: \.waitsForDependents) { changes += [unblocked(object, at: target)].compactMap { $0 } }
            policy = "Foreground"
        } else if object.finalizers.contains("orphan") {
            policy = "Orphan"
        } else if object.finalizers.contains("foregroundDeletion") {
            policy = "Foreground"
        } else {
            policy = "Background"
        }
        return changes + [.delete(target, uid: object.uid, policy: policy)]
    }

    /// The object's references without their claim to be waited for: it breaks circles of objects that wait for each other.
    private static func unblocked(_ object: JSON, at target: Target) -> Change? {
        var references = object["metadata"]?["ownerReferences"]?.array ?? []
        guard references.contains(where: { $0["blockOwnerDeletion"]?.bool == true }) else { return nil }
        for index in references.indices where references[index]["blockOwnerDeletion"]?.bool == true {
            references[index]["blockOwnerDeletion"] = false
        }
        return .patch(target, .merge, ["metadata": ["uid": .string(object.uid), "ownerReferences": .array(references)]], manager: "")
    }
}
