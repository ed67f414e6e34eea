import JSONValue
import KubeModel
import PolicyModel

/// The strategy of a field about groups: any, or those in ranges, with or without a default.
struct GroupStrategy: Sendable {
    /// The words of the field `rule`.
    enum Rule: String, Sendable {
        case runAsAny = "RunAsAny"
        case mayRunAs = "MayRunAs"
        case mustRunAs = "MustRunAs"
    }

    let rule: Rule
    let ranges: [IDRange]

    /// Nil when the rule is not known, or needs ranges and has none.
    init?(_ options: JSON?) {
        guard let rule = Rule(rawValue: options?["rule"]?.string ?? "") else { return nil }
        self.rule = rule
        ranges = IDRange.ranges(in: options)
        if rule != .runAsAny, ranges.isEmpty { return nil }
    }

    /// Why the options of `field` make no strategy; nil when they do.
    static func fault(_ field: ControlID, _ options: JSON?) -> String? {
        if GroupStrategy(options) != nil { return nil }
        let rule = options?["rule"]?.string ?? ""
        return Rule(rawValue: rule) == nil
            ? "spec.\(field).rule \(goQuoted(rule)) is not known"
            : "spec.\(field).ranges is empty, and \(rule) needs a range"
    }

    /// The group that a silent pod gets.
    var defaultGroup: Int64? { rule == .mustRunAs ? ranges.first?.min : nil }

    /// One breach for each group outside the ranges, or one for an empty list where a group is required.
    func breaches(_ id: ControlID, _ groups: [Int64]?, errorAt path: FieldPath, field: FieldPath) -> [Breach] {
        if rule == .runAsAny { return [] }
        let printed = FieldError.BadValue.text(GoSyntax.list(groups))
        let given = groups ?? []
        if given.isEmpty {
            guard rule == .mustRunAs else { return [] }
            let error = FieldError(.invalid, path, printed, "unable to validate empty groups against required ranges")
            return [
                Breach(
                    id, error, field: field, found: "[]", remedy: "remove \(field) or list groups of \(ranges.words)")
            ]
        }
        return given.filter { !ranges.contains(id: $0) }.map { group in
            let error = FieldError(.invalid, path, printed, "group \(group) must be in the ranges: \(ranges.printed)")
            return Breach(
                id, error, field: field, found: String(group), remedy: "use a group of \(ranges.words) in \(field)")
        }
    }
}
