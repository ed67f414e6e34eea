import JSONValue

/// The objects that a pod, or a volume, refers to by name in the pod's namespace.
enum PodReferences {
    static func objects(of pod: JSON, namespace: String, podName: String) -> Set<NodeGraph.Object> {
        var found = Set<NodeGraph.Object>()
        func add(_ kind: NodeGraph.Kind, _ name: JSON?) {
            guard let name = name?.string, !name.isEmpty else { return }
            found.insert(NodeGraph.Object(kind: kind, namespace: namespace, name: name))
        }
        let spec = pod["spec"] ?? [:]
        add(.serviceAccount, spec["serviceAccountName"])
        for reference in spec["imagePullSecrets"]?.array ?? [] { add(.secret, reference["name"]) }
        for list in ["containers", "initContainers", "ephemeralContainers"] {
            for container in spec[list]?.array ?? [] {
                for source in container["envFrom"]?.array ?? [] {
                    add(.secret, source[path: "secretRef", "name"])
                    add(.configMap, source[path: "configMapRef", "name"])
                }
                for variable in container["env"]?.array ?? [] {
                    add(.secret, variable[path: "valueFrom", "secretKeyRef", "name"])
                    add(.configMap, variable[path: "valueFrom", "configMapKeyRef", "name"])
                }
            }
        }
        for volume in spec["volumes"]?.array ?? [] {
            add(.configMap, volume[path: "configMap", "name"])
            add(.secret, volume[path: "secret", "secretName"])
            add(.persistentVolumeClaim, volume[path: "persistentVolumeClaim", "claimName"])
            if volume["ephemeral"]?.object != nil, let name = volume["name"]?.string {
                add(.persistentVolumeClaim, .string(podName + "-" + name))
            }
            for source in volume[path: "projected", "sources"]?.array ?? [] {
                add(.secret, source[path: "secret", "name"])
                add(.configMap, source[path: "configMap", "name"])
            }
            add(.secret, volume[path: "azureFile", "secretName"])
            add(.secret, volume[path: "csi", "nodePublishSecretRef", "name"])
            for driver in ["cephfs", "flexVolume", "rbd", "scaleIO", "iscsi", "storageos"] {
                add(.secret, volume[path: driver, "secretRef", "name"])
            }
        }
        // A claim that is made from a template has its name in the status.
        var claims: [String: JSON] = [:]
        for status in pod[path: "status", "resourceClaimStatuses"]?.array ?? [] {
            if let name = status["name"]?.string { claims[name] = status["resourceClaimName"] }
        }
        for claim in spec["resourceClaims"]?.array ?? [] {
            add(.resourceClaim, claim["resourceClaimName"])
            if claim["resourceClaimTemplateName"]?.string != nil, let name = claim["name"]?.string {
                add(.resourceClaim, claims[name])
            }
        }
        add(.resourceClaim, pod[path: "status", "extendedResourceClaimStatus", "resourceClaimName"])
        return found
    }

    /// The secrets that mounting a PersistentVolume needs; those without a namespace are the claim's.
    static func secrets(ofVolume volume: JSON, claimNamespace: String) -> Set<NodeGraph.Object> {
        var found = Set<NodeGraph.Object>()
        func add(_ name: JSON?, _ namespace: JSON?) {
            guard let name = name?.string, !name.isEmpty else { return }
            let own = namespace?.string ?? ""
            found.insert(
                NodeGraph.Object(kind: .secret, namespace: own.isEmpty ? claimNamespace : own, name: name))
        }
        let spec = volume["spec"] ?? [:]
        add(spec[path: "azureFile", "secretName"], spec[path: "azureFile", "secretNamespace"])
        for (driver, members) in [
            ("cephfs", ["secretRef"]), ("flexVolume", ["secretRef"]), ("rbd", ["secretRef"]),
            ("scaleIO", ["secretRef"]),
            ("iscsi", ["secretRef"]), ("storageos", ["secretRef"]),
            ("csi", ["nodePublishSecretRef", "nodeStageSecretRef", "nodeExpandSecretRef"]),
        ] {
            for member in members {
                let reference = spec[path: driver, member]
                add(reference?["name"], reference?["namespace"])
            }
        }
        return found
    }
}
