public import JSONValue

/// What an image is made of: its configuration and its layers, the lowest first.
///
/// Source: OCI image specification 1.1, "Image Manifest"; Docker image manifest version 2, schema 2.
public struct ImageManifest: Hashable, Sendable {
    /// The largest manifest or index that is read, in bytes. Registries have the same bound.
    public static let maximumSize: Int64 = 4 << 20
    /// The most layers of one image: as many as an overlay of the kernel takes is 500, and builders stop at 127.
    public static let maximumLayers = 256

    /// Whether the OCI or Docker's type.
    public var mediaType: ImageMediaType
    /// The blob with the configuration.
    public var configuration: ImageDescriptor
    /// The lowest first.
    public var layers: [ImageDescriptor]
    /// Notes of whoever made the image.
    public var annotations: [String: String]

    /// A manifest with its layers, the lowest first; by default of the OCI type.
    public init(
        mediaType: ImageMediaType = .manifest, configuration: ImageDescriptor, layers: [ImageDescriptor],
        annotations: [String: String] = [:]
    ) {
        self.mediaType = mediaType
        self.configuration = configuration
        self.layers = layers
        self.annotations = annotations
    }

    /// The bytes of configuration and layers as they travel.
    ///
    /// Sizes come from outside; a sum beyond `Int64` is its greatest value.
    public var contentSize: Int64 {
        layers.reduce(configuration.size) { sum, layer in
            let (value, overflow) = sum.addingReportingOverflow(layer.size)
            return overflow ? .max : value
        }
    }

    /// Reads a manifest whose configuration and layers are of types that a container can be made of.
    ///
    /// - Throws: ``ImageDocumentError`` for artifacts that are no images too.
    public init(_ value: JSON) throws(ImageDocumentError) {
        let document = "image manifest"
        func fail(_ field: String, _ what: String) -> ImageDocumentError { .init(document: document, field: field, what: what) }
        if let version = value["schemaVersion"]?.int, version == 1 {
            throw fail("schemaVersion", "is 1, which has no digests of its layers and is refused; push the image again with a current builder")
        }
        guard value["schemaVersion"]?.int == 2 else { throw fail("schemaVersion", "is not 2") }
        guard value["manifests"] == nil else { throw fail("manifests", "makes it an index, not a manifest") }
        configuration = try ImageDescriptor(value["config"], document: document, field: "config")
        var type = configuration.knownType == .dockerConfiguration ? ImageMediaType.dockerManifest : .manifest
        if let written = value["mediaType"]?.string {
            guard let known = ImageMediaType(rawValue: written), known.isManifest else { throw fail("mediaType", "is no manifest's: \(written.prefix(255))") }
            type = known
        }
        mediaType = type
        guard configuration.knownType?.isConfiguration == true else {
            throw fail("config.mediaType", "is \(configuration.mediaType): this is an artifact and no image that can run")
        }
        guard configuration.size <= ImageConfiguration.maximumSize else { throw fail("config.size", "is more than \(ImageConfiguration.maximumSize) bytes") }
        guard let written = value["layers"]?.array else { throw fail("layers", "is missing") }
        guard written.count <= Self.maximumLayers else { throw fail("layers", "are \(written.count), more than \(Self.maximumLayers)") }
        var layers: [ImageDescriptor] = []
        for (index, layer) in written.enumerated() {
            let descriptor = try ImageDescriptor(layer, document: document, field: "layers[\(index)]")
            guard descriptor.knownType?.compression != nil else {
                throw fail("layers[\(index)].mediaType", "is no layer that can be unpacked: \(descriptor.mediaType)")
            }
            layers.append(descriptor)
        }
        self.layers = layers
        annotations = value["annotations"]?.stringMap ?? [:]
    }

    /// Reads the bytes of a manifest.
    ///
    /// - Throws: ``ImageDocumentError``.
    public init(parsing bytes: [UInt8]) throws(ImageDocumentError) { try self.init(ImageIndex.document(bytes, "image manifest")) }

    /// The manifest as a registry or layout holds it.
    public var json: JSON {
        var value: JSON = [
            "schemaVersion": 2, "mediaType": .string(mediaType.rawValue), "config": configuration.json, "layers": .array(layers.map(\.json)),
        ]
        if !annotations.isEmpty { value["annotations"] = JSON(annotations) }
        return value
    }
}
