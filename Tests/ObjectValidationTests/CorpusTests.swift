import JSONValue
import KubeModel
import Testing

/// Recorded writes of a reference server, validated without one.
@Suite struct CorpusTests {
    /// Kinds that other engines validate, and expressions, which are compiled elsewhere.
    private static func isForeign(_ kind: GroupVersionKind, _ message: String) -> Bool {
        kind.group == "rbac.authorization.k8s.io" || kind.group == "apiextensions.k8s.io" || kind.group == "authorization.k8s.io"
            || kind.group == "authentication.k8s.io" || message.contains("compilation failed")
            || message.contains("must evaluate to") || message.contains("failed to allocate") || message.contains("valid ports")
            || message.contains("<uid") || message.contains("<rand>") || SchemaCatalog.builtin.type(of: kind) == nil
    }

    @Test("recorded creations have the recorded faults", .enabled(if: Corpus.hasScenarios))
    func creations() throws {
        var checked = 0
        var refused = 0
        for area in ["validation", "crud", "defaulting", "vap", "subresources"] {
            for (name, scenario) in try Corpus.scenarios(in: area) {
                for (at, step) in (scenario["steps"]?.array ?? []).enumerated() {
                    guard step["method"] == "POST", let body = step["body"], let kind = Self.kind(of: body),
                        let path = step["path"]?.string, !path.contains("/\(kind.kind.lowercased())s/"),
                        let status = step[path: "expect", "status"]?.int, status == 201 || status == 422
                    else { continue }
                    let answer = step[path: "expect", "body"] ?? [:]
                    let message = answer["message"]?.string ?? ""
                    if Self.isForeign(kind, message) || status == 422 && answer[path: "details", "kind"]?.string != kind.kind { continue }
                    let expected = (answer[path: "details", "causes"]?.array ?? []).map { cause in
                        "\(cause["field"]?.string ?? ""): \(cause["message"]?.string ?? "")"
                    }
                    let written = try Written(
                        creating: Self.concrete(body), kind: kind, namespaced: path.contains("/namespaces/"))
                    #expect(written.faults == expected.map(Self.concrete), "\(name) step \(at + 1)")
                    checked += 1
                    if status == 422 { refused += 1 }
                }
            }
        }
        print("corpus creations: \(checked) checked, \(refused) of them refused")
        #expect(checked > 300)
        #expect(refused > 200)
    }

    @Test("recorded network policies have the recorded faults", .enabled(if: Corpus.hasPolicies))
    func networkPolicies() throws {
        let rows = try Corpus.rows(Corpus.policyTable)
        #expect(rows.count > 40)
        for row in rows {
            guard let object = row["object"], let kind = Self.kind(of: object), let expect = row["expect"] else { continue }
            let faults: [String]
            do {
                faults = try Written(creating: object, kind: kind, namespaced: true).faults
            } catch {
                #expect(expect["code"] == 400, "\(object)")
                continue
            }
            if expect["valid"] == true {
                #expect(faults == [])
            } else if let message = expect["message"]?.string, expect["code"] == 422 {
                let text = faults.count == 1 ? faults[0] : "[" + faults.joined(separator: ", ") + "]"
                #expect(message.hasSuffix(" is invalid: " + text), "\(message)")
            }
        }
    }

    private static func kind(of object: JSON) -> GroupVersionKind? {
        guard let version = GroupVersion(object["apiVersion"]?.string ?? ""), let kind = object["kind"]?.string else { return nil }
        return GroupVersionKind(group: version.group, version: version.version, kind: kind)
    }

    /// The text with the names that a run chooses.
    private static func concrete(_ text: String) -> String {
        text.replacing("${ns}", with: "ns").replacing("${u}", with: "u")
    }

    private static func concrete(_ value: JSON) -> JSON {
        switch value {
        case .string(let text): .string(concrete(text))
        case .array(let elements): .array(elements.map(concrete))
        case .object(let object):
            .object(JSONObject(members: object.members.map { .init(key: concrete($0.key), value: concrete($0.value)) }))
        case .null, .bool, .int, .double: value
        }
    }
}
