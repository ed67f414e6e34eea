public import JSONValue
public import KubeModel

/// What a CRD defines, read once and used by every request for its objects.
///
/// Source: apiextensions.k8s.io/v1.
public struct CustomResourceDefinition: Sendable {
    /// The names of the kind.
    public struct Names: Hashable, Sendable {
        /// The name in paths, in lowercase, such as `crontabs`.
        public var plural: String
        /// The name of one object for clients, in lowercase, such as `crontab`.
        public var singular: String
        /// The kind of its objects, such as `CronTab`.
        public var kind: String
        /// The kind of a list of them, such as `CronTabList`.
        public var listKind: String
        /// Abbreviations that kubectl takes for the name.
        public var shortNames: [String]
        /// Names of sets of resources that it is in, such as `all`.
        public var categories: [String]

        /// Reads `spec.names` or `status.acceptedNames`.
        public init(_ names: JSON?) {
            plural = names?["plural"]?.string ?? ""
            singular = names?["singular"]?.string ?? ""
            kind = names?["kind"]?.string ?? ""
            listKind = names?["listKind"]?.string ?? ""
            shortNames = names?["shortNames"]?.strings ?? []
            categories = names?["categories"]?.strings ?? []
        }
    }

    /// The name of the CRD, `PLURAL.GROUP`.
    public let name: String
    /// The API group of its objects, such as `stable.example.com`.
    public let group: String
    /// What its objects are called: the accepted names, and those asked for while none are accepted.
    public let names: Names
    /// Whether its objects live in namespaces; otherwise in the cluster scope.
    public let isNamespaced: Bool
    /// The served versions, the preferred one first.
    public let versions: [CustomVersion]
    /// The version in which objects are stored.
    public let storageVersion: String
    /// Whether requests for its objects are answered.
    public let isEstablished: Bool
    /// Whether it is being deleted: nothing new is created.
    public let isTerminating: Bool

    /// Where its objects are stored.
    public var resource: GroupResource { GroupResource(group: group, resource: names.plural) }

    /// Reads a stored CRD.
    ///
    /// - Throws: ``Pattern/Fault`` when a pattern of a schema cannot be compiled; such a CRD was never accepted here.
    public init(_ definition: JSON) throws(Pattern.Fault) {
        let spec = definition["spec"]
        let group = spec?["group"]?.string ?? ""
        let accepted = Names(definition["status"]?["acceptedNames"])
        // What others took first is not ours, whatever the CRD would like to be called.
        let names = accepted.plural.isEmpty ? Names(spec?["names"]) : accepted
        name = definition["metadata"]?["name"]?.string ?? ""
        self.group = group
        self.names = names
        let isNamespaced = spec?["scope"]?.string == "Namespaced"
        self.isNamespaced = isNamespaced
        let entries = spec?["versions"]?.array ?? []
        let storage = entries.first { $0["storage"] == true }?["name"]?.string ?? ""
        storageVersion = storage
        isEstablished = Self.condition("Established", of: definition)
        isTerminating = definition["metadata"]?["deletionTimestamp"]?.string != nil
        let served = entries.filter { $0["served"] == true }.sorted { left, right in
            VersionPriority(left["name"]?.string ?? "") > VersionPriority(right["name"]?.string ?? "")
        }
        // A deprecated version points to the best one that is not.
        let successor = served.first { $0["deprecated"] != true }?["name"]?.string
        var versions: [CustomVersion] = []
        for entry in served {
            versions.append(
                try CustomVersion(
                    entry, group: group, names: names, isNamespaced: isNamespaced, storage: storage, successor: successor))
        }
        self.versions = versions
    }

    /// Whether a condition of a CRD is true.
    public static func condition(_ type: String, of definition: JSON) -> Bool {
        (definition["status"]?["conditions"]?.array ?? []).contains { $0["type"]?.string == type && $0["status"]?.string == "True" }
    }
}

/// One served version of a custom resource.
public struct CustomVersion: Sendable {
    /// The subresource `scale`: where its values are in the object.
    public struct Scale: Hashable, Sendable {
        /// Such as `["spec", "replicas"]`.
        public var specReplicas: [String]
        /// Such as `["status", "replicas"]`.
        public var statusReplicas: [String]
        /// The label selector as text; nil when there is none.
        public var labelSelector: [String]?
    }

    /// The name of the version, such as `v1beta1`.
    public let name: String
    /// What discovery, selectors and storage need to know.
    public let facts: ResourceFacts
    /// Nil when the version has no schema.
    public let schema: StructuralSchema
    /// Types for patches and field ownership: this version's, and the metadata of all objects.
    public let catalog: SchemaCatalog
    /// Whether the subresource `status` is served, which then alone writes the field `status`.
    public let hasStatus: Bool
    /// Where the subresource `scale` finds its values; nil when it is not served.
    public let scale: Scale?
    /// `additionalPrinterColumns`.
    public let columns: [JSON]
    /// The warning to everyone who uses the version; nil when it is not deprecated.
    public let deprecationWarning: String?

