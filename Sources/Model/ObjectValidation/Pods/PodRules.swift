import JSONValue
import KubeModel
import PolicyModel

/// The rules for pods: when they are made, changed, and through which door.
enum PodRules {
    static let rules = KindRules(create: create, update: update, status: PodStatusRules.status, other: other)

    private static func metadataAndSpec(_ pod: JSON, _ options: PodOptions, _ errors: inout [FieldError]) {
        ObjectMeta.validate(pod.metadata, namespaced: true, names: .subdomain, &errors)
        let spec = pod.spec
        PodAnnotations.validate(pod.metadata, spec, options, "metadata.annotations", &errors)
        PodSpecs.validate(spec, podName: pod.name, options, "spec", &errors)
        if spec.text("serviceAccountName").isEmpty {
            for (at, volume) in spec.list("volumes").enumerated() {
                for (index, source) in (volume["projected"]?.list("sources") ?? []).enumerated()
                where source.has("serviceAccountToken") {
                    errors.forbidden(
                        FieldPath("spec.volumes").index(at).child("projected", "sources").index(index)
                            .child("serviceAccountToken"), "must not be specified when serviceAccountName is not set")
                }
            }
        }
        for key in ["containers", "initContainers"] {
            for (at, container) in spec.list(key).enumerated() {
                Containers.onlyForPods(container, FieldPath("spec").child(key).index(at), &errors)
            }
        }
    }

    private static func create(_ subject: Subject, _ errors: inout [FieldError]) {
        let options = PodOptions(isPod: true, context: subject.context)
        metadataAndSpec(subject.new, options, &errors)
        let spec = subject.new.spec
        if !spec.list("ephemeralContainers").isEmpty {
            errors.forbidden("spec.ephemeralContainers", "cannot be set on create")
        }
        if !spec.text("nodeName").isEmpty, !spec.list("schedulingGates").isEmpty {
            errors.forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared")
        }
        PodAnnotations.agreement(subject.new.metadata, spec, "spec", &errors)
    }

    private static func options(_ subject: Subject) -> PodOptions {
        PodOptions(
            isPod: true, context: subject.context, oldSpec: subject.previous.spec, oldMeta: subject.previous.metadata)
    }

    private static func update(_ subject: Subject, _ errors: inout [FieldError]) {
        let new = subject.new
        let old = subject.previous
        let options = options(subject)
        ObjectMeta.validateUpdate(new.metadata, old.metadata, &errors)
        metadataAndSpec(new, options, &errors)
        PodAnnotations.validateUpdate(new, old, options, "metadata.annotations", &errors)
        PodChanges.validate(new.spec, old.spec, &errors)
    }

    private static func other(_ name: String, _ subject: Subject, _ errors: inout [FieldError]) {
        switch name {
        case "ephemeralcontainers": ephemeralContainers(subject, &errors)
        case "resize": PodResize.validate(subject, options(subject), metadataAndSpec, &errors)
        default: ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
        }
    }

    private static func ephemeralContainers(_ subject: Subject, _ errors: inout [FieldError]) {
        let new = subject.new
        let old = subject.previous
        let options = options(subject)
        if PodAnnotations.isMirror(old.metadata) {
            return errors.forbidden("", "static pods do not support ephemeral containers")
        }
        ObjectMeta.validateUpdate(new.metadata, old.metadata, &errors)
        metadataAndSpec(new, options, &errors)
        PodAnnotations.validateUpdate(new, old, options, "metadata.annotations", &errors)
        let path: FieldPath = "spec.ephemeralContainers"
        let present = new.spec.list("ephemeralContainers")
        for container in old.spec.list("ephemeralContainers") {
            let name = goQuoted(container.text("name"))
            guard let now = present.last(where: { $0.text("name") == container.text("name") }) else {
                errors.forbidden(path, "existing ephemeral containers \(name) may not be removed\n")
                continue
            }
            if GoTypes.same(container, now, as: "EphemeralContainer") { continue }
            let difference = UnifiedDiff.of(
                GoTypes.value(container, as: "EphemeralContainer"), GoTypes.value(now, as: "EphemeralContainer"))
            errors.forbidden(path, "existing ephemeral containers \(name) may not be changed\n\(difference)")
        }
    }
}

/// What of a pod's specification may change once it is made.
enum PodChanges {
    private static let rule =
        "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
        + "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
        + "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"

    static func validate(_ new: JSON, _ old: JSON, _ errors: inout [FieldError]) {
        for key in ["containers", "initContainers"] {
            let path = FieldPath("spec").child(key)
            let containers = new.list(key)
            if containers.count != old.list(key).count {
                return errors.forbidden(path, "pod updates may not add or remove containers")
            }
            for (at, container) in containers.enumerated() {
                if container.text("image").isEmpty { errors.required(path.index(at).child("image")) }
                Containers.onlyForPods(container, path.index(at), &errors)
            }
        }
        if !deadline(new.number("activeDeadlineSeconds"), old.number("activeDeadlineSeconds"), &errors) { return }
        tolerations(new.list("tolerations"), old.list("tolerations"), &errors)
        let gates = Set(old.list("schedulingGates").map { $0.text("name") })
        for (at, gate) in new.list("schedulingGates").enumerated() where !gates.contains(gate.text("name")) {
            errors.forbidden(
                FieldPath("spec.schedulingGates").index(at).child("name"),
                "only deletion is allowed, but found new scheduling gate '\(gate.text("name"))'")
        }
        if GoTypes.same(new, old, as: "PodSpec") { return }
        var munged = new
        mask(&munged, as: old)
        if !gates.isEmpty { gatedChanges(&munged, old, &errors) }
        let before = GoTypes.value(old, as: "PodSpec")
        let after = GoTypes.value(munged, as: "PodSpec")
        if sameMeaning(before, after) { return }
        errors.forbidden("spec", rule + "\n" + UnifiedDiff.of(before, after))
    }

