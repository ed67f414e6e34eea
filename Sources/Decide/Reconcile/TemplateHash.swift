import JSONValue
import KubeModel

/// The label `pod-template-hash`, by which the ReplicaSets of a Deployment tell their pods apart.
///
/// It has the form that upstream gives it, but not its value: that is a hash over the memory layout of the Go types of
/// one release, and changes from release to release. ReplicaSets made by another controller are still recognised, since
/// they are found by comparing templates and never by their hash.
enum TemplateHash {
    /// The label's value for a pod template. `collisions` is `status.collisionCount`; with every collision the hash is
    /// another.
    static func compute(_ template: JSON, collisions: Int64?) -> String {
        var hash: UInt32 = 2_166_136_261
        func feed(_ bytes: some Sequence<UInt8>) {
            for byte in bytes { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        }
        feed(canonical(template).bytes)
        if let collisions { for shift in 0..<8 { feed([UInt8(truncatingIfNeeded: collisions >> (8 * Int64(shift)))]) } }
        return safe(String(hash))
    }

    /// The value with the members of all objects in order, so that equal templates have equal bytes.
    private static func canonical(_ value: JSON) -> JSON {
        switch value {
        case .object(let object):
            .object(JSONObject(object.map { ($0.key, canonical($0.value)) }.sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }))
        case .array(let elements): .array(elements.map(canonical))
        case .null, .bool, .int, .double, .string: value
        }
    }

    /// Letters and digits of which no word can be made (apimachinery `rand.SafeEncodeString`).
    private static func safe(_ text: String) -> String {
        let alphabet = Array("bcdfghjklmnpqrstvwxz2456789".utf8)
        return String(decoding: text.utf8.map { alphabet[Int($0) % alphabet.count] }, as: UTF8.self)
    }
}
