import JSONValue

/// Label selectors as the text that a query would carry.
enum SelectorText {
    /// `app=a,tier in (x,y),!old`, sorted by key; `<error>` when an operator is not known.
    static func text(_ selector: JSON?) -> String {
        var parts: [(key: String, text: String)] = []
        for (key, value) in selector?["matchLabels"]?.stringMap ?? [:] { parts.append((key, "\(key)=\(value)")) }
        for expression in selector?["matchExpressions"]?.array ?? [] {
            let key = expression["key"]?.string ?? ""
            let values = (expression["values"]?.strings ?? []).sorted().joined(separator: ",")
            switch expression["operator"]?.string {
            case "In": parts.append((key, "\(key) in (\(values))"))
            case "NotIn": parts.append((key, "\(key) notin (\(values))"))
            case "Exists": parts.append((key, key))
            case "DoesNotExist": parts.append((key, "!\(key)"))
            default: return "<error>"
            }
        }
        return parts.sorted { $0.key == $1.key ? $0.text < $1.text : $0.key < $1.key }.map(\.text).joined(
            separator: ",")
    }

    /// The form in which Go prints the selector structure: policy bindings show their parameters' selector so.
    static func structure(_ selector: JSON) -> String {
        var labels = ""
        for (key, value) in (selector["matchLabels"]?.stringMap ?? [:]).sorted(by: { $0.key < $1.key }) {
            labels += "\(key): \(value),"
        }
        var expressions = ""
        for expression in selector["matchExpressions"]?.array ?? [] {
            let values = (expression["values"]?.strings ?? []).joined(separator: " ")
            expressions +=
                "LabelSelectorRequirement{Key:\(expression["key"]?.string ?? ""),"
                + "Operator:\(expression["operator"]?.string ?? ""),Values:[\(values)],},"
        }
        return "&LabelSelector{MatchLabels:map[string]string{\(labels)},"
            + "MatchExpressions:[]LabelSelectorRequirement{\(expressions)},}"
    }
}
