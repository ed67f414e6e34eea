import JSONValue
import PolicyModel

/// The SELinux labels of a container and of its files, where SELinux is active; what asks for one elsewhere is refused,
/// since the level is what would keep two pods from each other.
///
/// Source: Kubernetes API, `SELinuxOptions`.
enum SELinux {
    static let id: ControlID = "seLinuxOptions"

    static func processLabel(_ subject: Subject, _ findings: inout Findings) -> String? {
        let asked = subject.effective(id.rawValue)
        if let asked { findings.decided(by: asked.path) }
        guard let facts = subject.node.selinux else {
            if let asked, asked.value.stringMap.contains(where: { !$0.value.isEmpty }) {
                findings.refuse(
                    id, .notEnforceable, at: asked.path, found: text(asked.value),
                    "SELinux is not active on the node, so the options cannot hold",
                    remedy: "remove \(asked.path), or run the pod on a node with SELinux active")
            }
            return nil
        }
        var label = merged(facts.process, asked?.value)
        if subject.isPrivileged, asked?.value["type"]?.string?.isEmpty ?? true { label.type = facts.privilegedType }
        return label.description
    }

    /// The label of what the pod's containers write: the pod's level, and the type of container files.
    static func mountLabel(_ scope: PodScope) -> String? {
        guard let facts = scope.node.selinux else { return nil }
        let options = scope.context?[id.rawValue]
        var label = merged(facts.process, options.map { ["level": $0["level"] ?? ""] })
        label.role = "object_r"
        label.type = facts.fileType
        return label.description
    }

    private static func merged(_ base: SELinuxLabel, _ options: JSON?) -> SELinuxLabel {
        func part(_ name: String, _ other: String) -> String {
            guard let text = options?[name]?.string, !text.isEmpty else { return other }
            return text
        }
        return SELinuxLabel(
            user: part("user", base.user), role: part("role", base.role), type: part("type", base.type),
            level: part("level", base.level))
    }

    private static func text(_ options: JSON) -> String {
        ["user", "role", "type", "level"].compactMap { options[$0]?.string }.filter { !$0.isEmpty }.joined(
            separator: ":")
    }
}
