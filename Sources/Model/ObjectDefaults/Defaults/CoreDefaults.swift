import JSONValue
import KubeModel

/// The defaults of the core group.
enum CoreDefaults {
    static func apply(to object: inout JSON, kind: String) {
        switch kind {
        case "Pod": PodDefaults.pod(&object)
        case "PodTemplate": object.editOrCreate("template") { PodDefaults.template(&$0) }
        case "ReplicationController": replicationController(&object)
        case "Service": ServiceDefaults.service(&object)
        case "Endpoints":
            object.editEach("subsets") { subset in subset.editEach("ports") { $0.fill("protocol", "TCP") } }
        case "Secret": secret(&object)
        case "PersistentVolume": persistentVolume(&object)
        case "PersistentVolumeClaim": persistentVolumeClaim(&object)
        case "Namespace": namespace(&object)
        case "Node": node(&object)
        case "LimitRange": object.edit("spec") { spec in spec.editEach("limits") { limitRangeItem(&$0) } }
        case "ResourceQuota":
            object.edit("spec") { $0.edit("hard") { PodDefaults.resourceList(&$0) } }
            object.edit("status") { status in
                status.edit("hard") { PodDefaults.resourceList(&$0) }
                status.edit("used") { PodDefaults.resourceList(&$0) }
            }
        default: break
        }
    }

    private static func replicationController(_ object: inout JSON) {
        object.editOrCreate("spec") { spec in
            spec.fill("replicas", 1)
            spec.edit("template") { PodDefaults.template(&$0) }
        }
        guard let labels = object[path: "spec", "template", "metadata", "labels"], labels.object != nil else { return }
        if object["spec"]?.count("selector") == 0 { object[path: "spec", "selector"] = labels }
        if object["metadata"]?.count("labels") ?? 0 == 0 { object[path: "metadata", "labels"] = labels }
    }

    private static func secret(_ object: inout JSON) {
        object.fill("type", "Opaque")
        // What was written as text replaces what was written as bytes, and is kept as bytes only.
        for (key, value) in object.members("stringData") {
            object.editOrCreate("data") { $0[key] = .string(Base64.encode((value.string ?? "").utf8)) }
        }
        object["stringData"] = nil
    }

    private static func persistentVolume(_ object: inout JSON) {
        object.editOrCreate("status") { $0.fill("phase", "Pending") }
        object.editOrCreate("spec") { spec in
            spec.fill("persistentVolumeReclaimPolicy", "Retain")
            spec.fill("volumeMode", "Filesystem")
            spec.edit("capacity") { PodDefaults.resourceList(&$0) }
            VolumeDefaults.source(&spec)
        }
    }

    /// A claim of its own, or one in the templates of a StatefulSet.
    static func persistentVolumeClaim(_ object: inout JSON) {
        object.editOrCreate("spec") { claimSpec(&$0) }
        object.editOrCreate("status") { status in
            status.fill("phase", "Pending")
            status.edit("capacity") { PodDefaults.resourceList(&$0) }
            status.edit("allocatedResources") { PodDefaults.resourceList(&$0) }
        }
    }

    static func claimSpec(_ spec: inout JSON) {
        spec.fill("volumeMode", "Filesystem")
        spec.edit("resources") { PodDefaults.requirements(&$0) }
    }

    private static func namespace(_ object: inout JSON) {
        object.editOrCreate("status") { $0.fill("phase", "Active") }
        let name = object["metadata"]?.text("name") ?? ""
        if !name.isEmpty { object[path: "metadata", "labels", "kubernetes.io/metadata.name"] = .string(name) }
    }

    private static func node(_ object: inout JSON) {
        object.edit("status") { status in
            if status.has("capacity") { status.fill("allocatable", status["capacity"] ?? [:]) }
            status.edit("capacity") { PodDefaults.resourceList(&$0) }
            status.edit("allocatable") { PodDefaults.resourceList(&$0) }
        }
        // One address range is told twice; the single field wins, as older clients know only that.
        object.edit("spec") { spec in
            let single = spec.text("podCIDR")
            let first = spec["podCIDRs"]?[at: 0]?.string
            if !single.isEmpty, first != single {
                spec["podCIDRs"] = .array([.string(single)])
            } else if single.isEmpty, let first {
                spec["podCIDR"] = .string(first)
            }
        }
    }

    private static func limitRangeItem(_ item: inout JSON) {
        for field in ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] {
            item.edit(field) { PodDefaults.resourceList(&$0) }
        }
        guard item.text("type") == "Container" else { return }
        for (from, to) in [("max", "default"), ("default", "defaultRequest"), ("min", "defaultRequest")] {
            for (name, value) in item.members(from) { item.editOrCreate(to) { $0.fill(name, value) } }
        }
    }
}
