import JSONValue
import KubeModel

/// The bridge from client-side to server-side apply, for the manager `kubectl` only: the annotation in which
/// `kubectl apply` keeps what it last applied.
extension ManagedFields {
    static let kubectl = "kubectl"
    private static let annotation = "kubectl.kubernetes.io/last-applied-configuration"
    /// How large all annotations of an object may be, keys and values.
    private static let maximumAnnotations = 256 * 1024

    /// The conflicts that remain when fields that `kubectl` itself applied on the client's side are its own; nil when
    /// none remain.
    func conflictsAfterClientSideApply(_ conflict: ApplyConflict, manager: String, live: JSON) -> ApplyConflict? {
        guard manager == Self.kubectl, let applied = lastAppliedFields(live) else { return conflict }
        let remaining = conflict.items.filter { !applied.contains($0.path) }
        return remaining.isEmpty ? nil : ApplyConflict(items: remaining)
    }

    /// The fields of the last client-side apply that still have the values it gave them.
    private func lastAppliedFields(_ live: JSON) -> FieldSet? {
        guard let text = live["metadata"]?["annotations"]?[Self.annotation]?.string, !text.isEmpty,
            let applied = try? JSON.parse(text), applied["apiVersion"]?.string == apiVersion,
            let type = type(of: apiVersion),
            structure.faults(in: applied, type, allowsDuplicates: false).isEmpty,
            let fields = try? structure.fields(of: applied, type),
            let comparison = try? structure.compare(applied, live, type)
        else { return nil }
        return fields.subtracting(comparison.modified).subtracting(comparison.added).subtracting(comparison.removed)
    }

    /// Brings the annotation up to date, where there is one.
    func updateLastApplied(in object: inout JSON, _ config: JSON) {
        guard let present = object["metadata"]?["annotations"]?[Self.annotation]?.string, !present.isEmpty else {
            return
        }
        var applied = config
        if var annotations = config["metadata"]?["annotations"]?.object {
            annotations[Self.annotation] = nil
            applied[path: "metadata", "annotations"] = .object(annotations)
        }
        guard var annotations = object["metadata"]?["annotations"]?.object else { return }
        annotations[Self.annotation] = .string(Self.encoded(applied))
        let size = annotations.members.reduce(0) { $0 + $1.key.utf8.count + ($1.value.string?.utf8.count ?? 0) }
        if size > Self.maximumAnnotations { annotations[Self.annotation] = nil }
        object[path: "metadata", "annotations"] = .object(annotations)
    }

    /// JSON as Go's encoder writes a map: keys in order, HTML escaped, a line feed at the end.
    private static func encoded(_ value: JSON) -> String {
        var text = ""
        for scalar in value.inByteOrder.description.unicodeScalars {
            switch scalar {
            case "<": text += "\\u003c"
            case ">": text += "\\u003e"
            case "&": text += "\\u0026"
            case "\u{2028}": text += "\\u2028"
            case "\u{2029}": text += "\\u2029"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\n"
    }
}

extension JSON {
    /// A copy whose objects have their members in the order of UTF-8 bytes.
    fileprivate var inByteOrder: JSON {
        switch self {
        case .null, .bool, .int, .double, .string: self
        case .array(let elements): .array(elements.map(\.inByteOrder))
        case .object(let object):
            .object(
                JSONObject(members: object.membersInByteOrder.map { .init(key: $0.key, value: $0.value.inByteOrder) }))
        }
    }
}
