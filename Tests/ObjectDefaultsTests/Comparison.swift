import JSONValue

/// Compares an object with a recorded one, leaving out what the caller of this module sets.
struct Comparison {
    let expected: JSON
    let kind: String

    /// The first few differences; empty when there are none.
    func differences(_ object: JSON) -> String {
        var found: [String] = []
        compare(prepared(object), prepared(expected), "", &found)
        return found.prefix(4).joined(separator: "; ")
    }

    /// Takes out what allocation and admission set, on both sides.
    private func prepared(_ object: JSON) -> JSON {
        var object = object
        for field in [
            "uid", "resourceVersion", "creationTimestamp", "managedFields", "namespace", "selfLink",
            "deletionTimestamp", "deletionGracePeriodSeconds",
        ] {
            object[path: "metadata", field] = nil
        }
        switch kind {
        case "Pod": takeOutAdmission(&object)
        case "Service":
            if object[path: "spec", "clusterIP"] != "None" {
                object[path: "spec", "clusterIP"] = nil
                object[path: "spec", "clusterIPs"] = nil
            }
            object[path: "spec", "healthCheckNodePort"] = nil
            var ports = object[path: "spec", "ports"]?.array ?? []
            for at in ports.indices { ports[at]["nodePort"] = nil }
            object[path: "spec", "ports"] = .array(ports)
        case "Node": object[path: "spec", "taints"] = nil
        case "PersistentVolumeClaim", "PersistentVolume", "VolumeAttributesClass":
            object[path: "metadata", "finalizers"] = nil
            object[path: "spec", "storageClassName"] = nil
        case "CertificateSigningRequest":
            for field in ["username", "uid", "groups", "extra"] { object[path: "spec", field] = nil }
        case "CustomResourceDefinition", "FlowSchema":
            // Controllers write these between two requests.
            object[path: "status", "conditions"] = nil
            object[path: "status", "acceptedNames"] = nil
        case "ResourceQuota": object["status"] = [:]
        default: break
        }
        return object
    }

    private func takeOutAdmission(_ pod: inout JSON) {
        for field in [
            "serviceAccount", "serviceAccountName", "tolerations", "priority", "priorityClassName", "preemptionPolicy",
            "runtimeClassName", "overhead", "nodeSelector", "imagePullSecrets",
        ] {
            pod[path: "spec", field] = nil
        }
        func isToken(_ value: JSON) -> Bool { value["name"]?.string?.hasPrefix("kube-api-access-") ?? false }
        let volumes = (pod[path: "spec", "volumes"]?.array ?? []).filter { !isToken($0) }
        pod[path: "spec", "volumes"] = volumes.isEmpty ? nil : .array(volumes)
        for field in ["containers", "initContainers"] {
            guard var containers = pod[path: "spec", field]?.array else { continue }
            for at in containers.indices {
                let mounts = (containers[at]["volumeMounts"]?.array ?? []).filter { !isToken($0) }
                containers[at]["volumeMounts"] = mounts.isEmpty ? nil : .array(mounts)
            }
            pod[path: "spec", field] = .array(containers)
        }
    }

    private func compare(_ got: JSON?, _ want: JSON?, _ path: String, _ found: inout [String]) {
        if got == want { return }
        if let text = want?.string, text.contains("<"), got != nil { return }
        switch (got, want) {
        case (.object(let left)?, .object(let right)?):
            for key in left.keys + right.keys.filter({ left[$0] == nil }) {
                compare(left[key], right[key], path.isEmpty ? key : path + "." + key, &found)
            }
        case (.array(let left)?, .array(let right)?) where left.count == right.count:
            for at in left.indices { compare(left[at], right[at], "\(path)[\(at)]", &found) }
        default:
            found.append("\(path): got \(got?.description ?? "nothing"), expected \(want?.description ?? "nothing")")
        }
    }
}
