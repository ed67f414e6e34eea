import JSONValue
import OCIModel
import PolicyModel

/// A pod, and one of its containers, as the controls look at them.
struct Subject {
    /// The lists that containers stand in.
    static let lists = ["initContainers", "containers", "ephemeralContainers"]

    let pod: JSON
    let spec: JSON
    let container: JSON
    /// Where the container stands, such as `spec.containers[0]`.
    let path: FieldPath
    let list: String
    let image: ImageFacts
    let node: NodeFacts
    let identity: PodIdentity

    /// The container named `name`; nil when the pod has none of that name.
    init?(pod: JSON, container name: String, image: ImageFacts, node: NodeFacts, identity: PodIdentity) {
        let spec = pod["spec"] ?? [:]
        for list in Self.lists {
            for (index, container) in (spec[list]?.array ?? []).enumerated() where container["name"]?.string == name {
                self.pod = pod
                self.spec = spec
                self.container = container
                path = FieldPath("spec").child(list).index(index)
                self.list = list
                self.image = image
                self.node = node
                self.identity = identity
                return
            }
        }
        return nil
    }

    var name: String { container["name"]?.string ?? "" }
    var context: JSON? { container["securityContext"] }
    var contextPath: FieldPath { path.child("securityContext") }
    var isPrivileged: Bool { context?["privileged"]?.bool == true }
    /// The pod's users are not the node's.
    var hasOwnUsers: Bool { spec["hostUsers"]?.bool == false }

    /// `name_namespace(uid)`, as messages name a pod.
    var podText: String { Self.podText(pod) }

    static func podText(_ pod: JSON) -> String {
        let metadata = pod["metadata"]
        return
            "\(metadata?["name"]?.string ?? "")_\(metadata?["namespace"]?.string ?? "")(\(metadata?["uid"]?.string ?? ""))"
    }

    /// A field of the security context: the container's where it has one, else the pod's.
    func effective(_ field: String) -> (value: JSON, path: FieldPath)? {
        if let value = context?[field], !value.isNull { return (value, contextPath.child(field)) }
        if let value = spec["securityContext"]?[field], !value.isNull {
            return (value, FieldPath("spec").child("securityContext", field))
        }
        return nil
    }

    /// How many ids, from 0 on, a process of the container can have.
    var ids: UInt64 { hasOwnUsers ? UInt64(UserNamespaceRanges.size) : node.ownIDs }

    func annotation(_ key: String) -> String? { pod["metadata"]?["annotations"]?[key]?.string }
}
