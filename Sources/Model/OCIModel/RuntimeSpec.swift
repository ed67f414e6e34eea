public import JSONValue

/// What an OCI runtime is told about one container: the `config.json` of its bundle.
///
/// Only what Kastell writes is here. What is nil or empty is left out of the JSON, and then the runtime's default holds.
/// Source: OCI runtime specification 1.1, "Configuration" and "Linux Container Configuration".
public struct RuntimeSpec: Hashable, Sendable {
    /// The version of the specification that the value follows.
    public static let version = "1.1.0"

    /// The process that the container starts with.
    public var process: RuntimeProcess
    /// The root filesystem.
    public var root: RuntimeRoot
    /// The name in the container's own UTS namespace; nil where it has none of its own.
    public var hostname: String?
    /// The mounts, in the order in which they are made.
    public var mounts: [RuntimeMount]
    /// What the runtime passes on without reading it.
    public var annotations: [String: String]
    /// What only Linux has.
    public var linux: RuntimeLinux

    /// A container of these parts.
    public init(
        process: RuntimeProcess, root: RuntimeRoot, hostname: String? = nil, mounts: [RuntimeMount] = [],
        annotations: [String: String] = [:], linux: RuntimeLinux = RuntimeLinux()
    ) {
        self.process = process
        self.root = root
        self.hostname = hostname
        self.mounts = mounts
        self.annotations = annotations
        self.linux = linux
    }

    /// The content of `config.json`.
    public var json: JSON {
        var object = RuntimeObject()
        object.set("ociVersion", .string(Self.version))
        object.set("process", process.json)
        object.set("root", root.json)
        object.set("hostname", hostname.map { .string($0) })
        object.set("mounts", mounts.map(\.json))
        object.set("annotations", annotations)
        object.set("linux", linux.json)
        return object.json
    }
}

/// The root filesystem of a container.
public struct RuntimeRoot: Hashable, Sendable {
    /// The folder, absolute or from the bundle.
    public var path: String
    /// Whether the container cannot write to it.
    public var isReadOnly: Bool

    /// The folder `path` as a root filesystem.
    public init(path: String, isReadOnly: Bool = false) {
        self.path = path
        self.isReadOnly = isReadOnly
    }

    var json: JSON {
        var object = RuntimeObject()
        object.set("path", .string(path))
        object.set("readonly", isReadOnly ? true : nil)
        return object.json
    }
}

/// One mount inside a container.
public struct RuntimeMount: Hashable, Sendable {
    /// Where it is seen: an absolute path inside the container.
    public var destination: String
    /// The type of the filesystem; `bind` for a part of another one.
    public var type: String
    /// What is mounted: a path outside for a bind mount, else a name.
    public var source: String
    /// The options, such as `nosuid` and `rbind`.
    public var options: [String]

    /// A mount of `source` at `destination`.
    public init(destination: String, type: String, source: String, options: [String] = []) {
        self.destination = destination
        self.type = type
        self.source = source
        self.options = options
    }

    var json: JSON {
        var object = RuntimeObject()
        object.set("destination", .string(destination))
        object.set("type", .string(type))
        object.set("source", .string(source))
        object.set("options", options)
        return object.json
    }
}

/// Collects the members of one object and leaves out what says nothing.
struct RuntimeObject {
    private var object = JSONObject()

    var json: JSON { .object(object) }
    var isEmpty: Bool { object.isEmpty }

    mutating func set(_ key: String, _ value: JSON?) {
        if let value { object[key] = value }
    }
    mutating func set(_ key: String, _ value: (some BinaryInteger)?) {
        if let value { object[key] = .int(Int64(clamping: value)) }
    }
    mutating func set(_ key: String, _ values: [String]) {
        if !values.isEmpty { object[key] = .array(values.map { .string($0) }) }
    }
    mutating func set(_ key: String, _ values: [JSON]) {
        if !values.isEmpty { object[key] = .array(values) }
    }
    /// Sorted, so that the same value always makes the same bytes.
    mutating func set(_ key: String, _ map: [String: String]) {
        if map.isEmpty { return }
        object[key] = .object(JSONObject(map.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
    }
    mutating func setIfPresent(_ key: String, _ other: RuntimeObject) {
        if !other.isEmpty { object[key] = other.json }
    }
}
