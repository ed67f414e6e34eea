import JSONValue
import Testing

@testable import VolumeContent

@Suite("content of volumes")
struct VolumeContentTests {
    private static let pod: JSON = [
        "metadata": [
            "name": "web", "namespace": "shop", "uid": "u-1", "labels": ["app": "web", "tier": "a\"b"], "annotations": ["note": "one\ntwo"],
        ],
        "spec": [
            "containers": [
                ["name": "c", "resources": ["limits": ["memory": "100Mi", "cpu": "1500m"], "requests": ["cpu": "250m"]]],
                ["name": "free"],
            ]
        ],
    ]

    private static var sources: VolumeContent.Sources {
        var sources = VolumeContent.Sources()
        sources.objects[ObjectReference(kind: .configMap, namespace: "shop", name: "cm")] = [
            "data": ["a": "1", "b": "2"], "binaryData": ["bin": "/wD+"],
        ]
        sources.objects[ObjectReference(kind: .secret, namespace: "shop", name: "s")] = ["data": ["key": "c2VjcmV0", "bad": "!"]]
        sources.tokens[TokenPlan(audience: "", seconds: 3600, path: "token")] = Array("tok".utf8)
        sources.allocatable = ["cpu": "4", "memory": "8Gi"]
        return sources
    }

    private static func files(_ volume: JSON, _ pod: JSON = pod) throws(VolumeContentError) -> [String: VolumeFile]? {
        guard let plan = try VolumeContentPlan(volume, pod: pod) else { return nil }
        return try VolumeContent.files(plan, pod: pod, sources: sources)
    }

    @Test(
        "each kind of source becomes its files",
        arguments: [
            (["configMap": ["name": "cm"]], ["a": "1 644", "b": "2 644", "bin": "ff00fe 644"]),
            (["configMap": ["name": "cm", "defaultMode": 256]], ["a": "1 400", "b": "2 400", "bin": "ff00fe 400"]),
            (["configMap": ["name": "cm", "items": [["key": "a", "path": "x/y", "mode": 511], ["key": "b", "path": "x/z"]]]], ["x/y": "1 777", "x/z": "2 644"]),
            (["configMap": ["name": "none", "optional": true]], [:]),
            (["configMap": ["name": "cm", "optional": true, "items": [["key": "none", "path": "x"]]]], [:]),
            (["secret": ["secretName": "s", "items": [["key": "key", "path": "k"]]]], ["k": "secret 644"]),
            (["downwardAPI": ["items": [["path": "n", "fieldRef": ["fieldPath": "metadata.name"]]]]], ["n": "web 644"]),
            (
                ["downwardAPI": ["items": [["path": "l", "mode": 384, "fieldRef": ["fieldPath": "metadata.labels"]]]]],
                ["l": "app=\"web\"\ntier=\"a\\\"b\" 600"]
            ),
            (["downwardAPI": ["items": [["path": "n", "fieldRef": ["fieldPath": "metadata.annotations"]]]]], ["n": "note=\"one\\ntwo\" 644"]),
            (["downwardAPI": ["items": [["path": "n", "fieldRef": ["fieldPath": "metadata.labels['tier']"]]]]], ["n": "a\"b 644"]),
            (["downwardAPI": ["items": [["path": "n", "fieldRef": ["fieldPath": "metadata.labels['none']"]]]]], ["n": " 644"]),
            (resource("limits.cpu"), ["r": "2 644"]), (resource("limits.cpu", divisor: "1m"), ["r": "1500 644"]),
            (resource("requests.cpu", divisor: "1m"), ["r": "250 644"]), (resource("limits.memory", divisor: "1Mi"), ["r": "100 644"]),
            (resource("limits.memory", divisor: "1Mi", of: "free"), ["r": "8192 644"]), (resource("requests.memory", of: "free"), ["r": "0 644"]),
            (
                [
                    "projected": [
                        "defaultMode": 288,
                        "sources": [
                            ["configMap": ["name": "cm", "items": [["key": "a", "path": "one"]]]], ["secret": ["name": "s", "items": [["key": "key", "path": "two"]]]],
                            ["serviceAccountToken": ["path": "token"]],
                            ["downwardAPI": ["items": [["path": "ns", "fieldRef": ["fieldPath": "metadata.namespace"]]]]],
                        ],
                    ]
                ], ["one": "1 440", "two": "secret 440", "token": "tok 440", "ns": "shop 440"]
            ),
            // A later source wins.
            (
                ["projected": ["sources": [["configMap": ["name": "cm", "items": [["key": "a", "path": "x"]]]], ["configMap": ["name": "cm", "items": [["key": "b", "path": "x"]]]]]]],
                ["x": "2 644"]
            ),
        ] as [(JSON, [String: String])])
    func becomes(_ volume: JSON, _ expected: [String: String]) throws {
        let files = try #require(try Self.files(volume))
        let shown = files.mapValues { file in
            let text = file.bytes.contains(0xFF) ? file.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() : String(decoding: file.bytes, as: UTF8.self)
            return "\(text) \(String(file.mode, radix: 8))"
        }
        #expect(shown == expected)
    }

