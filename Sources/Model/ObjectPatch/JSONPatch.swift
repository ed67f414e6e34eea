public import JSONValue
public import KubeModel

/// A JSON patch (RFC 6902), with the reading of it that the Kubernetes API server has.
///
/// Two departures from the RFC are what clients meet there: `replace` of a member that does not exist sets it, and a
/// negative index counts from the end of an array.
public struct JSONPatch: Sendable {
    /// How many operations one patch may hold.
    public static let maximumOperations = 10_000

    /// By how many bytes `copy` may make a document grow in one patch: copies of copies double it each time.
    static let maximumCopiedBytes = 3 << 20

    /// The operations as the client sent them.
    public let operations: [JSONObject]

    /// Reads a patch.
    ///
    /// - Parameters:
    ///   - value: the parsed body.
    ///   - isStrict: whether field validation is `Warn` or `Strict`; it decides only the words of a refusal.
    /// - Throws: 400 for what is no list of operations, 413 for more than ``maximumOperations``.
    public init(_ value: JSON, isStrict: Bool = true) throws(StatusError) {
        guard case .array(let elements) = value else {
            if value.isNull {
                operations = []
                return
            }
            throw Self.undecodable(value, as: isStrict ? "[]handlers.jsonPatchOp" : "jsonpatch.Patch", isStrict)
        }
        var found: [JSONObject] = []
        found.reserveCapacity(elements.count)
        for element in elements {
            switch element {
            case .object(let operation):
                if isStrict { try Self.checkTypes(operation) }
                found.append(operation)
            case .null:
                found.append([:])
            case .bool, .int, .double, .string, .array:
                throw Self.undecodable(element, as: isStrict ? "handlers.jsonPatchOp" : "jsonpatch.Operation", isStrict)
            }
        }
        guard found.count <= Self.maximumOperations else {
            throw .patchTooLarge(
                "The allowed maximum operations in a JSON patch is \(Self.maximumOperations), got \(found.count)")
        }
        operations = found
    }

    private static func undecodable(_ value: JSON, as type: String, _ isStrict: Bool) -> StatusError {
        .badRequest(
            (isStrict ? "error decoding patch: " : "")
                + "json: cannot unmarshal \(value.jsonKind) into Go value of type \(type)")
    }

    private static func checkTypes(_ operation: JSONObject) throws(StatusError) {
        for (key, value) in operation where key == "op" || key == "path" || key == "from" {
            if case .string = value { continue }
            if value.isNull { continue }
            throw .badRequest(
                "error decoding patch: json: cannot unmarshal \(value.jsonKind) into "
                    + "Go struct field jsonPatchOp.\(key) of type string"
            )
        }
    }

    /// What strict field validation says of members that no operation has, in the order of the patch.
    public var unknownFields: [String] {
        var found: [String] = []
        for (index, operation) in operations.enumerated() {
            for (key, _) in operation where !["op", "path", "from", "value"].contains(key) {
                found.append("json patch unknown field \"[\(index)].\(key)\"")
            }
        }
        return found
    }

    /// Applies the operations in order; the first one that cannot be applied refuses the whole patch.
    ///
    /// - Complexity: each operation costs the length of its path and of the arrays on it.
    /// - Throws: 422 when an operation does not fit `document`, or its test fails.
    public func apply(to document: JSON) throws(StatusError) -> JSON {
        var result = document
        do throws(Inapplicable) {
            var copyable = Self.maximumCopiedBytes
            for operation in operations { try Self.apply(operation, to: &result, copyable: &copyable) }
        } catch {
            throw .patchNotApplicable()
        }
        return result
    }

    /// An operation does not fit the document.
    private struct Inapplicable: Error {}

    private static func apply(
        _ operation: JSONObject, to document: inout JSON, copyable: inout Int
    ) throws(Inapplicable) {
        guard let kind = operation["op"]?.string, let path = operation["path"]?.string else { throw Inapplicable() }
        let value = operation["value"]
        switch kind {
        case "add":
            try change(at: path, in: &document) { container, key throws(Inapplicable) in
                try add(value ?? .null, at: key, to: &container)
            }
        case "remove":
            try change(at: path, in: &document) { container, key throws(Inapplicable) in
                _ = try remove(key, from: &container)
            }
        case "replace":
            if path.isEmpty {
                guard let value, value.object != nil || value.array != nil else { throw Inapplicable() }
                document = value
                return
            }
            try change(at: path, in: &document) { container, key throws(Inapplicable) in
                try replace(key, by: value ?? .null, in: &container)
            }
        case "move":
            guard let from = operation["from"]?.string else { throw Inapplicable() }
            var moved = JSON.null
            try change(at: from, in: &document) { container, key throws(Inapplicable) in
                moved = try remove(key, from: &container)
            }
            try change(at: path, in: &document) { container, key throws(Inapplicable) in
                try add(moved, at: key, to: &container)
            }
        case "copy":
            guard let from = operation["from"]?.string else { throw Inapplicable() }
            let copied = try read(from, in: document) ?? .null
            copyable -= copied.writtenSize(limit: copyable)
            guard copyable >= 0 else { throw Inapplicable() }
            try change(at: path, in: &document) { container, key throws(Inapplicable) in
                try add(copied, at: key, to: &container)
            }
        case "test":
            let present = path.isEmpty ? document : try read(path, in: document) ?? .null
            guard present == value ?? .null else { throw Inapplicable() }
        default:
            throw Inapplicable()
        }
    }

