import JSONValue
import KubeModel
import PolicyModel

/// The sources from which volumes may come; `*` allows all of them.
///
/// Source: Kubernetes 1.20, PodSecurityPolicy, "Volumes and file systems".
enum Volumes: PolicyRule {
    static let id: ControlID = "volumes"

    /// The sources that a policy can name, sorted.
    static let types = [
        "awsElasticBlockStore", "azureDisk", "azureFile", "cephFS", "cinder", "configMap", "csi", "downwardAPI",
        "emptyDir",
        "ephemeral", "fc", "flexVolume", "flocker", "gcePersistentDisk", "gitRepo", "glusterfs", "hostPath", "iscsi",
        "nfs",
        "persistentVolumeClaim", "photonPersistentDisk", "portworxVolume", "projected", "quobyte", "rbd", "scaleIO",
        "secret",
        "storageos", "vsphereVolume",
    ]
    /// Sources that came after PodSecurityPolicy went: no policy can name them, only `*` allows them.
    static let laterTypes = ["image"]

    static func breaches(in pod: Pod, of policy: Policy) -> [Breach] {
        let allowed = Set(policy.spec.member("volumes")?.strings ?? [])
        return (pod.field("volumes")?.array ?? []).enumerated().flatMap { index, volume in
            breaches(in: volume, at: FieldPath("spec.volumes").index(index), of: pod, allowed, policy)
        }
    }

    private static func breaches(
        in volume: JSON, at path: FieldPath, of pod: Pod, _ allowed: Set<String>, _ policy: Policy
    ) -> [Breach] {
        let sources = (volume.object?.members ?? []).filter { $0.key != "name" && !$0.value.isNull }.map(\.key)
        if sources.isEmpty { return [unknown(volume, at: path)] }
        return sources.flatMap { source -> [Breach] in
            let type = source == "cephfs" ? "cephFS" : source
            guard types.contains(type) || laterTypes.contains(type) else { return [unknown(volume, at: path)] }
            guard allowed.contains("*") || allows(type, of: volume, allowed) else {
                let error = FieldError.invalid(path, .string(type), "\(type) volumes are not allowed to be used")
                let choice = allowed.isEmpty ? "" : " or use one of " + allowed.sorted().joined(separator: ", ")
                return [Breach(id, error, found: type, remedy: "remove \(path)\(choice)")]
            }
            return PolicyRules.ofVolumes.filter { $0.source == source }.flatMap {
                $0.breaches(in: volume, at: path, of: pod, under: policy)
            }
        }
    }

    private static func unknown(_ volume: JSON, at path: FieldPath) -> Breach {
        let error = FieldError.invalid(path, "", "unknown volume type for volume: \(volume)")
        return Breach(id, error, found: volume.description, remedy: "remove \(path) or use a known source")
    }

    /// Where secrets are allowed, so is the projected volume that carries a service account's token, which took their place.
    private static func allows(_ type: String, of volume: JSON, _ allowed: Set<String>) -> Bool {
        allowed.contains(type)
            || type == "projected" && allowed.contains("secret") && isServiceAccountToken(volume["projected"])
    }

    /// Whether the sources are no more than what is mounted for a service account: its token, the cluster's root
    /// certificate and the namespace.
    static func isServiceAccountToken(_ projected: JSON?) -> Bool {
        (projected?.member("sources")?.array ?? []).allSatisfy { source in
            let token = source.member("serviceAccountToken")
            let map = source.member("configMap")
            let downward = source.member("downwardAPI")
            if token == nil, map == nil, downward == nil { return false }
            let known: Set<String> = ["serviceAccountToken", "configMap", "downwardAPI"]
            // A source that we have not heard of may carry anything.
            if source.object?.members.contains(where: { !known.contains($0.key) && !$0.value.isNull }) == true {
                return false
            }
            if let token, token["path"]?.string != "token" || token["audience"]?.string ?? "" != "" { return false }
            if let map, map["name"]?.string != "kube-root-ca.crt" { return false }
            return (downward?.member("items")?.array ?? []).allSatisfy { item in
                let reference = item.member("fieldRef")
                return item["path"] == "namespace" && reference?["apiVersion"] == "v1"
                    && reference?["fieldPath"] == "metadata.namespace"
            }
        }
    }
}
