import JSONValue
import KubeModel
import PolicyModel

/// The rules for admission policies in CEL and their bindings.
///
/// Source: Kubernetes API reference, admissionregistration.k8s.io/v1. Whether an expression compiles is asked of
/// ``ObjectValidation/Context/expression``.
enum AdmissionPolicies {
    static let validating = policy(validatingSpec)
    static let mutating = policy(mutatingSpec)
    static let validatingBindings = binding { spec, path, errors in
        validationActions(spec.texts("validationActions"), path.child("validationActions"), &errors)
    }
    static let mutatingBindings = binding { _, _, _ in }

    private typealias SpecRule = @Sendable (JSON, FieldPath, inout [FieldError]) -> Void

    private static func policy(_ body: @escaping KindRules.Rule) -> KindRules {
        KindRules(
            create: { subject, errors in
                ObjectMeta.validate(subject.new.metadata, namespaced: false, names: .subdomain, &errors)
                body(subject, &errors)
            },
            update: { subject, errors in
                ObjectMeta.validate(subject.new.metadata, namespaced: false, names: .subdomain, &errors)
                body(subject, &errors)
            },
            status: { subject, errors in
                let status = subject.new.status
                let warnings = status["typeChecking"]?.list("expressionWarnings") ?? []
                for (at, warning) in warnings.enumerated() {
                    let path = FieldPath("status.typeChecking.expressionWarnings").index(at)
                    if warning.text("warning").isEmpty { errors.required(path.child("warning")) }
                    if AdmissionRules.isBlank(warning.text("fieldRef")) { errors.required(path.child("fieldRef")) }
                }
                ObjectMeta.conditions(status.list("conditions"), "status.conditions", &errors)
            })
    }

    private static func binding(_ rest: @escaping SpecRule) -> KindRules {
        let body: KindRules.Rule = { subject, errors in
            ObjectMeta.validate(subject.new.metadata, namespaced: false, names: .subdomain, &errors)
            let spec = subject.new.spec
            let path: FieldPath = "spec"
            if spec.text("policyName").isEmpty { errors.required(path.child("policyName")) }
            paramRef(spec.given("paramRef"), path.child("paramRef"), &errors)
            matchResources(spec.given("matchResources"), path.child("matchResouces"), &errors)
            rest(spec, path, &errors)
        }
        return KindRules(create: body, update: body)
    }

    // MARK: - What both kinds of policies have

    /// All up to the validations or mutations; the variables, for the expressions that follow.
    private static func common(_ subject: Subject, _ errors: inout [FieldError]) -> [(name: String, expression: String)] {
        let spec = subject.new.spec
        let path: FieldPath = "spec"
        if spec.has("failurePolicy") {
            errors.oneOf(spec["failurePolicy"], ["Fail", "Ignore"], path.child("failurePolicy"))
        } else {
            errors.required(path.child("failurePolicy"))
        }
        if let kind = spec.given("paramKind") { paramKind(kind, path.child("paramKind"), &errors) }
        if let constraints = spec.given("matchConstraints") {
            let field = path.child("matchConstraints")
            matchResources(constraints, field, &errors)
            if constraints.list("resourceRules").isEmpty { errors.required(field.child("resourceRules")) }
        } else {
            errors.required(path.child("matchConstraints"))
        }
        let hasParams = spec.has("paramKind")
        AdmissionRules.matchConditions(
            spec.list("matchConditions"), hasParams: hasParams, subject.context, path.child("matchConditions"), &errors)
        var variables: [(name: String, expression: String)] = []
        for (at, variable) in spec.list("variables").enumerated() {
            let place = path.child("variables").index(at)
            let name = variable.text("name")
            let text = variable.text("expression")
            if AdmissionRules.isBlank(name) {
                errors.required(place.child("name"), "name is not specified")
            } else if !isIdentifier(name) {
                errors.invalid(place.child("name"), .string(name), "name is not a valid CEL identifier")
            }
            if AdmissionRules.isBlank(text) {
                errors.required(place.child("expression"), "expression is not specified")
            } else {
                AdmissionRules.expression(
                    .init(place: .variable, text: text, hasParams: hasParams, variables: variables), subject.context,
                    place.child("expression"), &errors)
            }
            variables.append((name, text))
        }
        return variables
    }

    private static func isIdentifier(_ name: String) -> Bool {
        let reserved: Set<String> = [
            "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import",
            "let", "loop", "package", "namespace", "return", "var", "void", "while",
        ]
        guard let first = name.utf8.first, !Names.isDigit(first), !reserved.contains(name) else { return false }
        return name.utf8.allSatisfy { Names.isAlphanumeric($0) || $0 == UInt8(ascii: "_") }
    }

