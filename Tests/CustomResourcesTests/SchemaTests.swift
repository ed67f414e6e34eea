import CustomResources
import JSONValue
import KubeModel
import PolicyModel
import Testing

@Suite("schemas of custom resources")
struct SchemaTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var value: JSON
        var testDescription: String { value["name"]?.string ?? "" }
    }

    static let cases = Cases.read("schemas").map(Case.init)

    @Test("an object is pruned, defaulted and judged as its schema says", arguments: cases)
    func schema(_ example: Case) throws {
        let value = example.value
        let schema = try StructuralSchema(value["schema"] ?? [:])
        var object = value["given"] ?? [:]
        #expect(schema.prune(&object) == value["unknown"]?.strings ?? [])
        schema.applyDefaults(to: &object)
        #expect(object == value["served"])
        #expect(schema.faults(of: object).map(\.description) == value["faults"]?.strings ?? [])
        #expect(schema.structureFaults(of: object).map(\.description) == value["structure"]?.strings ?? [])
    }

    @Test("what was pruned and defaulted once is left alone the second time", arguments: cases)
    func settles(_ example: Case) throws {
        let schema = try StructuralSchema(example.value["schema"] ?? [:])
        var object = example.value["served"] ?? [:]
        #expect(schema.prune(&object).isEmpty)
        schema.applyDefaults(to: &object)
        #expect(object == example.value["served"])
    }

    @Test("random objects under random schemas come out pruned, or refused, and never stop us", arguments: UInt64(0)..<40)
    func random(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let schema = try StructuralSchema(random.schema(depth: 4))
            var object = random.value(depth: 5)
            _ = schema.prune(&object)
            schema.applyDefaults(to: &object)
            let once = object
            #expect(schema.prune(&object).isEmpty, "seed \(seed)")
            schema.applyDefaults(to: &object)
            #expect(object == once, "seed \(seed)")
            _ = schema.faults(of: object)
            _ = schema.structureFaults(of: object)
        }
    }
}

@Suite("patterns of schemas")
struct PatternTests {
    @Test("a pattern matches what Go's would", arguments: Cases.read("patterns").map(PatternCase.init))
    func matches(_ example: PatternCase) throws {
        let pattern = try Pattern(example.pattern)
        for text in example.yes { #expect(pattern.matches(text), "\(text) should match") }
        for text in example.no { #expect(!pattern.matches(text), "\(text) should not match") }
    }

    struct PatternCase: Sendable, CustomTestStringConvertible {
        var pattern: String
        var yes: [String]
        var no: [String]
        var testDescription: String { pattern }
        init(_ value: JSON) {
            pattern = value["pattern"]?.string ?? ""
            yes = value["yes"]?.strings ?? []
            no = value["no"]?.strings ?? []
        }
    }

    @Test("what is no pattern, or would cost too much, is refused", arguments: Cases.read("refused-patterns").compactMap(\.string))
    func refuses(_ text: String) {
        #expect(throws: Pattern.Fault.self) { _ = try Pattern(text) }
    }

    @Test("a pattern made to make matchers backtrack is decided in steps that grow with the text", arguments: ["^(a+)+$", "^(a|aa)*$", "^(.*)*x$", "(a?){50}a{50}"])
    func linear(_ text: String) throws {
        let pattern = try Pattern(text)
        // 2^3000 ways for a matcher that tries one after the other.
        _ = pattern.matches(String(repeating: "a", count: 3000) + "!")
    }

    @Test("any text is a pattern or refused, and matches or not", arguments: UInt64(0)..<20)
    func random(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let alphabet = Array("ab01()[]{}*+?|\\^$.,-:<>=!PQEdwsx")
        for _ in 0..<300 {
            let text = String((0..<Int.random(in: 0...14, using: &random)).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] })
            guard let pattern = try? Pattern(text) else { continue }
            _ = pattern.matches("ab01 ba")
        }
    }
}

