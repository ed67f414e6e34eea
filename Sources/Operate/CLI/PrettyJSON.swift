import JSONValue

extension JSON {
    /// The value over several lines, with two spaces for each level.
    var pretty: String {
        var out = ""
        write(into: &out, indent: "")
        return out
    }

    private func write(into out: inout String, indent: String) {
        let inner = indent + "  "
        if let members = object, !members.isEmpty {
            out += "{\n"
            var isFirst = true
            for (key, value) in members {
                if !isFirst { out += ",\n" }
                isFirst = false
                out += inner + JSON.string(key).description + ": "
                value.write(into: &out, indent: inner)
            }
            out += "\n\(indent)}"
        } else if let elements = array, !elements.isEmpty {
            out += "[\n"
            for (index, element) in elements.enumerated() {
                if index > 0 { out += ",\n" }
                out += inner
                element.write(into: &out, indent: inner)
            }
            out += "\n\(indent)]"
        } else {
            out += description
        }
    }
}
