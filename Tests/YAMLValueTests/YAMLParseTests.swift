import JSONValue
import Testing
import YAMLValue

@Suite struct YAMLParseTests {
    @Test(
        "plain scalars get the types that the tools of Kubernetes give them",
        arguments: [
            ("a", "a"), ("12", 12), ("-12", -12), ("+3", 3), ("0x1F", 31), ("0o17", 15), ("017", 15), ("0b101", 5),
            ("1_000", 1000),
            ("-0x10", -16), ("9223372036854775807", 9_223_372_036_854_775_807), ("-9223372036854775808", .int(.min)),
            ("9223372036854775808", .double(9_223_372_036_854_775_808)), ("1.5", .double(1.5)), (".5", .double(0.5)),
            ("1.", .double(1)), ("1e3", .double(1000)), ("-1.5E-3", .double(-0.0015)), ("08", .double(8)),
            ("true", true),
            ("True", true), ("yes", true), ("on", true), ("y", true), ("No", false), ("off", false), ("null", .null),
            ("~", .null),
            ("", .null), ("tRue", "tRue"), ("2001-01-01", "2001-01-01"), ("12:30", "12:30"), ("1.2.3", "1.2.3"),
            ("0x", "0x"),
            ("1e", "1e"), ("-", "-"), ("10.96.0.0/16", "10.96.0.0/16"), ("'1'", "1"), ("\"true\"", "true"),
            ("!!str 1", "1"),
            ("!!int '7'", 7), ("!!float 1", .double(1)), ("!custom 1", "1"), ("|\n  a\n  b\n", "a\nb\n"),
            (">-\n  a\n  b\n", "a b"),
            ("\"\\u00fc\"", "ü"),
        ] as [(String, JSON)])
    func scalars(text: String, value: JSON) throws {
        if text == "-" {
            #expect(try YAML.document("k: '-'").value["k"] == value)
        } else {
            #expect(try YAML.document("k: " + text).value["k"] == value)
        }
    }

    @Test(
        "keys become strings",
        arguments: [
            ("1", "1"), ("1.5", "1.5"), ("true", "true"), ("0x10", "16"), ("1000000.0", "1e+06"), ("0.00001", "1e-05"),
            ("'2'", "2"), ("123456.0", "123456"),
        ])
    func keys(written: String, key: String) throws {
        #expect(try YAML.document("\(written): v").value == .object(JSONObject([(key, "v")])))
    }

    @Test("aliases and merge keys are replaced by what they name, and what a mapping says itself wins")
    func merge() throws {
        let text = """
            base: &base {a: 1, b: {c: 2}}
            other: &other {a: 9, d: 4}
            one:
              a: 3
              <<: *base
            two: {<<: [*base, *other], e: 5}
            three: *base
            """
        let value = try YAML.document(text).value
        #expect(value["one"] == ["a": 3, "b": ["c": 2]])
        #expect(value["two"] == ["e": 5, "a": 1, "b": ["c": 2], "d": 4])
        #expect(value["three"] == ["a": 1, "b": ["c": 2]])
    }

