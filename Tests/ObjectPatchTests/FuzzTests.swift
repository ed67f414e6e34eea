import Fuzzing
import JSONValue
import KubeModel
import Testing

@testable import ObjectPatch

@Suite("Patches from outside") struct FuzzTests {
    private static let pod = GroupVersionKind(group: "", version: "v1", kind: "Pod")
    private static let now = "2026-01-02T03:04:05Z"
    private static func parse(_ text: String) throws -> JSON { try JSON.parse(Array(text.utf8)) }

    private static let object =
        #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","uid":"u","labels":{"a":"b"},"finalizers":["x/y"],"ownerReferences":[{"uid":"1","name":"o","kind":"K","apiVersion":"v1"}]},"spec":{"containers":[{"name":"c","image":"i","ports":[{"containerPort":80,"protocol":"TCP"}],"env":[{"name":"E","value":"v"}]},{"name":"d","image":"j"}],"tolerations":[{"key":"k"}],"nodeSelector":{"a":"b"}}}"#
    private static let words = [
        "\"$patch\":\"delete\"", "\"$patch\":\"replace\"", "\"$retainKeys\":[\"name\"]", "\"$setElementOrder/containers\":[{\"name\":\"d\"}]",
        "\"$deleteFromPrimitiveList/finalizers\":[\"x/y\"]", "\"name\":", "\"containers\":", "f:", "k:{\\\"name\\\":\\\"c\\\"}", "v:1", "i:9223372036854775807", "\".\":{}",
        "/-", "/0", "~0", "/spec/containers/0", "\"op\":\"copy\"", "\"from\":\"\"", "\"path\":\"\"",
    ]

    /// The inputs of one seed that are JSON.
    private static func inputs(_ seed: UInt64, _ samples: [String], count: Int) -> [JSON] {
        var mutator = Mutator(seed: seed, samples: samples, pieces: words)
        var found: [JSON] = []
        for _ in 0..<count * 12 where found.count < count { if let value = try? JSON.parse(mutator.bytes()) { found.append(value) } }
        return found
    }
    private static func check(_ result: JSON?, _ seed: UInt64, _ input: JSON) throws {
        guard let result else { return }
        let bytes = result.bytes
        #expect(bytes.count < 200_000, "seed \(seed): \(input)")
        #expect(try JSON.parse(bytes) == result, "seed \(seed): \(input)")
    }

    @Test("JSON patches change the object or are refused", arguments: 0..<8)
    func jsonPatches(seed: UInt64) throws {
        let object = try Self.parse(Self.object)
        let samples = [
            #"[{"op":"test","path":"/metadata/name","value":"p"},{"op":"replace","path":"/spec/containers/0/image","value":"z"},{"op":"remove","path":"/metadata/labels/a"}]"#,
            #"[{"op":"add","path":"/spec/containers/-","value":{"name":"n"}},{"op":"move","from":"/spec/containers/0","path":"/spec/containers/1"},{"op":"copy","from":"/spec","path":"/spec/nodeSelector"}]"#,
        ]
        for input in Self.inputs(seed, samples, count: 40) {
            for isStrict in [true, false] {
                try Self.check(try? JSONPatch(input, isStrict: isStrict).apply(to: object), seed, input)
            }
        }
    }

    @Test(
        "indices and pointers that lead nowhere are refused",
        arguments: [
            "/spec/containers/9223372036854775807", "/spec/containers/-9223372036854775808", "/spec/containers/9223372036854775808", "/spec/containers/-1",
            "/spec/containers/00", "/spec/containers/1e0", "/spec/containers/", "/~", "/~2", "x", "/metadata/name/0", "/spec/containers/\u{661}",
        ])
    func pointers(path: String) throws {
        let object = try Self.parse(Self.object)
        for operation in ["add", "remove", "replace", "test", "move", "copy"] {
            let patch: JSON = [["op": .string(operation), "path": .string(path), "from": .string(path), "value": 1]]
            if let result = try? JSONPatch(patch).apply(to: object) { try Self.check(result, 0, patch) }
        }
    }

