public import JSONValue
public import KubeModel

/// How an image wants to be run, and which contents its layers have.
///
/// Source: OCI image specification 1.1, "Image Configuration"; Docker image specification 1.2 and later.
public struct ImageConfiguration: Hashable, Sendable {
    /// The largest configuration that is read, in bytes.
    public static let maximumSize: Int64 = 8 << 20

    /// One step of how the image was made.
    public struct History: Hashable, Sendable {
        /// When; nil when not said or no time.
        public var created: Timestamp?
        /// The command.
        public var createdBy: String
        /// A note.
        public var comment: String
        /// Whether the step made no layer.
        public var isEmptyLayer: Bool
    }

    /// What it runs on.
    public var platform: ImagePlatform
    /// When it was made; nil when not said or no time.
    public var created: Timestamp?
    /// The `USER` as written: empty, `uid`, `name`, `uid:gid`, `name:group` and mixtures.
    public var user: String
    /// `NAME=value` in the order of the image; what has no name or no `=` is left out.
    public var environment: [String]
    /// The `ENTRYPOINT`.
    public var entrypoint: [String]
    /// The `CMD`: arguments of the entrypoint, or the command when there is none.
    public var command: [String]
    /// The `WORKDIR`; empty when not said.
    public var workingDirectory: String
    /// The `VOLUME`s, sorted.
    public var volumes: [String]
    /// The `EXPOSE`d ports as written, such as `80/tcp`, sorted.
    public var exposedPorts: [String]
    /// The `STOPSIGNAL`, such as `SIGQUIT` or `3`; empty when not said.
    public var stopSignal: String
    /// The labels.
    public var labels: [String: String]
    /// The digests of the layers as they are uncompressed, the lowest first.
    public var diffIDs: [ImageDigest]
    /// How the image was made.
    public var history: [History]

    /// A configuration of its own.
    public init(platform: ImagePlatform, diffIDs: [ImageDigest], environment: [String] = [], entrypoint: [String] = [], command: [String] = []) {
        self.platform = platform
        self.diffIDs = diffIDs
        self.environment = environment
        self.entrypoint = entrypoint
        self.command = command
        created = nil
        user = ""
        workingDirectory = ""
        volumes = []
        exposedPorts = []
        stopSignal = ""
        labels = [:]
        history = []
    }

    /// Reads a configuration.
    ///
    /// - Throws: ``ImageDocumentError`` when `rootfs` cannot be used, or a field has a type that it cannot have: a user that
    ///   cannot be read must not become root.
    public init(_ value: JSON) throws(ImageDocumentError) {
        let document = "image configuration"
        func fail(_ field: String, _ what: String) -> ImageDocumentError { .init(document: document, field: field, what: what) }
        guard value.object != nil else { throw fail("", "it is no object") }
        let config = value["config"] ?? .null
        func text(_ key: String) throws(ImageDocumentError) -> String {
            guard let field = config[key], !field.isNull else { return "" }
            guard let text = field.string, !text.utf8.contains(0), text.utf8.count <= 65536 else { throw fail("config." + key, "is no usable text") }
            return text
        }
        func texts(_ key: String) throws(ImageDocumentError) -> [String] {
            guard let field = config[key], !field.isNull else { return [] }
            guard let entries = field.array else { throw fail("config." + key, "is no list") }
            var all: [String] = []
            for entry in entries {
                guard let text = entry.string, !text.utf8.contains(0) else { throw fail("config." + key, "has an entry that is no usable text") }
                all.append(text)
            }
            return all
        }
        func names(_ key: String) throws(ImageDocumentError) -> [String] {
            guard let field = config[key], !field.isNull else { return [] }
            guard let object = field.object else { throw fail("config." + key, "is no object") }
            return object.keys.filter { !$0.utf8.contains(0) }.sorted()
        }
        platform = ImagePlatform(value)
        created = value["created"]?.string.flatMap { Timestamp($0) }
        user = try text("User")
        environment = try texts("Env").filter { ($0.utf8.firstIndex(of: 0x3D).map { $0 > "".utf8.startIndex }) ?? false }
        entrypoint = try texts("Entrypoint")
        command = try texts("Cmd")
        workingDirectory = try text("WorkingDir")
        volumes = try names("Volumes")
        exposedPorts = try names("ExposedPorts")
        stopSignal = try text("StopSignal")
        labels = config["Labels"]?.stringMap ?? [:]

        let type = value[path: "rootfs", "type"]?.string ?? ""
        guard type == "layers" else { throw fail("rootfs.type", "is not 'layers'") }
        guard let written = value[path: "rootfs", "diff_ids"]?.array ?? (value[path: "rootfs", "diff_ids"]?.isNull == true ? [] : nil) else {
            throw fail("rootfs.diff_ids", "is missing")
        }
        guard written.count <= ImageManifest.maximumLayers else { throw fail("rootfs.diff_ids", "has more than \(ImageManifest.maximumLayers) entries") }
        var diffIDs: [ImageDigest] = []
        for (index, entry) in written.enumerated() {
            guard let digest = entry.string.flatMap({ ImageDigest($0) }) else { throw fail("rootfs.diff_ids[\(index)]", "is no sha256 or sha512 digest") }
            diffIDs.append(digest)
        }
        self.diffIDs = diffIDs
        history = (value["history"]?.array ?? []).prefix(4096).map { step in
            History(
                created: step["created"]?.string.flatMap { Timestamp($0) }, createdBy: step["created_by"]?.string ?? "",
                comment: step["comment"]?.string ?? "", isEmptyLayer: step["empty_layer"]?.bool ?? false)
        }
    }

    /// Reads the bytes of a configuration.
    ///
    /// - Throws: ``ImageDocumentError``.
    public init(parsing bytes: [UInt8]) throws(ImageDocumentError) { try self.init(ImageIndex.document(bytes, "image configuration")) }

    /// Whom the image wants to run as, taken apart.
    public var userAndGroup: (user: String, group: String) {
        let parts = user.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        return (parts.first ?? "", parts.count == 2 ? parts[1] : "")
    }
}