    @Test("a stream gives each of its documents, an empty one as null")
    func documents() throws {
        let documents = try YAML.documents(Array("# nothing\n---\na: 1\n---\n---\n[1, 2]\n...\n".utf8))
        #expect(documents.map(\.value) == [["a": 1], .null, [1, 2]])
        #expect(try YAML.documents([]).isEmpty)
        #expect(try YAML.document("").value == .null)
        #expect(throws: YAMLError(.severalDocuments, YAMLMark(line: 3, column: 1))) {
            try YAML.document("a: 1\n---\nb: 2\n")
        }
    }

    @Test("JSON is YAML", arguments: [#"{"a":[1,2.5,"x\n",null,true,{}],"b":{"c":"\u00fc"}}"#, "[]", "{\"a\":\t1}"])
    func json(text: String) throws {
        #expect(try YAML.document(text).value == JSON.parse(text))
    }

    @Test("a key that is named twice is reported with both places, and the last value is kept")
    func duplicates() throws {
        let document = try YAML.document("a:\n  b: 1\n  c: 2\n  b: 3\nx: [{p: 1, p: 2}]\n")
        #expect(document.value == ["a": ["b": 3, "c": 2], "x": [["p": 2]]])
        #expect(
            document.duplicates == [
                .init(path: ["a", "b"], mark: YAMLMark(line: 4, column: 3), first: YAMLMark(line: 2, column: 3)),
                .init(path: ["x", 0, "p"], mark: YAMLMark(line: 5, column: 12), first: YAMLMark(line: 5, column: 6)),
            ])
        #expect(document.duplicates.map(\.path.description) == ["a.b", "x[0].p"])
    }

    @Test(
        "each value's place is known",
        arguments: [
            (["spec"], 2, 1), (["spec", "ports"], 3, 3), (["spec", "ports", 1], 5, 7),
            (["spec", "ports", 1, "name"], 6, 7),
            (["spec", "absent", "deeper"], 2, 1), (["absent"], 2, 1),
        ] as [(YAMLPath, Int, Int)])
    func places(path: YAMLPath, line: Int, column: Int) throws {
        let document = try YAML.document("# comment\nspec:\n  ports:\n    - name: a\n    - port: 1\n      name: b\n")
        #expect(document.mark(of: path) == YAMLMark(line: line, column: column))
    }

    @Test(
        "what cannot be read is refused with its place",
        arguments: [
            ("a: b: c", 1, 5), ("a:\n\tb: 1\n", 2, 1), ("a: [1, 2\nb: 3\n", 2, 2), ("a: *nope\n", 1, 4),
            ("a: &x [*x]\n", 1, 8),
            ("? [1]\n: 2\n", 1, 3), ("~: 1\n", 1, 1), ("a:\n  <<: 1\n", 2, 7), ("a: !!int x\n", 1, 4),
            ("a: .nan\n", 1, 4),
            ("a: 'x\n", 2, 1), ("a: @b\n", 1, 4), ("k: \u{1}\n", 1, 4), ("- a\nb: 1\n", 2, 1), ("{a: 1} x\n", 1, 8),
        ])
    func refused(text: String, line: Int, column: Int) {
        let error = #expect(throws: YAMLError.self) { try YAML.document(text) }
        #expect(error?.mark == YAMLMark(line: line, column: column), "\(error?.description ?? "")")
        #expect(error?.description.hasPrefix("line \(line), column \(column): ") == true)
    }

    @Test("a tab that indents is named as the fault")
    func tab() {
        let error = #expect(throws: YAMLError.self) { try YAML.document("a:\n\tb: 1\n") }
        #expect(error?.cause == .tabIndentation)
    }

    @Test("bytes that are no text are refused")
    func bytes() {
        let error = #expect(throws: YAMLError.self) { try YAML.documents([0x61, 0x3A, 0x20, 0xFF, 0xFE, 0x0A]) }
        #expect(error?.mark == YAMLMark(line: 1, column: 4))
    }

    @Test("deep nesting, huge texts and aliases that multiply are refused")
    func bounds() {
        func cause(_ text: String, _ limits: YAML.Limits = .init()) -> YAMLError.Cause? {
            do throws(YAMLError) {
                _ = try YAML.document(text, limits: limits)
                return nil
            } catch {
                return error.cause
            }
        }
        #expect(cause(String(repeating: "[", count: 100_000)) == .tooDeep(limit: 200))
        #expect(cause(String(repeating: "- ", count: 100_000)) == .tooDeep(limit: 200))
        #expect(cause("abcdef", .init(bytes: 5)) == .tooLarge(limit: 5))
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...20 {
            bomb += "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", "))]\n"
        }
        #expect(cause(bomb) == .expansion(limit: 4 << 20))
        var deep = "a0: &a0 []\n"
        for level in 1...300 { deep += "a\(level): &a\(level) [*a\(level - 1)]\n" }
        #expect(cause(deep) == .tooDeep(limit: 200))
    }

    @Test("bytes of any kind are read or refused, never trapped on", arguments: 0..<48)
    func fuzz(seed: UInt64) {
        var random = Seeded(seed)
        let alphabet =
            Array("abk: -#'\"\n\n\t[]{},&*!|>%@`?0123.~<=\\u00xeE\r".utf8) + [
                0, 0x85, 0xC3, 0xBC, 0xEF, 0xBB, 0xBF, 0xFF,
            ]
        for _ in 0..<300 {
            let bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                alphabet.randomElement(using: &random) ?? 0
            }
            guard let documents = try? YAML.documents(bytes) else { continue }
            for document in documents {
                let again = try? YAML.document(YAML.text(document.value)).value
                #expect(again == document.value, "seed \(seed): \(document.value)")
            }
        }
    }
}