    private static let merges = [
        #"{"metadata":{"labels":{"a":null,"c":"d"}},"spec":{"containers":[{"name":"c","image":"z","ports":[{"containerPort":80,"protocol":"UDP"}]},{"name":"d","$patch":"delete"}],"$setElementOrder/containers":[{"name":"c"}]}}"#,
        #"{"metadata":{"$deleteFromPrimitiveList/finalizers":["x/y"],"$setElementOrder/finalizers":["z/y"],"finalizers":["z/y"]},"spec":{"$retainKeys":["containers"],"tolerations":[{"key":"k","$patch":"replace"}]}}"#,
    ]

    @Test("merge patches change the object or are refused, and applied twice they change no more", arguments: 0..<8)
    func mergePatches(seed: UInt64) throws {
        let object = try Self.parse(Self.object)
        for input in Self.inputs(seed, Self.merges, count: 40) {
            guard let once = try? MergePatch.apply(input, to: object) else { continue }
            try Self.check(once, seed, input)
            #expect(try MergePatch.apply(input, to: once) == once, "seed \(seed): \(input)")
        }
    }

    @Test("strategic merge patches change the object or are refused", arguments: 0..<8)
    func strategicPatches(seed: UInt64) throws {
        let object = try Self.parse(Self.object)
        for input in Self.inputs(seed, Self.merges, count: 40) {
            try Self.check(try? StrategicMergePatch.apply(input, to: object, kind: Self.pod, catalog: .builtin), seed, input)
            // The object itself may be the odd one, stored by somebody else.
            try Self.check(try? StrategicMergePatch.apply(object, to: input, kind: Self.pod, catalog: .builtin), seed, input)
        }
    }

    private static let owned =
        #"[{"manager":"m","operation":"Apply","apiVersion":"v1","time":"2026-01-01T00:00:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{"f:containers":{"k:{\"name\":\"c\"}":{".":{},"f:image":{},"f:name":{},"f:ports":{"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{".":{}}}}},"f:tolerations":{}},"f:metadata":{"f:finalizers":{".":{},"v:\"x/y\"":{}}}}},{"manager":"n","operation":"Update","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:labels":{".":{},"f:a":{}}}},"subresource":"status"}]"#

    @Test("server-side apply with hostile managed fields ends in an object or a refusal", arguments: 0..<8)
    func managedFields(seed: UInt64) throws {
        let managed = ManagedFields(kind: Self.pod)
        let object = try Self.parse(Self.object)
        let configs = Self.inputs(seed &+ 1000, [Self.object], count: 25)
        for (index, fields) in Self.inputs(seed, [Self.owned, Self.owned], count: 25).enumerated() {
            var live = object
            live[path: "metadata", "managedFields"] = fields
            let config = index < configs.count ? configs[index] : object
            for force in [true, false] {
                try Self.check(try? managed.apply(live: live, config: config, manager: "m", force: force, now: Self.now), seed, fields)
                try Self.check(try? managed.apply(live: nil, config: config, manager: "m", force: force, now: Self.now), seed, fields)
            }
            var sent = config
            sent[path: "metadata", "managedFields"] = fields
            try Self.check(managed.update(live: live, new: sent, manager: "n", now: Self.now), seed, fields)
            try Self.check(managed.update(live: nil, new: sent, manager: "n", now: Self.now), seed, fields)
        }
    }

    @Test("a set of fields that can be read is written as the same set", arguments: 0..<8)
    func fieldSets(seed: UInt64) throws {
        let sample = try Self.parse(Self.owned).array?[0]["fieldsV1"]?.description ?? ""
        for input in Self.inputs(seed, [sample, sample], count: 60) {
            guard let set = FieldSet(json: input) else { continue }
            #expect(FieldSet(json: set.json) == set, "seed \(seed): \(input)")
        }
    }

    @Test("managed fields that are nested to the depth of JSON are read or refused")
    func depth() throws {
        let managed = ManagedFields(kind: Self.pod)
        for opening in ["{\"f:a\":", "{\"f:spec\":", "{\"k:{}\":", "{\"v:1\":", "{\"i:0\":"] {
            let text = String(repeating: opening, count: 398) + "{}" + String(repeating: "}", count: 398)
            var live = try Self.parse(Self.object)
            let fields = try JSON.parse(Array(text.utf8))
            live[path: "metadata", "managedFields"] = [["manager": "m", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields]]
            _ = try? managed.apply(live: live, config: try Self.parse(Self.object), manager: "m", force: true, now: Self.now)
        }
    }
}
