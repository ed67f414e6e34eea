import JSONValue
import Testing

@testable import CLI

@Suite("output")
struct OutputTests {
    @Test("of a table lines its columns up, and leaves no blanks at the end")
    func table() {
        let text = Terminal.table(["NAME", "AGE"], [["a", "1s"], ["longer", "2s"]])
        #expect(text == "NAME     AGE\na        1s\nlonger   2s")
    }

    @Test(
        "as JSON is the same value over several lines",
        arguments: [#"{}"#, #"[]"#, #"{"a":{"b":[1,2,{"c":null}],"d":"x\n\"y"},"e":[]}"#, #""text""#, #"[[[]]]"#])
    func pretty(_ text: String) throws {
        let value = try JSON.parse(Array(text.utf8))
        #expect(try JSON.parse(Array(value.pretty.utf8)) == value)
    }
}
