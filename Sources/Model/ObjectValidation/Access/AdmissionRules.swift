import JSONValue
import KubeModel
import PolicyModel

/// The rules for what admission webhooks and policies match.
///
/// Source: Kubernetes API reference, admissionregistration.k8s.io/v1.
enum AdmissionRules {
    private static let operations = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"]

    /// One entry of `rules`, or of `resourceRules` with its names.
    static func rule(_ rule: JSON, named: Bool = false, _ path: FieldPath, _ errors: inout [FieldError]) {
        if named { resourceNames(rule.texts("resourceNames"), path.child("resourceNames"), &errors) }
        let verbs = rule.texts("operations")
        list(verbs, "operations", path.child("operations"), &errors)
        for (at, verb) in verbs.enumerated() {
            errors.oneOf(.string(verb), operations, path.child("operations").index(at))
        }
        list(rule.texts("apiGroups"), "API groups", path.child("apiGroups"), &errors)
        let versions = rule.texts("apiVersions")
        list(versions, "API versions", path.child("apiVersions"), &errors)
        for (at, version) in versions.enumerated() where version.isEmpty {
            errors.required(path.child("apiVersions").index(at))
        }
        resources(rule.texts("resources"), path.child("resources"), &errors)
        if rule.has("scope") { errors.oneOf(rule["scope"], ["*", "Cluster", "Namespaced"], path.child("scope")) }
    }

    private static func list(_ values: [String], _ what: String, _ path: FieldPath, _ errors: inout [FieldError]) {
        if values.isEmpty { errors.required(path) }
        if values.count > 1, values.contains("*") {
            errors.invalid(path, JSON(values), "if '*' is present, must not specify other \(what)")
        }
    }

    private static func resourceNames(_ names: [String], _ path: FieldPath, _ errors: inout [FieldError]) {
        var seen: Set<String> = []
        for (at, name) in names.enumerated() {
            errors.pathSegment(name, path.index(at))
            if !seen.insert(name).inserted { errors.duplicate(path.index(at), .string(name)) }
        }
    }

    private static func resources(_ resources: [String], _ path: FieldPath, _ errors: inout [FieldError]) {
        if resources.isEmpty { errors.required(path) }
        var wholeResources: Set<String> = []
        var wholeSubresources: Set<String> = []
        var hasPlainResource = false
        for (at, given) in resources.enumerated() {
            if given.isEmpty {
                errors.required(path.index(at))
                continue
            }
            let parts = given.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else {
                hasPlainResource = given != "*"
                continue
            }
            if wholeResources.contains(parts[0]) {
                errors.invalid(
                    path.index(at), .string(given), "if '\(parts[0])/*' is present, must not specify \(given)")
            }
            if wholeSubresources.contains(parts[1]) {
                errors.invalid(
                    path.index(at), .string(given), "if '*/\(parts[1])' is present, must not specify \(given)")
            }
            if parts[1] == "*" { wholeResources.insert(parts[0]) }
            if parts[0] == "*" { wholeSubresources.insert(parts[1]) }
        }
        if resources.count > 1, resources.contains("*/*") {
            errors.invalid(path, JSON(resources), "if '*/*' is present, must not specify other resources")
        }
        if resources.contains("*"), hasPlainResource {
            errors.invalid(
                path, JSON(resources), "if '*' is present, must not specify other resources without subresources")
        }
    }

    /// `matchConditions` of a webhook or a policy.
    static func matchConditions(
        _ conditions: [JSON], hasParams: Bool = false, _ context: ObjectValidation.Context, _ path: FieldPath,
        _ errors: inout [FieldError]
    ) {
        if conditions.count > 64 { errors.tooMany(path, conditions.count, 64) }
        var seen: Set<String> = []
        for (at, condition) in conditions.enumerated() {
            let place = path.index(at)
            let text = condition.text("expression")
            if isBlank(text) {
                errors.required(place.child("expression"))
            } else {
                expression(
                    .init(place: .matchCondition, text: text, hasParams: hasParams, variables: []), context,
                    place.child("expression"), &errors)
            }
            let name = condition.text("name")
            if name.isEmpty { errors.required(place.child("name")) } else { errors.qualifiedName(name, place.child("name")) }
            if !name.isEmpty, !seen.insert(name).inserted { errors.duplicate(place.child("name"), .string(name)) }
        }
    }

    /// Has an expression compiled by whoever can.
    static func expression(
        _ expression: ObjectValidation.Expression, _ context: ObjectValidation.Context, _ path: FieldPath,
        _ errors: inout [FieldError]
    ) {
        switch context.expression?(expression) {
        case nil: break
        case .required(let detail)?: errors.required(path, detail)
        case .invalid(let detail)?: errors.invalid(path, .string(expression.text), detail)
        case .internal(let detail)?: errors.internalError(path, detail)
        }
    }

    /// Whether a text is empty but for white space.
    static func isBlank(_ text: String) -> Bool { text.allSatisfy(\.isWhitespace) }
}
