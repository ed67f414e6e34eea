/// Expands `$(NAME)` in arguments and values: `$$` is a dollar sign, and a name that is not known stays as it was written.
///
/// Source: Kubernetes API, `EnvVar.value` and `Container.args`; design "Variable expansion in pod command, args, and env".
enum VariableExpansion {
    /// The text, and the names that were not known.
    static func expanded(_ text: String, _ variables: [EnvironmentVariable]) -> (text: String, missing: [String]) {
        var out = ""
        var missing: [String] = []
        var rest = Substring(text)
        while let dollar = rest.firstIndex(of: "$") {
            out += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            switch rest.first {
            case "$":
                out += "$"
                rest = rest.dropFirst()
            case "(":
                guard let close = rest.firstIndex(of: ")") else {
                    out += "$"
                    continue
                }
                let name = String(rest[rest.index(after: rest.startIndex)..<close])
                if let value = variables.last(where: { $0.name == name })?.value {
                    out += value
                } else {
                    out += "$(\(name))"
                    missing.append(name)
                }
                rest = rest[rest.index(after: close)...]
            default: out += "$"
            }
        }
        return (out + rest, missing)
    }
}
