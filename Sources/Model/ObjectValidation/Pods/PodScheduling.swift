import JSONValue
import KubeModel
import PolicyModel

/// The rules for where a pod may run.
enum PodScheduling {
    private static let required = "requiredDuringSchedulingIgnoredDuringExecution"
    private static let preferred = "preferredDuringSchedulingIgnoredDuringExecution"

    static func affinity(_ affinity: JSON?, _ options: PodOptions, _ path: FieldPath, _ errors: inout [FieldError]) {
        guard let affinity else { return }
        if let node = affinity.given("nodeAffinity") {
            let here = path.child("nodeAffinity")
            if let selector = node.given(required) {
                NodeSelectors.validate(
                    selector, allowInvalidValues: options.allowsInvalidNodeAffinityValues, here.child(required), &errors)
            }
            for (at, term) in node.list(preferred).enumerated() {
                weight(term, here.child(preferred).index(at), &errors)
                // What is only preferred may stay unfulfilled, so that values are not checked.
                NodeSelectors.term(
                    term["preference"] ?? .object([:]), allowInvalidValues: true,
                    here.child(preferred).index(at).child("preference"), &errors)
            }
        }
        for kind in ["podAffinity", "podAntiAffinity"] {
            guard let pods = affinity.given(kind) else { continue }
            let here = path.child(kind)
            for (at, term) in pods.list(required).enumerated() {
                podTerm(term, options, here.child(required).index(at), &errors)
            }
            for (at, term) in pods.list(preferred).enumerated() {
                weight(term, here.child(preferred).index(at), &errors)
                podTerm(
                    term["podAffinityTerm"] ?? .object([:]), options,
                    here.child(preferred).index(at).child("podAffinityTerm"), &errors)
            }
        }
    }

    private static func weight(_ term: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        if (1...100).contains(term.count("weight")) { return }
        errors.invalid(path.child("weight"), JSON(term.count("weight")), "must be in the range 1-100")
    }

    private static func podTerm(_ term: JSON, _ options: PodOptions, _ path: FieldPath, _ errors: inout [FieldError]) {
        for key in ["labelSelector", "namespaceSelector"] {
            LabelSelectors.validate(
                term[key], allowInvalidValues: options.allowsInvalidSelectorValues, path.child(key), &errors)
        }
        for name in term.texts("namespaces") { errors.dnsLabel(name, path.child("namespace")) }
        labelKeys(term, path, &errors)
        let key = term.text("topologyKey")
        if key.isEmpty { errors.required(path.child("topologyKey"), "can not be empty") }
        errors.qualifiedName(key, path.child("topologyKey"))
    }

    private static func labelKeys(_ term: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let selector = term.given("labelSelector")
        let match = term.texts("matchLabelKeys")
        let mismatch = term.texts("mismatchLabelKeys")
        for (name, keys) in [("matchLabelKeys", match), ("mismatchLabelKeys", mismatch)] where !keys.isEmpty {
            if selector == nil {
                errors.forbidden(path.child(name), "must not be specified when labelSelector is not set")
                continue
            }
            for (at, key) in keys.enumerated() { errors.qualifiedName(key, path.child(name).index(at)) }
        }
        if let selector {
            var seen = Set(selector.entries("matchLabels").map(\.key))
            for expression in selector.list("matchExpressions") {
                let key = expression.text("key")
                // The selector already has what `matchLabelKeys` added to it: a second mention is the user's own.
                if let at = match.lastIndex(of: key), seen.contains(key) {
                    errors.invalid(path.index(at), .string(key), "exists in both matchLabelKeys and labelSelector")
                }
                seen.insert(key)
            }
        }
        for (at, key) in match.enumerated() where mismatch.contains(key) {
            errors.invalid(
                path.child("matchLabelKeys").index(at), .string(key), "exists in both matchLabelKeys and mismatchLabelKeys")
        }
    }

    // MARK: Gates and tolerations

    static func gates(_ gates: [JSON], _ path: FieldPath, _ errors: inout [FieldError]) {
        var seen = Set<String>()
        for (at, gate) in gates.enumerated() {
            let name = gate.text("name")
            errors.qualifiedName(name, path.index(at))
            if !seen.insert(name).inserted { errors.duplicate(path.index(at), .string(name)) }
        }
    }

    static func tolerations(_ tolerations: [JSON], _ path: FieldPath, _ errors: inout [FieldError]) {
        for (at, toleration) in tolerations.enumerated() {
            let here = path.index(at)
            let key = toleration.text("key")
            let comparison = toleration.text("operator")
            let effect = toleration.text("effect")
            let value = toleration.text("value")
            if !key.isEmpty { errors.qualifiedName(key, here.child("key")) }
            if key.isEmpty, comparison != "Exists" {
                errors.invalid(
                    here.child("operator"), .string(comparison),
                    "operator must be Exists when `key` is empty, which means \"match all values and all keys\"")
            }
            if toleration.has("tolerationSeconds"), effect != "NoExecute" {
                errors.invalid(
                    here.child("effect"), .string(effect), "effect must be 'NoExecute' when `tolerationSeconds` is set")
            }
            switch comparison {
            case "Equal", "":
                let faults = Names.labelValue(value)
                if !faults.isEmpty {
                    errors.invalid(here.child("operator"), .string(value), faults.joined(separator: ";"))
                }
            case "Exists":
                if !value.isEmpty {
                    errors.invalid(
                        here.child("operator"), .string(value), "value must be empty when `operator` is 'Exists'")
                }
            default: errors.notSupported(here.child("operator"), .string(comparison), ["Equal", "Exists"])
            }
            if !effect.isEmpty { taintEffect(effect, here.child("effect"), &errors) }
        }
    }

