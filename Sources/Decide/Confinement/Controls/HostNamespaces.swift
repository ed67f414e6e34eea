import JSONValue
import OCIModel
import PolicyModel

/// Which namespaces are the node's, the pod's and the container's.
///
/// A rootless node has namespaces of its own, and a pod that asks for the host's gets those: the network is the node's and
/// not the machine's. A namespace that the node does not own is not handed on.
/// Source: Kubernetes API, `PodSpec.hostNetwork`, `hostPID`, `hostIPC`, `shareProcessNamespace`.
enum HostNamespaces {
    static let id: ControlID = "hostNamespaces"

    static func decide(_ scope: PodScope, _ findings: inout Findings) -> [RuntimeNamespace.Kind: ConfinedPod.Sharing] {
        var sharing: [RuntimeNamespace.Kind: ConfinedPod.Sharing] = [
            .network: .pod, .ipc: .pod, .uts: .pod, .pid: .container, .mount: .container, .cgroup: .container,
            .user: scope.hasOwnUsers ? .pod : .node,
        ]
        if scope.spec["shareProcessNamespace"]?.bool == true {
            sharing[.pid] = .pod
            findings.decided(by: "spec.shareProcessNamespace")
            if scope.spec["hostPID"]?.bool == true {
                findings.refuse(
                    id, .sandbox, at: "spec.shareProcessNamespace", found: "true",
                    "ShareProcessNamespace and HostPID cannot both be enabled",
                    remedy: "remove spec.shareProcessNamespace or spec.hostPID")
            }
        }
        let asked: [(field: String, kind: RuntimeNamespace.Kind)] = [
            ("hostNetwork", .network), ("hostPID", .pid), ("hostIPC", .ipc),
        ]
        for (field, kind) in asked where scope.spec[field]?.bool == true {
            let path = FieldPath("spec").child(field)
            sharing[kind] = .node
            findings.decided(by: path)
            if scope.hasOwnUsers {
                findings.refuse(
                    id, .sandbox, at: path, found: "true", "\(path) may not be set when `pod.Spec.HostUsers` is false",
                    remedy: "remove \(path), or remove spec.hostUsers")
            } else if !scope.node.owns(kind) {
                findings.refuse(
                    id, .notEnforceable, at: path, found: "true",
                    "the node runs without root and its \(kind.rawValue) namespace is the machine's, in which it has no rights to give",
                    remedy: "remove \(path), or run the pod on a node that runs as root")
            } else if scope.node.isRootless {
                findings.note(
                    id, at: path,
                    "the \(kind.rawValue) namespace is that of the node, which runs without root, and not the machine's"
                )
            }
        }
        // The host's name goes with the host's network.
        if sharing[.network] == .node { sharing[.uts] = .node }
        return sharing
    }

    /// The namespaces of one container as the runtime is told them.
    static func namespaces(_ subject: Subject, _ pod: ConfinedPod) -> [RuntimeNamespace] {
        var namespaces: [RuntimeNamespace] = []
        for kind in RuntimeNamespace.Kind.allCases {
            switch (kind, pod.sharing[kind] ?? .container) {
            // A view of its own needs cgroup v2, and would be no view of the machine.
            case (.cgroup, _) where subject.node.cgroups.version == .v1 || subject.isPrivileged: continue
            case (.pid, .container):
                namespaces.append(
                    RuntimeNamespace(
                        .pid, path: subject.list == "ephemeralContainers" ? subject.identity.targetProcesses : nil))
            case (_, .container): namespaces.append(RuntimeNamespace(kind))
            case (_, .pod): namespaces.append(RuntimeNamespace(kind, path: subject.identity.namespaces[kind]))
            case (_, .node): continue
            }
        }
        return namespaces
    }
}
