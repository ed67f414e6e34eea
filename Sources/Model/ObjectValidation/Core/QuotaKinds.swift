import JSONValue
import KubeModel
import PolicyModel

/// The rules for resource quotas.
enum ResourceQuotas {
    static let rules = KindRules(
        create: { subject, errors in
            ObjectMeta.validate(subject.new.metadata, namespaced: true, names: .subdomain, &errors)
            spec(subject.new.spec, &errors)
            status(subject.new.status, &errors)
        },
        update: { subject, errors in
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            spec(subject.new.spec, &errors)
            let scopes = subject.new.spec.texts("scopes")
            if Set(scopes) != Set(subject.previous.spec.texts("scopes")) {
                errors.invalid("spec.scopes", subject.new.spec["scopes"] ?? .null, Wording.immutable)
            }
        },
        status: { subject, errors in
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            status(subject.new.status, &errors)
        })

    private static let scopes: Set<String> = [
        "Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity",
        "VolumeAttributesClass",
    ]
    private static let podResources: Set<String> = [
        "pods", "cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory",
    ]

    private static func spec(_ spec: JSON, _ errors: inout [FieldError]) {
        ResourceNames.validateQuotaList(spec.quantities("hard"), "spec.hard", &errors)
        let hard = spec.quantities("hard").map(\.name)
        let list = spec.texts("scopes")
        for scope in list {
            if !scopes.contains(scope) { errors.invalid("spec.scopes", JSON(list), "unsupported scope") }
            for name in hard where !applies(scope, to: name) {
                errors.invalid("spec.scopes", JSON(list), "unsupported scope applied to resource")
            }
        }
        conflicts(list, JSON(list), "spec.scopes", &errors)
        if let selector = spec.given("scopeSelector") {
            expressions(selector, spec, hard, "spec.scopeSelector.matchExpressions", &errors)
        }
    }

    private static func applies(_ scope: String, to name: String) -> Bool {
        if !ResourceNames.isQuota(name) { return true }
        switch scope {
        case "BestEffort": return name == "pods"
        case "Terminating", "NotTerminating", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity":
            return podResources.contains(name) || name.hasSuffix("ephemeral-storage")
        case "VolumeAttributesClass": return name == "persistentvolumeclaims" || name == "requests.storage"
        default: return true
        }
    }

    private static func conflicts(_ scopes: [String], _ value: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let pairs = [["BestEffort", "NotBestEffort"], ["Terminating", "NotTerminating"]]
        for pair in pairs where pair.allSatisfy(scopes.contains) { errors.invalid(path, value, "conflicting scopes") }
    }

    private static func expressions(
        _ selector: JSON, _ spec: JSON, _ hard: [String], _ path: FieldPath, _ errors: inout [FieldError]
    ) {
        let expressions = selector.list("matchExpressions")
        for expression in expressions {
            let scope = expression.text("scopeName")
            let comparison = expression.text("operator")
            let values = expression.texts("values")
            if !scopes.contains(scope) { errors.invalid(path.child("scopeName"), .string(scope), "unsupported scope") }
            for name in hard where !applies(scope, to: name) {
                errors.invalid(
                    path, GoTypes.value(selector, as: "ScopeSelector"), "unsupported scope applied to resource")
            }
            if scope != "PriorityClass", scope != "VolumeAttributesClass", scopes.contains(scope), comparison != "Exists" {
                errors.invalid(
                    path.child("operator"), .string(comparison),
                    "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, "
                        + "ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or "
                        + "ResourceQuotaScopeCrossNamespacePodAffinity")
            }
            switch comparison {
            case "In", "NotIn":
                if values.isEmpty {
                    errors.required(
                        path.child("values"),
                        "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector")
                }
            case "Exists", "DoesNotExist":
                if !values.isEmpty {
                    errors.invalid(
                        path.child("values"), JSON(values),
                        "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector")
                }
            default: errors.invalid(path.child("operator"), .string(comparison), "not a valid selector operator")
            }
        }
        conflicts(expressions.map { $0.text("scopeName") }, spec["scopes"] ?? .null, path, &errors)
    }

    private static func status(_ status: JSON, _ errors: inout [FieldError]) {
        ResourceNames.validateQuotaList(status.quantities("hard"), "status.hard", &errors)
        ResourceNames.validateQuotaList(status.quantities("used"), "status.used", &errors)
    }
}

/// The rules for limit ranges.
enum LimitRanges {
    static let rules = KindRules(create: body, update: body)

    @Sendable
    private static func body(_ subject: Subject, _ errors: inout [FieldError]) {
        ObjectMeta.validate(subject.new.metadata, namespaced: true, names: .subdomain, &errors)
        var types = Set<String>()
        for (at, limit) in subject.new.spec.list("limits").enumerated() {
            let path = FieldPath("spec.limits").index(at)
            let type = limit.text("type")
            typeName(type, path.child("type"), &errors)
            if !types.insert(type).inserted { errors.duplicate(path.child("type"), .string(type)) }
            lists(limit, type, path, &errors)
            Bounds(limit).validate(path, &errors)
        }
    }

