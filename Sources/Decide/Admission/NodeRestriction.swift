public import JSONValue
public import KubeModel
public import PolicyModel

/// A node changes only itself and what is bound to it, and cannot make itself look like another.
///
/// Source: Kubernetes documentation, "Admission Controllers", NodeRestriction; KEP-279 and KEP-2799.
public struct NodeRestriction {
    /// The write that a node wants.
    public struct Write {
        /// `CREATE`, `UPDATE` or `DELETE`.
        public var operation: String
        /// The resource that is written.
        public var resource: GroupResource
        /// Empty for the object itself.
        public var subresource: String
        /// The namespace; empty for what is in none.
        public var namespace: String
        /// The name of what is written.
        public var name: String
        /// The object as it would be; of a subresource, its own.
        public var object: JSON
        /// The object as it is; nil when it is created.
        public var old: JSON?

        /// A write, as it reached admission.
        public init(
            operation: String, resource: GroupResource, subresource: String, namespace: String, name: String, object: JSON, old: JSON?
        ) {
            self.operation = operation
            self.resource = resource
            self.subresource = subresource
            self.namespace = namespace
            self.name = name
            self.object = object
            self.old = old
        }
    }

    /// What is asked of the cluster.
    public struct Cluster {
        /// The pod of a namespace and name.
        public var pod: (_ namespace: String, _ name: String) -> JSON?
        /// The node of a name.
        public var node: (_ name: String) -> JSON?
        /// The CSIDriver of a name.
        public var driver: (_ name: String) -> JSON?
        /// Whether the node's user may request tokens of a service account for an audience that its pods do not name.
        public var mayRequest: (_ audience: String, _ account: String) -> Bool

        /// The questions.
        public init(
            pod: @escaping (String, String) -> JSON?, node: @escaping (String) -> JSON?, driver: @escaping (String) -> JSON?,
            mayRequest: @escaping (String, String) -> Bool
        ) {
            self.pod = pod
            self.node = node
            self.driver = driver
            self.mayRequest = mayRequest
        }
    }

    private let write: Write
    private let node: String
    private let user: String
    private let cluster: Cluster

    /// The name of the node that a user is; nil for everybody else.
    public static func node(of user: UserInfo) -> String? {
        let prefix = "system:node:"
        guard user.name.hasPrefix(prefix), user.groups.contains("system:nodes") else { return nil }
        return String(user.name.dropFirst(prefix.count))
    }

    /// Decides whether a node may do the write; everybody else may, as far as this is concerned.
    ///
    /// - Throws: ``StatusError`` 403, or 404 for a pod or node that is named and not there.
    public static func decide(_ write: Write, user: UserInfo, cluster: Cluster) throws(StatusError) {
        guard let node = node(of: user) else { return }
        try NodeRestriction(write: write, node: node, user: user.name, cluster: cluster).decide()
    }

    private func refuse(_ why: String) -> StatusError {
        var name = write.name
        if name.isEmpty { name = write.object["metadata"]?["generateName"]?.string ?? "" }
        return .forbidden(write.resource, name: name.isEmpty ? "Unknown" : name, why)
    }

    private var quotedNode: String { goQuoted(node) }

    private func decide() throws(StatusError) {
        if node.isEmpty { throw refuse("could not determine node from user \(goQuoted(user))") }
        switch (write.resource.group, write.resource.resource) {
        case ("", "pods"): try pod()
        case ("", "nodes"): try ownNode()
        case ("", "persistentvolumeclaims"): try claim()
        case ("", "serviceaccounts"): try token()
        case ("coordination.k8s.io", "leases"):
            if write.namespace != "kube-node-lease" { throw refuse("can only access leases in the \"kube-node-lease\" system namespace") }
            if !write.name.isExactly(node) { throw refuse("can only access node lease with the same name as the requesting node") }
        case ("storage.k8s.io", "csinodes"):
            if !write.name.isExactly(node) { throw refuse("can only access CSINode with the same name as the requesting node") }
        case ("resource.k8s.io", "resourceslices"):
            let owner = (write.operation == "DELETE" ? write.old : write.object)?["spec"]?["nodeName"]?.string ?? ""
            if owner != node { throw refuse("can only \(write.operation.lowercased()) ResourceSlice with the same NodeName as the requesting node") }
        default: return
        }
    }

