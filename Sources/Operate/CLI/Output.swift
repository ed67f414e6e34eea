import ArgumentParser
import JSONValue
import YAMLValue

/// The form of a command's result.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case json, yaml
}

/// `-o json|yaml`.
struct OutputOptions: ParsableArguments {
    @Option(name: [.customShort("o"), .customLong("output")], help: "Print the result as json or yaml.")
    var output: OutputFormat?

    /// Prints `value` in the form that was asked for, else `text`.
    func print(_ value: JSON, text: () -> String) {
        switch output {
        case .json: Terminal.print(value.pretty)
        case .yaml: Terminal.printRaw(YAML.text(value))
        case nil: Terminal.print(text())
        }
    }
}
