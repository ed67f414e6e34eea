import KubeModel

/// One thing that can be done at a path, before it is written in either form.
struct OpenAPIOperation {
    /// What an answer or a request body holds.
    enum Content {
        case type(String)
        case list(GroupVersionKind, item: String)
        case text
    }

    struct Parameter: Hashable {
        var name: String
        /// `path` or `query`.
        var place = "query"
        var type = "string"

        static let pretty = Parameter(name: "pretty")
    }

    struct Body {
        var content: Content
        var mediaTypes = ["*/*"]
        var isRequired = true
    }

    /// The HTTP method in lower case.
    var method: String
    /// The identifier, its verb first: `listNamespacedPod`. Group and version are put behind the verb.
    var name: String
    var description: String
    /// `list`, `post`, `connect` and so on; nil for discovery itself.
    var action: String?
    var kind: GroupVersionKind?
    var parameters: [Parameter] = []
    var body: Body?
    var answer: Content
    /// The codes of success.
    var codes = [200]
    var produces: [String]

    /// The operation's identifier and its tag at `path`.
    func identity(at path: String) -> (id: String, tag: String) {
        var parts = path.split(separator: "/").map(String.init)
        if parts.first == "api" { parts.replaceSubrange(0..<1, with: ["apis", "core"]) }
        let verb = Self.verb(of: name)
        let rest = String(name.dropFirst(verb.count))
        guard parts.first == "apis", parts.count > 1 else {
            return (
                verb + Self.identifier(rest, capitalized: !verb.isEmpty),
                Self.identifier(parts.first ?? "", capitalized: false)
            )
        }
        let group = parts[1].hasSuffix(".k8s.io") ? String(parts[1].dropLast(7)) : parts[1]
        var id = verb + Self.identifier(group, capitalized: true)
        var tag = Self.identifier(group, capitalized: false)
        if parts.count > 2 {
            id += Self.identifier(parts[2], capitalized: true)
            tag += "_" + Self.identifier(parts[2], capitalized: false)
        }
        return (id + Self.identifier(rest, capitalized: true), tag)
    }

    private static func verb(of name: String) -> String {
        let verbs = [
            "deletecollection", "connect", "replace", "create", "delete", "patch", "watch", "list", "read", "get",
        ]
        return verbs.first { name.hasPrefix($0) } ?? ""
    }

    /// Letters and digits of a text; what follows anything else is capitalised.
    static func identifier(_ text: String, capitalized: Bool) -> String {
        var result = ""
        var isNextUpper = capitalized
        for (position, character) in text.enumerated() {
            if character.isLetter || character == "_" || (position > 0 && character.isNumber) {
                result += isNextUpper ? character.uppercased() : String(character)
                isNextUpper = false
            } else {
                isNextUpper = true
            }
        }
        return result
    }
}
