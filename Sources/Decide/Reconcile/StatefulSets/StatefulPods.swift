import JSONValue
import KubeModel

/// The names, pods and claims of a StatefulSet.
struct StatefulPods {
    static let nameLabel = "statefulset.kubernetes.io/pod-name"
    static let indexLabel = "apps.kubernetes.io/pod-index"

    let set: JSON

    /// The number of a pod; nil when its name is none of the set's.
    static func ordinal(_ pod: JSON, of set: JSON) -> Int? {
        let stem = set.name + "-"
        guard pod.name.hasPrefix(stem) else { return nil }
        let digits = pod.name.dropFirst(stem.count)
        guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 &- 0x30 < 10 }), digits == "0" || digits.first != "0" else { return nil }
        return Int(digits).flatMap { $0 <= Int(Int32.max) ? $0 : nil }
    }

    func name(_ ordinal: Int) -> String { "\(set.name)-\(ordinal)" }
    var templates: [JSON] { self.set["spec"]?["volumeClaimTemplates"]?.array ?? [] }
    func claimName(_ template: JSON, _ ordinal: Int) -> String { "\(template.name)-\(name(ordinal))" }

    /// The pod with a number, as a revision has it.
    func pod(_ ordinal: Int, of revision: JSON) -> JSON {
        let template = RevisionHistory.template(revision)
        let name = name(ordinal)
        var metadata: JSON = ["name": .string(name), "namespace": .string(set.namespace)]
        for key in ["labels", "annotations", "finalizers"] { metadata[key] = template["metadata"]?[key] }
        metadata[path: "labels", Self.nameLabel] = .string(name)
        metadata[path: "labels", Self.indexLabel] = .string(String(ordinal))
        metadata[path: "labels", ControllerRevisions.podLabel] = .string(revision.name)
        metadata["ownerReferences"] = [OwnerReference.controlling(set, apiVersion: "apps/v1", kind: "StatefulSet").json]
        var spec = template["spec"] ?? [:]
        spec["hostname"] = .string(name)
        if let service = set["spec"]?["serviceName"]?.string, !service.isEmpty { spec["subdomain"] = .string(service) }
        let own: [JSON] = templates.map {
            ["name": .string($0.name), "persistentVolumeClaim": ["claimName": .string(claimName($0, ordinal)), "readOnly": false]]
        }
        let names = Set(templates.map(\.name))
        let volumes = own + (spec["volumes"]?.array ?? []).filter { !names.contains($0["name"]?.string ?? "") }
        spec["volumes"] = volumes.isEmpty ? nil : .array(volumes)
        return ["apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec]
    }

    /// The claim of a pod by one of the templates.
    func claim(_ template: JSON, _ ordinal: Int) -> JSON {
        var claim = template
        claim["apiVersion"] = "v1"
        claim["kind"] = "PersistentVolumeClaim"
        claim["status"] = nil
        let labels = template.labels.merging(set["spec"]?[path: "selector", "matchLabels"]?.stringMap ?? [:]) { $1 }
        var metadata: JSON = ["name": .string(claimName(template, ordinal)), "namespace": .string(set.namespace), "labels": JSON(labels)]
        metadata["annotations"] = template["metadata"]?["annotations"]
        claim["metadata"] = metadata
        if let owners = owners(of: claim, pod: nil) { claim[path: "metadata", "ownerReferences"] = owners }
        return claim
    }

    /// The owners that a claim is to have by the retention policy; nil when it has them. `pod` is the pod that uses it
    /// and is given up, with which it may go.
    func owners(of claim: JSON, pod: JSON?) -> JSON? {
        let policy = set["spec"]?["persistentVolumeClaimRetentionPolicy"]
        let goesWithPod = policy?["whenScaled"]?.string == "Delete" && pod != nil
        let goesWithSet = policy?["whenDeleted"]?.string == "Delete" && !goesWithPod
        let present = claim["metadata"]?["ownerReferences"]?.array ?? []
        // What others wrote there stays.
        var wanted = present.filter { entry in
            entry["uid"]?.string != set.uid && !(entry["kind"]?.string == "Pod" && entry["apiVersion"]?.string == "v1")
        }
        if goesWithSet { wanted.append(OwnerReference.controlling(set, apiVersion: "apps/v1", kind: "StatefulSet").json) }
        if goesWithPod, let pod { wanted.append(OwnerReference.controlling(pod, apiVersion: "v1", kind: "Pod").json) }
        let isSame = Set(present.map { $0["uid"]?.string ?? "" }) == Set(wanted.map { $0["uid"]?.string ?? "" })
        return isSame ? nil : .array(wanted)
    }
}
