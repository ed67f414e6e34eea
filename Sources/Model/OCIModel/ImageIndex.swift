public import JSONValue
import PolicyModel

/// Manifests of one image for several platforms, or the images of a layout.
///
/// Source: OCI image specification 1.1, "Image Index" and "Image Layout"; Docker's manifest list.
public struct ImageIndex: Hashable, Sendable {
    /// The most manifests of one index.
    public static let maximumManifests = 1024
    /// The annotation with which a layout names an image.
    public static let nameAnnotation = "org.opencontainers.image.ref.name"
    /// The annotation with which containerd names an image in full.
    public static let fullNameAnnotation = "io.containerd.image.name"

    /// In the order of the document.
    public var manifests: [ImageDescriptor]
    /// Notes of whoever made the index.
    public var annotations: [String: String]

    /// An index of these manifests, in the order in which it is written.
    public init(manifests: [ImageDescriptor], annotations: [String: String] = [:]) {
        self.manifests = manifests
        self.annotations = annotations
    }

    /// Reads an index or manifest list.
    ///
    /// - Throws: ``ImageDocumentError``.
    public init(_ value: JSON) throws(ImageDocumentError) {
        let document = "image index"
        guard value["schemaVersion"]?.int == 2 else { throw .init(document: document, field: "schemaVersion", what: "is not 2") }
        if let type = value["mediaType"]?.string, ImageMediaType(rawValue: type)?.isIndex != true {
            throw .init(document: document, field: "mediaType", what: "is no index's: \(type.prefix(255))")
        }
        // A document that is both could be read as one by whoever verifies it and as the other by whoever runs it.
        guard value["config"] == nil, value["layers"] == nil else {
            throw .init(document: document, field: "", what: "it has the fields of a manifest too")
        }
        guard let written = value["manifests"]?.array else { throw .init(document: document, field: "manifests", what: "is missing") }
        guard written.count <= Self.maximumManifests else {
            throw .init(document: document, field: "manifests", what: "are \(written.count), more than \(Self.maximumManifests)")
        }
        var manifests: [ImageDescriptor] = []
        for (index, entry) in written.enumerated() {
            manifests.append(try ImageDescriptor(entry, document: document, field: "manifests[\(index)]"))
        }
        self.manifests = manifests
        annotations = value["annotations"]?.stringMap ?? [:]
    }

    /// Reads the bytes of an index.
    ///
    /// - Throws: ``ImageDocumentError``.
    public init(parsing bytes: [UInt8]) throws(ImageDocumentError) { try self.init(Self.document(bytes, "image index")) }

    /// The manifest that runs best on `platform`: of those that run equally well, the first. Attestations and other
    /// entries that run nowhere are passed over. An entry that names no platform is taken when nothing better is there.
    ///
    /// - Returns: nil when none runs there; ``platforms`` then says what there is.
    public func select(_ platform: ImagePlatform) -> ImageDescriptor? {
        var best: (fitness: Int, entry: ImageDescriptor)?
        for entry in manifests {
            guard let type = entry.knownType, type.isManifest || type.isIndex else { continue }
            guard let fitness = entry.platform.map({ platform.fitness(of: $0) }) ?? -1 else { continue }
            if fitness > best?.fitness ?? .min { best = (fitness, entry) }
        }
        return best?.entry
    }

    /// What the manifests run on, without those that run nowhere.
    public var platforms: [ImagePlatform] {
        manifests.compactMap(\.platform).filter { !$0.system.isExactly("unknown") }
    }

    /// The index as a layout holds it.
    public var json: JSON {
        var value: JSON = [
            "schemaVersion": 2, "mediaType": .string(ImageMediaType.index.rawValue), "manifests": .array(manifests.map(\.json)),
        ]
        if !annotations.isEmpty { value["annotations"] = JSON(annotations) }
        return value
    }

    /// Parses a document of bounded size in which no name stands twice: two readers could read two documents there.
    static func document(_ bytes: [UInt8], _ name: String) throws(ImageDocumentError) -> JSON {
        guard Int64(bytes.count) <= max(ImageManifest.maximumSize, ImageConfiguration.maximumSize) else {
            throw .init(document: name, field: "", what: "it has \(bytes.count) bytes, too many")
        }
        let parsed: JSONParse
        do { parsed = try JSON.parseReporting(bytes) } catch { throw .init(document: name, field: "", what: "it is no JSON: \(error)") }
        guard !parsed.hasDuplicates else { throw .init(document: name, field: "", what: "a field stands twice in one object") }
        return parsed.value
    }
}
