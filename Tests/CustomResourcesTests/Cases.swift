import Foundation
import JSONValue

/// The case files of this folder.
enum Cases {
    static func read(_ name: String) -> [JSON] {
        guard let url = Bundle.module.url(forResource: "Cases/" + name, withExtension: "json"), let data = try? Data(contentsOf: url),
            let value = try? JSON.parse(Array(data))
        else { return [] }
        return value.array ?? []
    }
}

/// Random numbers that repeat (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    private mutating func pick<T>(_ values: [T]) -> T { values[Int.random(in: 0..<values.count, using: &self)] }

    mutating func value(depth: Int) -> JSON {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &self) {
        case 0: .null
        case 1: .bool(Bool.random(using: &self))
        case 2: .int(Int64(truncatingIfNeeded: next()))
        case 3: .double(Double.random(in: -10...10, using: &self))
        case 4, 5: .string(pick(["", "a", "b", "2026-01-01", "é", "10.0.0.1"]))
        case 6: .array((0..<Int.random(in: 0...3, using: &self)).map { _ in value(depth: depth - 1) })
        default: .object(JSONObject((0..<Int.random(in: 0...4, using: &self)).map { _ in (pick(["a", "b", "c", "metadata"]), value(depth: depth - 1)) }))
        }
    }

    mutating func schema(depth: Int) -> JSON {
        var schema: JSON = [:]
        let type = pick(["object", "array", "string", "integer", "number", "boolean", ""])
        if !type.isEmpty { schema["type"] = .string(type) }
        if Bool.random(using: &self) { schema["nullable"] = true }
        if pick([true, false, false]) { schema["x-kubernetes-preserve-unknown-fields"] = true }
        if pick([true, false, false]) { schema["x-kubernetes-embedded-resource"] = true }
        if depth > 0 {
            if Bool.random(using: &self) {
                schema["properties"] = .object(JSONObject(["a", "b"].map { ($0, self.schema(depth: depth - 1)) }))
            } else if Bool.random(using: &self) {
                schema["additionalProperties"] = self.schema(depth: depth - 1)
            }
            if type == "array" { schema["items"] = self.schema(depth: depth - 1) }
            if pick([true, false, false]) { schema[pick(["anyOf", "oneOf", "allOf"])] = [["required": ["a"]], ["minimum": 1]] }
        }
        if pick([true, false, false]), type == "integer" { schema["default"] = 5 }
        if pick([true, false, false]) { schema["pattern"] = "^a*$" }
        if type == "array" { schema["x-kubernetes-list-type"] = .string(pick(["set", "map", "atomic"])) }
        return schema
    }
}
