public import KubeModel
public import PolicyModel
public import RBAC

/// Lets a node do what a node does, and only with what is bound to it.
public struct NodeAuthorizer: Sendable {
    /// Which objects the pods of which node refer to.
    public var graph: NodeGraph
    /// What every node may do with resources that this authorizer does not divide among nodes.
    public var rules: [PolicyRule]

    static let control: ControlID = "node-authorization"

    /// - Parameters:
    ///   - graph: what is bound to which node.
    ///   - rules: those of the role `system:node`.
    public init(graph: NodeGraph = NodeGraph(), rules: [PolicyRule] = BootstrapRBAC.nodeRules()) {
        self.graph = graph
        self.rules = rules
    }

    /// The node that a user is: named `system:node:NAME`, in the group `system:nodes`.
    public static func nodeName(of user: UserInfo) -> String? {
        guard user.name.hasPrefix(UserInfo.nodePrefix), user.groups.contains(UserInfo.nodesGroup) else { return nil }
        return String(user.name.dropFirst(UserInfo.nodePrefix.count))
    }

    /// Whether a node may do what the attributes say; nil when the user is no node, and so has no answer here.
    public func decide(_ attributes: AccessAttributes) -> AccessVerdict? {
        guard let node = Self.nodeName(of: attributes.user) else { return nil }
        let refusal: String?
        if node.isEmpty {
            refusal = "unknown node for user \(goQuoted(attributes.user.name))"
        } else {
            refusal = self.refusal(node, attributes)
        }
        guard let refusal else {
            let rule = RuleReference(kind: "Node", name: node)
            return AccessVerdict(.allow(by: [rule]))
        }
        let violation = Violation(
            control: Self.control, field: "", found: forbiddenMessage(attributes),
            remedy: refusal.isEmpty ? "leave this to a user that is no node" : Self.remedy(refusal))
        return AccessVerdict(.deny(violation, also: []), .text(refusal))
    }

    private static func remedy(_ refusal: String) -> String {
        refusal.hasPrefix("no relationship")
            ? "bind a pod that refers to this object to the node" : "ask as a user that is no node, for \(refusal)"
    }

    /// Why not; nil when allowed, empty when there is nothing to say.
    private func refusal(_ node: String, _ attributes: AccessAttributes) -> String? {
        if attributes.isResourceRequest {
            switch (attributes.apiGroup, attributes.resource) {
            case ("", "secrets"): return reading(node, .secret, attributes)
            case ("", "configmaps"): return reading(node, .configMap, attributes)
            case ("", "persistentvolumeclaims") where attributes.subresource == "status":
                return ["update", "patch"].contains(attributes.verb)
                    ? related(node, .persistentVolumeClaim, attributes) : "can only get/update/patch this type"
            case ("", "persistentvolumeclaims"): return getting(node, .persistentVolumeClaim, attributes)
            case ("", "persistentvolumes"): return getting(node, .persistentVolume, attributes)
            case ("resource.k8s.io", "resourceclaims"): return getting(node, .resourceClaim, attributes)
            case ("storage.k8s.io", "volumeattachments"): return getting(node, .volumeAttachment, attributes)
            case ("", "serviceaccounts"): return serviceAccount(node, attributes)
            case ("coordination.k8s.io", "leases"): return lease(node, attributes)
            case ("storage.k8s.io", "csinodes"): return csiNode(node, attributes)
            case ("resource.k8s.io", "resourceslices"): return resourceSlice(node, attributes)
            case ("", "nodes"): return ownNode(node, attributes)
            case ("", "pods"): return pod(node, attributes)
            case ("kastell.dev", "nodes"): return tunnel(node, attributes)
            default: break
            }
        }
        return rules.contains { $0.allows(attributes) } ? nil : ""
    }

    private func related(_ node: String, _ kind: NodeGraph.Kind, _ attributes: AccessAttributes) -> String? {
        if attributes.name.isEmpty { return "No Object name found" }
        let isRelated = graph.isRelated(node: node, kind, namespace: attributes.namespace, name: attributes.name)
        return isRelated ? nil : "no relationship found between node '\(node)' and this object"
    }

    private func getting(_ node: String, _ kind: NodeGraph.Kind, _ attributes: AccessAttributes) -> String? {
        if attributes.verb != "get" { return "can only get individual resources of this type" }
        if !attributes.subresource.isEmpty { return "cannot get subresource" }
        return related(node, kind, attributes)
    }

