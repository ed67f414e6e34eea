public import JSONValue
public import KubeModel

/// What becomes of an object that may belong to a controlling object.
///
/// Source: Kubernetes `ControllerRefManager`.
public enum Claim: Hashable, Sendable {
    /// It belongs to the owner already.
    case owned
    /// It has no controller and is selected: the owner takes it.
    case adopt(Change)
    /// The owner controls it, but no longer selects it.
    case release(Change)
    /// It is none of the owner's business.
    case other

    /// Decides about one object.
    ///
    /// - Parameters:
    ///   - object: the object, such as a pod.
    ///   - resource: what the object is, for the write.
    ///   - owner: the reference that a claimed object gets.
    ///   - ownerIsBeingDeleted: whether the owner goes: then it neither takes nor releases anything.
    ///   - selector: the owner's.
    /// - Returns: how the object stands to the owner, with the write that follows.
    public static func decide(
        _ object: JSON, of resource: GroupVersionResource, owner: OwnerReference, ownerIsBeingDeleted: Bool, selector: LabelSelector
    ) -> Claim {
        let matches = selector.matches(object.labels)
        if let controller = object.controller {
            if controller.uid != owner.uid { return .other }
            if matches { return .owned }
            if ownerIsBeingDeleted { return .other }
            return .release(
                .patch(
                    Target(resource, object), .strategic,
                    ["metadata": ["ownerReferences": [["$patch": "delete", "uid": .string(owner.uid)]], "uid": .string(object.uid)]], manager: ""))
        }
        if ownerIsBeingDeleted || !matches || object.isBeingDeleted { return .other }
        return .adopt(
            .patch(
                Target(resource, object), .strategic,
                ["metadata": ["ownerReferences": [owner.json], "uid": .string(object.uid)]], manager: ""))
    }
}
