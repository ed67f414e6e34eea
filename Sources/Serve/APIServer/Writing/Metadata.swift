import JSONValue

/// What is done to `metadata` alike for every kind.
enum Metadata {
    /// The fields that an update cannot change are those of the present object.
    static func carryOver(from old: JSON, to object: inout JSON) {
        for field in ["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"] {
            object["metadata"]?[field] = old["metadata"]?[field]
        }
        if let generation = old["metadata"]?["generation"], object["metadata"]?["generation"] == nil {
            object["metadata"]?["generation"] = generation
        }
        object["metadata"]?["name"] = old["metadata"]?["name"]
        if let namespace = old["metadata"]?["namespace"] { object["metadata"]?["namespace"] = namespace }
    }

    /// Whether an update changes nothing but the times of field ownership.
    static func isUnchanged(_ new: JSON, _ old: JSON) -> Bool {
        func comparable(_ object: JSON) -> JSON {
            var copy = object
            copy["metadata"]?["resourceVersion"] = nil
            if let entries = copy["metadata"]?["managedFields"]?.array {
                copy["metadata"]?["managedFields"] = .array(entries.map { entry in
                    var entry = entry
                    entry["time"] = nil
                    return entry
                })
            }
            return copy
        }
        return comparable(new) == comparable(old)
    }

    /// Drops owner references that repeat an owner, saying so.
    static func dedupOwnerReferences(_ object: inout JSON, warnings: inout [String]) {
        guard let references = object["metadata"]?["ownerReferences"]?.array, references.count > 1 else { return }
        var seen = Set<String>()
        var kept: [JSON] = []
        for reference in references {
            let uid = reference["uid"]?.string ?? ""
            if seen.insert(uid).inserted {
                kept.append(reference)
            } else if kept.contains(reference) {
                warnings.append(
                    ".metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: \(uid)")
            } else {
                kept.append(reference)
            }
        }
        object["metadata"]?["ownerReferences"] = .array(kept)
    }
}
