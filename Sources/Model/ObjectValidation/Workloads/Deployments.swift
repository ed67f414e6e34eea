import JSONValue
import KubeModel
import PolicyModel

/// The rules for deployments.
enum Deployments {
    static let rules = KindRules(
        create: { subject, errors in
            ObjectMeta.validate(subject.new.metadata, namespaced: true, names: .subdomain, &errors)
            spec(subject, &errors)
        },
        update: { subject, errors in
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            spec(subject, &errors)
            WorkloadSelectors.immutable(subject, &errors)
        },
        status: { subject, errors in
            let status = subject.new.status
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            StatusCounts.nonNegative(
                status,
                [
                    "observedGeneration", "replicas", "updatedReplicas", "readyReplicas", "availableReplicas",
                    "unavailableReplicas", "terminatingReplicas", "collisionCount",
                ], &errors)
            StatusCounts.atMost(
                "replicas", status, ["updatedReplicas", "readyReplicas", "availableReplicas"],
                rule: "cannot be greater than status.replicas", &errors)
            StatusCounts.atMost(
                "readyReplicas", status, ["availableReplicas"], rule: "cannot be greater than readyReplicas", &errors)
            StatusCounts.collisions(status, subject.previous.status, &errors)
        })

    private static func spec(_ subject: Subject, _ errors: inout [FieldError]) {
        let spec = subject.new.spec
        errors.nonNegative(spec.number("replicas"), "spec.replicas")
        WorkloadSelectors.replicated(subject, &errors)
        strategy(spec["strategy"] ?? .object([:]), "spec.strategy", &errors)
        errors.nonNegative(spec.number("minReadySeconds"), "spec.minReadySeconds")
        errors.nonNegative(spec.number("revisionHistoryLimit"), "spec.revisionHistoryLimit")
        if let deadline = spec.number("progressDeadlineSeconds") {
            errors.nonNegative(deadline, "spec.progressDeadlineSeconds")
            if deadline <= spec.count("minReadySeconds") {
                errors.invalid("spec.progressDeadlineSeconds", JSON(deadline), "must be greater than minReadySeconds")
            }
        }
    }

    private static func strategy(_ strategy: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let here = path.child("rollingUpdate")
        switch strategy.text("type") {
        case "Recreate":
            if strategy.has("rollingUpdate") {
                errors.forbidden(here, "may not be specified when strategy `type` is 'Recreate'")
            }
        case "RollingUpdate":
            guard let rolling = strategy.given("rollingUpdate") else {
                return errors.required(here, "this should be defaulted and never be nil")
            }
            let unavailable = IntOrString(rolling["maxUnavailable"])
            let surge = IntOrString(rolling["maxSurge"])
            IntOrPercent.validate(unavailable, here.child("maxUnavailable"), &errors)
            IntOrPercent.validate(surge, here.child("maxSurge"), &errors)
            if unavailable.magnitude == 0, surge.magnitude == 0 {
                errors.invalid(here.child("maxUnavailable"), unavailable.json, "may not be 0 when `maxSurge` is 0")
            }
            IntOrPercent.atMostAll(unavailable, here.child("maxUnavailable"), &errors)
        default:
            errors.notSupported(
                path, GoTypes.value(strategy, as: "DeploymentStrategy"), ["Recreate", "RollingUpdate"])
        }
    }
}

/// The rules for replica sets.
enum ReplicaSets {
    static let rules = KindRules(
        create: { subject, errors in
            ObjectMeta.validate(subject.new.metadata, namespaced: true, names: .subdomain, &errors)
            spec(subject, &errors)
        },
        update: { subject, errors in
            ObjectMeta.validate(subject.new.metadata, namespaced: true, names: .subdomain, &errors)
            spec(subject, &errors)
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            spec(subject, &errors)
            WorkloadSelectors.immutable(subject, &errors)
        },
        status: { subject, errors in
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            replicas(subject.new.status, &errors)
        })

