import JSONValue
import KubeModel
import PolicyModel

/// The rules for how requests are sorted into flows.
enum FlowSchemas {
    static let rules = KindRules(
        create: body,
        update: { subject, errors in
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            body(subject, &errors)
        })

    @Sendable
    private static func body(_ subject: Subject, _ errors: inout [FieldError]) {
        ObjectMeta.validate(subject.new.metadata, namespaced: false, names: .subdomain, &errors)
        let spec = subject.new.spec
        let precedence = spec.count("matchingPrecedence")
        let path: FieldPath = "spec.matchingPrecedence"
        if precedence <= 0 { errors.invalid(path, JSON(precedence), "must be a positive value") }
        if precedence > 10000 { errors.invalid(path, JSON(precedence), "must not be greater than 10000") }
        if precedence == 1, subject.new.name != "exempt" {
            errors.invalid(path, JSON(precedence), "only the schema named 'exempt' may have matchingPrecedence 1")
        }
        if let method = spec.given("distinguisherMethod"), !["ByNamespace", "ByUser"].contains(method.text("type")) {
            errors.notSupported(
                "spec.distinguisherMethod", GoTypes.value(method, as: "FlowDistinguisherMethod"),
                ["ByNamespace", "ByUser"])
        }
        let level = spec["priorityLevelConfiguration"]?.text("name") ?? ""
        if level.isEmpty {
            errors.required("spec.priorityLevelConfiguration.name", "must reference a priority level")
        } else {
            errors.dnsSubdomain(level, "spec.priorityLevelConfiguration.name")
        }
        for (at, rule) in spec.list("rules").enumerated() { self.rule(rule, FieldPath("spec.rules").index(at), &errors) }
        conditionTypes(subject.new.status, &errors)
    }

    static func conditionTypes(_ status: JSON, _ errors: inout [FieldError]) {
        var seen = Set<String>()
        for (at, condition) in status.list("conditions").enumerated() {
            let path = FieldPath("status.conditions").index(at).child("type")
            let type = condition.text("type")
            if !seen.insert(type).inserted { errors.duplicate(path, .string(type)) }
            if type.isEmpty { errors.required(path, "must not be empty") }
        }
    }

    private static func rule(_ rule: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let subjects = rule.list("subjects")
        if subjects.isEmpty { errors.required(path.child("subjects"), "subjects must contain at least one value") }
        for (at, subject) in subjects.enumerated() { self.subject(subject, path.child("subjects").index(at), &errors) }
        let resources = rule.list("resourceRules")
        let others = rule.list("nonResourceRules")
        if resources.isEmpty, others.isEmpty {
            errors.required(path, "at least one of resourceRules and nonResourceRules has to be non-empty")
        }
        for (at, rule) in resources.enumerated() { resource(rule, path.child("resourceRules").index(at), &errors) }
        for (at, rule) in others.enumerated() { nonResource(rule, path.child("nonResourceRules").index(at), &errors) }
    }

    private static func subject(_ subject: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let kind = subject.text("kind")
        let keys = ["ServiceAccount": "serviceAccount", "User": "user", "Group": "group"]
        guard let key = keys[kind] else {
            return errors.notSupported(path.child("kind"), .string(kind), ["Group", "ServiceAccount", "User"])
        }
        let here = path.child(key)
        guard let given = subject.given(key) else {
            return errors.required(here, "\(key) is required when subject kind is '\(kind)'")
        }
        let name = given.text("name")
        if name.isEmpty { errors.required(here.child("name")) }
        guard kind == "ServiceAccount" else { return }
        if !name.isEmpty, name != "*" { errors.dnsSubdomain(name, here.child("name")) }
        let namespace = given.text("namespace")
        if namespace.isEmpty {
            errors.required(here.child("namespace"), "must specify namespace for service account")
        } else {
            errors.dnsLabel(namespace, here.child("namespace"))
        }
    }

    private static let verbs: Set<String> = [
        "get", "list", "create", "update", "delete", "deletecollection", "patch", "watch", "proxy", "*",
    ]

    /// A list that is not empty, and where `*` stands alone.
    private static func list(
        _ rule: JSON, _ key: String, empty: String, others: String, _ path: FieldPath, _ errors: inout [FieldError]
    ) {
        let values = rule.texts(key)
        if values.isEmpty {
            errors.required(path.child(key), empty)
        } else if values.count > 1, values.contains("*") {
            errors.invalid(path.child(key), JSON(values), "if '*' is present, must not specify other \(others)")
        }
    }

    private static func verbs(_ rule: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        list(rule, "verbs", empty: "verbs must contain at least one value", others: "verbs", path, &errors)
        for verb in rule.texts("verbs") where !verbs.contains(verb) {
            errors.notSupported(path.child("verbs"), JSON(rule.texts("verbs")), verbs.sorted())
            break
        }
    }

    private static func resource(_ rule: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        verbs(rule, path, &errors)
        list(
            rule, "apiGroups", empty: "resource rules must supply at least one api group", others: "api groups", path,
            &errors)
        list(
            rule, "resources", empty: "resource rules must supply at least one resource", others: "resources", path,
            &errors)
        let namespaces = rule.texts("namespaces")
        let here = path.child("namespaces")
        if namespaces.isEmpty {
            if !rule.flag("clusterScope") {
                errors.required(
                    here, "resource rules that are not cluster scoped must supply at least one namespace")
            }
        } else if namespaces.count > 1, namespaces.contains("*") {
            errors.invalid(here, JSON(namespaces), "if '*' is present, must not specify other namespaces")
        } else {
            for (at, namespace) in namespaces.enumerated() where namespace != "*" {
                errors.dnsLabel(namespace, here.index(at))
            }
        }
    }

