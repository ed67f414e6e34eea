import Fuzzing
import JSONValue
import KubeModel
import Testing

@testable import APIServer

/// Objects of every kind that is served, as the schema has them and with values that no schema foresees.
struct HostileObjects {
    var random: Seeded
    private let catalog = ServedAPI.catalog
    /// How many fields an object may still get.
    private var left = 0

    init(seed: UInt64) { random = Seeded(seed) }

    private static let integers: [Int64] = [
        0, 1, -1, 2, 80, 443, 65536, 600, Int64(Int32.max), Int64(Int32.min), Int64(Int32.max) + 1, .max, .min, .max - 1, 1 << 53, 253_402_300_799,
    ]
    private static let quantities = [
        "0", "1", "100m", "9223372036854775807", "-9223372036854775808", "8Ei", "1n", "1e999", "340282366920938463463374607431768211455", "1.5Gi", "x", "",
    ]
    private static let strings = [
        "", "a", "x-1", "default", "9223372036854775807", "-9223372036854775808", "1", "\u{E9}", "e\u{301}", "\u{0}", "/", "..", "%", "100%",
        "9223372036854775807%", "-1%", "*", "10.96.0.1", "::1", "10.0.0.0/8", "255.255.255.255/99", "Always", "TCP", "example.com/a", "=", "In", "NotIn",
        "Exists", "RollingUpdate", "NodePort", "LoadBalancer", "ClusterIP", "None", "localhost/a.json", "http", "unconfined", "* * * * *", "*/9223372036854775807 * * * *",
        "2026-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "0000-01-01T00:00:00Z", "AAAA", "memory", "cpu", "requests.cpu", "pods", "\u{1F600}",
    ]

    mutating func object(_ kind: GroupVersionKind, name: String) -> JSON {
        left = 250
        guard let type = catalog.type(of: kind) else { return [:] }
        var object = value(type, depth: 0)
        object["apiVersion"] = .string(kind.groupVersion.description)
        object["kind"] = .string(kind.kind)
        if object["metadata"]?.object == nil { object["metadata"] = [:] }
        object[path: "metadata", "name"] = .string(name)
        object[path: "metadata", "namespace"] = nil
        for field in ["resourceVersion", "finalizers", "ownerReferences", "generateName"] where !random.oneIn(20) { object[path: "metadata", field] = nil }
        return object
    }

    private mutating func value(_ given: SchemaNode, depth: Int) -> JSON {
        left -= 1
        if random.oneIn(60) { return random.pick([.null, "x", 1, [], [:], true, .double(1e300), .int(.max)]) }
        let node = catalog.resolve(given)
        if !node.enumeration.isEmpty, !random.oneIn(8) { return random.pick(node.enumeration) }
        switch node.type {
        case .integer: return .int(random.pick(Self.integers))
        case .number: return .double(random.pick([0, -1, 1e308, 0.5]))
        case .boolean: return .bool(random.oneIn(2))
        case .quantity: return random.oneIn(4) ? .int(random.pick(Self.integers)) : .string(random.pick(Self.quantities))
        case .intOrString: return random.oneIn(2) ? .int(random.pick(Self.integers)) : .string(random.pick(Self.strings))
        case .string:
            if node.format == "date-time", !random.oneIn(4) {
                return .string(random.pick(["2026-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "0000-01-01T00:00:00Z"]))
            }
            return .string(random.pick(Self.strings))
        case .array:
            guard let items = node.items, depth < 14 else { return [] }
            return .array((0..<random.below(3)).map { _ in value(items, depth: depth + 1) })
        case .any: return random.pick([[:], ["a": 1], "x", 1, ["a": ["b": [1, 2]]]])
        case .object:
            guard depth < 14 else { return [:] }
            if let values = node.values {
                return .object(JSONObject((0..<random.below(3)).map { _ in (random.pick(Self.strings), value(values, depth: depth + 1)) }))
            }
            var object = JSONObject()
            for name in node.fieldOrder {
                guard let field = node.fields[name] else { continue }
                let isWanted = node.required.contains(name) ? !random.oneIn(15) : left > 0 && random.oneIn(depth < 2 ? 2 : 4)
                if isWanted { object[name] = value(field, depth: depth + 1) }
            }
            return .object(object)
        }
    }
}

@Suite("Objects that no client of good will sends") struct ObjectFuzzTests {
    @Test("are stored or refused, shown as tables, updated, patched and deleted, and never trapped on", arguments: 0..<4)
    func everyKind(seed: UInt64) async throws {
        let server = try await TestServer()
        let table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
        var objects = HostileObjects(seed: seed)
        var statuses: [Int: Int] = [:]
        for facts in ServedAPI.catalog.resources where facts.verbs.contains("create") {
            let root = (facts.group.isEmpty ? "/api/" : "/apis/\(facts.group)/") + facts.version + (facts.isNamespaced ? "/namespaces/default/" : "/")
            let collection = root + facts.plural
            for round in 0..<2 {
                let name = "f-\(seed)-\(round)"
                let created = await server.send("POST", collection + "?dryRun=\(round == 0 ? "" : "All")", body: objects.object(facts.groupVersionKind, name: name))
                statuses[created.status, default: 0] += 1
                #expect(created.status != 500 || !created.message.contains("cannot be"), "seed \(seed), \(facts.kind): \(created.text.prefix(300))")
                #expect(created.body.count < 1 << 20, "seed \(seed), \(facts.kind)")
                guard created.status == 201, facts.verbs.contains("get") else { continue }
                if facts.subresources["status"] != nil {
                    var status = created.json
                    status["status"] = objects.object(facts.groupVersionKind, name: name)["status"]
                    _ = await server.send("PUT", "\(collection)/\(name)/status", body: status)
                }
                _ = await server.send("PUT", "\(collection)/\(name)", body: objects.object(facts.groupVersionKind, name: name))
                _ = await server.send(
                    "PATCH", "\(collection)/\(name)?fieldManager=m&force=true", body: objects.object(facts.groupVersionKind, name: name),
                    contentType: objects.random.pick(
                        ["application/merge-patch+json", "application/strategic-merge-patch+json", "application/apply-patch+yaml"]))
                _ = await server.send("GET", collection, accept: table)
                _ = await server.send("DELETE", "\(collection)/\(name)?gracePeriodSeconds=\(Int64.max)")
            }
        }
        // The generator is worth something only if some get through.
        #expect(statuses[201, default: 0] > 0 && statuses[422, default: 0] > 0, "\(statuses)")
        server.stop()
    }
}
