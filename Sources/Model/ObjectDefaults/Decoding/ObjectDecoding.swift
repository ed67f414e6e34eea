public import JSONValue
public import KubeModel

/// Reads an object as a value of its type: drops what the type does not know and refuses what does not fit.
///
/// After decoding, a member is present exactly when the reference implementation would hold a value there: null is
/// absent, and so is the zero of a field that cannot be absent. Quantities and times are in canonical form.
public enum ObjectDecoding {
    /// An object with what was left out of it.
    public struct Decoded: Hashable, Sendable {
        /// What was kept.
        public var object: JSON
        /// The paths of the fields that the type does not know, such as `spec.containers[0].foo`, in the order of the
        /// body; each once, at most ``maximumUnknownFields``.
        public var unknownFields: [String]
    }

    /// How many unknown fields are reported.
    public static let maximumUnknownFields = 100

    /// Decodes an object of a built-in kind.
    ///
    /// Linear in the size of the object.
    /// - Throws: ``DecodingFault`` with the first fault, or for a kind that is not built in.
    public static func decode(_ object: JSON, as kind: GroupVersionKind) throws(DecodingFault) -> Decoded {
        guard let structure = TypeFacts.builtin.structure(of: kind) else {
            throw DecodingFault(
                "no kind \(goQuoted(kind.kind)) is registered for version \(goQuoted(kind.groupVersion.description))")
        }
        return try decode(object, as: structure)
    }

    /// Decodes the `metadata` of an object of any kind, such as a custom resource; its other members are kept.
    ///
    /// - Throws: ``DecodingFault`` with the first fault.
    public static func decodeMetadata(of object: JSON) throws(DecodingFault) -> Decoded {
        guard let metadata = object["metadata"] else { return Decoded(object: object, unknownFields: []) }
        var decoder = Decoder()
        decoder.path = [.key("metadata")]
        decoder.fieldStack = ["metadata"]
        decoder.structureName = "ObjectMeta"
        let decoded = try decoder.finish(metadata, .structure(TypeFacts.objectMeta))
        var object = object
        object["metadata"] = decoded ?? [:]
        return Decoded(object: object, unknownFields: decoder.unknownFields)
    }

    static func decode(_ object: JSON, as structure: Int) throws(DecodingFault) -> Decoded {
        var decoder = Decoder()
        let decoded = try decoder.finish(object, .structure(structure))
        return Decoded(object: decoded ?? [:], unknownFields: decoder.unknownFields)
    }

    /// The fault of a strict request: every duplicate and unknown field; nil when there is none.
    public static func strictFault(duplicateFields: [String], unknownFields: [String]) -> DecodingFault? {
        let faults = warnings(duplicateFields: duplicateFields, unknownFields: unknownFields)
        return faults.isEmpty ? nil : DecodingFault("strict decoding error: " + faults.joined(separator: ", "))
    }

    /// The texts of the warnings about duplicate and unknown fields.
    public static func warnings(duplicateFields: [String], unknownFields: [String]) -> [String] {
        duplicateFields.map { "duplicate field \(goQuoted($0))" }
            + unknownFields.map { "unknown field \(goQuoted($0))" }
    }
}
