import JSONValue
import KubeModel
import ObjectTables
import Testing

/// One recorded scenario, replayed: the written objects are printed, and compared with the Tables that were answered.
private struct Replay {
    /// The recordings leave times out; every one of them is this.
    static let moment = "2026-01-02T03:04:05Z"
    static let now = Timestamp(seconds: Timestamp(moment)?.seconds ?? 0, nanoseconds: 500)

    let name: String
    let ignoring: Set<String>
    /// Every version of every object, oldest first, with the path of its list.
    var objects: [(list: String, value: JSON)] = []
    var failures: [String] = []
    var compared = 0

    init(name: String, scenario: JSON) {
        self.name = name
        ignoring = Set((scenario["ignore"]?.strings ?? []).map { $0.replacing("*.", with: "") })
        for step in scenario["steps"]?.array ?? [] { take(step) }
    }

    private static func filled(_ value: JSON) -> JSON {
        Corpora.replacing(value) { $0 == "<time>" ? moment : $0 }
    }

    private struct Target {
        var resource: ResourceFacts
        var list: String
        var query: String
    }

    /// The resource of a path, the path of its list, and the query.
    private func target(_ path: String) -> Target? {
        let halves = path.split(separator: "?", maxSplits: 1).map(String.init)
        var parts = halves[0].split(separator: "/").map(String.init)
        guard parts.count >= 3 else { return nil }
        let isCore = parts.removeFirst() == "api"
        let group = isCore ? "" : parts.removeFirst()
        let version = parts.removeFirst()
        var namespace = ""
        if parts.first == "namespaces", parts.count > 2, parts[2] != "status" {
            namespace = parts[1]
            parts.removeFirst(2)
        }
        guard let plural = parts.first,
            let resource = SchemaCatalog.builtin.resources.first(where: {
                $0.group == group && $0.version == version && $0.plural == plural
            })
        else { return nil }
        return Target(
            resource: resource, list: "\(group)/\(plural)/\(namespace)", query: halves.count > 1 ? halves[1] : "")
    }

    private mutating func take(_ step: JSON) {
        if step["do"]?.string == "events" {
            for event in step[path: "expect", "events"]?.array ?? [] {
                guard let body = event["object"], let list = objects.last?.list else { continue }
                let key = list.split(separator: "/", omittingEmptySubsequences: false)
                let resource = SchemaCatalog.builtin.resources.first { $0.group == key[0] && $0.plural == key[1] }
                guard let resource else { continue }
                compare(body, Target(resource: resource, list: list, query: ""), step: "events")
            }
            return
        }
        guard let path = step["path"]?.string, let target = target(path), let body = step[path: "expect", "body"] else {
            return
        }
        let kind = body["kind"]?.string
        if kind == target.resource.kind {
            objects.append((target.list, Self.filled(body)))
        } else if kind == "Table", let request = step["body"] {
            written(request, answer: body, target)
        }
        if step["pick"] == nil { compare(body, target, step: path) }
    }

    /// A write that was answered by a Table: the object is what was sent over what was there.
    private mutating func written(_ request: JSON, answer: JSON, _ target: Target) {
        guard let metadata = answer["rows"]?[at: 0]?[path: "object", "metadata"] else { return }
        var object = objects.last?.value ?? .object([:])
        for (key, value) in request.object ?? JSONObject() where key != "metadata" {
            var merged = object[key] ?? value
            for (key, value) in value.object ?? JSONObject() { merged[key] = value }
            object[key] = merged
        }
        object["metadata"] = metadata
        objects.append((target.list, Self.filled(object)))
    }

    private func object(named name: String?, version: String?, _ list: String) -> JSON? {
        let versions = objects.filter { $0.list == list && $0.value[path: "metadata", "name"]?.string == name }
        return (versions.last { $0.value[path: "metadata", "resourceVersion"]?.string == version } ?? versions.last)?
            .value
    }

