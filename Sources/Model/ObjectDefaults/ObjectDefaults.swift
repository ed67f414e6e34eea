public import JSONValue
public import KubeModel

/// The defaults of every built-in kind of Kubernetes 1.36 and of PodSecurityPolicy.
///
/// Applied after decoding, before admission. Values that the server finds elsewhere are not defaults: service addresses
/// and ports are allocated, and what needs the user, the time or the old object is the strategy's.
public enum ObjectDefaults {
    /// Gives every absent field of `object` that has a default its value, and brings fields that are two views of one
    /// value (`podIP` and `podIPs`, `serviceAccount` and `serviceAccountName`, `stringData` and `data`) in line.
    ///
    /// Linear in the size of the object. Kinds that are not built in are left as they are.
    /// - Parameters:
    ///   - object: as ``ObjectDecoding`` returns it.
    ///   - kind: the kind in the version of the request.
    ///   - now: the time that device taints without one get.
    public static func apply(to object: inout JSON, kind: GroupVersionKind, now: Timestamp) {
        switch kind.group {
        case "": CoreDefaults.apply(to: &object, kind: kind.kind)
        case "apps": AppsDefaults.apply(to: &object, kind: kind.kind)
        case "batch": BatchDefaults.apply(to: &object, kind: kind.kind)
        case "networking.k8s.io": NetworkingDefaults.apply(to: &object, kind: kind.kind)
        case "autoscaling": AutoscalingDefaults.apply(to: &object, kind: kind)
        case "policy", "extensions": PolicyDefaults.apply(to: &object, kind: kind.kind)
        case "rbac.authorization.k8s.io": RBACDefaults.apply(to: &object, kind: kind.kind)
        case "storage.k8s.io": StorageDefaults.apply(to: &object, kind: kind.kind)
        case "admissionregistration.k8s.io": AdmissionRegistrationDefaults.apply(to: &object, kind: kind.kind)
        case "apiextensions.k8s.io": CustomResourceDefinitionDefaults.apply(to: &object, kind: kind.kind)
        case "apiregistration.k8s.io":
            if kind.kind == "APIService" { object.edit("spec") { $0.edit("service") { $0.fill("port", 443) } } }
        case "authentication.k8s.io":
            if kind.kind == "TokenRequest" { object.editOrCreate("spec") { $0.fill("expirationSeconds", 3600) } }
        case "discovery.k8s.io":
            if kind.kind == "EndpointSlice" {
                object.editEach("ports") { port in
                    port.fill("name", "")
                    port.fill("protocol", "TCP")
                }
            }
        case "flowcontrol.apiserver.k8s.io": FlowControlDefaults.apply(to: &object, kind: kind.kind)
        case "node.k8s.io":
            if kind.kind == "RuntimeClass" {
                object.edit("overhead") { $0.edit("podFixed") { PodDefaults.resourceList(&$0) } }
            }
        case "resource.k8s.io": ResourceDefaults.apply(to: &object, kind: kind.kind, now: now)
        case "scheduling.k8s.io":
            if kind.kind == "PriorityClass" { object.fill("preemptionPolicy", "PreemptLowerPriority") }
        default: break
        }
    }
}