    private static func spec(_ subject: Subject, _ errors: inout [FieldError]) {
        errors.nonNegative(subject.new.spec.number("replicas"), "spec.replicas")
        errors.nonNegative(subject.new.spec.number("minReadySeconds"), "spec.minReadySeconds")
        WorkloadSelectors.replicated(subject, &errors)
    }

    /// The status that replica sets share with replication controllers.
    static func replicas(_ status: JSON, _ errors: inout [FieldError]) {
        let parts = ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"]
        StatusCounts.nonNegative(
            status, ["replicas"] + parts + ["terminatingReplicas", "observedGeneration"], &errors)
        StatusCounts.atMost("replicas", status, parts, rule: "cannot be greater than status.replicas", &errors)
        StatusCounts.atMost(
            "readyReplicas", status, ["availableReplicas"], rule: "cannot be greater than readyReplicas", &errors)
    }
}

/// The rules for what ties a workload to its pods.
enum WorkloadSelectors {
    /// A selector that selects, and a template that it selects.
    static func replicated(_ subject: Subject, _ errors: inout [FieldError]) {
        let spec = subject.new.spec
        let selector = spec.given("selector")
        let path: FieldPath = "spec.selector"
        if let selector {
            LabelSelectors.validate(selector, path, &errors)
            if LabelSelectors.isEmpty(selector) {
                errors.invalid(path, LabelSelectors.printed(selector), "empty selector is invalid for deployment")
            }
        } else {
            errors.required(path)
        }
        if LabelSelectors.build(selector) == nil {
            return errors.invalid(path, LabelSelectors.printed(selector), "invalid label selector")
        }
        let template = spec["template"] ?? .object([:])
        PodTemplates.selected(template, by: selector, "spec.template", &errors)
        PodTemplates.validate(template, options(subject), "spec.template", &errors)
        PodTemplates.runsForever(template, owner: "ReplicaSet", "spec.template", &errors)
    }

    static func options(_ subject: Subject) -> PodOptions {
        PodOptions(isPod: false, context: subject.context, template: subject.old?.spec["template"])
    }

    static func immutable(_ subject: Subject, _ errors: inout [FieldError]) {
        let new = subject.new.spec["selector"]
        if sameMeaning(new, subject.previous.spec["selector"]) { return }
        errors.invalid("spec.selector", LabelSelectors.printed(new), Wording.immutable)
    }
}

/// The rules for replication controllers.
enum ReplicationControllers {
    static let rules = KindRules(
        create: { subject, errors in
            ObjectMeta.validate(subject.new.metadata, namespaced: true, names: .subdomain, &errors)
            spec(subject, &errors)
        },
        update: { subject, errors in
            ObjectMeta.validate(subject.new.metadata, namespaced: true, names: .subdomain, &errors)
            spec(subject, &errors)
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            spec(subject, &errors)
        },
        status: { subject, errors in
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            ReplicaSets.replicas(subject.new.status, &errors)
        })

    private static func spec(_ subject: Subject, _ errors: inout [FieldError]) {
        let spec = subject.new.spec
        errors.nonNegative(spec.number("minReadySeconds"), "spec.minReadySeconds")
        let selector = spec["selector"]?.object ?? JSONObject()
        if selector.isEmpty { errors.required("spec.selector") }
        errors.nonNegative(spec.number("replicas"), "spec.replicas")
        guard let template = spec.given("template") else { return errors.required("spec.template") }
        let labels = template["metadata"]?["labels"]
        if selector.contains(where: { labels?[$0.key]?.string != $0.value.string }) {
            errors.invalid(
                "spec.template.metadata.labels", labels?.sortedMembers ?? .null,
                "`selector` does not match template `labels`")
        }
        PodTemplates.validate(template, WorkloadSelectors.options(subject), "spec.template", &errors)
        PodTemplates.runsForever(template, owner: "ReplicationController", "spec.template", &errors)
    }
}
