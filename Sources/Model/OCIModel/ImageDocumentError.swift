/// Why a manifest, index or configuration cannot be used. It comes from outside and is refused as a whole.
public struct ImageDocumentError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Which document, such as `image manifest`.
    public var document: String
    /// The field, such as `layers[3].digest`; empty when it is the whole document.
    public var field: String
    /// What is wrong with it.
    public var what: String

    /// A fault in a document; `field` is empty when the whole of it is meant.
    public init(document: String, field: String, what: String) {
        self.document = document
        self.field = field
        self.what = what
    }

    /// Which document cannot be used, in which field, and why.
    public var description: String { "the \(document) cannot be used: \(field.isEmpty ? "" : field + ": ")\(what)" }
}
