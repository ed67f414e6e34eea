import JSONValue
import KubeModel
import PolicyModel

/// The words in which a body is refused that is not an object of the kind that was asked for.
enum BodyRefusal {
    /// A body of which not even version and kind could be read.
    static func unrecognized(_ kind: String, _ why: String, body: [UInt8]) -> StatusError {
        .badRequest("the object provided is unrecognized (must be of type \(kind)): \(why) (\(summary(of: body)))")
    }

    /// The first 30 bytes of a body: as they are where they look like JSON, in hexadecimal where not.
    private static func summary(of body: [UInt8]) -> String {
        guard let first = body.first else { return "<empty>" }
        let head = body.prefix(30)
        let more = body.count > 30 ? " ..." : ""
        if first == 0x7B { return String(decoding: head, as: UTF8.self) + more }
        return head.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + more
    }

    /// Why version and kind of a parsed body cannot be read; nil when they can.
    static func unreadableIdentity(_ value: JSON) -> String? {
        func cannot(_ found: String, _ target: String) -> String {
            "couldn't get version/kind; json parse error: json: cannot unmarshal \(found) into Go \(target)"
        }
        guard value.object != nil else {
            if value.isNull { return nil }
            return cannot(
                kindOfJSON(value),
                "value of type struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }")
        }
        for field in ["apiVersion", "kind"] {
            guard let member = value[field], member.string == nil, !member.isNull else { continue }
            return cannot(kindOfJSON(member), "struct field .\(field) of type string")
        }
        let version = value["apiVersion"]?.string ?? ""
        return version.utf8.count { $0 == 0x2F } > 1 ? "unexpected GroupVersion string: \(version)" : nil
    }

    private static func kindOfJSON(_ value: JSON) -> String {
        switch value {
        case .null: "null"
        case .bool: "bool"
        case .int, .double: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    /// Why an object of one kind cannot be taken for one of another.
    static func unconvertible(_ sent: GroupVersionKind, into expected: GroupVersionKind, catalog: SchemaCatalog) -> String {
        var base = sent
        if base.kind.hasSuffix("List") { base.kind = String(base.kind.dropLast(4)) }
        if catalog.type(of: sent) != nil || catalog.type(of: base) != nil {
            return "converting (\(sent.version).\(sent.kind)) to (\(package(expected.group)).\(expected.kind)): unknown conversion"
        }
        return "no kind \(goQuoted(sent.kind)) is registered for version \(goQuoted(sent.groupVersion.description)) in scheme \"pkg/api/legacyscheme/scheme.go:30\""
    }

    /// The name under which clients know the internal version of a group.
    private static func package(_ group: String) -> String {
        if group.isEmpty || group == "events.k8s.io" { return "core" }
        return String(group.prefix { $0 != "." })
    }

    /// A patch whose result is no object of the kind.
    ///
    /// - Parameter value: the result, or the patch itself, as it is printed.
    static func patched(_ value: String, _ why: String) -> StatusError {
        .invalid("", group: "", name: "", [.invalid("patch", .string(value), why)])
    }
}
