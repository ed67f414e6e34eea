import JSONValue
import KubeModel
import PolicyModel

/// The rules for `LabelSelector` objects.
enum LabelSelectors {
    static func validate(
        _ selector: JSON?, allowInvalidValues: Bool = false, allowUnknownOperators: Bool = false, _ path: FieldPath,
        _ errors: inout [FieldError]
    ) {
        guard let selector, selector.object != nil else { return }
        ObjectMeta.labels(selector["matchLabels"], path.child("matchLabels"), &errors)
        for (at, expression) in selector.list("matchExpressions").enumerated() {
            requirement(
                expression, allowInvalidValues: allowInvalidValues, allowUnknownOperators: allowUnknownOperators,
                path.child("matchExpressions").index(at), &errors)
        }
    }

    static func requirement(
        _ requirement: JSON, allowInvalidValues: Bool, allowUnknownOperators: Bool, _ path: FieldPath,
        _ errors: inout [FieldError]
    ) {
        let values = requirement.texts("values")
        switch requirement.text("operator") {
        case "In", "NotIn":
            if values.isEmpty {
                errors.required(path.child("values"), "must be specified when `operator` is 'In' or 'NotIn'")
            }
        case "Exists", "DoesNotExist":
            if !values.isEmpty {
                errors.forbidden(path.child("values"), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
            }
        case let other:
            if !allowUnknownOperators {
                errors.invalid(path.child("operator"), .string(other), "not a valid selector operator")
            }
        }
        errors.qualifiedName(requirement.text("key"), path.child("key"))
        if allowInvalidValues { return }
        for (at, value) in values.enumerated() {
            errors.invalid(path.child("values").index(at), .string(value), all: Names.labelValue(value))
        }
    }

    /// Whether a selector breaks a rule; what is stored with a fault may keep it.
    static func isFaulty(_ selector: JSON?) -> Bool {
        var errors: [FieldError] = []
        validate(selector, "", &errors)
        return !errors.isEmpty
    }

    /// Whether some value in an expression is no label value.
    static func hasInvalidValue(_ selector: JSON?) -> Bool {
        (selector?.list("matchExpressions") ?? []).contains { $0.texts("values").contains { !Names.labelValue($0).isEmpty } }
    }

    static func isEmpty(_ selector: JSON) -> Bool {
        (selector["matchLabels"]?.object?.count ?? 0) + selector.list("matchExpressions").count == 0
    }

    /// The selector for matching, nil when it cannot be built; an absent one matches nothing.
    static func build(_ selector: JSON?) -> LabelSelector? {
        guard let selector, selector.object != nil else { return LabelSelector(object: nil) }
        for (key, value) in selector.entries("matchLabels")
        where !Names.qualifiedName(key).isEmpty || !Names.labelValue(value).isEmpty {
            return nil
        }
        for expression in selector.list("matchExpressions") {
            let values = expression.texts("values")
            switch expression.text("operator") {
            case "In", "NotIn": if values.isEmpty { return nil }
            case "Exists", "DoesNotExist": if !values.isEmpty { return nil }
            default: return nil
            }
            if !Names.qualifiedName(expression.text("key")).isEmpty { return nil }
            if values.contains(where: { !Names.labelValue($0).isEmpty }) { return nil }
        }
        return LabelSelector(object: selector)
    }

    /// The selector with its members in the order of the Go type.
    static func printed(_ selector: JSON?) -> JSON {
        guard let selector, selector.object != nil else { return .null }
        var members: [(String, JSON)] = []
        if let labels = selector["matchLabels"], labels.object?.isEmpty == false {
            members.append(("matchLabels", labels.sortedMembers))
        }
        let expressions = selector.list("matchExpressions").map { expression -> JSON in
            var entry: [(String, JSON)] = [
                ("key", .string(expression.text("key"))), ("operator", .string(expression.text("operator"))),
            ]
            if !expression.list("values").isEmpty { entry.append(("values", .array(expression.list("values")))) }
            return .object(JSONObject(entry))
        }
        if !expressions.isEmpty { members.append(("matchExpressions", .array(expressions))) }
        return .object(JSONObject(members))
    }
}
