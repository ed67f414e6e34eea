import JSONValue
import KubeModel
import ObjectDefaults

/// Runs the writes of a recorded scenario: each is decoded, defaulted, prepared, written, and compared with the answer.
struct Replay {
    private(set) var passed: [String] = []
    private(set) var failures: [String] = []
    /// What the reference server holds, by path.
    private var stored: [String: JSON] = [:]
    private var answers: [String: JSON] = [:]

    static let context = ObjectStrategy.Context(
        userName: "golden-admin", userGroups: ["system:masters", "system:authenticated"],
        now: Timestamp(seconds: 1_700_000_000), freshUID: "00000000-0000-0000-0000-000000000001")

    mutating func run(_ name: String, _ scenario: JSON) {
        for (at, step) in (scenario["steps"]?.array ?? []).enumerated() {
            let answer = Self.concrete(step[path: "expect", "body"] ?? .null)
            answers[step["id"]?.string ?? "s\(at + 1)"] = answer
            guard let method = step["method"]?.string, let fullPath = step["path"]?.string else { continue }
            let parts = fullPath.split(separator: "?", maxSplits: 1)
            let path = String(parts.first ?? "")
            let label = "\(name) step \(at + 1)"
            let status = step[path: "expect", "status"]?.int ?? 0
            guard status == 200 || status == 201 else {
                if status == 400 { refused(label, step, method) }
                continue
            }
            let isWhole =
                step["pick"] == nil && step["compare"] == nil && answer["metadata"] != nil && answer["kind"] != "Status"
            let isDry = parts.count > 1 && parts[1].contains("dryRun=All")
            guard let (object, subresource) = Self.target(path, method: method, body: answer) else { continue }
            if isWhole, let difference = difference(step, method, old: stored[object], subresource, answer) {
                if difference.isEmpty { passed.append(label) } else { failures.append("\(label): \(difference)") }
            }
            if method == "DELETE" {
                stored[object] = nil
            } else if isWhole, !isDry {
                // A scale is another view of the object, whose new state is not told.
                stored[object] = answer["kind"] == "Scale" ? nil : answer
            }
        }
    }

    /// The path of the object that a request is about, and the subresource.
    private static func target(_ path: String, method: String, body: JSON) -> (object: String, subresource: String?)? {
        if method == "POST" {
            guard let name = body[path: "metadata", "name"]?.string else { return nil }
            return (path + "/" + name, nil)
        }
        let words = path.split(separator: "/")
        let start = words.first == "api" ? 2 : 3
        var rest = Array(words.dropFirst(start))
        if rest.count > 3 || rest.count == 3 && !["status", "finalize", "approval", "scale"].contains(rest[2]),
            rest.first == "namespaces"
        {
            rest.removeFirst(2)
        }
        guard rest.count >= 2 else { return nil }
        guard rest.count > 2 else { return (path, nil) }
        return (String(path.dropLast(rest[2].count + 1)), String(rest[2]))
    }

    // MARK: Answers with an object

    /// Nil when the step is not for us; else the first differences, or none.
    private func difference(_ step: JSON, _ method: String, old: JSON?, _ subresource: String?, _ answer: JSON)
        -> String?
    {
        guard let kind = Self.kind(of: answer), SchemaCatalog.builtin.type(of: kind) != nil,
            !kind.group.hasPrefix("auth") || kind.group == "autoscaling",
            kind.kind != "Scale", answer[path: "metadata", "annotations", "kubernetes.io/limit-ranger"] == nil
        else { return nil }
        let body: JSON
        switch method {
        case "POST" where subresource == nil:
            guard let given = Self.body(step), given["kind"] == answer["kind"] else { return nil }
            body = given
        case "PUT":
            if let from = step["bodyFrom"] {
                guard let earlier = answers[from["step"]?.string ?? ""] else { return nil }
                body = Self.merge(earlier, Self.concrete(from["patch"] ?? [:]))
            } else if let given = Self.body(step) {
                body = given
            } else {
                return nil
            }
        case "PATCH":
            guard let old, step["contentType"] == "application/merge-patch+json", let given = Self.body(step) else {
                return nil
            }
            body = Self.merge(old, given)
        default: return nil
        }
        var object: JSON
        do {
            let decoded = try ObjectDecoding.decode(Self.concrete(body), as: kind)
            object = decoded.object
            if let wrong = Self.wrongWarnings(step, decoded.unknownFields) { return wrong }
        } catch {
            return "\(error)"
        }
        _ = OwnerReferences.removeDuplicates(in: &object)
        ObjectDefaults.apply(to: &object, kind: kind, now: Self.context.now)
        if method == "POST" || step[path: "expect", "status"] == 201 {
            object[path: "metadata", "uid"] = answer[path: "metadata", "uid"]
            object[path: "metadata", "name"] = answer[path: "metadata", "name"]
            if kind.kind == "Service" { _ = ServiceAddressing.prepare(&object, old: nil, families: ["IPv4"]) }
            ObjectStrategy.prepareForCreate(&object, kind: kind, context: Self.context)
        } else {
            guard let old else { return nil }
            if kind.kind == "Service", subresource == nil {
                _ = ServiceAddressing.prepare(&object, old: old, families: ["IPv4"])
            }
            ObjectStrategy.prepareForUpdate(
                &object, old: old, kind: kind, subresource: subresource, context: Self.context)
        }
        ObjectNormalization.finish(&object, kind: kind, now: Self.context.now)
        return Comparison(expected: answer, kind: kind.kind).differences(object)
    }