    private static func nonResource(_ rule: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        verbs(rule, path, &errors)
        list(
            rule, "nonResourceURLs", empty: "nonResourceURLs must contain at least one value",
            others: "non-resource URLs", path, &errors)
        for (at, url) in rule.texts("nonResourceURLs").enumerated() where url != "*" {
            if let fault = urlFault(url) {
                errors.invalid(path.child("nonResourceURLs").index(at), .string(url), fault)
            }
        }
    }

    private static func urlFault(_ url: String) -> String? {
        if url.isEmpty { return "must not be empty" }
        if url == "/" { return nil }
        if !url.hasPrefix("/") { return "must start with slash" }
        if url.contains(" ") { return "must not contain white-space" }
        if url.contains("//") { return "must not contain double slash" }
        let stars = url.filter { $0 == "*" }.count
        if stars > 1 || stars == 1 && !url.hasSuffix("/*") { return "wildcard can only do suffix matching" }
        return nil
    }
}

/// The rules for levels of priority among flows.
enum PriorityLevels {
    static let rules = KindRules(
        create: body,
        update: { subject, errors in
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            body(subject, &errors)
        })

    @Sendable
    private static func body(_ subject: Subject, _ errors: inout [FieldError]) {
        ObjectMeta.validate(subject.new.metadata, namespaced: false, names: .subdomain, &errors)
        let spec = subject.new.spec
        let type = spec.text("type")
        if (subject.new.name == "exempt") != (type == "Exempt") {
            errors.invalid(
                "spec.type", .string(type), "type must be 'Exempt' if and only if `name` is 'exempt'")
        }
        switch type {
        case "Exempt":
            if spec.has("limited") { errors.forbidden("spec.limited", "must be nil if the type is not Limited") }
            if let exempt = spec.given("exempt") { shares(exempt, "spec.exempt", &errors) }
        case "Limited":
            if spec.has("exempt") { errors.forbidden("spec.exempt", "must be nil if the type is Limited") }
            if let limited = spec.given("limited") {
                self.limited(limited, "spec.limited", &errors)
            } else {
                errors.required("spec.limited", "must not be empty when type is Limited")
            }
        default: errors.notSupported("spec.type", .string(type), ["Exempt", "Limited"])
        }
        FlowSchemas.conditionTypes(subject.new.status, &errors)
    }

    private static func shares(_ level: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        if let shares = level.number("nominalConcurrencyShares"), shares < 0 {
            errors.invalid(path.child("nominalConcurrencyShares"), JSON(shares), "must be a non-negative integer")
        }
        if let percent = level.number("lendablePercent"), !(0...100).contains(percent) {
            errors.invalid(path.child("lendablePercent"), JSON(percent), Wording.range(0, 100))
        }
    }

    private static func limited(_ level: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        if let shares = level.number("nominalConcurrencyShares"), shares < 0 {
            errors.invalid(path.child("nominalConcurrencyShares"), JSON(shares), "must be a non-negative integer")
        }
        response(level["limitResponse"] ?? .object([:]), path.child("limitResponse"), &errors)
        if let percent = level.number("lendablePercent"), !(0...100).contains(percent) {
            errors.invalid(path.child("lendablePercent"), JSON(percent), Wording.range(0, 100))
        }
        if let percent = level.number("borrowingLimitPercent"), percent < 0 {
            errors.invalid(
                path.child("borrowingLimitPercent"), JSON(percent), "if specified, must be a non-negative integer")
        }
    }

    private static func response(_ response: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let type = response.text("type")
        let here = path.child("queuing")
        switch type {
        case "Reject":
            if response.has("queuing") {
                errors.forbidden(here, "must be nil if limited.limitResponse.type is not Limited")
            }
        case "Queue":
            guard let queuing = response.given("queuing") else {
                return errors.required(here, "must not be empty if limited.limitResponse.type is Limited")
            }
            let queues = queuing.count("queues")
            let hand = queuing.count("handSize")
            if queuing.count("queueLengthLimit") <= 0 {
                errors.invalid(
                    here.child("queueLengthLimit"), JSON(queuing.count("queueLengthLimit")), "must be positive")
            }
            if queues <= 0 {
                errors.invalid(here.child("queues"), JSON(queues), "must be positive")
            } else if queues > 10_000_000 {
                errors.invalid(here.child("queues"), JSON(queues), "must not be greater than 10000000")
            }
            if hand <= 0 {
                errors.invalid(here.child("handSize"), JSON(hand), "must be positive")
            } else if hand > queues {
                errors.invalid(
                    here.child("handSize"), JSON(hand), "should not be greater than queues (\(queues))")
            } else if let bits = entropy(queues, hand), bits > 60 {
                errors.invalid(
                    here.child("handSize"), JSON(hand),
                    "required entropy bits of deck size \(queues) and hand size \(hand) should not be greater than 60")
            }
        default: errors.notSupported(path.child("type"), .string(type), ["Queue", "Reject"])
        }
    }

    /// How many bits it takes to deal a hand.
    private static func entropy(_ queues: Int64, _ hand: Int64) -> Int? {
        guard queues > 0, hand > 0, hand <= queues else { return nil }
        var product: Double = 1
        for at in 0..<min(hand, 64) { product *= Double(queues - at) }
        return product < 1e30 ? Int(product.exponent) + (product == Double(sign: .plus, exponent: product.exponent, significand: 1) ? 0 : 1) : 100
    }
}
