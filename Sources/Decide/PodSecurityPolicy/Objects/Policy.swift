import JSONValue

/// A PodSecurityPolicy as its rules read it.
struct Policy: Sendable {
    /// The name by which its use is granted.
    let name: String
    /// The annotations; the rules of seccomp and AppArmor are written there.
    let annotations: [String: String]
    /// `spec`, an empty object when there is none.
    let spec: JSON

    init(_ object: JSON) {
        name = object[path: "metadata", "name"]?.string ?? ""
        annotations = object[path: "metadata", "annotations"]?.stringMap ?? [:]
        spec = object.member("spec") ?? [:]
    }

    /// Whether the boolean `field` is set; what is no boolean counts as not set, which allows less.
    func allows(_ field: String) -> Bool { spec[field]?.bool == true }
}

extension JSON {
    /// The member `key`, when it is there and not null.
    func member(_ key: String) -> JSON? {
        guard let value = self[key], !value.isNull else { return nil }
        return value
    }
}
