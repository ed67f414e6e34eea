import JSONValue
import KubeModel

/// Namespaces.
enum NamespaceStrategy {
    static func prepareForCreate(_ namespace: inout JSON) {
        namespace["status"] = ["phase": "Active"]
        namespace.editOrCreate("spec") { spec in
            let finalizers = spec.elements("finalizers")
            if !finalizers.contains("kubernetes") { spec["finalizers"] = .array(finalizers + ["kubernetes"]) }
        }
    }

    static func prepareForUpdate(_ new: inout JSON, old: JSON) {
        new[path: "spec", "finalizers"] = old[path: "spec", "finalizers"]
    }
}

/// Persistent volumes and claims.
enum VolumeStrategy {
    static func prepareVolumeForCreate(_ volume: inout JSON, now: Timestamp) {
        volume["status"] = ["phase": "Pending", "lastPhaseTransitionTime": .string(now.description)]
    }

    static func prepareVolumeStatus(_ new: inout JSON, old: JSON, now: Timestamp) {
        let (was, phase) = (old[path: "status", "phase"], new[path: "status", "phase"])
        let time = new[path: "status", "lastPhaseTransitionTime"]
        let isStale = time.isAbsent || time == old[path: "status", "lastPhaseTransitionTime"]
        if was != phase, isStale { new[path: "status", "lastPhaseTransitionTime"] = .string(now.description) }
    }

    private static func isServed(_ source: JSON) -> Bool {
        switch (source.text("kind"), source.text("apiGroup")) {
        case ("PersistentVolumeClaim", ""), ("VolumeSnapshot", "snapshot.storage.k8s.io"): true
        default: false
        }
    }

    /// The source of a claim's data is told twice: `dataSource` knows claims and snapshots only.
    static func prepareClaim(_ claim: inout JSON, old: JSON?) {
        claim.edit("spec") { spec in
            if let source = spec["dataSource"], !isServed(source), spec["dataSourceRef"].isAbsent,
                old?[path: "spec", "dataSource"] == nil
            {
                spec["dataSource"] = nil
            }
            // References into other namespaces are off by default.
            if spec[path: "dataSourceRef", "namespace"] != nil, old?[path: "spec", "dataSourceRef", "namespace"] == nil
            {
                spec["dataSourceRef"] = nil
            }
            if let source = spec["dataSource"], spec["dataSourceRef"].isAbsent {
                spec["dataSourceRef"] = source
            } else if let reference = spec["dataSourceRef"], spec["dataSource"].isAbsent,
                reference.text("namespace").isEmpty
            {
                var source = reference
                source["namespace"] = nil
                spec["dataSource"] = source
            }
        }
    }
}