    static func taintEffect(_ effect: String, _ path: FieldPath, _ errors: inout [FieldError]) {
        let effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"]
        if !effects.contains(effect) { errors.notSupported(path, .string(effect), effects) }
    }

    // MARK: Spreading

    static func spread(
        _ constraints: [JSON], _ options: PodOptions, _ path: FieldPath, _ errors: inout [FieldError]
    ) {
        let pairs = constraints.map { [$0.text("topologyKey"), $0.text("whenUnsatisfiable")] }
        for (at, constraint) in constraints.enumerated() {
            let here = path.index(at)
            let key = pairs[at][0]
            let action = pairs[at][1]
            if constraint.count("maxSkew") <= 0 {
                errors.invalid(here.child("maxSkew"), JSON(constraint.count("maxSkew")), Wording.notPositive)
            }
            if key.isEmpty { errors.required(here.child("topologyKey"), "can not be empty") }
            if action != "DoNotSchedule", action != "ScheduleAnyway" {
                errors.notSupported(
                    here.child("whenUnsatisfiable"), .string(action), ["DoNotSchedule", "ScheduleAnyway"])
            }
            if pairs[(at + 1)...].contains(pairs[at]) {
                errors.duplicate(here.child("{topologyKey, whenUnsatisfiable}"), .string("{\(key), \(action)}"))
            }
            if let domains = constraint.number("minDomains") {
                if domains <= 0 { errors.invalid(here.child("minDomains"), JSON(domains), Wording.notPositive) }
                if action != "DoNotSchedule" {
                    errors.invalid(
                        here.child("minDomains"), JSON(domains),
                        "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not \(action)")
                }
            }
            for policy in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
                errors.oneOf(constraint[policy], ["Honor", "Ignore"], here.child(policy))
            }
            spreadKeys(constraint, here.child("matchLabelKeys"), &errors)
            if !options.allowsInvalidSpreadSelector {
                LabelSelectors.validate(constraint["labelSelector"], here.child("labelSelector"), &errors)
            }
        }
    }

    private static func spreadKeys(_ constraint: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let keys = constraint.texts("matchLabelKeys")
        if keys.isEmpty { return }
        var selected = Set<String>()
        if let selector = constraint.given("labelSelector") {
            selected.formUnion(selector.entries("matchLabels").map(\.key))
            // What the server itself added for these keys stands as `In` with one value.
            selected.formUnion(selector.list("matchExpressions").map { $0.text("key") })
        } else {
            errors.forbidden(path, "must not be specified when labelSelector is not set")
        }
        for (at, key) in keys.enumerated() {
            errors.qualifiedName(key, path.index(at))
            if selected.contains(key) {
                errors.invalid(path.index(at), .string(key), "exists in both matchLabelKeys and labelSelector")
            }
        }
    }
}

/// The rules for selectors of nodes.
enum NodeSelectors {
    static func validate(
        _ selector: JSON, allowInvalidValues: Bool, _ path: FieldPath, _ errors: inout [FieldError]
    ) {
        let terms = selector.list("nodeSelectorTerms")
        let here = path.child("nodeSelectorTerms")
        if terms.isEmpty { return errors.required(here, "must have at least one node selector term") }
        for (at, term) in terms.enumerated() {
            self.term(term, allowInvalidValues: allowInvalidValues, here.index(at), &errors)
        }
    }

    static func term(_ term: JSON, allowInvalidValues: Bool, _ path: FieldPath, _ errors: inout [FieldError]) {
        for (at, requirement) in term.list("matchExpressions").enumerated() {
            expression(
                requirement, allowInvalidValues: allowInvalidValues, path.child("matchExpressions").index(at), &errors)
        }
        for (at, requirement) in term.list("matchFields").enumerated() {
            field(requirement, path.child("matchFields").index(at), &errors)
        }
    }

    private static func expression(
        _ requirement: JSON, allowInvalidValues: Bool, _ path: FieldPath, _ errors: inout [FieldError]
    ) {
        let values = requirement.texts("values")
        let here = path.child("values")
        switch requirement.text("operator") {
        case "In", "NotIn":
            if values.isEmpty { errors.required(here, "must be specified when `operator` is 'In' or 'NotIn'") }
        case "Exists", "DoesNotExist":
            if !values.isEmpty {
                errors.forbidden(here, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
            }
        case "Gt", "Lt":
            if values.count != 1 {
                errors.required(here, "must be specified single value when `operator` is 'Lt' or 'Gt'")
            }
        case let other: errors.invalid(path.child("operator"), .string(other), "not a valid selector operator")
        }
        errors.qualifiedName(requirement.text("key"), path.child("key"))
        if allowInvalidValues { return }
        for (at, value) in values.enumerated() {
            errors.invalid(here.index(at), .string(value), all: Names.labelValue(value))
        }
    }

    private static func field(_ requirement: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let values = requirement.texts("values")
        let comparison = requirement.text("operator")
        if comparison == "In" || comparison == "NotIn" {
            if values.count != 1 {
                errors.required(
                    path.child("values"), "must be only one value when `operator` is 'In' or 'NotIn' for node field selector")
            }
        } else {
            errors.invalid(path.child("operator"), .string(comparison), "not a valid selector operator")
        }
        let key = requirement.text("key")
        guard key == "metadata.name" else {
            return errors.invalid(path.child("key"), .string(key), "not a valid field selector key")
        }
        for (at, value) in values.enumerated() { errors.dnsSubdomain(value, path.child("values").index(at)) }
    }

    static func hasInvalidValue(_ selector: JSON?) -> Bool {
        (selector?.list("nodeSelectorTerms") ?? []).contains { term in
            term.list("matchExpressions").contains { $0.texts("values").contains { !Names.labelValue($0).isEmpty } }
        }
    }
}
