import JSONValue

/// Reads YAML as the tools of Kubernetes do: as another way to write JSON.
///
/// Plain scalars get the types of YAML 1.1 as `sigs.k8s.io/yaml` resolves them (`yes` and `on` are true, `0o17` and
/// `017` are 15, dates are strings), keys become strings, aliases and merge keys are replaced by what they name. Of
/// a key that is named twice the last value is kept and the fault reported. Pure: no file, no clock.
public enum YAML {
    /// Bounds on what is read, so that a hostile text is refused before it costs much.
    public struct Limits: Hashable, Sendable {
        /// The longest text.
        public var bytes: Int
        /// How deep lists and mappings may nest.
        public var depth: Int
        /// How many bytes of values aliases may add.
        public var expansion: Int

        /// Bounds that no file of a cluster comes near.
        public init(bytes: Int = 16 << 20, depth: Int = 200, expansion: Int = 4 << 20) {
            self.bytes = bytes
            self.depth = depth
            self.expansion = expansion
        }
    }

    /// Every document of the stream; a text without any document has none.
    ///
    /// - Complexity: linear in the bytes and in what aliases expand to; both are bounded by `limits`.
    /// - Throws: ``YAMLError``, at the first fault.
    public static func documents(_ bytes: [UInt8], limits: Limits = Limits()) throws(YAMLError) -> [YAMLDocument] {
        var composer = try YAMLComposer(bytes, limits: limits)
        var documents: [YAMLDocument] = []
        while let document = try composer.document() { documents.append(document) }
        return documents
    }

    /// The only document of the stream; a text without any document counts as null.
    public static func document(_ bytes: [UInt8], limits: Limits = Limits()) throws(YAMLError) -> YAMLDocument {
        var composer = try YAMLComposer(bytes, limits: limits)
        guard let document = try composer.document() else {
            let empty = YAMLNode(content: .scalar(.null), mark: YAMLMark(line: 1, column: 1))
            return YAMLDocument(root: empty, duplicates: [])
        }
        if let second = try composer.document() { throw YAMLError(.severalDocuments, second.root.mark) }
        return document
    }

    /// The only document of the stream held in a string.
    public static func document(_ text: String, limits: Limits = Limits()) throws(YAMLError) -> YAMLDocument {
        try document(Array(text.utf8), limits: limits)
    }
}
