import JSONValue
import KubeModel
import ObjectDefaults

/// A patched object in the order in which the reference implementation prints it: what the patch touched has its
/// members sorted, the rest stands as it was.
enum PatchedText {
    static func ordered(_ patched: JSON, from current: JSON, kind: GroupVersionKind) -> JSON {
        var written = current
        ObjectNormalization.normalize(&written, kind: kind)
        return touched(patched, written)
    }

    private static func touched(_ value: JSON, _ before: JSON?) -> JSON {
        if let before, before == value { return before }
        guard let object = value.object else { return value }
        var members: [(String, JSON)] = []
        for member in object.members.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            members.append((member.key, touched(member.value, before?[member.key])))
        }
        return .object(JSONObject(members))
    }
}
