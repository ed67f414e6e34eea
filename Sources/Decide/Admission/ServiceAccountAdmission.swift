public import JSONValue
public import KubeModel

/// Every pod has a service account, and finds its token where clients look for it.
///
/// Source: Kubernetes documentation, "Managing Service Accounts", ServiceAccount admission controller; KEP-1205.
public enum ServiceAccountAdmission {
    /// Where containers find token, CA and namespace.
    public static let mountPath = "/var/run/secrets/kubernetes.io/serviceaccount"
    /// The lifetime asked for, in seconds: an hour and a margin by which kubelets are recognised.
    public static let tokenSeconds: Int64 = 3607

    /// The name of the account that a pod asks for.
    public static func accountName(of pod: JSON) -> String {
        let name = pod["spec"]?["serviceAccountName"]?.string ?? ""
        return name.isEmpty ? "default" : name
    }

    /// Completes a pod that is being created.
    ///
    /// - Parameters:
    ///   - pod: gets the account's name, a volume with a token, and its `imagePullSecrets` unless it has some.
    ///   - account: the ServiceAccount that the pod names; nil when there is none.
    ///   - namespace: that of the pod, for the refusal.
    ///   - suffix: five random characters for the volume's name.
    /// - Throws: ``StatusError`` 403 when there is no such account, or a mirror pod uses one or a Secret.
    public static func mutate(_ pod: inout JSON, account: JSON?, namespace: String, suffix: String) throws(StatusError) {
        let pods = GroupResource(group: "", resource: "pods")
        let podName = pod["metadata"]?["name"]?.string ?? ""
        if pod["metadata"]?["annotations"]?["kubernetes.io/config.mirror"] != nil {
            try checkMirror(pod, name: podName)
            return
        }
        let name = accountName(of: pod)
        guard let account else {
            throw .forbidden(pods, name: podName, "error looking up service account \(namespace)/\(name): serviceaccount \(goQuoted(name)) not found")
        }
        pod[path: "spec", "serviceAccountName"] = .string(name)
        pod[path: "spec", "serviceAccount"] = .string(name)
        let automount = pod["spec"]?["automountServiceAccountToken"]?.bool ?? account["automountServiceAccountToken"]?.bool ?? true
        if automount { mountToken(&pod, suffix: suffix) }
        if (pod["spec"]?["imagePullSecrets"]?.array ?? []).isEmpty, let secrets = account["imagePullSecrets"]?.array, !secrets.isEmpty {
            pod[path: "spec", "imagePullSecrets"] = .array(secrets)
        }
    }

    private static func checkMirror(_ pod: JSON, name: String) throws(StatusError) {
        let pods = GroupResource(group: "", resource: "pods")
        if !(pod["spec"]?["serviceAccountName"]?.string ?? "").isEmpty {
            throw .forbidden(pods, name: name, "a mirror pod may not reference service accounts")
        }
        for volume in pod["spec"]?["volumes"]?.array ?? [] {
            for source in volume["projected"]?["sources"]?.array ?? [] where source["serviceAccountToken"] != nil {
                throw .forbidden(pods, name: name, "a mirror pod may not use ServiceAccountToken volume projections")
            }
            if volume["secret"] != nil { throw .forbidden(pods, name: name, "a mirror pod may not reference secrets") }
        }
    }

    private static func mountToken(_ pod: inout JSON, suffix: String) {
        let prefix = "kube-api-access-"
        var volumes = pod["spec"]?["volumes"]?.array ?? []
        let present = volumes.first { ($0["name"]?.string ?? "").hasPrefix(prefix) }
        let volumeName = present?["name"]?.string ?? prefix + suffix
        var isNeeded = false
        for list in ["initContainers", "containers"] {
            guard var containers = pod["spec"]?[list]?.array else { continue }
            for index in containers.indices {
                var mounts = containers[index]["volumeMounts"]?.array ?? []
                if mounts.contains(where: { $0["mountPath"]?.string == mountPath }) { continue }
                mounts.append(["name": .string(volumeName), "readOnly": true, "mountPath": .string(mountPath)])
                containers[index]["volumeMounts"] = .array(mounts)
                isNeeded = true
            }
            pod[path: "spec", list] = .array(containers)
        }
        guard isNeeded, present == nil else { return }
        volumes.append(["name": .string(volumeName), "projected": ["sources": sources, "defaultMode": 420]])
        pod[path: "spec", "volumes"] = .array(volumes)
    }

    private static let sources: JSON = [
        ["serviceAccountToken": ["expirationSeconds": .int(tokenSeconds), "path": "token"]],
        ["configMap": ["name": "kube-root-ca.crt", "items": [["key": "ca.crt", "path": "ca.crt"]]]],
        ["downwardAPI": ["items": [["path": "namespace", "fieldRef": ["apiVersion": "v1", "fieldPath": "metadata.namespace"]]]]],
    ]
}
