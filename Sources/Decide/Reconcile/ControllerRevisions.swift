public import JSONValue
public import KubeModel

/// The templates that a DaemonSet or a StatefulSet has had, each kept as a ControllerRevision.
///
/// Source: Kubernetes documentation, ControllerRevision; `kubectl rollout history`, which reads them.
public enum ControllerRevisions {
    /// The resource.
    public static let resource = GroupVersionResource(group: "apps", version: "v1", resource: "controllerrevisions")
    /// By which label a pod says from which revision it is.
    static let podLabel = "controller-revision-hash"

    /// Whether the revision could not be made since another one has its name.
    ///
    /// - Parameters:
    ///   - owner: the set that the revision is of.
    ///   - resource: what the owner is, for the write.
    ///   - revision: the one that was to be made.
    ///   - present: the one that has the name.
    /// - Returns: the change that makes the next name another; nil when the present one is the one wanted.
    public static func creationFailed(_ owner: JSON, of resource: GroupVersionResource, revision: JSON, present: JSON) -> Change? {
        if present.controller?.uid == owner.uid, present["data"] == revision["data"] { return nil }
        var object = owner
        object[path: "status", "collisionCount"] = .int(owner.statusCount("collisionCount") + 1)
        return .replace(Target(resource, owner, subresource: "status"), object)
    }
}

/// The revisions of one set.
struct RevisionHistory: Hashable, Sendable {
    let owner: JSON
    /// The label that has the hash of a revision.
    let hashKey: String
    /// Older first.
    private(set) var revisions: [JSON]
    /// The one with the present template.
    private(set) var current: JSON
    /// What brings the present template to the front; none when it is there.
    private(set) var change: Change?

    init(of owner: JSON, kind: String, hashKey: String, revisions: [JSON]) {
        self.owner = owner
        self.hashKey = hashKey
        self.revisions = revisions.sorted { (Self.number($0), $0.creationTime, $0.name) < (Self.number($1), $1.creationTime, $1.name) }
        let data = Self.data(owner["spec"]?["template"])
        let newest = self.revisions.last.map(Self.number) ?? 0
        let next = newest == .max ? newest : newest + 1
        if let known = self.revisions.last(where: { $0["data"] == data }) {
            current = known
            // A template of the past becomes the newest again.
            if Self.number(known) < newest {
                current["revision"] = .int(next)
                change = .replace(Target(ControllerRevisions.resource, known), current)
            }
            return
        }
        let template = owner["spec"]?["template"] ?? [:]
        let hash = TemplateHash.compute(template, collisions: owner["status"]?["collisionCount"]?.int)
        var labels = template["metadata"]?["labels"]?.stringMap ?? [:]
        labels[hashKey] = hash
        let name = String(owner.name.prefix(253 - hash.utf8.count - 1)) + "-" + hash
        var metadata: JSON = ["name": .string(name), "namespace": .string(owner.namespace), "labels": JSON(labels)]
        let annotations = owner.annotations.filter { $0.key != "kubectl.kubernetes.io/last-applied-configuration" }
        if !annotations.isEmpty { metadata["annotations"] = JSON(annotations) }
        metadata["ownerReferences"] = [OwnerReference.controlling(owner, apiVersion: "apps/v1", kind: kind).json]
        current = ["apiVersion": "apps/v1", "kind": "ControllerRevision", "metadata": metadata, "data": data, "revision": .int(next)]
        change = .create(Target(ControllerRevisions.resource, namespace: owner.namespace, name: ""), current)
    }

    static func number(_ revision: JSON) -> Int64 { revision["revision"]?.int ?? 0 }
    var hash: String { current.labels[hashKey] ?? "" }

    /// The patch that gives a set this template.
    private static func data(_ template: JSON?) -> JSON {
        var template = template ?? [:]
        template["$patch"] = "replace"
        return ["spec": ["template": template]]
    }

    /// The template of a revision.
    static func template(_ revision: JSON) -> JSON {
        var template = revision["data"]?[path: "spec", "template"] ?? [:]
        template["$patch"] = nil
        return template
    }

    /// The deletions of the oldest revisions that no pod is from, beyond the history's length.
    func surplus(isUsed: (JSON) -> Bool) -> [Change] {
        let limit = Int(clamping: owner["spec"]?["revisionHistoryLimit"]?.int ?? 10)
        let idle = revisions.filter { $0.name != current.name && !isUsed($0) && !$0.isBeingDeleted }
        return idle.prefix(max(0, idle.count - limit)).map { .delete(Target(ControllerRevisions.resource, $0), uid: $0.uid, policy: nil) }
    }
}
