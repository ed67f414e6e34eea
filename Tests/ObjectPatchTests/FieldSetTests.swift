import JSONValue
import Testing

@testable import ObjectPatch

@Suite("Field sets") struct FieldSetTests {
    @Test(
        "FieldsV1 reads and writes back in its order",
        arguments: [
            (#"{"f:b":{},"f:a":{".":{},"f:c":{}}}"#, #"{"f:a":{".":{},"f:c":{}},"f:b":{}}"#),
            (
                #"{"k:{\"port\":80,\"name\":\"x\"}":{".":{}},"f:a":{}}"#,
                #"{"f:a":{},"k:{\"name\":\"x\",\"port\":80}":{}}"#
            ),
            (
                #"{"v:2":{},"v:\"a\"":{},"v:1":{},"i:3":{},"v:true":{}}"#,
                #"{"v:1":{},"v:2":{},"v:\"a\"":{},"v:true":{},"i:3":{}}"#
            ),
            (#"{"f:a":{"z:later":{}},"f:b":{".":{}}}"#, #"{"f:a":{},"f:b":{}}"#),
            (#"{"f:é":{},"f:z":{}}"#, #"{"f:z":{},"f:é":{}}"#),
            ("{}", "{}"),
        ])
    func coding(read: String, written: String) throws {
        let set = try #require(FieldSet(json: JSON.parse(read)))
        #expect(set.json.description == written)
    }

    @Test("a malformed key refuses the set", arguments: ["x", "f", "k:[1]", "k:{", "i:one", "v:{"])
    func malformed(key: String) {
        var json: JSON = [:]
        json[key] = [:]
        #expect(FieldSet(json: json) == nil)
    }

    private struct Seeded: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    private static func random(_ generator: inout Seeded, depth: Int) -> FieldSet {
        var set = FieldSet()
        for _ in 0..<Int.random(in: 0...6, using: &generator) {
            let length = Int.random(in: 1...depth, using: &generator)
            set.insert(
                (0..<length).map { _ in .field(String(UnicodeScalar(UInt8.random(in: 97...100, using: &generator)))) })
        }
        return set
    }

    @Test("the set operations agree with those on the paths", arguments: 0..<64 as Range<UInt64>)
    func operations(seed: UInt64) {
        var generator = Seeded(state: seed)
        let a = Self.random(&generator, depth: 4)
        let b = Self.random(&generator, depth: 4)
        let ours = Set(a.paths)
        let theirs = Set(b.paths)
        #expect(Set(a.union(b).paths) == ours.union(theirs))
        #expect(Set(a.intersection(b).paths) == ours.intersection(theirs))
        #expect(Set(a.subtracting(b).paths) == ours.subtracting(theirs))
        let kept = ours.filter { path in !theirs.contains { path.starts(with: $0) } }
        #expect(Set(a.subtractingRecursively(b).paths) == kept)
        #expect(FieldSet(json: a.json) == a)
    }
}