    // MARK: Pods

    private func pod() throws(StatusError) {
        switch write.subresource {
        case "": try wholePod()
        case "status": try podStatus()
        case "eviction":
            let pod = try existingPod(write.name)
            if pod["spec"]?["nodeName"]?.string != node { throw refuse("node \(node) can only evict pods with spec.nodeName set to itself") }
        default: throw refuse("unexpected pod subresource \(goQuoted(write.subresource)), only 'status' and 'eviction' are allowed")
        }
    }

    private func existingPod(_ name: String) throws(StatusError) -> JSON {
        guard let pod = cluster.pod(write.namespace, name) else { throw .notFound(GroupResource(group: "", resource: "pod"), name: name) }
        return pod
    }

    private func wholePod() throws(StatusError) {
        switch write.operation {
        case "CREATE": try mirrorPod()
        case "DELETE":
            if write.old?["spec"]?["nodeName"]?.string != node {
                throw refuse("node \(quotedNode) can only delete pods with spec.nodeName set to itself")
            }
        default: throw refuse("unexpected operation \(goQuoted(write.operation)), node \(quotedNode) can only create and delete mirror pods")
        }
    }

    private func mirrorPod() throws(StatusError) {
        let pod = write.object
        let mirror = "kubernetes.io/config.mirror"
        if pod["metadata"]?["annotations"]?[mirror] == nil {
            throw refuse("pod does not have \"\(mirror)\" annotation, node \(quotedNode) can only create mirror pods")
        }
        let spec = pod["spec"]
        if spec?["nodeName"]?.string != node { throw refuse("node \(quotedNode) can only create pods with spec.nodeName set to itself") }
        try mirrorOwner(pod["metadata"]?["ownerReferences"]?.array ?? [])
        if let reference = Self.forbiddenReference(of: pod) { throw refuse("node \(quotedNode) can not create pods that reference \(reference)") }
    }

    /// What of the API a pod refers to that a node made by itself, which no mirror pod may; nil when it refers to nothing.
    public static func forbiddenReference(of pod: JSON) -> String? {
        let spec = pod["spec"] ?? [:]
        if !(spec["serviceAccountName"]?.string ?? "").isEmpty { return "a service account" }
        let references = PodSecretsAndMaps(spec)
        if references.hasSecrets { return "secrets" }
        if references.hasConfigMaps { return "configmaps" }
        let volumes = spec["volumes"]?.array ?? []
        if volumes.contains(where: { ($0["projected"]?["sources"]?.array ?? []).contains { $0["clusterTrustBundle"]?.object != nil } }) {
            return "clustertrustbundles"
        }
        if volumes.contains(where: { $0["persistentVolumeClaim"]?.object != nil }) { return "persistentvolumeclaims" }
        return (spec["resourceClaims"]?.array ?? []).isEmpty ? nil : "resourceclaims"
    }

    private func mirrorOwner(_ owners: [JSON]) throws(StatusError) {
        if owners.count > 1 { throw refuse("node \(quotedNode) can only create pods with a single owner reference set to itself") }
        guard let owner = owners.first, owner["apiVersion"]?.string == "v1", owner["kind"]?.string == "Node", owner["name"]?.string == node else {
            throw refuse("node \(quotedNode) can only create pods with an owner reference set to itself")
        }
        if owner["controller"]?.bool != true {
            throw refuse("node \(quotedNode) can only create pods with a controller owner reference set to itself")
        }
        if owner["blockOwnerDeletion"]?.bool == true { throw refuse("node \(quotedNode) must not set blockOwnerDeletion on an owner reference") }
        guard let present = cluster.node(node) else { throw .notFound(GroupResource(group: "", resource: "node"), name: node) }
        let given = owner["uid"]?.string ?? ""
        let uid = present["metadata"]?["uid"]?.string ?? ""
        if given != uid { throw refuse("node \(node) UID mismatch: expected \(given) got \(uid)") }
    }

