import JSONValue
import KubeModel
import PolicyModel

/// The rules for stateful sets.
enum StatefulSets {
    static let rules = KindRules(
        create: { subject, errors in
            ObjectMeta.validate(subject.new.metadata, namespaced: true, names: .label, &errors)
            spec(subject, &errors)
        }, update: update, status: status)

    private static func spec(_ subject: Subject, _ errors: inout [FieldError]) {
        let spec = subject.new.spec
        let management = spec.text("podManagementPolicy")
        switch management {
        case "OrderedReady", "Parallel": break
        case "": errors.required("spec.podManagementPolicy")
        default: errors.invalid("spec.podManagementPolicy", .string(management), "must be 'OrderedReady' or 'Parallel'")
        }
        strategy(spec["updateStrategy"] ?? .object([:]), "spec.updateStrategy", &errors)
        if let retention = spec.given("persistentVolumeClaimRetentionPolicy") {
            for key in ["whenDeleted", "whenScaled"] {
                let policy = retention.text(key)
                if policy == "Retain" || policy == "Delete" { continue }
                errors.notSupported(
                    FieldPath("spec.persistentVolumeClaimRetentionPolicy").child(key), .string(policy),
                    ["Retain", "Delete"])
            }
        }
        errors.nonNegative(spec.number("replicas"), "spec.replicas")
        errors.nonNegative(spec.number("minReadySeconds"), "spec.minReadySeconds")
        if let ordinals = spec.given("ordinals") {
            errors.nonNegative(ordinals.number("start"), "spec.ordinals.start")
        }
        template(subject, &errors)
    }

    private static func strategy(_ strategy: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let rolling = strategy.given("rollingUpdate")
        let here = path.child("rollingUpdate")
        switch strategy.text("type") {
        case "": errors.required(path)
        case "OnDelete":
            if let rolling {
                errors.invalid(
                    here, GoTypes.value(rolling, as: "RollingUpdateStatefulSetStrategy"),
                    "only allowed for updateStrategy 'RollingUpdate'")
            }
        case "RollingUpdate":
            guard let rolling else { return }
            errors.nonNegative(rolling.number("partition"), here.child("partition"))
            guard rolling.has("maxUnavailable") else { return }
            let unavailable = IntOrString(rolling["maxUnavailable"])
            IntOrPercent.validate(unavailable, here.child("maxUnavailable"), &errors)
            if unavailable.magnitude == 0 {
                errors.invalid(here.child("maxUnavailable"), unavailable.json, "cannot be 0")
            }
            IntOrPercent.atMostAll(unavailable, here.child("maxUnavailable"), &errors)
        default:
            errors.invalid(
                path, GoTypes.value(strategy, as: "StatefulSetUpdateStrategy"), "must be 'RollingUpdate' or 'OnDelete'")
        }
    }

    /// The specification of the pods is checked when they are made: their claims are not known before.
    private static func template(_ subject: Subject, _ errors: inout [FieldError]) {
        let spec = subject.new.spec
        let path: FieldPath = "spec.template"
        let selector = spec.given("selector")
        if let selector {
            LabelSelectors.validate(selector, "spec.selector", &errors)
            if LabelSelectors.isEmpty(selector) {
                errors.invalid(
                    "spec.selector", LabelSelectors.printed(selector), "empty selector is invalid for statefulset")
            }
        } else {
            errors.required("spec.selector")
        }
        let template = spec["template"] ?? .object([:])
        let meta = template["metadata"] ?? .object([:])
        if LabelSelectors.build(selector) == nil {
            errors.invalid("spec.selector", LabelSelectors.printed(selector), "")
        } else {
            PodTemplates.selected(template, by: selector, path, &errors)
            ObjectMeta.labels(meta["labels"], path.child("labels"), &errors)
            ObjectMeta.annotations(meta["annotations"], path.child("annotations"), &errors)
            PodAnnotations.validate(
                meta, template["spec"] ?? .object([:]), WorkloadSelectors.options(subject), path.child("annotations"),
                &errors)
        }
        PodTemplates.runsForever(template, owner: "StatefulSet", path, &errors)
    }

    private static func update(_ subject: Subject, _ errors: inout [FieldError]) {
        ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
        spec(subject, &errors)
        var masked = subject.new.spec
        let old = subject.previous.spec
        for key in [
            "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit",
            "persistentVolumeClaimRetentionPolicy", "minReadySeconds",
        ] { masked[key] = old[key] }
        if sameMeaning(masked, old) { return }
        errors.forbidden(
            "spec",
            "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
                + "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden")
    }

    private static func status(_ subject: Subject, _ errors: inout [FieldError]) {
        let status = subject.new.status
        let parts = ["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"]
        StatusCounts.nonNegative(status, ["replicas"] + parts + ["observedGeneration", "collisionCount"], &errors)
        StatusCounts.atMost("replicas", status, parts, rule: "cannot be greater than status.replicas", &errors)
        StatusCounts.atMost(
            "readyReplicas", status, ["availableReplicas"], rule: "cannot be greater than status.readyReplicas", &errors)
        ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
        StatusCounts.collisions(status, subject.previous.status, &errors)
    }
}
