import JSONValue
import KubeModel
import ObjectDefaults
import Testing

/// Recorded writes, decoded, defaulted, prepared and written as the server would.
@Suite struct CorpusTests {
    static let areas = [
        "crud", "defaulting", "tables", "subresources", "delete", "strict", "malformed", "validation", "patch", "apply", "dryrun",
        "selectors", "watch", "concurrency", "paging", "admission", "quota", "psa", "vap", "csr", "webhook", "authz", "authn", "node",
        "audit", "bootstrap",
    ]
    static let context = ObjectStrategy.Context(
        userName: "golden-admin", userGroups: ["system:masters", "system:authenticated"],
        now: Timestamp(seconds: 1_700_000_000), freshUID: "00000000-0000-0000-0000-000000000001")

    @Test("what is created is answered as a reference server answers it", .enabled(if: Corpus.exists))
    func creations() {
        var passed = 0
        var failures: [String] = []
        for area in Self.areas {
            for (name, scenario) in Corpus.scenarios(in: area) {
                for (at, step) in (scenario["steps"]?.array ?? []).enumerated() {
                    guard let difference = Self.check(creation: step) else { continue }
                    if difference.isEmpty { passed += 1 } else { failures.append("\(name) step \(at + 1): \(difference)") }
                }
            }
        }
        for failure in failures { print(failure) }
        print("corpus creations: \(passed) passed, \(failures.count) failed")
        #expect(failures.isEmpty)
        #expect(passed > 300)
    }

    /// Nil when the step is no creation of a built-in object; else the first differences, or none.
    static func check(creation step: JSON) -> String? {
        guard step["method"] == "POST", let body = step["body"] ?? step["bodyText"].flatMap({ try? JSON.parse($0.string ?? "") }),
            step[path: "expect", "status"] == 201, let expected = step[path: "expect", "body"], step["pick"] == nil, step["compare"] == nil,
            let groupVersion = GroupVersion(body["apiVersion"]?.string ?? ""), let kindName = body["kind"]?.string,
            expected["kind"] == body["kind"], expected["metadata"] != nil,
            // Limits that admission fills in are not ours.
            expected[path: "metadata", "annotations", "kubernetes.io/limit-ranger"] == nil
        else { return nil }
        let kind = GroupVersionKind(group: groupVersion.group, version: groupVersion.version, kind: kindName)
        guard SchemaCatalog.builtin.type(of: kind) != nil, !groupVersion.group.hasPrefix("auth") else { return nil }
        var object: JSON
        do {
            object = try ObjectDecoding.decode(body, as: kind).object
        } catch {
            return "\(error)"
        }
        object[path: "metadata", "uid"] = expected[path: "metadata", "uid"]
        if object[path: "metadata", "name"] == nil { object[path: "metadata", "name"] = expected[path: "metadata", "name"] }
        ObjectDefaults.apply(to: &object, kind: kind, now: context.now)
        if kindName == "Service" { _ = ServiceAddressing.prepare(&object, old: nil, families: ["IPv4"]) }
        ObjectStrategy.prepareForCreate(&object, kind: kind, context: context)
        ObjectNormalization.finish(&object, kind: kind, now: context.now)
        return Comparison(expected: expected, kind: kindName).differences(object)
    }
}
