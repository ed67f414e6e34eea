import JSONValue
import KubeModel
import PolicyModel

/// The rules for classes of priority and of runtimes.
enum SchedulingKinds {
    private static let systemClasses: [String: Int64] = [
        "system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000,
    ]

    static let priorityClasses = KindRules(
        create: { subject, errors in
            let new = subject.new
            ObjectMeta.validate(new.metadata, namespaced: false, names: .subdomain, &errors)
            if new.name.hasPrefix("system-") {
                if let fault = systemFault(new) {
                    errors.forbidden(
                        "metadata.name",
                        "priority class names with 'system-' prefix are reserved for system use only. error: \(fault)")
                }
            } else if new.count("value") > 1_000_000_000 {
                errors.forbidden("value", "maximum allowed value of a user defined priority is 1000000000")
            }
            if let policy = new["preemptionPolicy"]?.string {
                PodSpecs.preemptionPolicy(policy, "preemptionPolicy", &errors)
            }
        },
        update: { subject, errors in
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            if subject.new.count("value") != subject.previous.count("value") {
                errors.forbidden("value", "may not be changed in an update.")
            }
            errors.immutable(subject.new["preemptionPolicy"], subject.previous["preemptionPolicy"], "preemptionPolicy")
        })

    private static func systemFault(_ new: JSON) -> String? {
        guard let value = systemClasses[new.name] else { return "\(new.name) is not a known system priority class" }
        if new.count("value") != value { return "value of \(new.name) PriorityClass must be \(value)" }
        if new.flag("globalDefault") { return "globalDefault of \(new.name) PriorityClass must be false" }
        return nil
    }

    static let runtimeClasses = KindRules(
        create: runtimeClass,
        update: { subject, errors in
            runtimeClass(subject, &errors)
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            errors.immutableText(subject.new["handler"], subject.previous["handler"], "handler")
        })

    @Sendable
    private static func runtimeClass(_ subject: Subject, _ errors: inout [FieldError]) {
        let new = subject.new
        ObjectMeta.validate(new.metadata, namespaced: false, names: .subdomain, &errors)
        let handler = new.text("handler")
        if handler.isEmpty { errors.required("handler") } else { errors.dnsLabel(handler, "handler") }
        if let overhead = new["overhead"]?.given("podFixed") {
            ResourceRequirements.validate(
                ["limits": overhead], claims: [], PodOptions(isPod: false, context: subject.context), "overhead", &errors)
        }
        guard let scheduling = new.given("scheduling") else { return }
        ObjectMeta.labels(scheduling["nodeSelector"], "scheduling.nodeSelector", &errors)
        let tolerations = scheduling.list("tolerations")
        PodScheduling.tolerations(tolerations, "scheduling.tolerations", &errors)
        for at in tolerations.indices where tolerations[..<at].contains(tolerations[at]) {
            errors.duplicate(
                FieldPath("scheduling.tolerations").index(at), GoTypes.value(tolerations[at], as: "Toleration"))
        }
    }
}

/// The rules for leases.
enum Leases {
    static let rules = KindRules.plain(.subdomain) { subject, errors in
        let spec = subject.new.spec
        if let duration = spec.number("leaseDurationSeconds"), duration <= 0 {
            errors.invalid("spec.leaseDurationSeconds", JSON(duration), "must be greater than 0")
        }
        if let transitions = spec.number("leaseTransitions"), transitions < 0 {
            errors.invalid("spec.leaseTransitions", JSON(transitions), Wording.negative)
        }
        if let strategy = spec["strategy"]?.string {
            let parts = strategy.split(separator: "/", omittingEmptySubsequences: false)
            let path: FieldPath = "spec.strategy"
            if parts.count == 1 {
                errors.oneOf(.string(strategy), ["OldestEmulationVersion"], path)
            } else {
                errors.qualifiedName(strategy, path)
            }
        }
        if let holder = spec["preferredHolder"]?.string, !holder.isEmpty, spec.text("strategy").isEmpty {
            errors.invalid("spec.preferredHolder", .string(holder), "may only be specified if `strategy` is defined")
        }
    }
}

/// The rules for budgets of disruption.
enum PodDisruptionBudgets {
    static let rules = KindRules(
        create: spec,
        update: spec,
        status: { subject, errors in
            let status = subject.new.status
            ObjectMeta.conditions(status.list("conditions"), "status.conditions", &errors)
            StatusCounts.nonNegative(
                status, ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"], &errors)
        })

    @Sendable
    private static func spec(_ subject: Subject, _ errors: inout [FieldError]) {
        let spec = subject.new.spec
        if spec.has("minAvailable"), spec.has("maxUnavailable") {
            errors.invalid(
                "spec", GoTypes.value(spec, as: "PodDisruptionBudgetSpec"),
                "minAvailable and maxUnavailable cannot be both set")
        }
        for key in ["minAvailable", "maxUnavailable"] where spec.has(key) {
            let value = IntOrString(spec[key])
            IntOrPercent.validate(value, FieldPath("spec").child(key), &errors)
            IntOrPercent.atMostAll(value, FieldPath("spec").child(key), &errors)
        }
        LabelSelectors.validate(
            spec["selector"], allowInvalidValues: LabelSelectors.isFaulty(subject.previous.spec["selector"]),
            "spec.selector", &errors)
        errors.oneOf(
            spec["unhealthyPodEvictionPolicy"], ["AlwaysAllow", "IfHealthyBudget"], "spec.unhealthyPodEvictionPolicy")
    }
}
