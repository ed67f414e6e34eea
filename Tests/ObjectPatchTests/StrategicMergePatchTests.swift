import JSONValue
import KubeModel
import Testing

@testable import ObjectPatch

@Suite("Strategic merge patch") struct StrategicMergePatchTests {
    static let pod = GroupVersionKind(group: "", version: "v1", kind: "Pod")

    static func patched(_ spec: String, _ patch: String) throws -> JSON? {
        let object: JSON = ["metadata": ["name": "p"], "spec": try JSON.parse(spec)]
        return try StrategicMergePatch.apply(["spec": try JSON.parse(patch)], to: object, kind: pod)["spec"]
    }

    @Test(
        "lists merge by their keys and directives",
        arguments: [
            // A new element comes first, those of the server keep their order.
            (
                #"{"containers":[{"name":"a","image":"1"},{"name":"b","image":"2"}]}"#,
                #"{"containers":[{"name":"c","image":"3"},{"name":"b","image":"4"}]}"#,
                #"{"containers":[{"name":"c","image":"3"},{"name":"a","image":"1"},{"name":"b","image":"4"}]}"#
            ),
            (
                #"{"containers":[{"name":"a"},{"name":"b"}]}"#, #"{"containers":[{"name":"a","$patch":"delete"}]}"#,
                #"{"containers":[{"name":"b"}]}"#
            ),
            (
                #"{"containers":[{"name":"a"},{"name":"b"}]}"#, #"{"containers":[{"name":"c"},{"$patch":"replace"}]}"#,
                #"{"containers":[{"name":"c"}]}"#
            ),
            (
                #"{"containers":[{"name":"a"},{"name":"b"},{"name":"c"}]}"#,
                #"{"$setElementOrder/containers":[{"name":"c"},{"name":"a"}],"containers":[{"name":"a","image":"x"}]}"#,
                #"{"containers":[{"name":"b"},{"name":"c"},{"name":"a","image":"x"}]}"#
            ),
            // Lists without a merge strategy, and maps told to, are replaced.
            (
                #"{"tolerations":[{"key":"a"},{"key":"b"}]}"#, #"{"tolerations":[{"key":"c"}]}"#,
                #"{"tolerations":[{"key":"c"}]}"#
            ),
            (
                #"{"nodeSelector":{"a":"1"}}"#, #"{"nodeSelector":{"$patch":"replace","b":"2"}}"#,
                #"{"nodeSelector":{"b":"2"}}"#
            ),
            (#"{"nodeSelector":{"a":"1"}}"#, #"{"nodeSelector":{"$patch":"delete"}}"#, #"{"nodeSelector":{}}"#),
            (
                #"{"volumes":[{"name":"v","emptyDir":{}}]}"#,
                #"{"volumes":[{"name":"v","$retainKeys":["name","configMap"],"configMap":{"name":"c"}}]}"#,
                #"{"volumes":[{"name":"v","configMap":{"name":"c"}}]}"#
            ),
            (#"{"hostname":"a"}"#, #"{"hostname":null,"affinity":{"podAffinity":null}}"#, #"{"affinity":{}}"#),
        ])
    func lists(spec: String, patch: String, expected: String) throws {
        #expect(try Self.patched(spec, patch) == JSON.parse(expected))
    }

    @Test(
        "what does not fit is refused in the words of the API server",
        arguments: [
            (#"{"containers":[{"image":"x"}]}"#, 500, "map: map[image:x] does not contain declared merge key: name"),
            (
                #"{"containers":[{"name":"a","$patch":"bogus"}]}"#, 500,
                "unknown patch type: bogus in map: map[$patch:bogus name:a]"
            ),
            (
                #"{"containers":[{"name":"a","$patch":"merge"}]}"#, 500,
                "merging lists cannot yet be specified in the patch"
            ),
            (#"{"containers":["a"]}"#, 500, "list element types are not identical: [[map[name:a]] [a]]"),
            (#"{"$setElementOrder/containers":3}"#, 500, "expected a []interface {}, but received a int64"),
            (
                #"{"$setElementOrder/containers":[{"name":"b"}],"containers":[{"name":"a"}]}"#, 500,
                "The order in patch list:\n[map[name:a]]\n doesn't match $setElementOrder list:\n[map[name:b]]\n"
            ),
            (#"{"$retainKeys":["a"],"hostname":"x"}"#, 400, "invalid patch format of retainKeys"),
            (#"{"$deleteFromPrimitiveList":["a"]}"#, 400, "invalid patch format of primitive list"),
            (#"{"nope":{"a":{}}}"#, 500, "unable to find api field in struct PodSpec for the json field \"nope\""),
        ])
    func refusals(patch: String, code: Int, message: String) throws {
        let error = #expect(throws: StatusError.self) {
            _ = try Self.patched(#"{"containers":[{"name":"a"}],"nope":{"a":{}}}"#, patch)
        }
        #expect(error?.code == code)
        #expect(error?.message == message)
    }

    @Test("primitive lists merge by value, and have a list of what to delete")
    func primitives() throws {
        let object: JSON = ["metadata": ["finalizers": ["a", "b", "c"]]]
        let patch: JSON = ["metadata": ["finalizers": ["d"], "$deleteFromPrimitiveList/finalizers": ["b"]]]
        let result = try StrategicMergePatch.apply(patch, to: object, kind: Self.pod)
        #expect(result == ["metadata": ["finalizers": ["d", "a", "c"]]])
    }

    @Test("a kind without schema takes no strategic merge patch")
    func unknownKind() {
        let error = #expect(throws: StatusError.self) {
            try StrategicMergePatch.apply([:], to: [:], kind: .init(group: "x.io", version: "v1", kind: "Widget"))
        }
        #expect(error?.code == 400)
    }
}
