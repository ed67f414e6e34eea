public import JSONValue
public import KubeModel

/// What the API says to a client that writes an object which is valid and yet not what it may think: deprecated fields,
/// fields without effect, definitions that hide each other.
///
/// Source: the `WarningsOnCreate` and `WarningsOnUpdate` of the registry strategies of Kubernetes 1.36.
public enum ObjectWarnings {
    /// What is said of a new object as it came, before the server completes it, whether or not it is then taken.
    public static func onArrival(_ object: JSON, kind: GroupVersionKind) -> [String] {
        kind.group.isEmpty && kind.kind == "Pod" ? PodWarnings.appArmorAnnotations(of: object) : []
    }

    /// The warnings of a new object, in their order.
    public static func onCreate(_ object: JSON, kind: GroupVersionKind) -> [String] {
        switch (kind.group, kind.kind) {
        case ("", "Pod"):
            return hostNameWarning(object, "used in the Pod's hostname, which") + PodWarnings.of(pod: object)
        case ("", "ReplicationController"), ("apps", "Deployment"), ("apps", "ReplicaSet"), ("batch", "Job"):
            return hostNameWarning(object, "used in Pod names and hostnames, which") + workload(object, kind)
        case ("batch", "CronJob"):
            let schedule = object["spec"]?["schedule"]?.string ?? ""
            let zone =
                schedule.contains("TZ")
                ? [
                    "CRON_TZ or TZ used in spec.schedule is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details"
                ] : []
            return hostNameWarning(object, "used in Pod names and hostnames, which") + workload(object, kind) + zone
        case ("networking.k8s.io", "Ingress"):
            let key = "kubernetes.io/ingress.class"
            guard object["metadata"]?["annotations"]?[key] != nil, object["spec"]?["ingressClassName"]?.string == nil else { return [] }
            return ["annotation \"\(key)\" is deprecated, please use 'spec.ingressClassName' instead"]
        default: return always(object, kind)
        }
    }

    /// The warnings of a changed object. Pods have none: they are changed by machines, and often.
    public static func onUpdate(_ object: JSON, old: JSON, kind: GroupVersionKind) -> [String] {
        switch (kind.group, kind.kind) {
        case ("", "Pod"), ("networking.k8s.io", "Ingress"): return []
        case ("", "ReplicationController"), ("apps", "Deployment"), ("apps", "ReplicaSet"), ("apps", "DaemonSet"),
            ("apps", "StatefulSet"), ("batch", "CronJob"):
            // A change of metadata or status says nothing new of the template.
            if object["metadata"]?["generation"] == old["metadata"]?["generation"] { return [] }
            return workload(object, kind)
        default: return always(object, kind)
        }
    }

    private static func always(_ object: JSON, _ kind: GroupVersionKind) -> [String] {
        switch (kind.group, kind.kind) {
        case ("", "PodTemplate"), ("apps", "DaemonSet"), ("apps", "StatefulSet"), ("batch", "Job"): workload(object, kind)
        case ("", "Service"): ServiceWarnings.of(service: object)
        case ("", "Node"): NodeWarnings.of(node: object)
        case ("", "PersistentVolume"): VolumeWarnings.of(volume: object)
        case ("", "PersistentVolumeClaim"): VolumeWarnings.of(claim: object)
        case ("storage.k8s.io", "StorageClass"): NodeWarnings.of(storageClass: object)
        default: []
        }
    }

    /// The warnings of the pods that an object makes.
    private static func workload(_ object: JSON, _ kind: GroupVersionKind) -> [String] {
        switch kind.kind {
        case "PodTemplate": return PodWarnings.of(template: object["template"], at: "template.")
        case "CronJob":
            return PodWarnings.of(template: object[path: "spec", "jobTemplate", "spec", "template"], at: "spec.jobTemplate.spec.template.")
        case "StatefulSet":
            var warnings = PodWarnings.of(template: object[path: "spec", "template"], at: "spec.template.")
            for (index, claim) in (object["spec"]?["volumeClaimTemplates"]?.array ?? []).enumerated() {
                warnings += VolumeWarnings.of(claimSpec: claim["spec"], at: "spec.volumeClaimTemplates[\(index)].Spec")
            }
            if (object["spec"]?["revisionHistoryLimit"]?.int ?? 0) < 0 {
                warnings.append("spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended")
            }
            return warnings
        default: return PodWarnings.of(template: object[path: "spec", "template"], at: "spec.template.")
        }
    }

    /// Names that become host names should be DNS labels.
    private static func hostNameWarning(_ object: JSON, _ use: String) -> [String] {
        let name = object["metadata"]?["name"]?.string ?? ""
        var faults: [String] = []
        if name.utf8.count > 63 { faults.append("must be no more than 63 bytes") }
        if !isDNSLabel(name) {
            faults.append(
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
            )
        }
        if faults.isEmpty { return [] }
        return [
            "metadata.name: this is \(use) can result in surprising behavior; a DNS label is recommended: [\(faults.joined(separator: " "))]"
        ]
    }

    private static func isDNSLabel(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        func isAlphanumeric(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) }
        guard let first = bytes.first, let last = bytes.last, isAlphanumeric(first), isAlphanumeric(last) else { return false }
        return bytes.allSatisfy { isAlphanumeric($0) || $0 == 0x2D }
    }

    /// A quantity of bytes that is no whole number.
    static func fraction(_ quantity: JSON?, at path: String) -> [String] {
        guard let text = quantity?.string, let parsed = Quantity(text), !parsed.isInteger else { return [] }
        return ["\(path): fractional byte value \(goQuoted(text)) is invalid, must be an integer"]
    }
}
