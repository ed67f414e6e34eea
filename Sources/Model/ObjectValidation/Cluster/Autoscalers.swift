import JSONValue
import KubeModel
import PolicyModel

/// The rules for autoscalers of pods, in the words of autoscaling/v2.
enum Autoscalers {
    static let rules = KindRules(
        create: { subject, errors in
            ObjectMeta.validate(subject.new.metadata, namespaced: true, names: .subdomain, &errors)
            spec(subject, &errors)
        },
        update: { subject, errors in
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            spec(subject, &errors)
        },
        status: { subject, errors in
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            StatusCounts.nonNegative(subject.new.status, ["currentReplicas", "desiredReplicas"], &errors)
        })

    private static func spec(_ subject: Subject, _ errors: inout [FieldError]) {
        let spec = subject.new.spec
        let least = spec.number("minReplicas")
        let most = spec.count("maxReplicas")
        let lowest: Int64 = subject.previous.spec.number("minReplicas") == 0 ? 0 : 1
        if let least, least < lowest {
            errors.invalid("spec.minReplicas", JSON(least), "must be greater than or equal to \(lowest)")
        }
        if most < 1 { errors.required("spec.maxReplicas", "must be set and greater than 0") }
        if let least, most < least {
            errors.invalid("spec.maxReplicas", JSON(most), "must be greater than or equal to `minReplicas`")
        }
        let target = spec["scaleTargetRef"] ?? .object([:])
        reference(target, "spec.scaleTargetRef", &errors)
        if subject.old?.spec["scaleTargetRef"]?.text("apiVersion") != target.text("apiVersion") {
            apiVersion(target, "spec.scaleTargetRef.apiVersion", &errors)
        }
        let metrics = spec.list("metrics")
        for (at, metric) in metrics.enumerated() { self.metric(metric, FieldPath("spec.metrics").index(at), &errors) }
        let scalesToZero = metrics.contains { ["Object", "External"].contains($0.text("type")) }
        if least == 0, !scalesToZero {
            errors.forbidden(
                "spec.metrics", "must specify at least one Object or External metric to support scaling to zero replicas")
        }
        for key in ["scaleUp", "scaleDown"] {
            if let rules = spec["behavior"]?.given(key) {
                scaling(rules, FieldPath("spec.behavior").child(key), &errors)
            }
        }
    }

    private static func reference(_ reference: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        for key in ["kind", "name"] {
            let value = reference.text(key)
            if value.isEmpty { errors.required(path.child(key)) } else { errors.pathSegment(value, path.child(key)) }
        }
    }

    private static func apiVersion(_ reference: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let version = reference.text("apiVersion")
        if version.filter({ $0 == "/" }).count > 1 {
            return errors.invalid(path, .string(version), "unexpected GroupVersion string: \(version)")
        }
        if version.contains("/"), !version.hasPrefix("/") { return }
        if reference.text("kind") == "ReplicationController" { return }
        errors.invalid(path, .string(version), "apiVersion must specify API group")
    }

    // MARK: Metrics

    private static let sources = [
        ("Object", "object"), ("External", "external"), ("Pods", "pods"), ("Resource", "resource"),
        ("ContainerResource", "containerResource"),
    ]

    private static func metric(_ metric: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let type = metric.text("type")
        let types = sources.map(\.0).sorted()
        if type.isEmpty { errors.required(path.child("type"), "must specify a metric source type") }
        if !types.contains(type) { errors.notSupported(path.child("type"), .string(type), types) }
        var present: [String] = []
        for (_, key) in sources {
            guard let source = metric.given(key) else { continue }
            present.append(key)
            if present.count == 1 { validate(source, key, path.child(key), &errors) }
        }
        let expected = sources.first { $0.0 == type }?.1
        if let expected {
            if !present.contains(expected) {
                errors.required(path.child(expected), "must populate information for the given metric source")
            }
        } else {
            errors.notSupported(path.child("type"), .string(type), types)
        }
        if present.count != 1 {
            for key in present.sorted() where key != expected {
                errors.forbidden(path.child(key), "must populate the given metric source only")
            }
        }
    }

