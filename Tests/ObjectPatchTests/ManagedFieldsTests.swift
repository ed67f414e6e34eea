import JSONValue
import KubeModel
import Testing

@testable import ObjectPatch

@Suite("Managed fields") struct ManagedFieldsTests {
    static let configMap = GroupVersionKind(group: "", version: "v1", kind: "ConfigMap")
    static let now = "2026-01-02T03:04:05Z"
    let managed = ManagedFields(kind: Self.configMap)

    static func configMap(_ data: JSON, metadata: JSON = [:]) -> JSON {
        var object: JSON = ["apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data]
        object[path: "metadata", "name"] = "a"
        return object
    }

    /// As after being stored: with a UID.
    static func stored(_ object: JSON) -> JSON {
        var object = object
        object[path: "metadata", "uid"] = "u1"
        return object
    }

    static func entries(_ object: JSON) -> [String] {
        (object["metadata"]?["managedFields"]?.array ?? []).map { entry in
            "\(entry["manager"]?.string ?? "") \(entry["operation"]?.string ?? "") \(entry["time"]?.string ?? "-") \(entry["fieldsV1"]?.description ?? "")"
        }
    }

    @Test("a create owns what it sets, and not what identifies the object")
    func create() {
        let object = managed.update(live: nil, new: Self.configMap(["k": "v"]), manager: "one", now: Self.now)
        #expect(Self.entries(object) == [#"one Update 2026-01-02T03:04:05Z {"f:data":{".":{},"f:k":{}}}"#])
    }

    @Test("a field changes hands when another manager changes it; its old owner keeps the rest")
    func update() {
        let first = Self.stored(
            managed.update(live: nil, new: Self.configMap(["k": "v"]), manager: "one", now: "2026-01-01T00:00:00Z"))
        var new = first
        new["data"] = ["k": "2"]
        let second = managed.update(live: first, new: new, manager: "two", now: Self.now)
        #expect(
            Self.entries(second) == [
                #"one Update 2026-01-01T00:00:00Z {"f:data":{}}"#,
                #"two Update 2026-01-02T03:04:05Z {"f:data":{"f:k":{}}}"#,
            ])
        let same = managed.update(live: second, new: second, manager: "three", now: "2027-01-01T00:00:00Z")
        #expect(same == second)
    }

    @Test("entries can be cleared, and are kept when what is sent cannot be read")
    func sentEntries() {
        let live = Self.stored(
            managed.update(live: nil, new: Self.configMap(["k": "v"]), manager: "one", now: Self.now))
        let kept = live["metadata"]?["managedFields"]
        let unknown: JSON = [["manager": "x", "operation": "Frob"]]
        let untyped: JSON = [["manager": "x", "operation": "Update", "apiVersion": "v1"]]
        let cases: [(JSON?, JSON?)] = [([], nil), ([[:]], nil), (nil, kept), (unknown, kept), (untyped, kept)]
        for (sent, expected) in cases {
            var new = live
            new[path: "metadata", "managedFields"] = sent
            let result = managed.update(live: live, new: new, manager: "one", now: "2027-01-01T00:00:00Z")
            #expect(result["metadata"]?["managedFields"] == expected)
        }
    }

    @Test("an object without entries gets none by an update")
    func untracked() {
        let live = Self.stored(Self.configMap(["k": "v"]))
        var new = live
        new["data"] = ["k": "2"]
        #expect(Self.entries(managed.update(live: live, new: new, manager: "one", now: Self.now)).isEmpty)
    }

