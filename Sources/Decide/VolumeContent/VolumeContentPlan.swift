public import JSONValue

/// What a volume is filled from: the sources of a `configMap`, `secret`, `downwardAPI` or `projected` volume.
///
/// Source: Kubernetes documentation, "Projected Volumes", "ConfigMaps", "Secrets", "Downward API".
public struct VolumeContentPlan: Hashable, Sendable {
    /// A key of an object and the file that it becomes.
    struct Item: Hashable, Sendable {
        var key: String
        var path: String
        var mode: UInt32?
    }

    /// A file with something of the pod.
    struct Field: Hashable, Sendable {
        enum Origin: Hashable, Sendable {
            case field(String)
            case resource(JSON)
        }
        var origin: Origin
        var path: String
        var mode: UInt32?
    }

    enum Source: Hashable, Sendable {
        /// Without items every key becomes a file of its name.
        case object(ObjectReference, items: [Item], isOptional: Bool)
        case fields([Field])
        case token(TokenPlan)
    }

    var sources: [Source]
    var defaultMode: UInt32

    /// The objects that have to be read.
    public var objects: [ObjectReference] {
        sources.compactMap { if case .object(let reference, _, _) = $0 { reference } else { nil } }
    }

    /// The tokens that have to be asked for.
    public var tokens: [TokenPlan] {
        sources.compactMap { if case .token(let token) = $0 { token } else { nil } }
    }

    /// Whether the files can be others later without a change of the volume.
    public var canChange: Bool { !sources.isEmpty }

    /// Reads the sources of a volume of a pod.
    ///
    /// - Returns: nil when the volume is of another kind.
    /// - Throws: ``VolumeContentError`` for a source that this node does not know.
    public init?(_ volume: JSON, pod: JSON) throws(VolumeContentError) {
        let namespace = pod["metadata"]?["namespace"]?.string ?? ""
        if let source = volume["projected"], source.object != nil {
            defaultMode = Self.mode(source["defaultMode"]) ?? 0o644
            sources = []
            for part in source["sources"]?.array ?? [] { sources.append(try Self.projected(part, namespace)) }
            return
        }
        for kind in [ObjectReference.Kind.configMap, .secret] {
            guard let source = volume[kind.rawValue], source.object != nil else { continue }
            defaultMode = Self.mode(source["defaultMode"]) ?? 0o644
            sources = [Self.object(kind, source, name: source[kind == .secret ? "secretName" : "name"], namespace)]
            return
        }
        guard let source = volume["downwardAPI"], source.object != nil else { return nil }
        defaultMode = Self.mode(source["defaultMode"]) ?? 0o644
        sources = [Self.fields(source)]
    }

    private static func projected(_ part: JSON, _ namespace: String) throws(VolumeContentError) -> Source {
        if let source = part["serviceAccountToken"], source.object != nil {
            return .token(
                TokenPlan(
                    audience: source["audience"]?.string ?? "", seconds: source["expirationSeconds"]?.int ?? 3600, path: source["path"]?.string ?? ""))
        }
        for kind in [ObjectReference.Kind.configMap, .secret] {
            if let source = part[kind.rawValue], source.object != nil { return object(kind, source, name: source["name"], namespace) }
        }
        if let source = part["downwardAPI"], source.object != nil { return fields(source) }
        let name = part.object?.map(\.0).first ?? "nothing"
        throw VolumeContentError("this node does not project \(name)", isRetryable: false)
    }

    private static func object(_ kind: ObjectReference.Kind, _ source: JSON, name: JSON?, _ namespace: String) -> Source {
        let items = (source["items"]?.array ?? []).map { item in
            Item(key: item["key"]?.string ?? "", path: item["path"]?.string ?? "", mode: mode(item["mode"]))
        }
        return .object(
            ObjectReference(kind: kind, namespace: namespace, name: name?.string ?? ""), items: items, isOptional: source["optional"]?.bool == true)
    }

    private static func fields(_ source: JSON) -> Source {
        .fields(
            (source["items"]?.array ?? []).map { item in
                let field = item["fieldRef"]?["fieldPath"]?.string
                return Field(
                    origin: field.map { .field($0) } ?? .resource(item["resourceFieldRef"] ?? [:]), path: item["path"]?.string ?? "",
                    mode: mode(item["mode"]))
            })
    }

    private static func mode(_ value: JSON?) -> UInt32? { value?.int.flatMap { (0...0o777).contains($0) ? UInt32($0) : nil } }
}

/// A ConfigMap or a Secret.
public struct ObjectReference: Hashable, Sendable {
    /// The kinds of objects that become files.
    public enum Kind: String, Hashable, Sendable {
        case configMap
        case secret
    }

    /// Which of the two it is.
    public var kind: Kind
    /// The namespace of the pod, from which alone volumes are filled.
    public var namespace: String
    /// The name of the object in the namespace.
    public var name: String

    /// A reference by kind, namespace and name; whether the object exists is not known by it.
    public init(kind: Kind, namespace: String, name: String) {
        self.kind = kind
        self.namespace = namespace
        self.name = name
    }
}

/// A token of the pod's service account, bound to the pod.
public struct TokenPlan: Hashable, Sendable {
    /// Whom it is for; empty for the API server.
    public var audience: String
    /// How long it is to live.
    public var seconds: Int64
    /// The file that it becomes.
    public var path: String

    /// A token to be asked for: for `audience`, living `seconds` from then on, in the file `path`.
    public init(audience: String, seconds: Int64, path: String) {
        self.audience = audience
        self.seconds = seconds
        self.path = path
    }
}
