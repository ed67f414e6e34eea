import JSONValue
import KubeModel
import ObjectDefaults
import PolicyModel

/// What is done to `metadata` alike for every kind.
enum Metadata {
    /// The fields that an update cannot change are those of the present object.
    static func carryOver(from old: JSON, to object: inout JSON) {
        for field in ["creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"] {
            object["metadata"]?[field] = old["metadata"]?[field]
        }
        if let generation = old["metadata"]?["generation"], object["metadata"]?["generation"] == nil {
            object["metadata"]?["generation"] = generation
        }
        object["metadata"]?["name"] = old["metadata"]?["name"]
        if let namespace = old["metadata"]?["namespace"] { object["metadata"]?["namespace"] = namespace }
    }

    /// Drops owner references that repeat an owner, and says so.
    static func dedupOwnerReferences(_ object: inout JSON) -> [String] {
        let duplicates = OwnerReferences.removeDuplicates(in: &object)
        return duplicates.isEmpty ? [] : [OwnerReferences.warning(duplicates: duplicates)]
    }
}

extension ObjectStrategy.Context {
    /// The context of a write by `user`.
    init(_ user: UserInfo, now: Timestamp) {
        self.init(
            userName: user.name, userUID: user.uid, userGroups: user.groups, userExtra: user.extra, now: now, freshUID: Identifiers.uid())
    }
}
