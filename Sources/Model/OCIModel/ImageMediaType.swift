/// What a blob holds: the OCI types and those of Docker that say the same.
///
/// Source: OCI image specification 1.1, "Media Types"; Docker image manifest version 2, schema 2.
public enum ImageMediaType: String, Hashable, Sendable, CaseIterable {
    case index = "application/vnd.oci.image.index.v1+json"
    case dockerManifestList = "application/vnd.docker.distribution.manifest.list.v2+json"
    case manifest = "application/vnd.oci.image.manifest.v1+json"
    case dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
    case configuration = "application/vnd.oci.image.config.v1+json"
    case dockerConfiguration = "application/vnd.docker.container.image.v1+json"
    case layer = "application/vnd.oci.image.layer.v1.tar"
    case layerGzip = "application/vnd.oci.image.layer.v1.tar+gzip"
    case layerZstd = "application/vnd.oci.image.layer.v1.tar+zstd"
    case layerNonDistributable = "application/vnd.oci.image.layer.nondistributable.v1.tar"
    case layerNonDistributableGzip = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"
    case layerNonDistributableZstd = "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd"
    case dockerLayer = "application/vnd.docker.image.rootfs.diff.tar"
    case dockerLayerGzip = "application/vnd.docker.image.rootfs.diff.tar.gzip"
    case dockerLayerZstd = "application/vnd.docker.image.rootfs.diff.tar.zstd"
    case dockerForeignLayerGzip = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"

    /// How a layer is compressed.
    public enum Compression: String, Hashable, Sendable, CaseIterable { case none, gzip, zstd }

    /// Whether a document of this type chooses among manifests.
    public var isIndex: Bool { self == .index || self == .dockerManifestList }
    /// Whether a document of this type names configuration and layers.
    public var isManifest: Bool { self == .manifest || self == .dockerManifest }
    /// Whether a blob of this type is an image's configuration.
    public var isConfiguration: Bool { self == .configuration || self == .dockerConfiguration }

    /// How a blob of this type is compressed; nil when it is no layer.
    public var compression: Compression? {
        switch self {
        case .index, .dockerManifestList, .manifest, .dockerManifest, .configuration, .dockerConfiguration: nil
        case .layer, .layerNonDistributable, .dockerLayer: Compression.none
        case .layerGzip, .layerNonDistributableGzip, .dockerLayerGzip, .dockerForeignLayerGzip: .gzip
        case .layerZstd, .layerNonDistributableZstd, .dockerLayerZstd: .zstd
        }
    }

    /// What a registry is asked for when a tag or digest is looked up, the preferred first.
    public static let acceptedDocuments: [ImageMediaType] = [.index, .dockerManifestList, .manifest, .dockerManifest]
}