    // MARK: - Pointers (RFC 6901)

    /// The steps of a pointer after its first slash; what stands before it is not looked at.
    private static func steps(_ pointer: String) throws(Inapplicable) -> [String] {
        let parts = pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        guard !parts.isEmpty else { throw Inapplicable() }
        return parts.map(decoded)
    }

    private static func decoded(_ step: Substring) -> String {
        guard step.utf8.contains(0x7E) else { return String(step) }
        var out: [UInt8] = []
        var rest = step.utf8[...]
        while let byte = rest.popFirst() {
            if byte == 0x7E, let next = rest.first, next == 0x30 || next == 0x31 {
                out.append(next == 0x30 ? 0x7E : 0x2F)
                rest.removeFirst()
            } else {
                out.append(byte)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func change(
        at pointer: String, in document: inout JSON, _ body: (inout JSON, String) throws(Inapplicable) -> Void
    ) throws(Inapplicable) {
        let steps = try steps(pointer)
        try descend(steps[...], in: &document, body)
    }

    private static func descend(
        _ steps: ArraySlice<String>, in node: inout JSON, _ body: (inout JSON, String) throws(Inapplicable) -> Void
    ) throws(Inapplicable) {
        guard let step = steps.first else { throw Inapplicable() }
        if steps.count == 1 { return try body(&node, step) }
        // The child is taken out of its parent while it changes, so that nothing is copied.
        switch node {
        case .object(var object):
            guard var child = object[step] else { throw Inapplicable() }
            node = .null
            object[step] = .null
            try descend(steps.dropFirst(), in: &child, body)
            object[step] = child
            node = .object(object)
        case .array(var elements):
            let at = try position(step, count: elements.count)
            node = .null
            var child = elements[at]
            elements[at] = .null
            try descend(steps.dropFirst(), in: &child, body)
            elements[at] = child
            node = .array(elements)
        case .null, .bool, .int, .double, .string:
            throw Inapplicable()
        }
    }

    private static func read(_ pointer: String, in document: JSON) throws(Inapplicable) -> JSON? {
        var value = document
        let steps = try steps(pointer)
        for (number, step) in steps.enumerated() {
            switch value {
            case .object(let object):
                guard let next = object[step] else {
                    if number == steps.count - 1 { return nil }
                    throw Inapplicable()
                }
                value = next
            case .array(let elements):
                value = elements[try position(step, count: elements.count)]
            case .null, .bool, .int, .double, .string:
                throw Inapplicable()
            }
        }
        return value
    }

    /// The index of an element that exists.
    private static func position(_ text: String, count: Int) throws(Inapplicable) -> Int {
        guard var at = Int(text) else { throw Inapplicable() }
        if at < 0 { at += count }
        guard at >= 0, at < count else { throw Inapplicable() }
        return at
    }

    // MARK: - One step

    private static func add(_ value: JSON, at key: String, to container: inout JSON) throws(Inapplicable) {
        switch container {
        case .object(var object):
            container = .null
            object[key] = value
            container = .object(object)
        case .array(var elements):
            container = .null
            if key == "-" {
                elements.append(value)
            } else {
                guard var at = Int(key) else { throw Inapplicable() }
                if at < 0 { at += elements.count + 1 }
                guard at >= 0, at <= elements.count else { throw Inapplicable() }
                elements.insert(value, at: at)
            }
            container = .array(elements)
        case .null, .bool, .int, .double, .string:
            throw Inapplicable()
        }
    }

    private static func replace(_ key: String, by value: JSON, in container: inout JSON) throws(Inapplicable) {
        switch container {
        case .object(var object):
            container = .null
            object[key] = value
            container = .object(object)
        case .array(var elements):
            container = .null
            elements[try position(key, count: elements.count)] = value
            container = .array(elements)
        case .null, .bool, .int, .double, .string:
            throw Inapplicable()
        }
    }

    private static func remove(_ key: String, from container: inout JSON) throws(Inapplicable) -> JSON {
        switch container {
        case .object(var object):
            guard let removed = object[key] else { throw Inapplicable() }
            container = .null
            object[key] = nil
            container = .object(object)
            return removed
        case .array(var elements):
            container = .null
            let removed = elements.remove(at: try position(key, count: elements.count))
            container = .array(elements)
            return removed
        case .null, .bool, .int, .double, .string:
            throw Inapplicable()
        }
    }
}

extension JSON {
    /// About how many bytes the value has when written; stops counting beyond `limit`.
    fileprivate func writtenSize(limit: Int) -> Int {
        switch self {
        case .null, .bool, .int, .double: return 8
        case .string(let text): return text.utf8.count + 2
        case .array(let elements):
            var size = 2
            for element in elements where size <= limit { size += element.writtenSize(limit: limit - size) + 1 }
            return size
        case .object(let object):
            var size = 2
            for (key, value) in object where size <= limit { size += key.utf8.count + 4 + value.writtenSize(limit: limit - size) }
            return size
        }
    }
}
