import JSONValue
import PolicyModel

/// Which capabilities a container has: the standard set, less what is dropped, more what is added.
///
/// `ALL` is taken first, adding before dropping, then the single names: `drop: [ALL], add: [NET_ADMIN]` leaves one.
/// Source: Kubernetes API, `Capabilities`; the order is that of containerd's CRI server.
enum Capabilities {
    static let id: ControlID = "capabilities"

    /// The names in the kernel's order; every one is held by the node.
    static func decide(_ subject: Subject, _ findings: inout Findings) -> [String] {
        let node = subject.node
        let path = subject.contextPath.child("capabilities")
        let add = subject.context?["capabilities"]?["add"]?.strings ?? []
        let drop = subject.context?["capabilities"]?["drop"]?.strings ?? []
        if subject.isPrivileged {
            findings.decided(by: subject.contextPath.child("privileged"))
            if !drop.isEmpty {
                findings.note(id, at: path.child("drop"), "a privileged container keeps every capability")
            }
            return Capability.all.filter(node.capabilities.contains)
        }
        var held = Capability.standard
        let addsAll = add.contains { $0.uppercased() == "ALL" }
        if addsAll { held = Set(Capability.all) }
        if drop.contains(where: { $0.uppercased() == "ALL" }) { held = [] }
        for (index, name) in add.enumerated() where name.uppercased() != "ALL" {
            let capability = Capability.name(name)
            if isGrantable(capability, name, subject, path.child("add").index(index), &findings) {
                held.insert(capability)
            }
        }
        for (index, name) in drop.enumerated() where name.uppercased() != "ALL" {
            let capability = Capability.name(name)
            if !Capability.all.contains(capability) {
                refuseUnknown(capability, name, path.child("drop").index(index), &findings)
            }
            held.remove(capability)
        }
        if !add.isEmpty { findings.decided(by: path.child("add")) }
        if !drop.isEmpty { findings.decided(by: path.child("drop")) }
        if addsAll, node.isRootless {
            findings.note(
                id, at: path.child("add"), "all capabilities of the node's user namespace, none of the machine's")
        }
        // What the node lacks cannot be handed on; a name that was asked for was refused above.
        return Capability.all.filter { held.contains($0) && node.capabilities.contains($0) }
    }

    private static func isGrantable(
        _ capability: String, _ written: String, _ subject: Subject, _ path: FieldPath, _ findings: inout Findings
    ) -> Bool {
        if !Capability.all.contains(capability) {
            refuseUnknown(capability, written, path, &findings)
            return false
        }
        if !subject.node.capabilities.contains(capability) {
            findings.refuse(
                id, .notEnforceable, at: path, found: written,
                "capability \(capability) is not held by the node, so it cannot be granted",
                remedy: "remove \(path), or start the node with \(capability)")
            return false
        }
        // With users of its own the pod asked to be root of itself only; on a rootless node it may not know.
        if subject.node.isRootless, !subject.hasOwnUsers, Capability.ofTheMachine.contains(capability) {
            findings.refuse(
                id, .notEnforceable, at: path, found: written,
                "capability \(capability) acts on the whole machine, and this node runs without root: it would allow nothing",
                remedy: "remove \(path), or run the pod on a node that runs as root")
            return false
        }
        return true
    }

    private static func refuseUnknown(
        _ capability: String, _ written: String, _ path: FieldPath, _ findings: inout Findings
    ) {
        findings.refuse(
            id, .containerCreation, at: path, found: written, "invalid capability: \(capability)",
            remedy: "write the name of a capability of capabilities(7) without CAP_, such as NET_BIND_SERVICE")
    }
}

/// Whether the process can gain privileges by executing a file.
///
/// Source: Kubernetes documentation, "Configure a Security Context": `allowPrivilegeEscalation` sets `no_new_privs`, and is
/// always true for a privileged container and one with CAP_SYS_ADMIN.
enum AllowPrivilegeEscalation {
    static let id: ControlID = "allowPrivilegeEscalation"

    /// Whether `no_new_privs` is set.
    static func decide(_ subject: Subject, _ capabilities: [String], _ findings: inout Findings) -> Bool {
        guard let allows = subject.context?["allowPrivilegeEscalation"]?.bool else { return false }
        let path = subject.contextPath.child(id.rawValue)
        findings.decided(by: path)
        if allows { return false }
        let contradiction =
            subject.isPrivileged
            ? "`privileged` to true" : capabilities.contains("CAP_SYS_ADMIN") ? "`capabilities.Add` CAP_SYS_ADMIN" : nil
        guard let contradiction else { return true }
        findings.refuse(
            id, .containerConfig, at: path, found: "false",
            "cannot set `allowPrivilegeEscalation` to false and \(contradiction) (pod: \"\(subject.podText)\", container: \(subject.name))",
            remedy: subject.isPrivileged
                ? "remove \(path), or set \(subject.contextPath).privileged to false"
                : "remove \(path), or do not add SYS_ADMIN")
        return true
    }
}