    private static func typeName(_ type: String, _ path: FieldPath, _ errors: inout [FieldError]) {
        let faults = Names.qualifiedName(type)
        errors.invalid(path, .string(type), all: faults)
        if faults.isEmpty, !type.contains("/"), !["Pod", "Container", "PersistentVolumeClaim"].contains(type) {
            errors.invalid(path, .string(type), "must be a standard limit type or fully qualified")
        }
    }

    private static func lists(_ limit: JSON, _ type: String, _ path: FieldPath, _ errors: inout [FieldError]) {
        func names(_ key: String, _ errors: inout [FieldError]) {
            for (name, _) in limit.quantities(key) {
                let here = path.child(key).key(name)
                if type == "Pod" || type == "Container" {
                    ResourceNames.validateForContainer(name, here, &errors)
                } else {
                    ResourceNames.validate(name, here, &errors)
                }
            }
        }
        names("max", &errors)
        names("min", &errors)
        for key in ["default", "defaultRequest"] {
            if type != "Pod" {
                names(key, &errors)
            } else if !limit.quantities(key).isEmpty {
                errors.forbidden(path.child(key), "may not be specified when `type` is 'Pod'")
            }
        }
        if type == "PersistentVolumeClaim", limit["min"]?["storage"] == nil, limit["max"]?["storage"] == nil {
            errors.required(
                path.child("limits"), "either minimum or maximum storage value is required, but neither was provided")
        }
        names("maxLimitRequestRatio", &errors)
    }

    /// The amounts of one limit, by resource.
    private struct Bounds {
        private var amounts: [String: [String: Quantity]] = [:]

        init(_ limit: JSON) {
            let isPod = limit.text("type") == "Pod"
            for key in ["min", "max", "default", "defaultRequest", "maxLimitRequestRatio"] {
                if isPod, key.hasPrefix("default") { continue }
                for (name, amount) in limit.quantities(key) { amounts[name, default: [:]][key] = amount }
            }
        }

        func validate(_ path: FieldPath, _ errors: inout [FieldError]) {
            for (name, given) in amounts.sorted(by: { $0.key < $1.key }) { validate(name, given, path, &errors) }
        }

        private func validate(
            _ name: String, _ given: [String: Quantity], _ path: FieldPath, _ errors: inout [FieldError]
        ) {
            /// `low` must not exceed `high`; the fault names one of both.
            func order(
                _ low: (String, String), _ high: (String, String), at key: String, value: String,
                _ errors: inout [FieldError]
            ) {
                guard let small = given[low.0], let large = given[high.0], small > large else { return }
                errors.invalid(
                    path.child(key).key(name), .string((given[value] ?? small).description),
                    "\(low.1) value \(small) is greater than \(high.1) value \(large)")
            }
            order(("min", "min"), ("max", "max"), at: "min", value: "min", &errors)
            order(
                ("min", "min"), ("defaultRequest", "default request"), at: "defaultRequest", value: "defaultRequest",
                &errors)
            order(
                ("defaultRequest", "default request"), ("max", "max"), at: "defaultRequest", value: "defaultRequest",
                &errors)
            order(
                ("defaultRequest", "default request"), ("default", "default limit"), at: "defaultRequest",
                value: "defaultRequest", &errors)
            order(("min", "min"), ("default", "default"), at: "default", value: "min", &errors)
            order(("default", "default"), ("max", "max"), at: "default", value: "max", &errors)
            ratio(name, given, path.child("maxLimitRequestRatio").key(name), &errors)
            if !ResourceNames.allowsOvercommit(name), let most = given["default"], let least = given["defaultRequest"],
                most != least
            {
                errors.invalid(
                    path.child("defaultRequest").key(name), .string(least.description),
                    "default value \(most) must equal to defaultRequest value \(least) in \(name)")
            }
        }

        private func ratio(
            _ name: String, _ given: [String: Quantity], _ path: FieldPath, _ errors: inout [FieldError]
        ) {
            guard let ratio = given["maxLimitRequestRatio"] else { return }
            if ratio < Quantity(1) {
                errors.invalid(path, .string(ratio.description), "ratio \(ratio) is less than 1")
            }
            guard let low = given["min"], let high = given["max"] else { return }
            let limit = Double(high.milliValue) / Double(low.milliValue)
            if Double(ratio.milliValue) / 1000 > limit {
                errors.invalid(
                    path, .string(ratio.description), "ratio \(ratio) is greater than max/min = \(Self.sixDigits(limit))")
            }
        }

        /// A number with six digits after the point, as `%f` prints it.
        private static func sixDigits(_ value: Double) -> String {
            guard value.isFinite, abs(value) < 1e12 else { return value.isNaN ? "NaN" : "+Inf" }
            let scaled = Int64((value * 1_000_000).rounded(.toNearestOrEven))
            let fraction = String(abs(scaled % 1_000_000))
            return "\(scaled / 1_000_000).\(String(repeating: "0", count: 6 - fraction.count))\(fraction)"
        }
    }
}
