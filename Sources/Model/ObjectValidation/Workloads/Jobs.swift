import JSONValue
import KubeModel
import PolicyModel

/// The rules for jobs.
enum Jobs {
    static let rules = KindRules(create: create, update: update, status: JobStatuses.status)

    private static let uidLabels = ["controller-uid", "batch.kubernetes.io/controller-uid"]
    private static let nameLabels = ["job-name", "batch.kubernetes.io/job-name"]

    private static func create(_ subject: Subject, _ errors: inout [FieldError]) {
        let job = subject.new
        ObjectMeta.validate(job.metadata, namespaced: true, names: .subdomain, &errors)
        generatedSelector(subject, &errors)
        whole(job.spec, WorkloadSelectors.options(subject), &errors)
        if !subject.isUpdate, job.spec.text("completionMode") == "Indexed", job.spec.count("completions") > 0 {
            let host = "\(job.name)-\(job.spec.count("completions") - 1)"
            if !Names.dnsLabel(host).isEmpty, NameRule.subdomain.faults(job.name).isEmpty {
                errors.invalid(
                    "metadata.name", .string(job.name), "will not able to create pod with invalid DNS label: \(host)")
            }
        }
    }

    private static func generatedSelector(_ subject: Subject, _ errors: inout [FieldError]) {
        let job = subject.new
        if job.spec.flag("manualSelector") { return }
        guard let selector = job.spec.given("selector") else { return }
        let uid = job.metadata.text("uid")
        if uid.isEmpty { errors.required("metadata.uid") }
        let labels = job.spec["template"]?["metadata"]?["labels"]
        // Jobs that are older than the prefixed labels stay without them.
        let hasPrefixed =
            subject.old.map { $0.spec["template"]?["metadata"]?["labels"]?[uidLabels[1]] != nil } ?? true
        var expected: [String: String] = [:]
        for at in hasPrefixed ? [0, 1] : [0] {
            expected[uidLabels[at]] = uid
            expected[nameLabels[at]] = job.name
        }
        let order = hasPrefixed ? [uidLabels[0], nameLabels[0], uidLabels[1], nameLabels[1]] : [uidLabels[0], nameLabels[0]]
        for key in order {
            let path = FieldPath("spec.template.metadata.labels").key(key)
            let rule = "must be '\(expected[key] ?? "")'"
            guard let value = labels?[key]?.string else {
                errors.required(path, rule)
                continue
            }
            if value != expected[key] { errors.invalid(path, labels?.sortedMembers ?? .null, rule) }
        }
        if let built = LabelSelectors.build(selector), !built.matches(expected) {
            errors.invalid("spec.selector", LabelSelectors.printed(selector), "`selector` not auto-generated")
        }
    }

    /// The specification with its selector.
    private static func whole(_ spec: JSON, _ options: PodOptions, _ errors: inout [FieldError]) {
        self.spec(spec, options, "spec", &errors)
        let selector = spec.given("selector")
        if selector == nil { errors.required("spec.selector") }
        LabelSelectors.validate(selector, "spec.selector", &errors)
        let labels = spec["template"]?["metadata"]?["labels"]
        if let built = LabelSelectors.build(selector), !built.matches(labels?.stringMap ?? [:]) {
            errors.invalid(
                "spec.template.metadata.labels", labels?.sortedMembers ?? .null,
                "`selector` does not match template `labels`")
        }
    }

