public import JSONValue

extension JSON {
    /// `metadata.name`; empty when there is none.
    public var name: String { self["metadata"]?["name"]?.string ?? "" }
    /// `metadata.namespace`; empty when there is none.
    public var namespace: String { self["metadata"]?["namespace"]?.string ?? "" }
    /// `metadata.uid`; empty when there is none.
    public var uid: String { self["metadata"]?["uid"]?.string ?? "" }
    /// `metadata.labels`.
    public var labels: [String: String] { self["metadata"]?["labels"]?.stringMap ?? [:] }
    /// `metadata.annotations`.
    public var annotations: [String: String] { self["metadata"]?["annotations"]?.stringMap ?? [:] }
    /// Whether the object waits for its deletion.
    public var isBeingDeleted: Bool { self["metadata"]?["deletionTimestamp"]?.string != nil }
    /// `metadata.finalizers`.
    public var finalizers: [String] { self["metadata"]?["finalizers"]?.strings ?? [] }
    /// `metadata.creationTimestamp`, as text that sorts by time.
    public var creationTime: String { self["metadata"]?["creationTimestamp"]?.string ?? "" }
    /// `metadata.generation`.
    public var generation: Int64 { self["metadata"]?["generation"]?.int ?? 0 }
    /// `metadata.ownerReferences`.
    public var owners: [OwnerReference] { (self["metadata"]?["ownerReferences"]?.array ?? []).map(OwnerReference.init) }
    /// The owner that controls the object; there is at most one.
    public var controller: OwnerReference? { owners.first(where: \.isController) }

    /// A number of `status`; 0 when there is none.
    public func statusCount(_ field: String) -> Int64 { self["status"]?[field]?.int ?? 0 }
}

/// One entry of `metadata.ownerReferences`.
public struct OwnerReference: Hashable, Sendable {
    /// Such as `apps/v1`.
    public var apiVersion: String
    /// Such as `ReplicaSet`.
    public var kind: String
    /// The owner's name.
    public var name: String
    /// The owner's UID, which alone identifies it.
    public var uid: String
    /// Whether it is the one owner that controls the object.
    public var isController: Bool
    /// Whether the owner's foreground deletion waits for the object.
    public var blocksDeletion: Bool

    /// A reference to an owner.
    public init(apiVersion: String, kind: String, name: String, uid: String, isController: Bool = false, blocksDeletion: Bool = false) {
        self.apiVersion = apiVersion
        self.kind = kind
        self.name = name
        self.uid = uid
        self.isController = isController
        self.blocksDeletion = blocksDeletion
    }

    /// Reads an entry.
    public init(_ json: JSON) {
        self.init(
            apiVersion: json["apiVersion"]?.string ?? "", kind: json["kind"]?.string ?? "", name: json["name"]?.string ?? "",
            uid: json["uid"]?.string ?? "", isController: json["controller"]?.bool ?? false,
            blocksDeletion: json["blockOwnerDeletion"]?.bool ?? false)
    }

    /// The reference by which `owner` controls another object.
    public static func controlling(_ owner: JSON, apiVersion: String, kind: String) -> OwnerReference {
        OwnerReference(apiVersion: apiVersion, kind: kind, name: owner.name, uid: owner.uid, isController: true, blocksDeletion: true)
    }

    /// The entry as the API writes it.
    public var json: JSON {
        var entry: JSON = ["apiVersion": .string(apiVersion), "kind": .string(kind), "name": .string(name), "uid": .string(uid)]
        if isController { entry["controller"] = true }
        if blocksDeletion { entry["blockOwnerDeletion"] = true }
        return entry
    }
}
