import JSONValue
import Testing
import YAMLValue

@Suite struct YAMLEmitTests {
    @Test("values are written in block style, quoted where they need it")
    func style() throws {
        let value = try JSON.parse(
            #"""
            {"apiVersion":"v1","list":[1,"two",{"a":true,"b":[]},[1,[2]],[]],"empty":{},"none":null,"text":"a\nb\n","strip":"a\n\n b",
            "keep":"a\n\n","words":["true","1","1.36","~","","a: b","a #b"," a","- a","-a","it's","* all","a\tb","2001-01-01","12:30",
            "10.96.0.0/16","v1.36","\u0007"],"a: key":1.5,"huge":1e+30}
            """#)
        let text = """
            apiVersion: v1
            list:
            - 1
            - two
            - a: true
              b: []
            - - 1
              - - 2
            - []
            empty: {}
            none: null
            text: |
              a
              b
            strip: |-
              a

               b
            keep: |+
              a

            words:
            - "true"
            - "1"
            - "1.36"
            - "~"
            - ""
            - 'a: b'
            - 'a #b'
            - ' a'
            - '- a'
            - -a
            - it's
            - '* all'
            - "a\\tb"
            - "2001-01-01"
            - "12:30"
            - 10.96.0.0/16
            - v1.36
            - "\\x07"
            'a: key': 1.5
            huge: 1.0e+30

            """
        #expect(YAML.text(value) == text)
        #expect(try YAML.document(text).value == value)
    }

    @Test(
        "a value alone is a document",
        arguments: [.null, 1, "x", "a\nb\n", "a\n\n", [], [:], ["a": 1], ["a\nb", ["c\n"]]] as [JSON])
    func roots(value: JSON) throws {
        #expect(try YAML.document(YAML.text(value)).value == value)
    }

    @Test("keys of any length and content are read back")
    func keys() throws {
        for key in [String(repeating: "k", count: 5000), "", "a\nb", "? x", "<<", "1", "true", "- a", "#"] {
            let value = JSON.object(JSONObject([(key, ["x": 1] as JSON), ("z", [1] as JSON)]))
            #expect(try YAML.document(YAML.text(value)).value == value)
        }
    }

    @Test("any value is read back as it was written", arguments: 0..<64)
    func roundTrip(seed: UInt64) throws {
        var random = Seeded(seed)
        for _ in 0..<60 {
            let value = random.json(depth: 4)
            let text = YAML.text(value)
            let again = try? YAML.document(text).value
            #expect(again == value, "seed \(seed): \(value) became \(text)")
        }
    }
}