    private static func update(_ subject: Subject, _ errors: inout [FieldError]) {
        create(subject, &errors)
        let new = subject.new.spec
        let old = subject.previous.spec
        ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
        whole(new, WorkloadSelectors.options(subject), &errors)
        completions(new, old, &errors)
        WorkloadSelectors.immutable(subject, &errors)
        template(subject, &errors)
        errors.immutable(new["completionMode"], old["completionMode"], "spec.completionMode")
        if !sameMeaning(new["podFailurePolicy"], old["podFailurePolicy"]) {
            errors.invalid(
                "spec.podFailurePolicy", GoTypes.pointer(new["podFailurePolicy"], as: "PodFailurePolicy"),
                Wording.immutable)
        }
        errors.immutable(new["backoffLimitPerIndex"], old["backoffLimitPerIndex"], "spec.backoffLimitPerIndex")
        errors.immutable(new["managedBy"], old["managedBy"], "spec.managedBy")
        if !sameMeaning(new["successPolicy"], old["successPolicy"]) {
            errors.invalid(
                "spec.successPolicy", GoTypes.pointer(new["successPolicy"], as: "SuccessPolicy"), Wording.immutable)
        }
    }

    private static func completions(_ new: JSON, _ old: JSON, _ errors: inout [FieldError]) {
        let path: FieldPath = "spec.completions"
        guard new.text("completionMode") == "Indexed" else {
            return errors.immutable(new["completions"], old["completions"], path)
        }
        guard let count = new.number("completions"), count != old.number("completions") else { return }
        if count != new.number("parallelism") {
            errors.invalid(path, JSON(count), "can only be modified in tandem with spec.parallelism")
        }
    }

    /// While a job is suspended and has not begun, where its pods run may change, and what they request.
    private static func template(_ subject: Subject, _ errors: inout [FieldError]) {
        let new = subject.new.spec["template"]
        guard var old = subject.previous.spec["template"] else { return }
        if subject.previous.spec.flag("suspend"), !subject.previous.status.has("startTime") {
            for key in ["nodeSelector", "tolerations", "schedulingGates"] {
                old[path: "spec", key] = new?["spec"]?[key]
            }
            if old["spec"]?.has("affinity") == true || new?["spec"]?["affinity"]?.has("nodeAffinity") == true {
                old[path: "spec", "affinity", "nodeAffinity"] = new?["spec"]?["affinity"]?["nodeAffinity"]
            }
            for key in ["labels", "annotations"] { old[path: "metadata", key] = new?["metadata"]?[key] }
            for key in ["containers", "initContainers"] { keepResources(&old, of: new, key) }
        }
        if GoTypes.same(new, old, as: "PodTemplateSpec") { return }
        errors.invalid("spec.template", GoTypes.value(new, as: "PodTemplateSpec"), Wording.immutable)
    }

    private static func keepResources(_ template: inout JSON, of new: JSON?, _ key: String) {
        let now = new?["spec"]?.list(key) ?? []
        guard let before = template["spec"]?[key]?.array, before.count == now.count else { return }
        template[path: "spec", key] = .array(
            zip(before, now).map { container, changed in
                var container = container
                container["resources"] = changed["resources"]
                return container
            })
    }

    // MARK: Specification

    /// The specification of a job, or of one that a cron job will make.
    static func spec(_ spec: JSON, _ options: PodOptions, _ path: FieldPath, _ errors: inout [FieldError]) {
        for key in [
            "parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished",
            "backoffLimitPerIndex", "maxFailedIndexes",
        ] { errors.nonNegative(spec.number(key), path.child(key)) }
        if spec.has("maxFailedIndexes"), !spec.has("backoffLimitPerIndex") {
            errors.required(path.child("backoffLimitPerIndex"), "when maxFailedIndexes is specified")
        }
        if let manager = spec["managedBy"]?.string {
            DomainPaths.validate(manager, path.child("managedBy"), &errors)
            if manager.utf8.count > 63 { errors.tooLong(path.child("managedBy"), 63) }
        }
        completionMode(spec, path, &errors)
        if let policy = spec.given("podFailurePolicy") {
            PodFailurePolicies.validate(policy, spec, path.child("podFailurePolicy"), &errors)
        }
        if let policy = spec.given("successPolicy") {
            if spec.text("completionMode") == "Indexed" {
                SuccessPolicies.validate(policy, spec, path.child("successPolicy"), &errors)
            } else {
                errors.invalid(
                    path.child("successPolicy"), GoTypes.value(policy, as: "SuccessPolicy"),
                    "requires indexed completion mode")
            }
        }
        if let replacement = spec["podReplacementPolicy"]?.string {
            let allowed = spec.has("podFailurePolicy") ? ["Failed"] : ["Failed", "TerminatingOrFailed"]
            if !allowed.contains(replacement) {
                errors.notSupported(path.child("podReplacementPolicy"), .string(replacement), allowed)
            }
        }
        let template = spec["template"] ?? .object([:])
        PodTemplates.validate(template, options, path.child("template"), &errors)
        let restart = template["spec"]?.text("restartPolicy") ?? ""
        let here = path.child("template", "spec", "restartPolicy")
        switch restart {
        // What a user leaves out has become Always by now.
        case "", "Always": errors.required(here, "valid values: \"OnFailure\", \"Never\"")
        case "OnFailure", "Never":
            if spec.has("podFailurePolicy"), restart != "Never" {
                errors.invalid(here, .string(restart), "only \"Never\" is supported when podFailurePolicy is specified")
            }
        default: errors.notSupported(here, .string(restart), ["OnFailure", "Never"])
        }
    }