    private func podStatus() throws(StatusError) {
        guard write.operation == "UPDATE", let old = write.old else { throw refuse("unexpected operation \(goQuoted(write.operation))") }
        if old["spec"]?["nodeName"]?.string != node {
            throw refuse("node \(quotedNode) can only update pod status for pods with spec.nodeName set to itself")
        }
        if (old["metadata"]?["labels"]?.stringMap ?? [:]) != (write.object["metadata"]?["labels"]?.stringMap ?? [:]) {
            throw refuse("node \(quotedNode) cannot update labels through pod status")
        }
        let claims = { (pod: JSON) in pod["status"]?["resourceClaimStatuses"]?.array ?? [] }
        if claims(old) != claims(write.object) { throw refuse("node \(quotedNode) cannot update resource claim statues") }
    }

    // MARK: Nodes

    private func ownNode() throws(StatusError) {
        if !write.name.isExactly(node) { throw refuse("node \(quotedNode) is not allowed to modify node \(goQuoted(write.name))") }
        let labels = write.object["metadata"]?["labels"]?.stringMap ?? [:]
        switch write.operation {
        case "CREATE":
            if write.object["spec"]?["configSource"]?.object != nil {
                throw refuse("node \(quotedNode) is not allowed to create pods with a non-nil configSource")
            }
            let forbidden = NodeLabels.forbidden(changed: labels, from: [:])
            if !forbidden.isEmpty {
                throw refuse("node \(quotedNode) is not allowed to set the following labels: \(forbidden.joined(separator: ", "))")
            }
        case "UPDATE":
            let old = write.old ?? [:]
            let source = write.object["spec"]?["configSource"]
            if source?.object != nil, source != old["spec"]?["configSource"] {
                throw refuse("node \(quotedNode) is not allowed to update configSource to a new non-nil configSource")
            }
            if (write.object["spec"]?["taints"]?.array ?? []) != (old["spec"]?["taints"]?.array ?? []) {
                throw refuse("node \(quotedNode) is not allowed to modify taints")
            }
            let forbidden = NodeLabels.forbidden(changed: labels, from: old["metadata"]?["labels"]?.stringMap ?? [:])
            if !forbidden.isEmpty { throw refuse("is not allowed to modify labels: \(forbidden.joined(separator: ", "))") }
        default: return
        }
    }

    // MARK: Claims and tokens

    private func claim() throws(StatusError) {
        guard write.subresource == "status" else { throw refuse("may only update PVC status") }
        guard write.operation == "UPDATE", let old = write.old else { throw refuse("unexpected operation \(goQuoted(write.operation))") }
        func rest(_ claim: JSON) -> JSON {
            var copy = claim
            for field in ["resourceVersion", "managedFields"] { copy["metadata"]?[field] = nil }
            for field in ["capacity", "conditions", "allocatedResourceStatuses", "allocatedResources"] { copy["status"]?[field] = nil }
            return copy
        }
        if rest(old) != rest(write.object) {
            throw refuse("node \(quotedNode) is not allowed to update fields other than status.capacity and status.conditions")
        }
    }

    private func token() throws(StatusError) {
        guard write.operation == "CREATE", write.subresource == "token" else { return }
        let spec = write.object["spec"]
        let reference = spec?["boundObjectRef"]
        guard reference?["apiVersion"]?.string == "v1", reference?["kind"]?.string == "Pod", let name = reference?["name"]?.string, !name.isEmpty
        else { throw refuse("node requested token not bound to a pod") }
        let uid = reference?["uid"]?.string ?? ""
        if uid.isEmpty { throw refuse("node requested token with a pod binding without a uid") }
        let pod = try existingPod(name)
        if pod["metadata"]?["uid"]?.string != uid {
            throw refuse(
                "the UID in the bound object reference (\(uid)) does not match the UID in record. The object might have been deleted and then recreated")
        }
        if pod["spec"]?["nodeName"]?.string != node { throw refuse("node requested token bound to a pod scheduled on a different node") }
        let audiences = spec?["audiences"]?.strings ?? []
        if audiences.count > 1 { throw refuse("node may only request 0 or 1 audiences") }
        let audience = audiences.first ?? ""
        if names(audience, pod) || cluster.mayRequest(audience, write.name) { return }
        throw refuse("audience \(goQuoted(audience)) not found in pod spec volume, \(user) is not authorized to request tokens for this audience")
    }

