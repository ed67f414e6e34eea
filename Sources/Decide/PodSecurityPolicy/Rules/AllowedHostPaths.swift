import JSONValue
import KubeModel
import PolicyModel

/// The paths of the node that may be mounted, and which of them only for reading. No list allows every path.
///
/// Source: Kubernetes 1.20, PodSecurityPolicy, "Volumes and file systems", AllowedHostPaths.
enum AllowedHostPaths: VolumeRule {
    static let id: ControlID = "allowedHostPaths"
    static let source = "hostPath"

    static func breaches(in volume: JSON, at path: FieldPath, of pod: Pod, under policy: Policy) -> [Breach] {
        let allowed = policy.spec.member("allowedHostPaths")?.array ?? []
        if allowed.isEmpty { return [] }
        let hostPath = volume.member("hostPath")?["path"]?.string ?? ""
        let matching = allowed.filter { isUnder($0["pathPrefix"]?.string ?? "", hostPath) }
        if matching.isEmpty {
            let error = FieldError.invalid(
                path.child("hostPath", "pathPrefix"), .string(hostPath), "is not allowed to be used")
            let field = path.child("hostPath", "path")
            let prefixes = allowed.compactMap { $0["pathPrefix"]?.string }.joined(separator: ", ")
            return [
                Breach(
                    id, error, field: field, found: hostPath, remedy: "use a path under one of \(prefixes) in \(field)")
            ]
        }
        if matching.contains(where: { ($0.member("readOnly") ?? false) == false }) { return [] }
        return pod.containers.flatMap { container in
            (container.json.member("volumeMounts")?.array ?? []).enumerated().compactMap { index, mount in
                guard mount["name"] == volume["name"], mount["readOnly"] != true else { return nil }
                let field = container.path.child("volumeMounts").index(index).child("readOnly")
                return Breach(
                    id, .invalid(field, false, "must be read-only"), found: "false", remedy: "set \(field) to true")
            }
        }
    }

    /// Whether `path` is `prefix` or lies below it; a slash at the end of either does not count.
    static func isUnder(_ prefix: String, _ path: String) -> Bool {
        let path = path.utf8.last == 0x2F ? path.utf8.dropLast() : path.utf8[...]
        let prefix = prefix.utf8.last == 0x2F ? prefix.utf8.dropLast() : prefix.utf8[...]
        guard path.starts(with: prefix) else { return false }
        let rest = path.dropFirst(prefix.count)
        return rest.isEmpty || rest.first == 0x2F
    }
}
