import JSONValue
import KubeModel
import PolicyModel

/// Validates the fields of a policy that choose a rule, and its ranges.
enum StrategyValidation {
    /// That the rule is one of `supported`.
    static func rule(of options: JSON?, _ supported: [String], _ path: FieldPath) -> [FieldError] {
        let rule = options?.member("rule")?.string ?? ""
        return supported.contains(rule) ? [] : [.notSupported(path.child("rule"), .string(rule), supported)]
    }

    static func runAsUser(_ options: JSON?, _ path: FieldPath) -> [FieldError] {
        rule(of: options, ["MustRunAs", "MustRunAsNonRoot", "RunAsAny"], path) + ranges(in: options, path)
    }

    /// `fsGroup` and `supplementalGroups`: ranges may be absent, which makes a policy that admits nothing.
    static func groups(_ options: JSON?, _ path: FieldPath) -> [FieldError] {
        rule(of: options, ["MayRunAs", "MustRunAs", "RunAsAny"], path) + ranges(in: options, path)
    }

    /// `runAsGroup`, younger and stricter than its siblings.
    static func runAsGroup(_ options: JSON?, _ path: FieldPath) -> [FieldError] {
        guard let options else { return [] }
        let given = options.member("ranges")?.array.map { $0.map(IDRange.init) }
        let printed = FieldError.BadValue.text(GoSyntax.list(given))
        switch options.member("rule")?.string {
        case "RunAsAny":
            if given ?? [] == [] { return [] }
            return [.init(.invalid, path.child("ranges"), printed, "Ranges must be empty")]
        case "MustRunAs", "MayRunAs":
            if given ?? [] == [] {
                return [.init(.invalid, path.child("ranges"), printed, "must provide at least one range")]
            }
            return ranges(in: options, path)
        default:
            return rule(of: options, ["MustRunAs", "RunAsAny", "MayRunAs"], path)
        }
    }

    private static func ranges(in options: JSON?, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, range) in IDRange.ranges(in: options).enumerated() {
            let place = path.child("ranges").index(index)
            if range.min < 0 { errors.append(.invalid(place.child("min"), .int(range.min), "min cannot be negative")) }
            if range.max < 0 { errors.append(.invalid(place.child("max"), .int(range.max), "max cannot be negative")) }
            if range.min > range.max {
                errors.append(.invalid(place.child("min"), .int(range.min), "min cannot be greater than max"))
            }
        }
        return errors
    }
}