    private static func paramKind(_ kind: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let version = kind.text("apiVersion")
        let parts = version.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if version.isEmpty {
            errors.required(path.child("apiVersion"))
        } else if parts.count > 2 {
            errors.invalid(
                path.child("apiVersion"), .string(version), "unexpected GroupVersion string: \(version)")
        } else {
            if parts.count == 2 {
                let faults = Names.dnsSubdomain(parts[0])
                if !faults.isEmpty {
                    errors.invalid(path.child("apiVersion"), .string(parts[0]), faults.joined(separator: ","))
                }
            }
            let faults = Names.dns1035Label(parts[parts.count - 1])
            if !faults.isEmpty {
                errors.invalid(
                    path.child("apiVersion"), .string(parts[parts.count - 1]), faults.joined(separator: ","))
            }
        }
        let name = kind.text("kind")
        if name.isEmpty { return errors.required(path.child("kind")) }
        let faults = Names.dns1035Label(name.lowercased())
        if !faults.isEmpty {
            errors.invalid(
                path.child("kind"), .string(name),
                "may have mixed case, but should otherwise match: \(faults.joined(separator: ","))")
        }
    }

    private static func matchResources(_ match: JSON?, _ path: FieldPath, _ errors: inout [FieldError]) {
        guard let match else { return }
        if match.has("matchPolicy") {
            errors.oneOf(match["matchPolicy"], ["Equivalent", "Exact"], path.child("matchPolicy"))
        } else {
            errors.required(path.child("matchPolicy"))
        }
        for key in ["namespaceSelector", "objectSelector"] {
            if match["\(key)"]?.object == nil {
                errors.required(path.child(key))
            } else {
                LabelSelectors.validate(match[key], path.child(key), &errors)
            }
        }
        for key in ["resourceRules", "excludeResourceRules"] {
            for (at, rule) in match.list(key).enumerated() {
                AdmissionRules.rule(rule, named: true, path.child(key).index(at), &errors)
            }
        }
    }

    // MARK: - Validating policies

    @Sendable
    private static func validatingSpec(_ subject: Subject, _ errors: inout [FieldError]) {
        let variables = common(subject, &errors)
        let spec = subject.new.spec
        let path: FieldPath = "spec"
        let validations = spec.list("validations")
        let annotations = spec.list("auditAnnotations")
        if validations.isEmpty, annotations.isEmpty {
            let detail = "validations or auditAnnotations must contain at least one item"
            errors.required(path.child("validations"), detail)
            errors.required(path.child("auditAnnotations"), detail)
            return
        }
        for (at, validation) in validations.enumerated() {
            self.validation(validation, variables, subject, path.child("validations").index(at), &errors)
        }
        let field = path.child("auditAnnotations")
        if annotations.count > 20 {
            errors.invalid(field, spec["auditAnnotations"] ?? .null, "must not have more than 20 auditAnnotations")
        }
        var seen: Set<String> = []
        for (at, annotation) in annotations.enumerated() {
            auditAnnotation(annotation, variables, subject, field.index(at), &errors)
            let key = annotation.text("key")
            if !seen.insert(key).inserted { errors.duplicate(field.index(at).child("key"), .string(key)) }
        }
    }

    private static func validation(
        _ validation: JSON, _ variables: [(name: String, expression: String)], _ subject: Subject, _ path: FieldPath,
        _ errors: inout [FieldError]
    ) {
        let hasParams = subject.new.spec.has("paramKind")
        let text = validation.text("expression")
        if AdmissionRules.isBlank(text) {
            errors.required(path.child("expression"), "expression is not specified")
        } else {
            AdmissionRules.expression(
                .init(place: .validation, text: text, hasParams: hasParams, variables: variables), subject.context,
                path.child("expression"), &errors)
        }
        let messageExpression = validation.text("messageExpression")
        if !messageExpression.isEmpty {
            let field = path.child("messageExpression")
            if AdmissionRules.isBlank(messageExpression) {
                errors.invalid(field, .string(messageExpression), "must be non-empty if specified")
            } else {
                AdmissionRules.expression(
                    .init(place: .message, text: messageExpression, hasParams: hasParams, variables: variables),
                    subject.context, field, &errors)
            }
        }
        let message = validation.text("message")
        let isBlank = AdmissionRules.isBlank(message)
        if !message.isEmpty, isBlank {
            errors.invalid(path.child("message"), .string(message), "message must be non-empty if specified")
        } else if hasInnerBreak(message) {
            errors.invalid(path.child("message"), .string(message), "must not contain line breaks")
        } else if hasInnerBreak(text), isBlank {
            errors.required(path.child("message"), "message must be specified if expression contains line breaks")
        }
        if validation.has("reason") {
            errors.oneOf(
                validation["reason"], ["Forbidden", "Invalid", "RequestEntityTooLarge"], path.child("reason"))
        }
    }

