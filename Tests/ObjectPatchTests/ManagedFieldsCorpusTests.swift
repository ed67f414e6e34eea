import JSONValue
import KubeModel
import Testing

@testable import ObjectPatch

@Suite("Managed fields as recorded") struct ManagedFieldsCorpusTests {
    @Test("each recorded write gives the recorded managed fields", .enabled(if: Corpus.isInstalled))
    func writes() throws {
        var passed = 0
        var failures: [String] = []
        for area in ["crud", "defaulting", "delete", "subresources", "apply", "patch", "selectors", "dryrun", "strict"] {
            for (name, scenario) in try Corpus.scenarios(area) {
                var replay = Replay(name: name)
                replay.run(scenario)
                passed += replay.passed
                failures += replay.failures
            }
        }
        print("corpus managedFields: \(passed) passed, \(failures.count) failed")
        for failure in failures { print("  " + failure) }
        #expect(failures.isEmpty)
    }
}

/// Replays one scenario: each answer is the live object of the next request.
struct Replay {
    let name: String
    var objects: [String: JSON] = [:]
    var passed = 0
    var failures: [String] = []
    static let now = "2026-01-02T03:04:05Z"

    init(name: String) { self.name = name }

    mutating func run(_ scenario: JSON) {
        for (index, step) in (scenario["steps"]?.array ?? []).enumerated() {
            guard let method = step["method"]?.string, let path = step["path"]?.string.flatMap({ RequestPath($0) }),
                let expect = step["expect"], let body = expect["body"]
            else { continue }
            let label = "\(name) step \(index + 1) \(method) \(step["path"]?.string ?? "")"
            let isWrite = ["POST", "PUT", "PATCH"].contains(method)
            let status = expect["status"]?.int ?? 0
            guard expect["status"] != nil, step["compare"] == nil, step["pick"] == nil else { continue }
            let objectKey = path.object.hasSuffix("/") ? path.object + (body["metadata"]?["name"]?.string ?? "") : path.object
            let live = method == "POST" && path.subresource.isEmpty ? nil : objects[objectKey]
            if isWrite { check(step, path, live, body, status: Int(status), label) }
            guard status < 300, body["metadata"]?["uid"] != nil, body["kind"]?.string?.hasSuffix("List") != true,
                body["kind"] != "PartialObjectMetadata", path.query["dryRun"] == nil,
                body["apiVersion"] != "autoscaling/v1" || path.subresource.isEmpty
            else { continue }
            objects[objectKey] = method == "DELETE" ? nil : body
        }
    }

    private mutating func check(_ step: JSON, _ path: RequestPath, _ live: JSON?, _ body: JSON, status: Int, _ label: String) {
        let request = step["body"]
        let manager = path.query["fieldManager"] ?? "golden"
        if step["contentType"] == "application/apply-patch+yaml", let request {
            return checkApply(request, path, live, body, manager: manager, status: status, label)
        }
        guard status < 300, body["metadata"] != nil, body["kind"] != "Status", body["apiVersion"]?.string == path.version.description,
            let kind = body["kind"]?.string
        else { return }
        if path.subresource == "scale" || path.subresource == "binding" || path.subresource == "eviction" { return }
        let managed = ManagedFields(
            kind: .init(group: path.version.group, version: path.version.version, kind: kind), subresource: path.subresource)
        var new = body
        new[path: "metadata", "managedFields"] = request?["metadata"]?["managedFields"]
        for field in serverSet(kind, request, live) { new[path: field] = nil }
        let subject = path.subresource == "token" ? nil : live
        let updated = managed.update(live: subject, new: new, manager: manager, now: Self.now)
        compare(updated, body, label)
    }

    /// Fields that admission or the registry set after the owners were recorded.
    private func serverSet(_ kind: String, _ request: JSON?, _ live: JSON?) -> [[String]] { [] }

    private mutating func checkApply(
        _ request: JSON, _ path: RequestPath, _ live: JSON?, _ body: JSON, manager: String, status: Int, _ label: String
    ) {
        guard let resource = SchemaCatalog.builtin.resources.first(where: { $0.plural == path.resource && $0.groupVersion == path.version })
        else { return }
        if live == nil, !path.subresource.isEmpty { return }
        let managed = ManagedFields(kind: resource.groupVersionKind, subresource: path.subresource)
        do throws(StatusError) {
            let applied = try managed.apply(
                live: live, config: request, manager: manager, force: path.query["force"] == "true", now: Self.now)
            guard status < 300 else {
                // Later stages refuse what fits the schema.
                if status != 409 || body["details"]?["causes"] == nil, status != 500 { return }
                failures.append("\(label): applied, expected \(body)")
                return
            }
            compare(applied, body, label)
            if let difference = Self.missing(applied, from: body) { failures.append("\(label): \(difference)") }
        } catch {
            if status == error.code, body == error.json { passed += 1 } else { failures.append("\(label): \(error.json) expected \(body)") }
        }
    }

    private mutating func compare(_ got: JSON, _ expected: JSON, _ label: String) {
        let ours = Self.normal(got["metadata"]?["managedFields"])
        let theirs = Self.normal(expected["metadata"]?["managedFields"])
        if ours == theirs {
            passed += 1
        } else {
            failures.append("\(label)\n    got      \(ours.joined(separator: "\n             "))\n    expected \(theirs.joined(separator: "\n             "))")
        }
    }

    /// The entries without their times, in an order of their own.
    private static func normal(_ managedFields: JSON?) -> [String] {
        (managedFields?.array ?? []).map { entry in
            var entry = entry
            if entry["time"] != nil { entry["time"] = "T" }
            return entry.sorted.description
        }.sorted()
    }

    /// A leaf of `part` that `whole` does not have.
    static func missing(_ part: JSON, from whole: JSON?, at path: String = "") -> String? {
        if [".metadata.managedFields", ".metadata.generation", ".metadata.resourceVersion", ".status", ".metadata.uid"].contains(path) { return nil }
        switch (part, whole) {
        case (.object(let ours), .object(let theirs)?):
            for (key, value) in ours { if let found = missing(value, from: theirs[key], at: path + "." + key) { return found } }
            return nil
        case (.array(let ours), .array(let theirs)?):
            guard ours.count <= theirs.count else { return "\(path): \(part) not in \(JSON.array(theirs))" }
            for (index, pair) in zip(ours, theirs).enumerated() {
                if let found = missing(pair.0, from: pair.1, at: path + "[\(index)]") { return found }
            }
            return nil
        default:
            return part == whole || (part.isEmptyValue && whole == nil) ? nil : "\(path): \(part) is not \(whole?.description ?? "absent")"
        }
    }
}