    private func reading(_ node: String, _ kind: NodeGraph.Kind, _ attributes: AccessAttributes) -> String? {
        if !["get", "list", "watch"].contains(attributes.verb) { return "can only read resources of this type" }
        if !attributes.subresource.isEmpty { return "cannot read subresource" }
        if attributes.namespace.isEmpty { return "can only read namespaced object of this type" }
        return related(node, kind, attributes)
    }

    private func serviceAccount(_ node: String, _ attributes: AccessAttributes) -> String? {
        if attributes.verb == "get", attributes.subresource.isEmpty {
            return related(node, .serviceAccount, attributes)
        }
        if attributes.verb != "create" || attributes.name.isEmpty {
            return "can only create tokens for individual service accounts"
        }
        if attributes.subresource != "token" { return "can only create token subresource of serviceaccount" }
        return related(node, .serviceAccount, attributes)
    }

    private func lease(_ node: String, _ attributes: AccessAttributes) -> String? {
        if !["get", "create", "update", "patch", "delete"].contains(attributes.verb) {
            return "can only get, create, update, patch, or delete a node lease"
        }
        if attributes.namespace != "kube-node-lease" {
            return "can only access leases in the \"kube-node-lease\" system namespace"
        }
        // The name is not known yet when the lease is made; admission looks at it then.
        if attributes.verb != "create", attributes.name != node {
            return "can only access node lease with the same name as the requesting node"
        }
        return nil
    }

    private func csiNode(_ node: String, _ attributes: AccessAttributes) -> String? {
        if !["get", "create", "update", "patch", "delete"].contains(attributes.verb) {
            return "can only get, create, update, patch, or delete a CSINode"
        }
        if !attributes.subresource.isEmpty { return "cannot authorize CSINode subresources" }
        if attributes.verb != "create", attributes.name != node {
            return "can only access CSINode with the same name as the requesting node"
        }
        return nil
    }

    private func resourceSlice(_ node: String, _ attributes: AccessAttributes) -> String? {
        if !attributes.subresource.isEmpty { return "cannot authorize ResourceSlice subresources" }
        switch attributes.verb {
        case "create": return nil
        case "get", "update", "patch", "delete": return related(node, .resourceSlice, attributes)
        case "watch", "list", "deletecollection":
            return Self.selects("spec.nodeName", node, attributes) || Self.selects("nodeName", node, attributes)
                ? nil : "can only list/watch/deletecollection resourceslices with nodeName field selector"
        default:
            return "only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, "
                + "delete, deletecollection"
        }
    }

    private func ownNode(_ node: String, _ attributes: AccessAttributes) -> String? {
        switch (attributes.subresource, attributes.verb) {
        case ("", "create"), ("", "update"), ("", "patch"), ("status", "update"), ("status", "patch"):
            return nil  // admission sees to it that the object is the node's own
        case ("", "get"), ("", "list"), ("", "watch"):
            if attributes.name == node { return nil }
            return attributes.name.isEmpty
                ? "node '\(node)' cannot read all nodes, only its own Node object"
                : "node '\(node)' cannot read '\(attributes.name)', only its own Node object"
        default:
            return ""
        }
    }

    /// A node opens the tunnel to itself, and no other's: what comes out of it is believed.
    private func tunnel(_ node: String, _ attributes: AccessAttributes) -> String? {
        if attributes.subresource != "tunnel" || attributes.verb != "get" { return "can only open a tunnel" }
        return attributes.name == node ? nil : "node '\(node)' cannot open the tunnel of '\(attributes.name)', only its own"
    }

    private func pod(_ node: String, _ attributes: AccessAttributes) -> String? {
        switch (attributes.subresource, attributes.verb) {
        case ("", "get"):
            return related(node, .pod, attributes)
        case ("", "list"), ("", "watch"):
            if Self.selects("spec.nodeName", node, attributes) { return nil }
            return attributes.name.isEmpty
                ? "can only list/watch pods with spec.nodeName field selector" : related(node, .pod, attributes)
        case ("", "create"), ("", "delete"), ("status", "update"), ("status", "patch"), ("eviction", "create"):
            return nil  // admission sees to it that the pod is bound to the node
        default:
            return ""
        }
    }

    private static func selects(_ field: String, _ node: String, _ attributes: AccessAttributes) -> Bool {
        attributes.fieldSelector.contains { $0.field == field && $0.equals && $0.value == node }
    }
}
