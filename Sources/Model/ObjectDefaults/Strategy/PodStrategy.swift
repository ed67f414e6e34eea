import JSONValue
import KubeModel

/// Pods.
enum PodStrategy {
    static func prepareForCreate(_ pod: inout JSON, now: Timestamp) {
        var status: JSON = ["phase": "Pending", "qosClass": .string(PodQuality(of: pod["spec"] ?? [:]).rawValue)]
        if pod["spec"]?.count("schedulingGates") ?? 0 > 0 {
            let condition: JSON = [
                "type": "PodScheduled", "status": "False", "lastTransitionTime": .string(now.description),
                "reason": "SchedulingGated",
                "message": "Scheduling is blocked due to non-empty scheduling gates",
            ]
            status["conditions"] = [condition]
        }
        pod["status"] = status
        let labels = pod[path: "metadata", "labels"]?.stringMap ?? [:]
        let annotations = pod[path: "metadata", "annotations"]?.stringMap ?? [:]
        pod.edit("spec") { spec in
            mergeLabelKeys(&spec, labels)
            fillAppArmorProfiles(&spec, annotations)
        }
    }

    // MARK: Label keys

    private static func mergeLabelKeys(_ spec: inout JSON, _ labels: [String: String]) {
        spec.edit("affinity") { affinity in
            for field in ["podAffinity", "podAntiAffinity"] {
                affinity.edit(field) { rules in
                    rules.editEach("preferredDuringSchedulingIgnoredDuringExecution") { preference in
                        preference.edit("podAffinityTerm") { mergeLabelKeys(ofTerm: &$0, labels) }
                    }
                    rules.editEach("requiredDuringSchedulingIgnoredDuringExecution") {
                        mergeLabelKeys(ofTerm: &$0, labels)
                    }
                }
            }
        }
        spec.editEach("topologySpreadConstraints") { mergeLabelKeys(ofTerm: &$0, labels) }
    }

    /// Adds the pod's own values of the named labels to the selector.
    private static func mergeLabelKeys(ofTerm term: inout JSON, _ labels: [String: String]) {
        guard term.has("labelSelector") else { return }
        var expressions: [JSON] = []
        for (field, verb) in [("matchLabelKeys", "In"), ("mismatchLabelKeys", "NotIn")] {
            for key in term[field]?.strings ?? [] {
                guard let value = labels[key] else { continue }
                expressions.append(["key": .string(key), "operator": .string(verb), "values": [.string(value)]])
            }
        }
        guard !expressions.isEmpty else { return }
        term.edit("labelSelector") { selector in
            selector["matchExpressions"] = .array(selector.elements("matchExpressions") + expressions)
        }
    }

    // MARK: AppArmor

    /// The older annotations are copied into the field, where that says nothing and the pod's profile is another.
    private static func fillAppArmorProfiles(_ spec: inout JSON, _ annotations: [String: String]) {
        let prefix = "container.apparmor.security.beta.kubernetes.io/"
        guard annotations.keys.contains(where: { $0.hasPrefix(prefix) }), spec[path: "os", "name"] != "windows" else {
            return
        }
        let podProfile = spec[path: "securityContext", "appArmorProfile"]
        for field in PodDefaults.containerFields {
            spec.editEach(field) { container in
                guard let annotation = annotations[prefix + container.text("name")],
                    container[path: "securityContext", "appArmorProfile"].isAbsent,
                    let profile = appArmorProfile(annotation), profile != podProfile
                else { return }
                container.editOrCreate("securityContext") { $0["appArmorProfile"] = profile }
            }
        }
    }

    private static func appArmorProfile(_ annotation: String) -> JSON? {
        switch annotation {
        case "unconfined": return ["type": "Unconfined"]
        case "runtime/default": return ["type": "RuntimeDefault"]
        default:
            guard annotation.hasPrefix("localhost/") else { return nil }
            let name = annotation.dropFirst("localhost/".count)
            return name.isEmpty ? nil : ["type": "Localhost", "localhostProfile": .string(String(name))]
        }
    }

    // MARK: Subresources

    static func prepareStatus(_ new: inout JSON, old: JSON) {
        // Nobody sets it by this way, and nothing takes it away again.
        new[path: "metadata", "deletionTimestamp"] = old[path: "metadata", "deletionTimestamp"]
        new[path: "metadata", "ownerReferences"] = old[path: "metadata", "ownerReferences"]
        let before = old["status"] ?? [:]
        new.editOrCreate("status") { status in
            if let quality = before["qosClass"] { status.fill("qosClass", quality) }
            if let generation = before["observedGeneration"] { status.fill("observedGeneration", generation) }
            var generations: [String: [JSON?]] = [:]
            for condition in before.elements("conditions") {
                generations[condition.text("type"), default: []].append(condition["observedGeneration"])
            }
            status.editEach("conditions") { condition in
                let type = condition.text("type")
                guard let rest = generations[type], let first = rest.first else { return }
                generations[type] = Array(rest.dropFirst())
                if let first { condition.fill("observedGeneration", first) }
            }
        }
    }

    static func prepareEphemeralContainers(_ new: inout JSON, old: JSON, kind: GroupVersionKind) {
        let containers = new[path: "spec", "ephemeralContainers"]
        new["spec"] = old["spec"]
        new["status"] = old["status"]
        StatusStrategy.resetMetadata(&new, old: old)
        new[path: "spec", "ephemeralContainers"] = containers
        if KindTraits.Generation.differs("spec", old, new, kind) { ObjectStrategy.bumpGeneration(&new, old: old) }
    }

    /// Only resources and resize policies change. When containers were added, removed or renamed, the object is left as
    /// it is, and validation refuses it.
    static func prepareResize(_ new: inout JSON, old: JSON, kind: GroupVersionKind) {
        let (newSpec, oldSpec) = (new["spec"] ?? [:], old["spec"] ?? [:])
        let fields = ["containers", "initContainers"]
        if fields.allSatisfy({ newSpec.count($0) == oldSpec.count($0) }) {
            var spec = oldSpec
            for field in fields {
                let (given, present) = (newSpec.elements(field), oldSpec.elements(field))
                guard !given.isEmpty else { continue }
                if zip(given, present).allSatisfy({ $0.text("name") == $1.text("name") }) {
                    spec[field] = .array(
                        zip(given, present).map { given, present in
                            var container = present
                            container["resources"] = given["resources"]
                            container["resizePolicy"] = given["resizePolicy"]
                            return container
                        })
                } else {
                    spec[field] = newSpec[field]
                }
            }
            spec["resources"] = newSpec["resources"]
            new["spec"] = spec
            new["status"] = old["status"]
            StatusStrategy.resetMetadata(&new, old: old)
        }
        if KindTraits.Generation.differs("spec", old, new, kind) { ObjectStrategy.bumpGeneration(&new, old: old) }
    }
}
