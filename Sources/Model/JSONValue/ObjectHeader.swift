/// What the server must know of a stored object to select and send it without building its tree.
///
/// Read by skimming the serialised object up to the end of `metadata` (0.3 µs when metadata stands first, as in
/// everything that Kastell writes).
public struct ObjectHeader: Hashable, Sendable {
    /// `metadata.name`; empty when it is absent or no string.
    public var name = ""
    /// `metadata.namespace`; empty for an object of the cluster scope.
    public var namespace = ""
    /// `metadata.uid`; empty when it is absent or no string.
    public var uid = ""
    /// `metadata.labels`, as far as their values are strings.
    public var labels: [String: String] = [:]
    /// The offset just after the opening brace of `metadata`, where `"resourceVersion"` is spliced in.
    public var metadataOffset = 0
    /// Whether `metadata` has no member, so that a splice needs no comma.
    public var metadataIsEmpty = true

    /// The header of an object whose `metadata` is empty.
    public init() {}

    /// Skims the object in `bytes`.
    ///
    /// - Throws: ``JSONError`` when it is no object, or has no `metadata` object.
    public static func skim(_ bytes: [UInt8]) throws(JSONError) -> ObjectHeader {
        let result = unsafe bytes.withUnsafeBufferPointer { buffer -> Result<ObjectHeader, JSONError> in
            var scanner = unsafe JSONScanner(buffer)
            var header = ObjectHeader()
            do throws(JSONError) {
                var found = false
                try scanner.members { scanner, key throws(JSONError) in
                    guard key == "metadata", !found else { return false }
                    found = true
                    header.metadataOffset = scanner.offset + 1
                    try scanner.members { scanner, key throws(JSONError) in
                        header.metadataIsEmpty = false
                        switch key {
                        case "name": header.name = try scanner.value(depth: 2).string ?? ""
                        case "namespace": header.namespace = try scanner.value(depth: 2).string ?? ""
                        case "uid": header.uid = try scanner.value(depth: 2).string ?? ""
                        case "labels": header.labels = try scanner.value(depth: 2).stringMap
                        default: return false
                        }
                        return true
                    }
                    return true
                }
                guard found else { throw JSONError(cause: .unexpectedEnd, offset: bytes.count, byte: nil) }
                return .success(header)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}