    private mutating func compare(_ body: JSON, _ target: Target, step: String) {
        let version = body["apiVersion"]?.string?.split(separator: "/").last.map(String.init) ?? "v1"
        let got: JSON
        switch body["kind"]?.string {
        case "Table":
            let rows = body["rows"]?.array ?? []
            var chosen = rows.compactMap { row -> JSON? in
                let metadata = row[path: "object", "metadata"]
                guard let name = metadata?["name"]?.string else { return nil }
                var found = object(named: name, version: metadata?["resourceVersion"]?.string, target.list)
                if let metadata { found?["metadata"] = Self.filled(metadata) }
                return found
            }
            if chosen.isEmpty {
                let names = Set(
                    objects.filter { $0.list == target.list }.compactMap { $0.value[path: "metadata", "name"]?.string })
                if !rows.isEmpty {
                    chosen = names.sorted().compactMap { object(named: $0, version: nil, target.list) }
                }
            }
            let include = target.query.split(separator: "&").first { $0.hasPrefix("includeObject=") }?.dropFirst(14)
            guard let include = try? ObjectTables.IncludeObject(query: include.map(String.init)) else { return }
            got = ObjectTables.table(
                objects: chosen, resource: target.resource, includeObject: include, listMetadata: body["metadata"],
                version: version, noHeaders: body["columnDefinitions"]?.isNull == true, now: Self.now)
        case "PartialObjectMetadata":
            let name = body[path: "metadata", "name"]?.string
            let revision = body[path: "metadata", "resourceVersion"]?.string
            got = ObjectTables.partialMetadata(
                object(named: name, version: revision, target.list) ?? .null, version: version)
        case "PartialObjectMetadataList":
            let chosen = (body["items"]?.array ?? []).compactMap {
                object(named: $0[path: "metadata", "name"]?.string, version: nil, target.list)
            }
            got = ObjectTables.partialMetadataList(chosen, listMetadata: body["metadata"] ?? [:], version: version)
        default: return
        }
        compared += 1
        if let difference = difference(body, got) { failures.append("\(name) \(step): \(difference)") }
    }

    private func difference(_ expected: JSON, _ got: JSON) -> String? {
        // What is ignored is written `cells[2]`: the last part of the path.
        Corpora.difference(expected, got, ignoring: ignoring.union(["resourceVersion"]))
    }
}

@Suite struct TableCorpusTests {
    @Test("every recorded Table is printed as it was", .enabled(if: Corpora.exists("golden/tables")))
    func recordedTables() throws {
        var failures: [String] = []
        var passed = 0
        for file in Corpora.files(in: "golden/tables") {
            let bytes = try #require(Corpora.read("golden/tables/" + file))
            let replay = Replay(name: file, scenario: try JSON.parse(bytes))
            if replay.compared == 0 { failures.append("\(file): nothing was compared") }
            failures += replay.failures
            if replay.failures.isEmpty { passed += 1 }
        }
        print("corpus tables: \(passed) passed, \(failures.count) failed")
        for failure in failures { print(failure) }
        #expect(failures.isEmpty)
    }

    @Test("pod security policies are printed as recorded", .enabled(if: Corpora.exists("policy/psp/cases.jsonl")))
    func podSecurityPolicies() throws {
        let resource = try #require(SchemaCatalog.builtin.resources.first { $0.kind == "PodSecurityPolicy" })
        let lines = try #require(Corpora.read("policy/psp/cases.jsonl")).split(separator: 10)
        var failures: [String] = []
        var passed = 0
        for line in lines {
            let row = try JSON.parse(Array(line))
            guard row["topic"]?.string == "table" else { continue }
            let objects = (row["objects"]?.array ?? []).map { object -> JSON in
                ["metadata": ["name": object["name"] ?? ""], "spec": object["spec"] ?? [:]]
            }
            let cells = JSON.array(
                objects.map { .array(ObjectTables.cells(for: $0, resource: resource, now: Replay.now)) })
            let columns = ObjectTables.columns(for: resource).map { column -> JSON in
                var column = column
                column["description"] = nil
                return column
            }
            let got: JSON = ["rows": cells, "columns": .array(columns)]
            var expected = row["expect"] ?? [:]
            expected["kubectlGet"] = nil
            if let difference = Corpora.difference(expected, got) { failures.append(difference) } else { passed += 1 }
        }
        print("corpus psp tables: \(passed) passed, \(failures.count) failed")
        for failure in failures { print(failure) }
        #expect(failures.isEmpty && passed > 0)
    }
}