    private static func validate(_ source: JSON, _ key: String, _ path: FieldPath, _ errors: inout [FieldError]) {
        let goal = source["target"] ?? .object([:])
        let here = path.child("target")
        let average = here.child("averageValue")
        let utilization = goal.has("averageUtilization")
        let hasValue = goal.has("value")
        let hasAverage = goal.has("averageValue")
        switch key {
        case "object":
            reference(source["describedObject"] ?? .object([:]), path.child("describedObject"), &errors)
            identifier(source["metric"] ?? .object([:]), path.child("metric"), &errors)
            target(goal, here, &errors)
            if !hasValue, !hasAverage { errors.required(average, "must set either a target value or averageValue") }
        case "external":
            identifier(source["metric"] ?? .object([:]), path.child("metric"), &errors)
            target(goal, here, &errors)
            if !hasValue, !hasAverage {
                errors.required(average, "must set either a target value for metric or a per-pod target")
            }
            if hasValue, hasAverage {
                errors.forbidden(
                    here.child("value"), "may not set both a target value for metric and a per-pod target")
            }
        case "pods":
            identifier(source["metric"] ?? .object([:]), path.child("metric"), &errors)
            target(goal, here, &errors)
            if (goal.quantity("averageValue")?.nano ?? 0) <= 0 {
                errors.required(average, "must specify a positive target averageValue")
            }
        default:
            if source.text("name").isEmpty { errors.required(path.child("name"), "must specify a resource name") }
            if key == "containerResource", source.text("container").isEmpty {
                errors.required(path.child("container"), "must specify a container")
            }
            target(goal, here, &errors)
            if !utilization, !hasAverage {
                errors.required(
                    here.child("averageUtilization"), "must set either a target raw value or a target utilization")
            }
            if utilization, hasAverage {
                errors.forbidden(average, "may not set both a target raw value and a target utilization")
            }
        }
    }

    private static func identifier(_ metric: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let name = metric.text("name")
        if name.isEmpty {
            errors.required(path.child("name"), "must specify a metric name")
        } else {
            errors.pathSegment(name, path.child("name"))
        }
    }

    private static func target(_ target: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let type = target.text("type")
        if type.isEmpty { errors.required(path.child("type"), "must specify a metric target type") }
        if !["Utilization", "Value", "AverageValue"].contains(type) {
            errors.invalid(
                path.child("type"), .string(type), "must be either Utilization, Value, or AverageValue")
        }
        for key in ["value", "averageValue"] {
            if let amount = target.quantity(key), amount.nano <= 0 {
                errors.invalid(path.child(key), .string(amount.description), "must be positive")
            }
        }
        if let percent = target.number("averageUtilization"), percent < 1 {
            errors.invalid(path.child("averageUtilization"), JSON(percent), "must be greater than 0")
        }
    }

    // MARK: Behaviour

    private static func scaling(_ rules: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let window = path.child("stabilizationWindowSeconds")
        if let seconds = rules.number("stabilizationWindowSeconds") {
            if seconds < 0 { errors.invalid(window, JSON(seconds), "must be greater than or equal to zero") }
            if seconds > 3600 { errors.invalid(window, JSON(seconds), "must be less than or equal to 3600") }
        }
        errors.oneOf(rules["selectPolicy"], ["Disabled", "Max", "Min"], path.child("selectPolicy"))
        let policies = rules.list("policies")
        if policies.isEmpty { errors.required(path.child("policies"), "must specify at least one Policy") }
        for (at, policy) in policies.enumerated() {
            let here = path.child("policies").index(at)
            errors.oneOf(.string(policy.text("type")), ["Percent", "Pods"], here.child("type"))
            if policy.count("value") <= 0 {
                errors.invalid(here.child("value"), JSON(policy.count("value")), Wording.notPositive)
            }
            let period = policy.count("periodSeconds")
            if period <= 0 { errors.invalid(here.child("periodSeconds"), JSON(period), Wording.notPositive) }
            if period > 1800 {
                errors.invalid(here.child("periodSeconds"), JSON(period), "must be less than or equal to 1800")
            }
        }
        if let tolerance = rules.quantity("tolerance") { errors.nonNegative(tolerance, path.child("tolerance")) }
    }
}
