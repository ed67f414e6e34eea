import JSONValue
import Testing

@Suite struct JSONTests {
    @Test(
        "what is parsed is written back as it was",
        arguments: [
            #"{"a":1,"b":[true,false,null],"c":{"d":"x\ny\"\\"}}"#, "[]", "{}", "0", "-1", "1.5", "9223372036854775807",
            "-9223372036854775808", #""ü€😀""#, #"["\u0001"]"#, "[[[[]]]]",
        ])
    func roundTrip(text: String) throws {
        #expect(try JSON.parse(text).description == text)
    }

    @Test(
        "what is not JSON is refused",
        arguments: ["", "{", "[1,", "[1,]", "{\"a\"}", "{\"a\":1,}", "01", "1.", "1e", "-", "tru", "nul", "\"", "\"\\x\"", "\"\u{01}\"", "1 2", "{1:2}", "\"\\"])
    func refused(text: String) {
        #expect(throws: JSONError.self) { try JSON.parse(text) }
    }

    @Test("deep nesting is refused, not crashed on")
    func depth() {
        #expect(throws: JSONError(cause: .tooDeep, offset: JSON.maximumDepth + 1, byte: 0x5B)) {
            try JSON.parse(String(repeating: "[", count: 100_000))
        }
    }

    @Test("numbers keep their kind", arguments: [("1", JSON.int(1)), ("1.0", .double(1)), ("1e3", .double(1000)), ("9223372036854775808", .double(9_223_372_036_854_775_808))])
    func numbers(text: String, value: JSON) throws {
        #expect(try JSON.parse(text) == value)
    }

    @Test("escapes are read as the characters they stand for")
    func escapes() throws {
        #expect(try JSON.parse(#""\u00fc\ud83d\ude00\/\b\f\r\t\ud800""#) == .string("ü😀/\u{08}\u{0C}\r\t\u{FFFD}"))
    }

    @Test("of a member named twice the last value is kept, and the path is told")
    func duplicates() throws {
        let text = #"{"a":1,"spec":{"b":1,"b":2,"c":[{"d":1,"d":1}]},"a":3}"#
        let parsed = try JSON.parseReporting(Array(text.utf8))
        #expect(parsed.hasDuplicates)
        #expect(parsed.value["a"] == 3)
        #expect(parsed.value["spec"]?["b"] == 2)
        #expect(JSON.duplicateFields(in: Array(text.utf8)) == ["spec.b", "spec.c[0].d", "a"])
    }

    @Test("objects are equal whatever the order of their members")
    func equality() throws {
        let left = try JSON.parse(#"{"a":1,"b":{"c":1,"d":2}}"#)
        let right = try JSON.parse(#"{"b":{"d":2,"c":1},"a":1}"#)
        #expect(left == right)
        #expect(left.hashValue == right.hashValue)
    }

    @Test("large objects keep every member", arguments: [1, 23, 24, 25, 1000])
    func large(count: Int) {
        var object = JSONObject()
        for number in 0..<count { object["k\(number)"] = JSON(number) }
        for number in stride(from: 0, to: count, by: 2) { object["k\(number)"] = nil }
        #expect(object.count == count / 2)
        for number in 0..<count { #expect(object["k\(number)"] == (number % 2 == 0 ? nil : JSON(number))) }
    }

    @Test("setting a path creates the objects on the way, and removing one creates none")
    func paths() {
        var value: JSON = [:]
        value[path: "a", "b", "c"] = 1
        value[path: "x", "y"] = nil
        #expect(value == ["a": ["b": ["c": 1]]])
    }

    @Test("a header is skimmed wherever metadata stands")
    func header() throws {
        let text = #"{"spec":{"metadata":{"name":"no"}},"metadata":{"labels":{"a":"b"},"name":"x","namespace":"n","uid":"u"},"kind":"Pod"}"#
        let header = try ObjectHeader.skim(Array(text.utf8))
        #expect(header.name == "x" && header.namespace == "n" && header.uid == "u" && header.labels == ["a": "b"])
        #expect(Array(text.utf8)[header.metadataOffset] == UInt8(ascii: "\""))
    }

    @Test("bytes of any kind are parsed or refused, never trapped on", arguments: 0..<64)
    func fuzz(seed: UInt64) {
        var state = seed &+ 0x9E37_79B9_7F4A_7C15
        func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
        let alphabet = Array(#"{}[]",:\u0123456789eE+-.truefalsn ü"#.utf8) + [0, 1, 0x80, 0xFF]
        for _ in 0..<200 {
            let bytes = (0..<Int(next() % 40)).map { _ in alphabet[Int(next() % UInt64(alphabet.count))] }
            if let value = try? JSON.parse(bytes) { #expect((try? JSON.parse(value.bytes))?.bytes == value.bytes) }
            _ = JSON.duplicateFields(in: bytes)
            _ = try? ObjectHeader.skim(bytes)
        }
    }

    @Test("texts that differ in Unicode normalisation only are different keys and different values")
    func normalisation() throws {
        let (composed, decomposed) = ("\u{E9}", "e\u{301}")
        #expect(JSON.string(composed) != .string(decomposed))
        let both = try JSON.parseReporting(Array("{\"\(composed)\":1,\"\(decomposed)\":2}".utf8))
        #expect(!both.hasDuplicates)
        #expect(both.value[composed] == 1 && both.value[decomposed] == 2)
        var many = JSONObject((0..<40).map { ("k\($0)", .int(0)) })
        many[composed] = 1
        many[decomposed] = 2
        #expect(many.count == 42 && many[composed] == 1 && many[decomposed] == 2)
        // The Kelvin sign is a K to Swift.
        #expect(JSON(["K": "a"])["\u{212A}"] == nil)
    }

    @Test("of very many members that are named twice the first hundred are told, in time that grows with the bytes")
    func manyDuplicates() throws {
        let text = "{" + (0..<20_000).map { "\"k\($0)\":1,\"k\($0)\":2" }.joined(separator: ",") + "}"
        let started = ContinuousClock.now
        let found = JSON.duplicateFields(in: Array(text.utf8))
        #expect(found.count == JSON.maximumDuplicates && found.first == "k0")
        #expect(started.duration(to: .now) < .seconds(5))
    }
}
