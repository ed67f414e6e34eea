public import JSONValue
import KubeModel
import OCIModel

/// The objects that volumes are filled from, as values in and files out.
///
/// Pure: linear in the size of what is written; ``maximumBytes`` bounds it, since one object may be named many times.
public enum VolumeContent {
    /// The most that one volume holds in all, in bytes: it is memory of the node.
    public static let maximumBytes = 64 << 20

    /// What a volume is filled from.
    public struct Sources: Sendable {
        /// The objects by name; one that is not here does not exist.
        public var objects: [ObjectReference: JSON] = [:]
        /// The tokens.
        public var tokens: [TokenPlan: [UInt8]] = [:]
        /// What pods may ask of the node in all, by resource.
        public var allocatable: [String: String] = [:]

        /// No objects, no tokens and an unknown node.
        public init() {}
    }

    /// The files of a volume by path.
    ///
    /// - Throws: ``VolumeContentError`` for an object or key that is not there and not optional, and for a path that leaves the volume.
    public static func files(_ plan: VolumeContentPlan, pod: JSON, sources: Sources) throws(VolumeContentError) -> [String: VolumeFile] {
        var files: [String: VolumeFile] = [:]
        var bytes = 0
        func add(_ path: String, _ file: VolumeFile) throws(VolumeContentError) {
            guard VolumePath.components(path) != nil else {
                throw VolumeContentError("invalid path \(goQuoted(path)): it leaves the volume, or is too long", isRetryable: false)
            }
            bytes += file.bytes.count - (files[path]?.bytes.count ?? 0)
            if bytes > maximumBytes {
                throw VolumeContentError("the volume would hold more than \(maximumBytes >> 20) MiB", isRetryable: false)
            }
            files[path] = file
        }
        for source in plan.sources {
            switch source {
            case .object(let reference, let items, let isOptional):
                guard let object = sources.objects[reference] else {
                    if isOptional { continue }
                    throw VolumeContentError("\(reference.kind.rawValue.lowercased()) \(goQuoted(reference.name)) not found")
                }
                for (path, value) in try chosen(object, reference, items, isOptional) {
                    try add(path.path, VolumeFile(bytes: value, mode: path.mode ?? plan.defaultMode))
                }
            case .fields(let fields):
                for field in fields {
                    let text = try DownwardContent.value(field.origin, pod: pod, allocatable: sources.allocatable)
                    try add(field.path, VolumeFile(bytes: Array(text.utf8), mode: field.mode ?? plan.defaultMode))
                }
            case .token(let token):
                guard let value = sources.tokens[token] else { throw VolumeContentError("the service account token is not there yet") }
                try add(token.path, tokenFile(value, plan, pod))
            }
        }
        try refuseFoldersThatAreFiles(files)
        return files
    }

    /// The keys of an object that become files, and what is in them.
    private static func chosen(
        _ object: JSON, _ reference: ObjectReference, _ items: [VolumeContentPlan.Item], _ isOptional: Bool
    ) throws(VolumeContentError) -> [(path: VolumeContentPlan.Item, value: [UInt8])] {
        let texts = reference.kind == .configMap ? object["data"]?.stringMap ?? [:] : [:]
        let encoded = object[reference.kind == .configMap ? "binaryData" : "data"]?.stringMap ?? [:]
        func value(_ key: String) throws(VolumeContentError) -> [UInt8]? {
            if let text = texts[key] { return Array(text.utf8) }
            guard let text = encoded[key] else { return nil }
            guard let bytes = Base64Text.decode(text) else {
                throw VolumeContentError("\(reference.kind.rawValue.lowercased()) \(goQuoted(reference.name)): the key \(goQuoted(key)) is not base64")
            }
            return bytes
        }
        var found: [(VolumeContentPlan.Item, [UInt8])] = []
        let all = Set(texts.keys).union(encoded.keys).sorted().map { VolumeContentPlan.Item(key: $0, path: $0) }
        for item in items.isEmpty ? all : items {
            if let bytes = try value(item.key) {
                found.append((item, bytes))
            } else if !isOptional {
                let kind = reference.kind == .configMap ? "config" : "secret"
                throw VolumeContentError("references non-existent \(kind) key: \(item.key)")
            }
        }
        return found
    }

    /// A token is for its users alone, where it is known who they are.
    private static func tokenFile(_ token: [UInt8], _ plan: VolumeContentPlan, _ pod: JSON) -> VolumeFile {
        let owner = tokenOwner(pod)
        let group = pod["spec"]?["securityContext"]?["fsGroup"]?.int
        return VolumeFile(bytes: token, mode: owner != nil || group != nil ? 0o600 : plan.defaultMode, owner: owner)
    }

    /// The user that all containers of a pod run as, as far as the pod says it; nil when they differ or one does not say.
    public static func tokenOwner(_ pod: JSON) -> UInt32? {
        let spec = pod["spec"] ?? [:]
        let common = spec["securityContext"]?["runAsUser"]?.int
        var owner: Int64?
        for container in (spec["initContainers"]?.array ?? []) + (spec["containers"]?.array ?? []) {
            guard let user = container["securityContext"]?["runAsUser"]?.int ?? common, owner == nil || owner == user else { return nil }
            owner = user
        }
        return owner.flatMap { UInt32(exactly: $0) }
    }

    /// A path cannot be a file and the folder of another one.
    private static func refuseFoldersThatAreFiles(_ files: [String: VolumeFile]) throws(VolumeContentError) {
        for path in files.keys {
            var rest = path[...]
            while let slash = rest.lastIndex(of: "/") {
                rest = rest[..<slash]
                if files[String(rest)] != nil {
                    throw VolumeContentError("\(goQuoted(String(rest))) is a file and the folder of \(goQuoted(path))", isRetryable: false)
                }
            }
        }
    }
}