    /// Whether there is a line break within the text, white space at its ends aside.
    private static func hasInnerBreak(_ text: String) -> Bool {
        let inner = text.drop(while: \.isWhitespace)
        guard let last = inner.lastIndex(where: { !$0.isWhitespace }) else { return false }
        return inner[...last].contains(where: \.isNewline)
    }

    private static func auditAnnotation(
        _ annotation: JSON, _ variables: [(name: String, expression: String)], _ subject: Subject, _ path: FieldPath,
        _ errors: inout [FieldError]
    ) {
        let key = annotation.text("key")
        let name = subject.new.name
        if name.isEmpty {
            errors.invalid(path.child("key"), .string(key), "requires metadata.name be non-empty")
        } else {
            errors.qualifiedName("\(name)/\(key)", path.child("key"))
        }
        let text = annotation.text("valueExpression")
        if AdmissionRules.isBlank(text) {
            errors.required(path.child("valueExpression"), "valueExpression is not specified")
        } else if text.utf8.count > 5 * 1024 {
            errors.required(path.child("valueExpression"), "must not exceed \(5 * 1024) bytes in length")
        } else {
            AdmissionRules.expression(
                .init(
                    place: .auditAnnotation, text: text, hasParams: subject.new.spec.has("paramKind"),
                    variables: variables), subject.context, path.child("valueExpression"), &errors)
        }
    }

    // MARK: - Mutating policies

    @Sendable
    private static func mutatingSpec(_ subject: Subject, _ errors: inout [FieldError]) {
        let variables = common(subject, &errors)
        let spec = subject.new.spec
        let path: FieldPath = "spec"
        let mutations = spec.list("mutations")
        if mutations.isEmpty { errors.required(path.child("mutations"), "mutations must contain at least one item") }
        for (at, mutation) in mutations.enumerated() {
            self.mutation(mutation, variables, subject, path.child("mutations").index(at), &errors)
        }
        if spec.text("reinvocationPolicy").isEmpty {
            errors.required(path.child("reinvocationPolicy"))
        } else {
            errors.oneOf(spec["reinvocationPolicy"], ["IfNeeded", "Never"], path.child("reinvocationPolicy"))
        }
    }

    private static func mutation(
        _ mutation: JSON, _ variables: [(name: String, expression: String)], _ subject: Subject, _ path: FieldPath,
        _ errors: inout [FieldError]
    ) {
        let kinds = ["ApplyConfiguration": "applyConfiguration", "JSONPatch": "jsonPatch"]
        let type = mutation.text("patchType")
        if type.isEmpty { return errors.required(path.child("patchType")) }
        guard let key = kinds[type] else {
            return errors.notSupported(path.child("patchType"), .string(type), ["ApplyConfiguration", "JSONPatch"])
        }
        let text = mutation[key]?.text("expression") ?? ""
        if AdmissionRules.isBlank(text) {
            errors.required(path.child(key).child("expression"), "expression is not specified")
        } else {
            AdmissionRules.expression(
                .init(
                    place: .mutation, text: text, hasParams: subject.new.spec.has("paramKind"), variables: variables),
                subject.context, path.child(key).child("expression"), &errors)
        }
    }

    // MARK: - Bindings

    private static func paramRef(_ reference: JSON?, _ path: FieldPath, _ errors: inout [FieldError]) {
        guard let reference else { return }
        let name = reference.text("name")
        let selector = reference.given("selector")
        let exclusive = "name and selector are mutually exclusive"
        if !name.isEmpty {
            errors.pathSegment(name, path.child("name"))
            if selector != nil { errors.forbidden(path.child("name"), exclusive) }
        }
        if let selector {
            LabelSelectors.validate(selector, path.child("selector"), &errors)
            if !name.isEmpty { errors.forbidden(path.child("selector"), exclusive) }
        }
        if name.isEmpty, selector == nil { errors.required(path, "one of name or selector must be specified") }
        if reference.text("parameterNotFoundAction").isEmpty {
            errors.required(path.child("parameterNotFoundAction"))
        } else {
            errors.oneOf(
                reference["parameterNotFoundAction"], ["Allow", "Deny"], path.child("parameterNotFoundAction"))
        }
    }

    private static func validationActions(_ actions: [String], _ path: FieldPath, _ errors: inout [FieldError]) {
        if actions.isEmpty { errors.required(path, "at least one validation action is required") }
        var seen: Set<String> = []
        for (at, action) in actions.enumerated() {
            errors.oneOf(.string(action), ["Audit", "Deny", "Warn"], path.index(at))
            if !seen.insert(action).inserted { errors.duplicate(path.index(at), .string(action)) }
        }
        if seen.contains("Deny"), seen.contains("Warn") {
            errors.invalid(
                path, JSON(actions),
                "must not contain both Deny and Warn (repeating the same validation failure information in the API "
                    + "response and headers serves no purpose)")
        }
    }
}
