import JSONValue
import KubeModel
import PolicyModel

/// The rules for daemon sets.
enum DaemonSets {
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
            StatusCounts.nonNegative(
                subject.new.status,
                [
                    "currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady",
                    "observedGeneration", "updatedNumberScheduled", "numberAvailable", "numberUnavailable", "collisionCount",
                ], &errors)
            StatusCounts.collisions(subject.new.status, subject.previous.status, &errors)
        })

    private static func spec(_ subject: Subject, _ errors: inout [FieldError]) {
        let spec = subject.new.spec
        let selector = spec.given("selector")
        let template = spec["template"] ?? .object([:])
        LabelSelectors.validate(selector, "spec.selector", &errors)
        let labels = template["metadata"]?["labels"]
        if let built = LabelSelectors.build(selector), !built.matches(labels?.stringMap ?? [:]) {
            errors.invalid(
                "spec.template.metadata.labels", labels?.sortedMembers ?? .null,
                "`selector` does not match template `labels`")
        }
        if let selector, LabelSelectors.isEmpty(selector) {
            errors.invalid(
                "spec.selector", LabelSelectors.printed(selector), "empty selector is invalid for daemonset")
        }
        PodTemplates.validate(template, WorkloadSelectors.options(subject), "spec.template", &errors)
        PodTemplates.runsForever(template, owner: "DaemonSet", "spec.template", &errors)
        errors.nonNegative(spec.number("minReadySeconds"), "spec.minReadySeconds")
        strategy(spec["updateStrategy"] ?? .object([:]), "spec.updateStrategy", &errors)
        errors.nonNegative(spec.number("revisionHistoryLimit"), "spec.revisionHistoryLimit")
    }

    private static func strategy(_ strategy: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        switch strategy.text("type") {
        case "OnDelete": break
        case "RollingUpdate":
            let here = path.child("rollingUpdate")
            guard let rolling = strategy.given("rollingUpdate") else { return errors.required(here) }
            let unavailable = IntOrString(rolling["maxUnavailable"])
            let surge = IntOrString(rolling["maxSurge"])
            let unavailablePath = here.child("maxUnavailable")
            let surgePath = here.child("maxSurge")
            IntOrPercent.validate(unavailable, unavailablePath, &errors)
            IntOrPercent.validate(surge, surgePath, &errors)
            IntOrPercent.atMostAll(unavailable, unavailablePath, &errors)
            IntOrPercent.atMostAll(surge, surgePath, &errors)
            switch (unavailable.magnitude != 0, surge.magnitude != 0) {
            case (true, true):
                errors.invalid(surgePath, surge.json, "may not be set when maxUnavailable is non-zero")
            case (false, false): errors.required(unavailablePath, "cannot be 0 when maxSurge is 0")
            case (true, false), (false, true): break
            }
        default:
            errors.notSupported(
                path, GoTypes.value(strategy, as: "DaemonSetUpdateStrategy"), ["RollingUpdate", "OnDelete"])
        }
    }
}

/// The rules for the history of daemon sets and stateful sets.
enum ControllerRevisions {
    static let rules = KindRules(
        create: body,
        update: { subject, errors in
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            body(subject, &errors)
            errors.immutable(subject.new["data"], subject.previous["data"], "data")
        })

    @Sendable
    private static func body(_ subject: Subject, _ errors: inout [FieldError]) {
        ObjectMeta.validate(subject.new.metadata, namespaced: true, names: .subdomain, &errors)
        if !subject.new.has("data") { errors.required("data", "data is mandatory") }
        errors.nonNegative(subject.new.number("revision"), "revision")
    }
}
