public import JSONValue

/// What one document says of another blob: its type, digest and size.
///
/// Source: OCI image specification 1.1, "Descriptors".
public struct ImageDescriptor: Hashable, Sendable {
    /// The type as written; see ``knownType``.
    public var mediaType: String
    /// The blob's name, and how it is verified.
    public var digest: ImageDigest
    /// In bytes; never negative. More bytes than this are never read.
    public var size: Int64
    /// What the blob runs on, in an index.
    public var platform: ImagePlatform?
    /// Notes of whoever made the image.
    public var annotations: [String: String]

    /// A descriptor by the parts that the specification requires; by default without platform and notes.
    public init(
        mediaType: String, digest: ImageDigest, size: Int64, platform: ImagePlatform? = nil, annotations: [String: String] = [:]
    ) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.platform = platform
        self.annotations = annotations
    }

    /// A descriptor of a type that is known.
    public init(_ type: ImageMediaType, digest: ImageDigest, size: Int64) {
        self.init(mediaType: type.rawValue, digest: digest, size: size)
    }

    /// Nil when the type is not one that an image is made of.
    public var knownType: ImageMediaType? { ImageMediaType(rawValue: mediaType) }

    /// Reads a descriptor.
    ///
    /// - Throws: ``ImageDocumentError`` when a required field is missing or cannot be used.
    public init(_ value: JSON?, document: String, field: String) throws(ImageDocumentError) {
        guard let value, value.object != nil else { throw .init(document: document, field: field, what: "is missing or no object") }
        guard let type = value["mediaType"]?.string, !type.isEmpty, type.utf8.count <= 255 else {
            throw .init(document: document, field: field + ".mediaType", what: "is missing or too long")
        }
        guard let digest = value["digest"]?.string.flatMap({ ImageDigest($0) }) else {
            throw .init(document: document, field: field + ".digest", what: "is no sha256 or sha512 digest")
        }
        guard let size = value["size"]?.int, size >= 0 else {
            throw .init(document: document, field: field + ".size", what: "is no size in bytes")
        }
        self.init(
            mediaType: type, digest: digest, size: size, platform: value["platform"].map { ImagePlatform($0) },
            annotations: value["annotations"]?.stringMap ?? [:])
    }

    /// The descriptor as a document writes it.
    public var json: JSON {
        var value: JSON = ["mediaType": .string(mediaType), "digest": .string(digest.description), "size": .int(size)]
        if let platform { value["platform"] = platform.json }
        if !annotations.isEmpty { value["annotations"] = JSON(annotations) }
        return value
    }
}