    private static func resource(_ name: String, divisor: String? = nil, of container: String = "c") -> JSON {
        var reference: JSON = ["containerName": .string(container), "resource": .string(name)]
        if let divisor { reference["divisor"] = .string(divisor) }
        return ["downwardAPI": ["items": [["path": "r", "resourceFieldRef": reference]]]]
    }

    @Test(
        "what cannot be filled says why, and whether it may pass",
        arguments: [
            (["configMap": ["name": "none"]], "configmap \"none\" not found", true),
            (["secret": ["secretName": "none"]], "secret \"none\" not found", true),
            (["configMap": ["name": "cm", "items": [["key": "no", "path": "x"]]]], "references non-existent config key: no", true),
            (["secret": ["secretName": "s", "items": [["key": "no", "path": "x"]]]], "references non-existent secret key: no", true),
            (["secret": ["secretName": "s"]], "secret \"s\": the key \"bad\" is not base64", true),
            (["configMap": ["name": "cm", "items": [["key": "a", "path": "../x"]]]], "invalid path \"../x\": it leaves the volume, or is too long", false),
            (["configMap": ["name": "cm", "items": [["key": "a", "path": "/etc/x"]]]], "invalid path \"/etc/x\": it leaves the volume, or is too long", false),
            (["configMap": ["name": "cm", "items": [["key": "a", "path": "a/../../x"]]]], "invalid path \"a/../../x\": it leaves the volume, or is too long", false),
            (["configMap": ["name": "cm", "items": [["key": "a", "path": "..data"]]]], "invalid path \"..data\": it leaves the volume, or is too long", false),
            (["configMap": ["name": "cm", "items": [["key": "a", "path": "x"], ["key": "b", "path": "x/y"]]]], "\"x\" is a file and the folder of \"x/y\"", false),
            (["downwardAPI": ["items": [["path": "n", "fieldRef": ["fieldPath": "status.podIP"]]]]], "unsupported fieldPath: status.podIP", false),
            (resource("limits.pods"), "unsupported container resource: limits.pods", false),
            (resource("limits.cpu", of: "nobody"), "unsupported container resource: limits.cpu", false),
            (["projected": ["sources": [["clusterTrustBundle": ["path": "x"]]]]], "this node does not project clusterTrustBundle", false),
            (
                ["projected": ["sources": [["serviceAccountToken": ["path": "t", "audience": "other"]]]]], "the service account token is not there yet", true
            ),
        ] as [(JSON, String, Bool)])
    func refused(_ volume: JSON, _ message: String, _ isRetryable: Bool) {
        #expect(throws: VolumeContentError(message, isRetryable: isRetryable)) { try Self.files(volume) }
    }

    @Test("one object named many times does not fill the memory of the node")
    func bounded() throws {
        let items = JSON.array((0..<100).map { ["key": "big", "path": .string("f\($0)")] })
        let plan = try #require(try VolumeContentPlan(["configMap": ["name": "big", "items": items]], pod: Self.pod))
        var sources = VolumeContent.Sources()
        sources.objects[ObjectReference(kind: .configMap, namespace: "shop", name: "big")] = ["data": ["big": .string(String(repeating: "x", count: 1 << 20))]]
        #expect(throws: VolumeContentError("the volume would hold more than 64 MiB", isRetryable: false)) {
            try VolumeContent.files(plan, pod: Self.pod, sources: sources)
        }
    }

    @Test(
        "a token is its users' alone when the pod says who they are",
        arguments: [
            ([[:]], [:], nil, 0o644), ([["runAsUser": 5]], [:], 5, 0o600), ([[:], [:]], ["runAsUser": 7], 7, 0o600),
            ([["runAsUser": 5], [:]], ["runAsUser": 7], nil, 0o644), ([["runAsUser": 5], ["runAsUser": 5]], ["runAsUser": 7], 5, 0o600),
            ([["runAsUser": 5], [:]], [:], nil, 0o644), ([[:]], ["fsGroup": 9], nil, 0o600),
        ] as [([JSON], JSON, UInt32?, UInt32)])
    func tokens(_ contexts: [JSON], _ common: JSON, _ owner: UInt32?, _ mode: UInt32) throws {
        var pod = Self.pod
        pod["spec"] = ["securityContext": common, "containers": .array(contexts.map { ["securityContext": $0] })]
        let files = try #require(try Self.files(["projected": ["sources": [["serviceAccountToken": ["path": "token"]]]]], pod))
        #expect(files["token"] == VolumeFile(bytes: Array("tok".utf8), mode: mode, owner: owner))
    }

    @Test("other volumes have no content", arguments: [["emptyDir": [:]], ["hostPath": ["path": "/"]]] as [JSON])
    func others(_ volume: JSON) throws { #expect(try Self.files(volume) == nil) }
}
