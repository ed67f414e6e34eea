import JSONValue
import KubeModel
import PolicyModel

/// The rules for the specification of a pod, in a pod or in a template.
///
/// Source: `k8s.io/kubernetes` `pkg/apis/core/validation`, `ValidatePodSpec`.
enum PodSpecs {
    /// - Parameter podName: the name of the pod, from which claims of ephemeral volumes get theirs; nil in a template.
    static func validate(
        _ spec: JSON, podName: String?, _ options: PodOptions, _ path: FieldPath, _ errors: inout [FieldError]
    ) {
        let gracePeriod = spec.number("terminationGracePeriodSeconds")
        if gracePeriod == nil { errors.required(path.child("terminationGracePeriodSeconds")) }
        let volumes = Volumes.validate(spec.list("volumes"), podName: podName, options, path.child("volumes"), &errors)
        let claims = spec.list("resourceClaims")
        let pod = Containers.Pod(
            volumes: volumes, claims: Set(claims.map { $0.text("name") }.filter { !$0.isEmpty }), gracePeriod: gracePeriod,
            restartPolicy: spec.text("restartPolicy"), hostUsers: spec["hostUsers"]?.bool ?? true,
            os: spec["os"]?["name"]?.string, options: options)
        resourceClaims(claims, path.child("resourceClaims"), &errors)
        let regular = spec.list("containers")
        Containers.regular(regular, pod, path.child("containers"), &errors)
        Containers.`init`(spec.list("initContainers"), regular: regular, pod, path.child("initContainers"), &errors)
        Containers.ephemeral(spec, pod, path.child("ephemeralContainers"), &errors)
        podResources(spec, pod, path.child("resources"), &errors)
        hostPorts(spec, options, path, &errors)
        choices(spec, path, &errors)
        ObjectMeta.labels(spec["nodeSelector"], path.child("nodeSelector"), &errors)
        PodSecurityContexts.validate(spec, options, path.child("securityContext"), &errors)
        PodScheduling.affinity(spec.given("affinity"), options, path.child("affinity"), &errors)
        PodNaming.dns(spec, path.child("dnsConfig"), &errors)
        for (at, gate) in spec.list("readinessGates").enumerated() {
            errors.qualifiedName(
                gate.text("conditionType"), path.child("readinessGates").index(at).child("conditionType"))
        }
        PodScheduling.gates(spec.list("schedulingGates"), path.child("schedulingGates"), &errors)
        PodScheduling.spread(
            spec.list("topologySpreadConstraints"), options, path.child("topologySpreadConstraints"), &errors)
        WindowsOptions.hostProcess(spec, options, path, &errors)
        hostUsers(spec, path, &errors)
        PodNaming.names(spec, path, &errors)
        rest(spec, options, path, &errors)
        WindowsOptions.operatingSystem(spec, path, &errors)
    }

