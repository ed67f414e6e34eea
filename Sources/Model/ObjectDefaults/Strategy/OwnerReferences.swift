public import JSONValue

/// The owners of an object.
public enum OwnerReferences {
    /// Drops every owner that is named before with the same uid.
    ///
    /// - Returns: the uids that were named again, in order; the answer warns of them with ``warning(duplicates:)``.
    public static func removeDuplicates(in object: inout JSON) -> [String] {
        guard let owners = object[path: "metadata", "ownerReferences"]?.array, owners.count > 1 else { return [] }
        var seen = Set<String>()
        var duplicates: [String] = []
        let kept = owners.filter { owner in
            let uid = owner.text("uid")
            if seen.insert(uid).inserted { return true }
            duplicates.append(uid)
            return false
        }
        if !duplicates.isEmpty { object[path: "metadata", "ownerReferences"] = .array(kept) }
        return duplicates
    }

    /// What clients are told about duplicate owners.
    public static func warning(duplicates: [String], afterAdmission: Bool = false) -> String {
        ".metadata.ownerReferences contains duplicate entries"
            + (afterAdmission ? " after mutating admission happens" : "") + "; "
            + "API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; "
            + "please fix your requests; duplicate UID(s) observed: \(duplicates.joined(separator: ", "))"
    }
}