    @Test("more than ten updaters become ten, the oldest as one")
    func cap() {
        var object = Self.stored(managed.update(live: nil, new: Self.configMap([:]), manager: "none", now: Self.now))
        object[path: "metadata", "managedFields"] = nil
        var live: JSON?
        for number in 0..<13 {
            var new = live ?? Self.configMap([:])
            new[path: "data", "k\(number)"] = "v"
            let time = "2026-01-01T00:00:\(number < 10 ? "0" : "")\(number)Z"
            live = Self.stored(managed.update(live: live, new: new, manager: "m\(number)", now: time))
        }
        let entries = Self.entries(live ?? .null)
        #expect(entries.count == 10)
        #expect(
            entries.first
                == #"ancient-changes Update 2026-01-01T00:00:03Z {"f:data":{".":{},"f:k0":{},"f:k1":{},"f:k2":{},"f:k3":{}}}"#
        )
    }

    @Test("an apply owns what it states, and removes what it no longer does")
    func apply() throws {
        let first = Self.stored(
            try managed.apply(
                live: nil, config: Self.configMap(["a": "1", "b": "2"]), manager: "one", force: false, now: Self.now))
        #expect(Self.entries(first) == [#"one Apply 2026-01-02T03:04:05Z {"f:data":{"f:a":{},"f:b":{}}}"#])
        let second = try managed.apply(
            live: first, config: Self.configMap(["a": "1"]), manager: "one", force: false, now: Self.now)
        #expect(second["data"] == ["a": "1"])
        #expect(Self.entries(second) == [#"one Apply 2026-01-02T03:04:05Z {"f:data":{"f:a":{}}}"#])
    }

    @Test("a field that another owner states conflicts, is shared when equal, and is taken by force")
    func conflict() throws {
        let live = Self.stored(
            try managed.apply(
                live: nil, config: Self.configMap(["a": "1", "b": "2"]), manager: "one", force: false, now: Self.now))
        let shared = try managed.apply(
            live: live, config: Self.configMap(["a": "1"]), manager: "two", force: false, now: "2027-01-01T00:00:00Z")
        #expect(Self.entries(shared).first == #"two Apply - {"f:data":{"f:a":{}}}"#)
        let config = Self.configMap(["a": "x", "b": "y"])
        let error = #expect(throws: StatusError.self) {
            try managed.apply(live: live, config: config, manager: "two", force: false, now: Self.now)
        }
        #expect(error?.code == 409 && error?.reason == "Conflict")
        #expect(error?.message == "Apply failed with 2 conflicts: conflicts with \"one\":\n- .data.a\n- .data.b")
        #expect(error?.details?.causes.map(\.field) == [".data.a", ".data.b"])
        let forced = try managed.apply(live: live, config: config, manager: "two", force: true, now: Self.now)
        #expect(Self.entries(forced) == [#"two Apply 2026-01-02T03:04:05Z {"f:data":{"f:a":{},"f:b":{}}}"#])
    }

    @Test("what was there before the first apply has an owner of its own")
    func beforeFirstApply() throws {
        let live = Self.stored(Self.configMap(["k": "v"]))
        let result = try managed.apply(
            live: live, config: Self.configMap(["z": "1"]), manager: "one", force: false, now: Self.now)
        #expect(
            Self.entries(result) == [
                #"one Apply 2026-01-02T03:04:05Z {"f:data":{"f:z":{}}}"#,
                #"before-first-apply Update 2026-01-02T03:04:05Z {"f:data":{".":{},"f:k":{}}}"#,
            ])
    }

    @Test("kubectl takes over from client-side apply without conflict, and keeps its annotation up to date")
    func kubectl() throws {
        let applied = #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"k":"v"}}"#
        let annotations: JSON = ["annotations": ["kubectl.kubernetes.io/last-applied-configuration": .string(applied)]]
        let live = Self.stored(
            managed.update(
                live: nil, new: Self.configMap(["k": "v"], metadata: annotations), manager: "kubectl-client-side-apply",
                now: Self.now))
        let config = Self.configMap(["k": "<2>"])
        let result = try managed.apply(live: live, config: config, manager: "kubectl", force: false, now: Self.now)
        #expect(result["data"] == ["k": "<2>"])
        #expect(
            result["metadata"]?["annotations"]?["kubectl.kubernetes.io/last-applied-configuration"]
                == .string(
                    "{\"apiVersion\":\"v1\",\"data\":{\"k\":\"\\u003c2\\u003e\"},\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"a\"}}\n"
                ))
        #expect(throws: StatusError.self) {
            try managed.apply(live: live, config: config, manager: "other", force: false, now: Self.now)
        }
    }

    @Test("elements of a list with several keys are told apart by all of them, with their defaults")
    func listKeys() throws {
        let service = ManagedFields(kind: .init(group: "", version: "v1", kind: "Service"))
        let config: (JSON) -> JSON = {
            ["apiVersion": "v1", "kind": "Service", "metadata": ["name": "s"], "spec": ["ports": $0]]
        }
        let first = try service.apply(
            live: nil, config: config([["port": 53, "protocol": "UDP"], ["port": 53]]), manager: "one", force: false,
            now: Self.now)
        let second = try service.apply(
            live: Self.stored(first), config: config([["port": 53, "targetPort": 5353]]), manager: "one", force: false,
            now: Self.now)
        #expect(second["spec"]?["ports"] == [["port": 53, "targetPort": 5353]])
        #expect(
            Self.entries(second) == [
                #"one Apply 2026-01-02T03:04:05Z {"f:spec":{"f:ports":{"k:{\"port\":53,\"protocol\":\"TCP\"}":{".":{},"f:port":{},"f:targetPort":{}}}}}"#
            ])
    }

    @Test("fields of a custom resource without schema are owned as their values show")
    func deduced() throws {
        let kind = GroupVersionKind(group: "x.io", version: "v1", kind: "Widget")
        let custom = ManagedFields(customResource: kind, hasStatus: true, catalog: .builtin)
        let object: JSON = [
            "apiVersion": "x.io/v1", "kind": "Widget", "metadata": ["name": "w"],
            "spec": ["list": [1, 2], "map": ["a": 1]],
            "status": ["x": 1],
        ]
        #expect(
            Self.entries(custom.update(live: nil, new: object, manager: "one", now: Self.now)) == [
                #"one Update 2026-01-02T03:04:05Z {"f:spec":{".":{},"f:list":{},"f:map":{".":{},"f:a":{}}}}"#
            ])
    }

    @Test("entries in another version are converted where that is possible, and dropped when it is retired")
    func versions() {
        let convert: ManagedFields.Conversion = { object, version in
            guard version == "x.io/v1beta1" else { return nil }
            var object = object
            object["apiVersion"] = "x.io/v1beta1"
            object[path: "spec", "old"] = object["spec"]?["new"]
            object[path: "spec", "new"] = nil
            return object
        }
        let kind = GroupVersionKind(group: "x.io", version: "v1", kind: "Widget")
        let custom = ManagedFields(customResource: kind, hasStatus: false, catalog: .builtin, convert: convert)
        let entry: (String, JSON) -> JSON = {
            [
                "manager": "m", "operation": "Update", "apiVersion": .string($0), "fieldsType": "FieldsV1",
                "fieldsV1": $1,
            ]
        }
        let live: JSON = [
            "apiVersion": "x.io/v1", "kind": "Widget",
            "metadata": [
                "uid": "u",
                "managedFields": [
                    entry("x.io/v1beta1", ["f:spec": ["f:old": [:], "f:keep": [:]]]),
                    entry("x.io/v1alpha1", ["f:spec": [:]]),
                ],
            ],
            "spec": ["new": 1, "keep": 1],
        ]
        var new = live
        new[path: "spec", "new"] = 2
        let result = custom.update(live: live, new: new, manager: "two", now: Self.now)
        #expect(
            Self.entries(result) == [
                #"m Update - {"f:spec":{"f:keep":{}}}"#, #"two Update 2026-01-02T03:04:05Z {"f:spec":{"f:new":{}}}"#,
            ])
    }

    @Test("a write that changes only times keeps the old ones")
    func idleTimes() {
        let live = Self.stored(
            managed.update(live: nil, new: Self.configMap(["k": "v"]), manager: "one", now: "2026-01-01T00:00:00Z"))
        let later = Self.stored(
            managed.update(live: nil, new: Self.configMap(["k": "v"]), manager: "one", now: Self.now))
        #expect(ManagedFields.withoutIdleTimes(later, live: live) == live)
        var changed = later
        changed["data"] = ["k": "w"]
        #expect(ManagedFields.withoutIdleTimes(changed, live: live) == changed)
    }

    @Test("scaling takes the replicas from their owner")
    func scale() {
        let owners = ScaleOwners(replicasPaths: ["apps/v1": ["spec", "replicas"]])
        let parent: JSON = [
            [
                "manager": "one", "operation": "Apply", "apiVersion": "apps/v1", "fieldsType": "FieldsV1",
                "fieldsV1": ["f:spec": ["f:replicas": [:], "f:paused": [:]]],
            ]
        ]
        let scale: JSON = [
            "apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": ["name": "d", "uid": "u"],
            "spec": ["replicas": 1], "status": ["replicas": 1],
        ]
        let live = ManagedFields.with(owners.entries(ofObject: parent), in: scale)
        #expect(Self.entries(live) == [#"one Apply - {"f:spec":{"f:replicas":{}}}"#])
        var new = live
        new[path: "spec", "replicas"] = 3
        let written = ManagedFields(kind: .scale, subresource: "scale").update(
            live: live, new: new, manager: "hpa", now: Self.now)
        let after = owners.entries(
            afterScaling: written["metadata"]?["managedFields"], of: parent, apiVersion: "apps/v1")
        #expect(
            Self.entries(ManagedFields.with(after, in: ["metadata": [:]])) == [
                #"one Apply - {"f:spec":{"f:paused":{}}}"#, #"hpa Update - {"f:spec":{"f:replicas":{}}}"#,
            ])
    }

    @Test(
        "the manager is the one named, or the start of the user agent",
        arguments: [
            ("m", "kubectl/1.36", "m"), ("", "kubectl/1.36 (linux)", "kubectl"), ("", "no\u{7}bell", "nobell"),
            ("", String(repeating: "x", count: 200), String(repeating: "x", count: 128)), ("", "", ""),
        ])
    func name(given: String, agent: String, expected: String) {
        #expect(FieldManager.name(given: given, userAgent: agent) == expected)
    }

    @Test("names of managers are printable and at most 128 bytes; only apply has force, and needs a name")
    func options() {
        #expect(
            FieldManager.faults(in: "a\u{7}").map(\.description) == [
                #"fieldManager: Invalid value: "a\a": invalid character U+0007 (at position 1)"#
            ])
        #expect(
            FieldManager.faults(in: String(repeating: "x", count: 129)).map(\.description) == [
                "fieldManager: Too long: may not be more than 128 bytes"
            ])
        #expect(
            FieldManager.patchOptionFaults(name: "", force: nil, isApply: true).map(\.description) == [
                "fieldManager: Required value: is required for apply patch"
            ])
        #expect(
            FieldManager.patchOptionFaults(name: "", force: true, isApply: false).map(\.description) == [
                "force: Forbidden: may not be specified for non-apply patch"
            ])
    }

    @Test("a long list costs in proportion to its length")
    func long() throws {
        let pod = ManagedFields(kind: .init(group: "", version: "v1", kind: "Pod"))
        let variables = (0..<10_000).map { JSON.object(["name": .string("V\($0)"), "value": "x"]) }
        let object: JSON = [
            "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "p", "uid": "u"],
            "spec": ["containers": [["name": "c", "env": .array(variables)]]],
        ]
        let clock = ContinuousClock()
        let spent = try clock.measure {
            let live = pod.update(live: nil, new: object, manager: "one", now: Self.now)
            _ = try pod.apply(live: live, config: object, manager: "two", force: true, now: Self.now)
            _ = try StrategicMergePatch.apply(object, to: object, kind: .init(group: "", version: "v1", kind: "Pod"))
        }
        #expect(spent < .seconds(20))
        print("long list: \(spent)")
    }
}
