import JSONValue
import KubeModel
import PolicyModel

/// The rules for templates of pods.
enum PodTemplates {
    static let rules = KindRules(
        create: { subject, errors in
            ObjectMeta.validate(subject.new.metadata, namespaced: true, names: .subdomain, &errors)
            validate(
                subject.new["template"] ?? .object([:]), PodOptions(isPod: false, context: subject.context), "template",
                &errors)
        },
        update: { subject, errors in
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            validate(
                subject.new["template"] ?? .object([:]),
                PodOptions(isPod: false, context: subject.context, template: subject.previous["template"]), "template",
                &errors)
        })

    /// A template as it stands in a workload.
    static func validate(_ template: JSON, _ options: PodOptions, _ path: FieldPath, _ errors: inout [FieldError]) {
        let meta = template["metadata"] ?? .object([:])
        let spec = template["spec"] ?? .object([:])
        ObjectMeta.labels(meta["labels"], path.child("labels"), &errors)
        ObjectMeta.annotations(meta["annotations"], path.child("annotations"), &errors)
        PodAnnotations.validate(meta, spec, options, path.child("annotations"), &errors)
        PodSpecs.validate(spec, podName: nil, options, path.child("spec"), &errors)
        PodAnnotations.agreement(meta, spec, path.child("spec"), &errors)
        if !spec.list("ephemeralContainers").isEmpty {
            errors.forbidden(path.child("spec", "ephemeralContainers"), "ephemeral containers not allowed in pod template")
        }
    }

    /// The labels of the template must be what the selector of its workload selects.
    static func selected(_ template: JSON, by selector: JSON?, _ path: FieldPath, _ errors: inout [FieldError]) {
        guard let built = LabelSelectors.build(selector) else { return }
        if let selector, LabelSelectors.isEmpty(selector) { return }
        let labels = template["metadata"]?["labels"]
        if built.matches(labels?.stringMap ?? [:]) { return }
        errors.invalid(
            path.child("metadata", "labels"), labels.flatMap { $0.isNull ? nil : $0.sortedMembers } ?? .null,
            "`selector` does not match template `labels`")
    }

    /// What a workload that keeps pods running asks of its template.
    static func runsForever(
        _ template: JSON, owner: String, _ path: FieldPath, _ errors: inout [FieldError]
    ) {
        let spec = template["spec"] ?? .object([:])
        let restart = spec.text("restartPolicy")
        if restart != "Always" {
            errors.notSupported(path.child("spec", "restartPolicy"), .string(restart), ["Always"])
        }
        if spec.has("activeDeadlineSeconds") {
            errors.forbidden(
                path.child("spec", "activeDeadlineSeconds"), "activeDeadlineSeconds in \(owner) is not Supported")
        }
    }
}

extension PodOptions {
    /// - Parameter template: the stored template; nil on creation.
    init(isPod: Bool, context: ObjectValidation.Context, template: JSON?) {
        self.init(isPod: isPod, context: context, oldSpec: template?["spec"], oldMeta: template?["metadata"])
    }
}