    init(
        _ entry: JSON, group: String, names: CustomResourceDefinition.Names, isNamespaced: Bool, storage: String, successor: String?
    ) throws(Pattern.Fault) {
        let name = entry["name"]?.string ?? ""
        let definition = entry["schema"]?["openAPIV3Schema"] ?? ["type": "object"]
        self.name = name
        schema = try StructuralSchema(definition)
        let kind = GroupVersionKind(group: group, version: name, kind: names.kind)
        catalog = SchemaTranslation.catalog(of: definition, kind: kind)
        hasStatus = entry["subresources"]?["status"]?.object != nil
        columns = entry["additionalPrinterColumns"]?.array ?? []
        if let scale = entry["subresources"]?["scale"], scale.object != nil {
            self.scale = Scale(
                specReplicas: Self.path(scale["specReplicasPath"]), statusReplicas: Self.path(scale["statusReplicasPath"]),
                labelSelector: scale["labelSelectorPath"].map(Self.path).flatMap { $0.isEmpty ? nil : $0 })
        } else {
            scale = nil
        }
        if entry["deprecated"] == true {
            let plain = "\(group)/\(name) \(names.kind) is deprecated"
            deprecationWarning =
                entry["deprecationWarning"]?.string
                ?? (successor.map { "\(plain); use \(group)/\($0) \(names.kind)" } ?? plain)
        } else {
            deprecationWarning = nil
        }
        var subresources: [String: ResourceFacts.Subresource] = [:]
        let verbs = ["get", "patch", "update"]
        if hasStatus { subresources["status"] = .init(name: "status", kind: names.kind, verbs: verbs) }
        if scale != nil {
            subresources["scale"] = .init(
                name: "scale", kind: "Scale", verbs: verbs, apiVersion: GroupVersion(group: "autoscaling", version: "v1"))
        }
        let selectable = (entry["selectableFields"]?.array ?? []).map { Self.path($0["jsonPath"]).joined(separator: ".") }
        facts = ResourceFacts(
            group: group, version: name, plural: names.plural, singular: names.singular, kind: names.kind, isNamespaced: isNamespaced,
            verbs: ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"], shortNames: names.shortNames,
            categories: names.categories, subresources: subresources, storageVersion: GroupVersion(group: group, version: storage),
            fieldSelectors: ["metadata.name", "metadata.namespace"] + selectable,
            fieldSelectorError: "field label not supported: <key>")
    }

    /// A simple path such as `.spec.replicas`.
    static func path(_ text: JSON?) -> [String] { (text?.string ?? "").split(separator: ".").map(String.init) }
}

/// The order of versions: stable ones first, then beta, then alpha, each the newest first; others last, by name.
///
/// Source: Kubernetes documentation, "Versions in CustomResourceDefinitions", version priority.
public struct VersionPriority: Comparable, Sendable {
    private let text: String
    /// 2 for stable, 1 for beta, 0 for alpha, -1 for a name of another form.
    private let stability: Int
    private let major: Int
    private let minor: Int

    /// The place of a version such as `v1`, `v2beta3` or `v1alpha1`; of any other form it comes last.
    public init(_ text: String) {
        self.text = text
        let bytes = Array(text.utf8)
        func digits(from start: Int) -> (value: Int, end: Int)? {
            var end = start
            while end < bytes.count, (0x30...0x39).contains(bytes[end]) { end += 1 }
            guard end > start, bytes[start] != 0x30, let value = Int(String(decoding: bytes[start..<end], as: UTF8.self)) else { return nil }
            return (value, end)
        }
        guard bytes.first == UInt8(ascii: "v"), let first = digits(from: 1) else {
            (stability, major, minor) = (-1, 0, 0)
            return
        }
        if first.end == bytes.count {
            (stability, major, minor) = (2, first.value, 0)
            return
        }
        for (rank, word) in ["alpha", "beta"].enumerated() where bytes[first.end...].starts(with: word.utf8) {
            if let second = digits(from: first.end + word.utf8.count), second.end == bytes.count {
                (stability, major, minor) = (rank, first.value, second.value)
                return
            }
        }
        (stability, major, minor) = (-1, 0, 0)
    }

    /// Whether `left` is preferred less than `right`.
    public static func < (left: VersionPriority, right: VersionPriority) -> Bool {
        if left.stability != right.stability { return left.stability < right.stability }
        // Names of no known form are in alphabetical order.
        if left.stability < 0 { return left.text > right.text }
        return (left.major, left.minor) < (right.major, right.minor)
    }
}