    /// Fields that the type does not know are warned of, unless the request asks for silence.
    private static func wrongWarnings(_ step: JSON, _ unknown: [String]) -> String? {
        guard step["path"]?.string?.contains("fieldValidation=Ignore") == false, step["method"] != "PATCH" else {
            return nil
        }
        let told = (step[path: "expect", "headers", "warning"]?.strings ?? []).filter { $0.contains("unknown field") }
        let ours = ObjectDecoding.warnings(duplicateFields: [], unknownFields: unknown).map { "299 - " + goQuoted($0) }
        return told == ours ? nil : "warnings \(ours), expected \(told)"
    }

    // MARK: Refusals

    /// Bodies that do not decode must be refused with the recorded text.
    private mutating func refused(_ label: String, _ step: JSON, _ method: String) {
        guard method == "POST" || method == "PUT", let message = step[path: "expect", "body", "message"]?.string,
            message.contains("cannot be handled as a"),
            let body = Self.body(step), let kind = Self.kind(of: body), TypeNames.isKnown(kind),
            !message.contains("unknown conversion")
        else { return }
        let isStrict = step["path"]?.string?.contains("fieldValidation=Strict") ?? false
        var fault: DecodingFault?
        do {
            let decoded = try ObjectDecoding.decode(body, as: kind)
            let bytes = Array((step["bodyText"]?.string ?? "").utf8)
            let duplicates = step["bodyText"] == nil ? [] : JSON.duplicateFields(in: bytes)
            if isStrict {
                fault = ObjectDecoding.strictFault(duplicateFields: duplicates, unknownFields: decoded.unknownFields)
            }
        } catch {
            fault = error
        }
        let got = fault?.status(sent: kind).message ?? "accepted"
        if got == message { passed.append(label) } else { failures.append("\(label): got \(got), expected \(message)") }
    }

    // MARK: Recorded values

    private static func body(_ step: JSON) -> JSON? {
        if let body = step["body"] { return body }
        guard let text = step["bodyText"]?.string, let type = step["contentType"]?.string, type.hasSuffix("json") else {
            return nil
        }
        return try? JSON.parse(text)
    }

    private static func kind(of object: JSON) -> GroupVersionKind? {
        guard let version = GroupVersion(object["apiVersion"]?.string ?? ""), let kind = object["kind"]?.string else {
            return nil
        }
        return GroupVersionKind(group: version.group, version: version.version, kind: kind)
    }

    /// A merge patch (RFC 7386).
    static func merge(_ target: JSON, _ patch: JSON) -> JSON {
        guard case .object(let changes) = patch else { return patch }
        var merged: JSON = target.object == nil ? [:] : target
        for (key, value) in changes { merged[key] = value.isNull ? nil : merge(merged[key] ?? .null, value) }
        return merged
    }

    /// Placeholders that stand for values of another form are given one.
    static func concrete(_ value: JSON) -> JSON {
        switch value {
        case .string(let text):
            if text.hasPrefix("<time") { return "2023-11-14T22:13:20Z" }
            if text.hasPrefix("<ip") { return .string("10.96.0.\(text.split(separator: "#").last?.dropLast() ?? "1")") }
            if text.hasPrefix("<port") {
                return JSON(30000 + (Int(text.split(separator: "#").last?.dropLast() ?? "") ?? 1))
            }
            if text.hasPrefix("<b64") { return "YQ==" }
            return value
        case .array(let elements): return .array(elements.map(concrete))
        case .object(let object):
            return .object(JSONObject(members: object.members.map { .init(key: $0.key, value: concrete($0.value)) }))
        case .null, .bool, .int, .double: return value
        }
    }
}

/// Which kinds are built in.
enum TypeNames {
    static func isKnown(_ kind: GroupVersionKind) -> Bool { SchemaCatalog.builtin.type(of: kind) != nil }
}