    /// Whether a volume of the pod wants a token for the audience.
    private func names(_ audience: String, _ pod: JSON) -> Bool {
        (pod["spec"]?["volumes"]?.array ?? []).contains { volume in
            let projected = (volume["projected"]?["sources"]?.array ?? []).contains { source in
                source["serviceAccountToken"]?.object != nil && (source["serviceAccountToken"]?["audience"]?.string ?? "") == audience
            }
            guard !projected, let driver = volume["csi"]?["driver"]?.string, let found = cluster.driver(driver) else { return projected }
            return (found["spec"]?["tokenRequests"]?.array ?? []).contains { ($0["audience"]?.string ?? "") == audience }
        }
    }
}

/// Which labels a node may set on itself.
enum NodeLabels {
    private static let own: Set<String> = [
        "kubernetes.io/hostname", "kubernetes.io/arch", "kubernetes.io/os", "beta.kubernetes.io/arch", "beta.kubernetes.io/os",
        "beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type", "topology.kubernetes.io/zone", "topology.kubernetes.io/region",
        "failure-domain.beta.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/region", "node.kubernetes.io/windows-build",
    ]

    /// The labels that differ and that are not the node's to change, sorted.
    static func forbidden(changed new: [String: String], from old: [String: String]) -> [String] {
        Set(new.keys).union(old.keys).filter { new[$0] != old[$0] && isForbidden($0) }.sorted()
    }

    private static func isForbidden(_ label: String) -> Bool {
        guard let slash = label.firstIndex(of: "/") else { return false }
        let domain = String(label[..<slash])
        func isIn(_ suffix: String) -> Bool { domain == suffix || domain.hasSuffix("." + suffix) }
        if isIn("node-restriction.kubernetes.io") { return true }
        guard isIn("kubernetes.io") || isIn("k8s.io") else { return false }
        return !own.contains(label) && !isIn("kubelet.kubernetes.io") && !isIn("node.kubernetes.io")
    }
}

/// Whether a pod refers to secrets and config maps anywhere.
struct PodSecretsAndMaps {
    private(set) var hasSecrets = false
    private(set) var hasConfigMaps = false

    init(_ spec: JSON) {
        hasSecrets = !(spec["imagePullSecrets"]?.array ?? []).isEmpty
        for field in ["initContainers", "containers", "ephemeralContainers"] {
            for container in spec[field]?.array ?? [] {
                for source in container["envFrom"]?.array ?? [] {
                    if source["secretRef"]?.object != nil { hasSecrets = true }
                    if source["configMapRef"]?.object != nil { hasConfigMaps = true }
                }
                for variable in container["env"]?.array ?? [] {
                    if variable["valueFrom"]?["secretKeyRef"]?.object != nil { hasSecrets = true }
                    if variable["valueFrom"]?["configMapKeyRef"]?.object != nil { hasConfigMaps = true }
                }
            }
        }
        for volume in spec["volumes"]?.array ?? [] {
            if volume["secret"]?.object != nil || volume["azureFile"]?.object != nil { hasSecrets = true }
            if volume["configMap"]?.object != nil { hasConfigMaps = true }
            for driver in ["cephfs", "cinder", "flexVolume", "rbd", "scaleIO", "iscsi", "storageos"] where volume[driver]?["secretRef"]?.object != nil {
                hasSecrets = true
            }
            if volume["csi"]?["nodePublishSecretRef"]?.object != nil { hasSecrets = true }
            for source in volume["projected"]?["sources"]?.array ?? [] {
                if source["secret"]?.object != nil { hasSecrets = true }
                if source["configMap"]?.object != nil { hasConfigMaps = true }
            }
        }
    }
}