    /// Puts back what may change, so that what remains different may not.
    private static func mask(_ spec: inout JSON, as old: JSON) {
        for key in ["containers", "initContainers"] where spec.has(key) {
            let images = old.list(key).map { $0["image"] }
            spec[key] = .array(
                spec.list(key).enumerated().map { at, container in
                    var container = container
                    container["image"] = images[at]
                    return container
                })
        }
        for key in ["activeDeadlineSeconds", "schedulingGates", "tolerations"] { spec[key] = old[key] }
        if let before = old.number("terminationGracePeriodSeconds"), before < 0,
            spec.number("terminationGracePeriodSeconds") == 1
        {
            spec["terminationGracePeriodSeconds"] = old["terminationGracePeriodSeconds"]
        }
    }

    /// - Returns: whether it is worth looking further.
    private static func deadline(_ new: Int64?, _ old: Int64?, _ errors: inout [FieldError]) -> Bool {
        let path: FieldPath = "spec.activeDeadlineSeconds"
        guard let new else {
            if old != nil { errors.invalid(path, .null, "must not update from a positive integer to nil value") }
            return true
        }
        if !(0...Int64(Int32.max)).contains(new) {
            errors.invalid(path, JSON(new), Wording.range(0, Int64(Int32.max)))
            return false
        }
        if let old, old < new {
            errors.invalid(path, JSON(new), "must be less than or equal to previous value")
            return false
        }
        return true
    }

    private static func tolerations(_ new: [JSON], _ old: [JSON], _ errors: inout [FieldError]) {
        func bare(_ toleration: JSON) -> [String] {
            ["key", "operator", "value", "effect"].map { toleration.text($0) }
        }
        let present = Set(new.map(bare))
        if !old.allSatisfy({ present.contains(bare($0)) }) {
            return errors.forbidden(
                "spec.tolerations", "existing toleration can not be modified except its tolerationSeconds")
        }
        PodScheduling.tolerations(new, "spec.tolerations", &errors)
    }

    /// A pod that no scheduler has looked at yet may be narrowed to fewer nodes.
    private static func gatedChanges(_ spec: inout JSON, _ old: JSON, _ errors: inout [FieldError]) {
        if !sameMeaning(spec["nodeSelector"], old["nodeSelector"]) {
            let now = spec["nodeSelector"]?.stringMap ?? [:]
            if !old.entries("nodeSelector").allSatisfy({ now[$0.key] == $0.value }) {
                errors.invalid(
                    "spec.nodeSelector", spec["nodeSelector"]?.sortedMembers ?? .null,
                    "only additions to spec.nodeSelector are allowed (no mutations or deletions)")
            }
            spec["nodeSelector"] = old["nodeSelector"]
        }
        let before = old["affinity"]?.given("nodeAffinity")
        let after = spec["affinity"]?.given("nodeAffinity")
        if sameMeaning(before, after) { return }
        nodeAffinity(after, before, &errors)
        if let affinity = spec.given("affinity"), old.given("affinity") == nil, !affinity.has("podAffinity"),
            !affinity.has("podAntiAffinity")
        {
            spec["affinity"] = nil
        } else if before != nil || spec.has("affinity") {
            spec[path: "affinity", "nodeAffinity"] = before
        }
    }

    private static func nodeAffinity(_ new: JSON?, _ old: JSON?, _ errors: inout [FieldError]) {
        let key = "requiredDuringSchedulingIgnoredDuringExecution"
        guard let required = old?.given(key) else { return }
        let path = FieldPath("spec.affinity.nodeAffinity").child(key, "nodeSelectorTerms")
        let oldTerms = required.list("nodeSelectorTerms")
        let newTerms = new?[key]?.list("nodeSelectorTerms") ?? []
        if !oldTerms.isEmpty, oldTerms.count != newTerms.count {
            return errors.invalid(
                path, GoTypes.list(new?[key]?["nodeSelectorTerms"], of: "NodeSelectorTerm"),
                "no additions/deletions to non-empty NodeSelectorTerms list are allowed")
        }
        for (at, (now, before)) in zip(newTerms, oldTerms).enumerated() where !onlyAdds(now, to: before) {
            errors.invalid(
                path.index(at), GoTypes.value(now, as: "NodeSelectorTerm"),
                "only additions are allowed (no mutations or deletions)")
        }
    }

    private static func onlyAdds(_ new: JSON, to old: JSON) -> Bool {
        let keys = ["matchExpressions", "matchFields"]
        if keys.allSatisfy({ old.list($0).isEmpty }) { return keys.allSatisfy { new.list($0).isEmpty } }
        return keys.allSatisfy { key in
            let before = old.list(key)
            let now = new.list(key)
            return now.count >= before.count && zip(now, before).allSatisfy { sameMeaning($0, $1) }
        }
    }
}
