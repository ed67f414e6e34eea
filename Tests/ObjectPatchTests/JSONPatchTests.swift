import JSONValue
import KubeModel
import Testing

@testable import ObjectPatch

@Suite("JSON patch and merge patch") struct JSONPatchTests {
    static let document: JSON = ["a": ["x": 1, "n": .null], "l": [1, 2, 3], "t/s~u": "v"]

    @Test(
        "operations change the document as the API server does",
        arguments: [
            (#"[{"op":"add","path":"/a/y","value":[2]}]"#, #"{"a":{"x":1,"n":null,"y":[2]},"l":[1,2,3],"t/s~u":"v"}"#),
            (#"[{"op":"add","path":"/l/-","value":4}]"#, #"{"a":{"x":1,"n":null},"l":[1,2,3,4],"t/s~u":"v"}"#),
            (#"[{"op":"add","path":"/l/0","value":0}]"#, #"{"a":{"x":1,"n":null},"l":[0,1,2,3],"t/s~u":"v"}"#),
            (#"[{"op":"remove","path":"/l/-1"}]"#, #"{"a":{"x":1,"n":null},"l":[1,2],"t/s~u":"v"}"#),
            (
                #"[{"op":"replace","path":"/new","value":1}]"#,
                #"{"a":{"x":1,"n":null},"l":[1,2,3],"t/s~u":"v","new":1}"#
            ),
            (#"[{"op":"remove","path":"/t~1s~0u"}]"#, #"{"a":{"x":1,"n":null},"l":[1,2,3]}"#),
            (#"[{"op":"move","from":"/a/x","path":"/l/1"}]"#, #"{"a":{"n":null},"l":[1,1,2,3],"t/s~u":"v"}"#),
            (
                #"[{"op":"copy","from":"/a/none","path":"/c"}]"#,
                #"{"a":{"x":1,"n":null},"l":[1,2,3],"t/s~u":"v","c":null}"#
            ),
            (#"[{"op":"test","path":"/a/n","value":null}]"#, #"{"a":{"x":1,"n":null},"l":[1,2,3],"t/s~u":"v"}"#),
            (#"[{"op":"replace","path":"","value":{"z":1}}]"#, #"{"z":1}"#),
            ("[]", #"{"a":{"x":1,"n":null},"l":[1,2,3],"t/s~u":"v"}"#),
        ])
    func operations(patch: String, expected: String) throws {
        #expect(try JSONPatch(JSON.parse(patch)).apply(to: Self.document) == JSON.parse(expected))
    }

    @Test(
        "an operation that does not fit refuses the patch with 422",
        arguments: [
            #"[{"op":"add","path":"/none/deep","value":1}]"#, #"[{"op":"remove","path":"/none"}]"#,
            #"[{"op":"test","path":"/a/x","value":2}]"#, #"[{"op":"add","path":"","value":{}}]"#,
            #"[{"op":"add","path":"/l/9","value":1}]"#, #"[{"op":"replace","path":"/l/3","value":1}]"#,
            #"[{"op":"frob","path":"/a"}]"#, #"[{"op":"add","value":1}]"#, #"[{"op":"move","from":"/q","path":"/r"}]"#,
        ])
    func misfits(patch: String) throws {
        let parsed = try JSONPatch(JSON.parse(patch))
        let error = #expect(throws: StatusError.self) { try parsed.apply(to: Self.document) }
        #expect(error?.code == 422 && error?.reason == "Invalid" && error?.details == .init())
    }

    @Test("a patch is a list of at most 10000 operations")
    func bounds() throws {
        let operation: JSON = ["op": "test", "path": "/l/0", "value": 1]
        #expect(try JSONPatch(.array(Array(repeating: operation, count: 10_000))).operations.count == 10_000)
        let tooMany = #expect(throws: StatusError.self) {
            try JSONPatch(.array(Array(repeating: operation, count: 10_001)))
        }
        #expect(tooMany?.code == 413)
        #expect(
            tooMany?.message
                == "Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001")
        let noList = #expect(throws: StatusError.self) { try JSONPatch(["op": "add"]) }
        #expect(
            noList?.message
                == "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp")
        #expect(
            try JSONPatch([["op": "test", "path": "/a", "extra": 1]]).unknownFields == [
                #"json patch unknown field "[0].extra""#
            ])
    }

    @Test(
        "merge patches follow RFC 7386",
        arguments: [
            (#"{"a":"b"}"#, #"{"a":null,"c":{"d":null,"e":1}}"#, #"{"c":{"e":1}}"#),
            (#"{"a":[1,2]}"#, #"{"a":{"b":null}}"#, #"{"a":{}}"#),
            (#"{"a":{"b":"c"}}"#, #"{"a":[{"x":null}]}"#, #"{"a":[{"x":null}]}"#),
            (#"{"a":{"b":"c","d":1}}"#, #"{"a":{"b":null,"e":2}}"#, #"{"a":{"d":1,"e":2}}"#),
            (#"{"a":null}"#, #"{"a":{"b":null,"c":1}}"#, #"{"a":{"c":1}}"#),
        ])
    func merge(document: String, patch: String, expected: String) throws {
        #expect(try MergePatch.apply(JSON.parse(patch), to: JSON.parse(document)) == JSON.parse(expected))
    }

    @Test("a merge patch that is no object is refused with 400")
    func mergeOfNoObject() {
        for patch: JSON in [[1], "x", 5] {
            let error = #expect(throws: StatusError.self) { try MergePatch.apply(patch, to: [:]) }
            #expect(error?.code == 400)
            #expect(error?.message.hasSuffix("into Go value of type map[string]interface {}") == true)
        }
        let null = #expect(throws: StatusError.self) { try MergePatch.apply(.null, to: [:]) }
        #expect(null?.message == "Invalid JSON Patch")
    }

    @Test(
        "values print as Go prints them",
        arguments: [
            (JSON.object(["b": 1, "a": ["x", .null]]), "map[a:[x <nil>] b:1]"), (.double(1_000_000), "1e+06"),
            (.double(0.5), "0.5"), (.double(-12.25), "-12.25"), (.double(0.00001), "1e-05"),
            (.double(123_456_789), "1.23456789e+08"),
        ])
    func goText(value: JSON, text: String) {
        #expect(value.goText == text)
    }
}