    private static func completionMode(_ spec: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let mode = spec.text("completionMode")
        let most: Int64 = 100_000
        let failed = spec.number("maxFailedIndexes")
        let failedPath = path.child("maxFailedIndexes")
        if spec.has("completionMode"), mode != "NonIndexed", mode != "Indexed" {
            errors.notSupported(path.child("completionMode"), .string(mode), ["NonIndexed", "Indexed"])
        }
        guard mode == "Indexed" else {
            if mode != "NonIndexed", !mode.isEmpty { return }
            for key in ["backoffLimitPerIndex", "maxFailedIndexes"] {
                if let value = spec.number(key) {
                    errors.invalid(path.child(key), JSON(value), "requires indexed completion mode")
                }
            }
            return
        }
        let parallelism = spec.count("parallelism")
        guard let completions = spec.number("completions") else {
            return errors.required(path.child("completions"), "when completion mode is Indexed")
        }
        if parallelism > most {
            errors.invalid(
                path.child("parallelism"), JSON(parallelism),
                "must be less than or equal to \(most) when completion mode is Indexed")
        }
        if let failed, failed > completions {
            errors.invalid(failedPath, JSON(failed), "must be less than or equal to completions")
        }
        if let failed, failed > most { errors.invalid(failedPath, JSON(failed), "must be less than or equal to \(most)") }
        guard completions > most, spec.has("backoffLimitPerIndex") else { return }
        let rule =
            "must be less than or equal to 10000 when completions are above \(most) and used with backoff limit per index"
        if failed == nil { errors.required(failedPath, "must be specified when completions is above \(most)") }
        if parallelism > 10_000 { errors.invalid(path.child("parallelism"), JSON(parallelism), rule) }
        if let failed, failed > 10_000 { errors.invalid(failedPath, JSON(failed), rule) }
    }
}

/// The syntax `acme.io/foo`.
enum DomainPaths {
    static func validate(_ text: String, _ path: FieldPath, _ errors: inout [FieldError]) {
        if text.isEmpty { return errors.required(path) }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        if parts.count != 2 || parts[0].isEmpty || parts[1].isEmpty {
            return errors.invalid(path, .string(text), "must be a domain-prefixed path (such as \"acme.io/foo\")")
        }
        errors.invalid(path, .string(parts[0]), all: Names.dnsSubdomain(parts[0]))
        if !isPath(parts[1]) {
            errors.invalid(
                path, .string(parts[1]), Names.pattern("Invalid path", "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+"))
        }
    }

    private static func isPath(_ text: String) -> Bool {
        text.utf8.allSatisfy { Names.isAlphanumeric($0) || "/-._~%!$&'()*+,;=:".utf8.contains($0) }
    }
}
