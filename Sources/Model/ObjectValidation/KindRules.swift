import KubeModel

extension KindRules {
    /// The rules of a kind; nil for a kind that nobody knows here, such as a custom one.
    static func of(_ kind: GroupVersionKind) -> KindRules? {
        switch kind.group {
        default: nil
        }
    }
}
