import JSONValue
import KubeModel
import PolicyModel

/// Which volumes a container sees, where, and what it may do there.
///
/// Source: Kubernetes API, `VolumeMount`; KEP-3857 for recursive read-only mounts.
enum VolumeMounts {
    static let id: ControlID = "volumeMounts"

    /// The mounts, outer ones first.
    static func decide(_ subject: Subject, _ environment: [EnvironmentVariable], _ findings: inout Findings)
        -> [VolumeMountPlan]
    {
        var plans: [VolumeMountPlan] = []
        for (index, mount) in (subject.container[id.rawValue]?.array ?? []).enumerated() {
            let path = subject.path.child(id.rawValue).index(index)
            if let plan = plan(mount, path, subject, environment, &findings) { plans.append(plan) }
        }
        // Stable: two mounts of the same depth stay as they were written.
        return plans.enumerated().sorted { (depth($0.element), $0.offset) < (depth($1.element), $1.offset) }.map(
            \.element)
    }

    private static func depth(_ plan: VolumeMountPlan) -> Int { plan.destination.split(separator: "/").count }

    /// Mounts that come later reach the container only when its root follows.
    static func rootPropagation(_ plans: [VolumeMountPlan]) -> String? {
        if plans.contains(where: { $0.propagation == .bidirectional }) { return "rshared" }
        return plans.contains { $0.propagation == .hostToContainer } ? "rslave" : nil
    }

    private static func plan(
        _ mount: JSON, _ path: FieldPath, _ subject: Subject, _ environment: [EnvironmentVariable],
        _ findings: inout Findings
    ) -> VolumeMountPlan? {
        let name = mount["name"]?.string ?? ""
        guard let volume = subject.identity.volumes[name] else {
            findings.refuse(
                id, .containerConfig, at: path.child("name"), found: name,
                "the volume \(goQuoted(name)) is not ready on the node",
                remedy: "add a volume named \(goQuoted(name)) to spec.volumes, or wait until it is there")
            return nil
        }
        guard let subPath = subPath(mount, path, subject, environment, &findings) else { return nil }
        let isReadOnly = mount["readOnly"]?.bool == true || volume.isReadOnly
        var destination = mount["mountPath"]?.string ?? ""
        if !destination.hasPrefix("/") { destination = "/" + destination }
        return VolumeMountPlan(
            volume: name, source: volume.path, subPath: subPath, destination: destination, isReadOnly: isReadOnly,
            isRecursivelyReadOnly: isRecursive(mount, path, subject, &findings),
            propagation: propagation(mount, path, subject, &findings))
    }

    private static func isRecursive(_ mount: JSON, _ path: FieldPath, _ subject: Subject, _ findings: inout Findings)
        -> Bool
    {
        guard mount["readOnly"]?.bool == true, let mode = mount["recursiveReadOnly"]?.string, mode != "Disabled" else {
            return false
        }
        if subject.node.hasRecursiveReadOnly { return true }
        if mode == "Enabled" {
            let name = mount["name"]?.string ?? ""
            findings.refuse(
                id, .containerConfig, at: path.child("recursiveReadOnly"), found: mode,
                "failed to resolve recursive read-only mode: volume \(goQuoted(name)) requested recursive read-only mode, but it is not supported by the runtime",
                remedy: "set \(path.child("recursiveReadOnly")) to IfPossible, or use a kernel of Linux 5.12 or later")
        }
        return false
    }

    private static func propagation(
        _ mount: JSON, _ path: FieldPath, _ subject: Subject, _ findings: inout Findings
    ) -> VolumeMountPlan.Propagation {
        guard let text = mount["mountPropagation"]?.string, let asked = VolumeMountPlan.Propagation(rawValue: text)
        else { return .none }
        if asked == .bidirectional, !subject.isPrivileged {
            findings.refuse(
                id, .containerConfig, at: path.child("mountPropagation"), found: text,
                "Bidirectional mount propagation is available only to privileged containers",
                remedy: "set \(path.child("mountPropagation")) to HostToContainer, or make the container privileged")
        } else if asked == .bidirectional, subject.node.isRootless {
            findings.note(
                id, at: path.child("mountPropagation"),
                "mounts spread to the node's own mount namespace, not to the machine's")
        }
        return asked
    }

    /// The part of the volume; nil for one that leaves it. What the node finds on the way is another question: links are followed by
    /// the node, and only inside the volume.
    private static func subPath(
        _ mount: JSON, _ path: FieldPath, _ subject: Subject, _ environment: [EnvironmentVariable],
        _ findings: inout Findings
    ) -> String? {
        var field = path.child("subPath")
        var text = mount["subPath"]?.string ?? ""
        if let expression = mount["subPathExpr"]?.string, !expression.isEmpty {
            field = path.child("subPathExpr")
            let (expanded, missing) = VariableExpansion.expanded(expression, environment)
            if let first = missing.first {
                findings.refuse(
                    id, .containerConfig, at: field, found: expression, "missing value for \(goQuoted(first))",
                    remedy: "add a variable \(first) to \(subject.path.child("env"))")
                return nil
            }
            text = expanded
        }
        if text.isEmpty { return "" }
        if text.hasPrefix("/") {
            findings.refuse(
                id, .containerConfig, at: field, found: text, "error SubPath `\(text)` must not be an absolute path",
                remedy: "write \(field) as a path inside the volume")
            return nil
        }
        if text.split(separator: "/").contains("..") {
            findings.refuse(
                id, .containerConfig, at: field, found: text,
                "unable to provision SubPath `\(text)`: must not contain '..'",
                remedy: "write \(field) without ..")
            return nil
        }
        return text
    }
}