@Suite("formats of strings")
struct FormatTests {
    @Test("a format takes what is of it and nothing else", arguments: Cases.read("formats"))
    func format(_ example: JSON) throws {
        let format = example["format"]?.string ?? ""
        let schema = try StructuralSchema(["type": "string", "format": .string(format)])
        for text in example["yes"]?.strings ?? [] { #expect(schema.faults(of: .string(text)).isEmpty, "\(text)") }
        for text in example["no"]?.strings ?? [] {
            #expect(
                schema.faults(of: .string(text), at: "f").map(\.description)
                    == ["f: Invalid value: \(goQuoted(text)): f in body must be of type \(format): \(goQuoted(text))"])
        }
    }
}

@Suite("definitions")
struct DefinitionTests {
    @Test("versions are in the order of their stability")
    func priority() {
        let sorted = ["v10", "v2", "v1", "v11beta2", "v10beta3", "v3beta1", "v12alpha1", "v11alpha2", "foo1", "foo10"]
        for seed in 0..<5 {
            var random = SeededGenerator(seed: UInt64(seed))
            #expect(sorted.shuffled(using: &random).sorted { VersionPriority($0) > VersionPriority($1) } == sorted)
        }
    }

    private static func definition(_ plural: String, kind: String, shortNames: [String] = [], accepted: Bool = false) -> JSON {
        let names: JSON = [
            "plural": .string(plural), "singular": .string(kind.lowercased()), "kind": .string(kind), "listKind": .string(kind + "List"),
            "shortNames": JSON(shortNames),
        ]
        return [
            "metadata": ["name": .string(plural + ".example.com")], "spec": ["group": "example.com", "names": names],
            "status": accepted ? ["acceptedNames": names] : [:],
        ]
    }

    private static let now = Timestamp(seconds: 1_800_000_000)

    @Test("a free name is accepted and the kind is served")
    func free() {
        let status = DefinitionStatus.settled(Self.definition("gears", kind: "Gear"), others: [], now: Self.now)
        #expect(status["conditions"]?.array?.map { "\($0["type"]?.string ?? "")=\($0["status"]?.string ?? "")" } == ["NamesAccepted=True", "Established=True"])
        #expect(status["acceptedNames"]?["plural"] == "gears")
    }

    @Test("a name that another definition of the group has is not given twice", arguments: [
        // The last conflict that is found is told: that of the list's kind comes after that of the kind.
        (definition("cogs", kind: "Gear"), "ListKindConflict", "\"GearList\" is already in use"),
        (definition("gears", kind: "Cog"), "PluralConflict", "\"gears\" is already in use"),
        (definition("cogs", kind: "Cog", shortNames: ["g", "c"]), "ShortNamesConflict", "\"g\" is already in use"),
    ])
    func taken(_ wanted: JSON, _ reason: String, _ message: String) {
        let other = Self.definition("gears", kind: "Gear", shortNames: ["g"], accepted: true)
        let status = DefinitionStatus.settled(wanted, others: [other], now: Self.now)
        let accepted = status["conditions"]?.array?.first
        #expect(accepted?["status"] == "False")
        #expect(accepted?["reason"]?.string == reason)
        #expect(accepted?["message"]?.string == message)
        #expect(!DefinitionStatus.isSettled(wanted))
        #expect(status["conditions"]?[at: 1]?["status"] == "False")
    }

    @Test("what is settled stays as it is, to the byte")
    func settled() {
        var definition = Self.definition("gears", kind: "Gear")
        #expect(!DefinitionStatus.isSettled(definition))
        definition["status"] = DefinitionStatus.settled(definition, others: [], now: Self.now)
        #expect(DefinitionStatus.isSettled(definition))
        var renamed = definition
        renamed[path: "spec", "names", "shortNames"] = ["gr"]
        #expect(!DefinitionStatus.isSettled(renamed))
        let later = Timestamp(seconds: 1_900_000_000)
        #expect(DefinitionStatus.settled(definition, others: [], now: later) == definition["status"])
    }
}