    private static func choices(_ spec: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let restart = spec.text("restartPolicy")
        switch restart {
        case "Always", "OnFailure", "Never": break
        case "": errors.required(path.child("restartPolicy"))
        default: errors.notSupported(path.child("restartPolicy"), .string(restart), ["Always", "OnFailure", "Never"])
        }
        let dns = spec.text("dnsPolicy")
        let policies = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]
        if dns.isEmpty {
            errors.required(path.child("dnsPolicy"))
        } else if !policies.contains(dns) {
            errors.notSupported(path.child("dnsPolicy"), .string(dns), policies)
        }
    }

    private static func resourceClaims(_ claims: [JSON], _ path: FieldPath, _ errors: inout [FieldError]) {
        var names = Set<String>()
        for (at, claim) in claims.enumerated() {
            let here = path.index(at)
            let name = claim.text("name")
            if name.isEmpty {
                errors.required(here.child("name"))
            } else if !names.insert(name).inserted {
                errors.duplicate(here.child("name"), .string(name))
            } else {
                errors.dnsLabel(name, here.child("name"))
            }
            let direct = claim["resourceClaimName"]?.string
            let template = claim["resourceClaimTemplateName"]?.string
            let printed = GoTypes.value(claim, as: "PodResourceClaim")
            if direct != nil, template != nil {
                errors.invalid(
                    here, printed, "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified")
            }
            if direct == nil, template == nil {
                errors.invalid(here, printed, "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`")
            }
            if let direct { errors.dnsSubdomain(direct, here.child("resourceClaimName")) }
            if let template { errors.dnsSubdomain(template, here.child("resourceClaimTemplateName")) }
        }
    }

    /// What the pod as a whole requests must suffice for its containers.
    private static func podResources(_ spec: JSON, _ pod: Containers.Pod, _ path: FieldPath, _ errors: inout [FieldError]) {
        guard let resources = spec.given("resources") else { return }
        if resources.has("claims") {
            errors.forbidden(path.child("claims"), "claims cannot be set for Resources at pod-level")
        }
        ResourceRequirements.validate(resources, of: .pod, claims: pod.claims, pod.options, path, &errors)
        let requests = Dictionary(resources.quantities("requests").map { ($0.name, $0.quantity) }) { first, _ in first }
        for (name, sum) in PodTotals.requests(spec) {
            let most = requests[name] ?? Quantity(0)
            guard sum > most else { continue }
            errors.invalid(
                path.child("requests").key(name), .string(most.description),
                "must be greater than or equal to aggregate container requests of \(sum)")
        }
        let limits = Dictionary(resources.quantities("limits").map { ($0.name, $0.quantity) }) { first, _ in first }
        for (at, container) in spec.list("containers").enumerated() {
            for (name, limit) in container["resources"]?.quantities("limits") ?? [] {
                guard let most = limits[name], limit > most else { continue }
                errors.invalid(
                    path.child("containers").index(at).key(name).child("limits"), .string(limit.description),
                    "must be less than or equal to pod limits of \(most)")
            }
        }
    }

    private static func hostPorts(_ spec: JSON, _ options: PodOptions, _ path: FieldPath, _ errors: inout [FieldError]) {
        guard spec.flag("hostNetwork") else { return }
        for (at, container) in spec.list("containers").enumerated() {
            for (index, port) in container.list("ports").enumerated() {
                let host = port.count("hostPort")
                // A template may leave it open: it is filled in when the pod is made.
                guard options.isPod || host != 0, host != port.count("containerPort") else { continue }
                errors.invalid(
                    path.child("containers").index(at).child("ports").index(index).child("hostPort"), JSON(host),
                    "must match `containerPort` when `hostNetwork` is true")
            }
        }
    }

    private static func hostUsers(_ spec: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        guard spec["hostUsers"]?.bool == false else { return }
        for (key, name) in [("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")]
        where spec.flag(key) {
            errors.forbidden(path.child(name), "when `pod.Spec.HostUsers` is false")
        }
    }

    private static func rest(_ spec: JSON, _ options: PodOptions, _ path: FieldPath, _ errors: inout [FieldError]) {
        PodScheduling.tolerations(spec.list("tolerations"), path.child("tolerations"), &errors)
        PodNaming.hostAliases(spec.list("hostAliases"), path.child("hostAliases"), &errors)
        let priority = spec.text("priorityClassName")
        if !priority.isEmpty { errors.dnsSubdomain(priority, path.child("priorityClassName")) }
        if let runtime = spec["runtimeClassName"]?.string { errors.dnsSubdomain(runtime, path.child("runtimeClassName")) }
        if let preemption = spec["preemptionPolicy"]?.string {
            preemptionPolicy(preemption, path.child("preemptionPolicy"), &errors)
        }
        if let overhead = spec.given("overhead") {
            ResourceRequirements.validate(["limits": overhead], claims: [], options, path.child("overhead"), &errors)
        }
    }

    static func preemptionPolicy(_ policy: String, _ path: FieldPath, _ errors: inout [FieldError]) {
        switch policy {
        case "PreemptLowerPriority", "Never": break
        case "": errors.required(path)
        default: errors.notSupported(path, .string(policy), ["PreemptLowerPriority", "Never"])
        }
    }
}

/// What the containers of a pod request together.
enum PodTotals {
    /// The sum of the regular containers and sidecars, or what the largest init container needs beside the sidecars
    /// that were started before it.
    static func requests(_ spec: JSON) -> [(String, Quantity)] {
        var sum: [String: Quantity] = [:]
        func add(_ container: JSON) {
            for (name, amount) in container["resources"]?.quantities("requests") ?? [] {
                sum[name] = (sum[name] ?? Quantity(0)) + amount
            }
        }
        for container in spec.list("containers") { add(container) }
        var sidecars: [String: Quantity] = [:]
        var peak: [String: Quantity] = [:]
        for container in spec.list("initContainers") {
            let own = container["resources"]?.quantities("requests") ?? []
            if Containers.isSidecar(container) {
                add(container)
                for (name, amount) in own { sidecars[name] = (sidecars[name] ?? Quantity(0)) + amount }
                for (name, amount) in sidecars { peak[name] = max(peak[name] ?? Quantity(0), amount) }
            } else {
                for (name, amount) in own {
                    peak[name] = max(peak[name] ?? Quantity(0), amount + (sidecars[name] ?? Quantity(0)))
                }
            }
        }
        for (name, amount) in peak { sum[name] = max(sum[name] ?? Quantity(0), amount) }
        return sum.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
