import KubeModel

/// Values as Go's `%#v` writes them: what Kubernetes answers for lists in its messages.
enum GoSyntax {
    /// `[]int64{1, 2}`; a list that is not set is `[]int64(nil)`.
    static func list(_ values: [Int64]?) -> String { list("int64", values.map { $0.map { String($0) } }) }

    /// `[]string{"a", "b"}`.
    static func list(of type: String, _ values: [String]?) -> String { list(type, values.map { $0.map(goQuoted) }) }

    /// `[]policy.IDRange{policy.IDRange{Min:1, Max:2}}`.
    static func list(_ ranges: [IDRange]?) -> String {
        list("policy.IDRange", ranges.map { $0.map { "policy.IDRange{Min:\($0.min), Max:\($0.max)}" } })
    }

    private static func list(_ type: String, _ elements: [String]?) -> String {
        guard let elements else { return "[]\(type)(nil)" }
        return "[]\(type){" + elements.joined(separator: ", ") + "}"
    }
}
