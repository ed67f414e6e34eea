import JSONValue
import KubeModel
import Testing

@testable import APIDiscovery

@Suite("OpenAPI 2.0 as protobuf")
struct OpenAPIProtobufTests {
    /// The fields of a message, in order: number and content.
    private func fields(_ bytes: ArraySlice<UInt8>) -> [(Int, ArraySlice<UInt8>)] {
        var rest = bytes
        func varint() -> UInt64 {
            var value: UInt64 = 0
            var shift: UInt64 = 0
            while let byte = rest.popFirst() {
                value |= UInt64(byte & 0x7F) << shift
                if byte < 0x80 { break }
                shift += 7
            }
            return value
        }
        var found: [(Int, ArraySlice<UInt8>)] = []
        while !rest.isEmpty {
            let tag = varint()
            let length = varint()
            guard tag & 7 == 2 else {
                found.append((Int(tag >> 3), [UInt8(length)]))
                continue
            }
            found.append((Int(tag >> 3), rest.prefix(Int(length))))
            rest = rest.dropFirst(Int(length))
        }
        return found
    }

    private func text(_ bytes: ArraySlice<UInt8>?) -> String { String(decoding: bytes ?? [], as: UTF8.self) }

    @Test("has a schema's reference, type, properties, values and extensions under their field numbers")
    func schema() throws {
        let document: JSON = [
            "swagger": "2.0",
            "definitions": [
                "a.B": [
                    "type": "object", "required": ["x"],
                    "properties": ["x": ["$ref": "#/definitions/c"], "y": ["type": "array", "items": ["type": "string", "format": "byte"]]],
                    "additionalProperties": ["type": "integer"],
                    "x-kubernetes-group-version-kind": [["group": "", "kind": "B", "version": "v1"]],
                ]
            ],
        ]
        let top = fields(OpenAPIProtobuf.document(document)[...])
        #expect(text(top.first { $0.0 == 1 }?.1) == "2.0")
        let definitions = fields(top.first { $0.0 == 9 }?.1 ?? [])
        let entry = fields(definitions.first?.1 ?? [])
        #expect(text(entry.first?.1) == "a.B")
        let schema = fields(entry.last?.1 ?? [])
        #expect(schema.map(\.0) == [19, 21, 22, 25, 31])
        #expect(text(fields(schema[2].1).first?.1) == "object")
        let properties = fields(schema[3].1).map { fields($0.1) }
        #expect(properties.map { text($0.first?.1) } == ["x", "y"])
        #expect(text(fields(properties[0].last?.1 ?? []).first?.1) == "#/definitions/c")
        let kinds = fields(schema[4].1)
        #expect(text(kinds.first?.1) == "x-kubernetes-group-version-kind")
        #expect(text(fields(kinds.last?.1 ?? []).first?.1) == #"[{"group":"","kind":"B","version":"v1"}]"# + "\n")
    }

    @Test("names every path and every type that the JSON form has")
    func complete() {
        let discovery = APIDiscovery(SchemaCatalog.builtin)
        let documents = OpenAPIDocuments(
            discovery: discovery, catalog: SchemaCatalog.builtin, serverVersion: "v1", mediaTypes: ["application/json"])
        let json = documents.swagger
        let top = fields(documents.swaggerProtobuf[...])
        let paths = fields(top.first { $0.0 == 8 }?.1 ?? []).map { text(fields($0.1).first?.1) }
        let types = fields(top.first { $0.0 == 9 }?.1 ?? []).map { text(fields($0.1).first?.1) }
        #expect(paths == json["paths"]?.object?.map { $0.key })
        #expect(types == json["definitions"]?.object?.map { $0.key })
        #expect(types.count > 500)
    }
}
