import JSONValue
import KubeModel
import PolicyModel

/// The rules for changes of a running pod's resources.
enum PodResize {
    static func validate(
        _ subject: Subject, _ options: PodOptions,
        _ metadataAndSpec: (JSON, PodOptions, inout [FieldError]) -> Void, _ errors: inout [FieldError]
    ) {
        let new = subject.new
        let old = subject.previous
        if PodAnnotations.isMirror(old.metadata) { return errors.forbidden("", "static pods cannot be resized") }
        if old.spec["os"]?.text("name") == "windows" { return errors.forbidden("", "windows pods cannot be resized") }
        ObjectMeta.validateUpdate(new.metadata, old.metadata, &errors)
        metadataAndSpec(new, options, &errors)
        if PodQuality.of(new.spec) != PodQuality.of(old.spec) {
            errors.invalid(
                "spec", .string(new.status.text("qosClass")), "Pod QOS Class may not change as a result of resizing")
        }
        if !isSupported(old.status) { errors.forbidden("spec", "Pod running on node without support for resize") }
        var munged = new.spec
        for key in ["initContainers", "containers"] {
            munged[key] = munge(key, new.spec.list(key), old.spec.list(key), munged[key], &errors)
        }
        if !errors.isEmpty { return }
        munged["resources"] = munge(resources: new.spec["resources"], old.spec["resources"])
        if !GoTypes.same(munged, old.spec, as: "PodSpec") {
            errors.forbidden("spec", "only cpu and memory resources are mutable")
        }
    }

    /// A node tells that it can by reporting the resources of what runs.
    private static func isSupported(_ status: JSON) -> Bool {
        let running = status.list("containerStatuses").first { $0["state"]?.has("running") == true }
        return running?.has("resources") ?? true
    }

    private static func munge(
        _ key: String, _ new: [JSON], _ old: [JSON], _ present: JSON?, _ errors: inout [FieldError]
    ) -> JSON? {
        guard new.count == old.count else { return present }
        let isInit = key == "initContainers"
        var containers: [JSON] = []
        for (at, (now, before)) in zip(new, old).enumerated() {
            var container = now
            if !isInit || Containers.isSidecar(before) {
                removals(now, before, FieldPath("spec").child(key).index(at).child("resources"), &errors)
                container["resources"] = munge(resources: now["resources"], before["resources"])
                if !GoTypes.same(container, before, as: "Container") {
                    errors.forbidden(
                        "spec",
                        isInit
                            ? "only cpu and memory resources for sidecar containers are mutable"
                            : "only cpu and memory resources are mutable")
                }
            } else if !GoTypes.same(container, before, as: "Container") {
                errors.forbidden("spec", "resources for non-sidecar init containers are immutable")
            }
            containers.append(container)
        }
        return present == nil ? nil : .array(containers)
    }

    /// The resources with the amounts that may change put back.
    private static func munge(resources new: JSON?, _ old: JSON?) -> JSON? {
        guard var resources = new, resources.object != nil else { return new }
        for list in ["limits", "requests"] {
            guard let before = old?.given(list) else {
                resources[list] = nil
                continue
            }
            for name in ["cpu", "memory"] { resources[path: list, name] = before[name] }
        }
        return resources
    }

    private static func removals(_ new: JSON, _ old: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        for (list, word) in [("requests", "requests"), ("limits", "limits")] {
            let now = new["resources"]?[list]
            let gone = old["resources"]?.members(list).contains { now?[$0.key] == nil } ?? false
            if gone { errors.forbidden(path.child(list), "resource \(word) cannot be removed") }
        }
    }
}

/// The quality of service that a pod's resources earn it.
enum PodQuality {
    static func of(_ spec: JSON) -> String {
        func amounts(_ resources: JSON?, _ list: String) -> [String: Quantity] {
            let entries = resources?.quantities(list) ?? []
            let counted = entries.filter { ($0.name == "cpu" || $0.name == "memory") && $0.quantity.nano != 0 }
            return Dictionary(counted.map { ($0.name, $0.quantity) }) { first, _ in first }
        }
        var bearers = (spec.list("containers") + spec.list("initContainers")).map { $0["resources"] }
        if let resources = spec.given("resources"), resources.has("requests") || resources.has("limits") {
            bearers = [resources]
        }
        var isGuaranteed = true
        var hasAny = false
        for resources in bearers {
            let requests = amounts(resources, "requests")
            let limits = amounts(resources, "limits")
            if !requests.isEmpty || !limits.isEmpty { hasAny = true }
            if limits.count != 2 || limits != requests { isGuaranteed = false }
        }
        if !hasAny { return "BestEffort" }
        return isGuaranteed ? "Guaranteed" : "Burstable"
    }
}
