import JSONValue
import KubeModel
import PolicyModel

/// The rules for services.
enum Services {
    static let rules = KindRules(
        create: { subject, errors in body(subject, &errors) },
        update: { subject, errors in
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            ServiceChanges.validate(subject.new.spec, subject.previous.spec, &errors)
            body(subject, &errors)
        },
        status: { subject, errors in
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            loadBalancerStatus(subject, &errors)
        })

    static func isHeadless(_ spec: JSON) -> Bool { spec.texts("clusterIPs") == ["None"] }

    private static func body(_ subject: Subject, _ errors: inout [FieldError]) {
        let service = subject.new
        let spec = service.spec
        let type = spec.text("type")
        ObjectMeta.validate(service.metadata, namespaced: true, names: .label, &errors)
        topologyAnnotations(service, &errors)
        if spec.list("ports").isEmpty, !isHeadless(spec), type != "ExternalName" { errors.required("spec.ports") }
        switch type {
        case "LoadBalancer", "NodePort":
            if isHeadless(spec) {
                errors.invalid("spec.clusterIPs[0]", "None", "may not be set to 'None' for \(type) services")
            }
        case "ExternalName": externalName(spec, &errors)
        default: break
        }
        ServicePorts.validate(spec, &errors)
        ObjectMeta.labels(spec["selector"], "spec.selector", &errors)
        sessionAffinity(spec, &errors)
        ServiceAddresses.validate(spec, subject.previous.spec, &errors)
        let known = subject.previous.spec.texts("externalIPs")
        for (at, address) in spec.texts("externalIPs").enumerated() {
            let path = FieldPath("spec.externalIPs").index(at)
            let faults = Addresses.faults(address, unless: known)
            errors.invalid(path, .string(address), all: faults)
            if faults.isEmpty { notSpecial(address, path, &errors) }
        }
        let types = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]
        if type.isEmpty {
            errors.required("spec.type")
        } else if !types.contains(type) {
            errors.notSupported("spec.type", .string(type), types)
        }
        ServicePorts.uniqueness(spec, &errors)
        sourceRanges(subject, &errors)
        loadBalancer(spec, &errors)
        trafficPolicies(spec, &errors)
        ObjectMeta.conditions(service.status.list("conditions"), "status.conditions", &errors)
    }

    private static func topologyAnnotations(_ service: JSON, _ errors: inout [FieldError]) {
        let old = "service.kubernetes.io/topology-aware-hints"
        let new = "service.kubernetes.io/topology-mode"
        guard let mode = service.annotation(new), let hints = service.annotation(old), mode != hints else { return }
        errors.invalid(
            FieldPath("metadata.annotations").key(new), .string(mode),
            "must match annotations[\(old)] when both are specified")
    }

    private static func externalName(_ spec: JSON, _ errors: inout [FieldError]) {
        for key in ["clusterIPs", "ipFamilies"] where !spec.list(key).isEmpty {
            errors.forbidden(FieldPath("spec").child(key), "may not be set for ExternalName services")
        }
        if spec.has("ipFamilyPolicy") {
            errors.forbidden("spec.ipFamilyPolicy", "may not be set for ExternalName services")
        }
        var name = spec.text("externalName")
        if name.hasSuffix(".") { name.removeLast() }
        if name.isEmpty { errors.required("spec.externalName") } else { errors.dnsSubdomain(name, "spec.externalName") }
    }

    private static func sessionAffinity(_ spec: JSON, _ errors: inout [FieldError]) {
        let affinity = spec.text("sessionAffinity")
        let config = spec.given("sessionAffinityConfig")
        let path: FieldPath = "spec.sessionAffinityConfig"
        switch affinity {
        case "": errors.required("spec.sessionAffinity")
        case "None":
            if config != nil { errors.forbidden(path, "must not be set when session affinity is None") }
        case "ClientIP":
            let rule = "when session affinity type is ClientIP"
            guard let config else { return errors.required(path, rule) }
            guard let client = config.given("clientIP") else { return errors.required(path.child("clientIP"), rule) }
            let here = path.child("clientIP", "timeoutSeconds")
            guard let seconds = client.number("timeoutSeconds") else { return errors.required(here, rule) }
            if seconds <= 0 || seconds > 86400 {
                errors.invalid(here, JSON(seconds), "must be greater than 0 and less than 86400")
            }
        default: errors.notSupported("spec.sessionAffinity", .string(affinity), ["ClientIP", "None"])
        }
    }

    private static func sourceRanges(_ subject: Subject, _ errors: inout [FieldError]) {
        let spec = subject.new.spec
        let isBalanced = spec.text("type") == "LoadBalancer"
        let rule = "may only be used when `type` is 'LoadBalancer'"
        let ranges = spec.texts("loadBalancerSourceRanges")
        let known = subject.previous.spec.texts("loadBalancerSourceRanges").map(trimmed)
        let annotation = "service.beta.kubernetes.io/load-balancer-source-ranges"
        if !ranges.isEmpty {
            let path: FieldPath = "spec.LoadBalancerSourceRanges"
            if !isBalanced { errors.forbidden(path, rule) }
            for (at, range) in ranges.map(trimmed).enumerated() {
                errors.invalid(path.index(at), .string(range), all: Addresses.cidrFaults(range, unless: known))
            }
        } else if let text = subject.new.annotation(annotation) {
            let path = FieldPath("metadata.annotations").key(annotation)
            if !isBalanced { errors.forbidden(path, rule) }
            if trimmed(text).isEmpty { return }
            for range in trimmed(text).split(separator: ",", omittingEmptySubsequences: false).map({ trimmed(String($0)) }) {
                errors.invalid(path, .string(range), all: Addresses.cidrFaults(range))
            }
        }
    }

    private static func trimmed(_ text: String) -> String {
        var rest = text[...]
        while rest.first?.isWhitespace == true { rest = rest.dropFirst() }
        while rest.last?.isWhitespace == true { rest = rest.dropLast() }
        return String(rest)
    }

    private static func loadBalancer(_ spec: JSON, _ errors: inout [FieldError]) {
        let isBalanced = spec.text("type") == "LoadBalancer"
        let rule = "may only be used when `type` is 'LoadBalancer'"
        if spec.has("allocateLoadBalancerNodePorts") != isBalanced {
            if isBalanced {
                errors.required("allocateLoadBalancerNodePorts")
            } else {
                errors.forbidden("spec.allocateLoadBalancerNodePorts", rule)
            }
        }
        loadBalancerClass(spec, &errors)
    }

    static func loadBalancerClass(_ spec: JSON, _ errors: inout [FieldError]) {
        guard let name = spec["loadBalancerClass"]?.string else { return }
        if spec.text("type") == "LoadBalancer" {
            errors.qualifiedName(name, "spec.loadBalancerClass")
        } else {
            errors.forbidden("spec.loadBalancerClass", "may only be used when `type` is 'LoadBalancer'")
        }
    }

    /// Whether the load balancer asks the nodes which of them have pods of the service.
    static func needsHealthCheck(_ spec: JSON) -> Bool {
        spec.text("type") == "LoadBalancer" && spec.text("externalTrafficPolicy") == "Local"
    }

    private static func trafficPolicies(_ spec: JSON, _ errors: inout [FieldError]) {
        let type = spec.text("type")
        let isReachable =
            type == "LoadBalancer" || type == "NodePort" || type == "ClusterIP" && !spec.list("externalIPs").isEmpty
        let external = spec.text("externalTrafficPolicy")
        if !isReachable {
            if !external.isEmpty {
                errors.invalid(
                    "spec.externalTrafficPolicy", .string(external), "may only be set for externally-accessible services")
            }
        } else if external.isEmpty {
            errors.required("spec.externalTrafficPolicy")
        } else if external != "Cluster", external != "Local" {
            errors.notSupported("spec.externalTrafficPolicy", .string(external), ["Cluster", "Local"])
        }
        let port = spec.count("healthCheckNodePort")
        if !needsHealthCheck(spec) {
            if port != 0 {
                errors.invalid(
                    "spec.healthCheckNodePort", JSON(port),
                    "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'")
            }
        } else if port == 0 {
            errors.required("spec.healthCheckNodePort")
        } else {
            errors.portNumber(port, "spec.healthCheckNodePort")
        }
        if !spec.has("internalTrafficPolicy"), ["NodePort", "LoadBalancer", "ClusterIP"].contains(type) {
            errors.required("spec.internalTrafficPolicy")
        }
        errors.oneOf(spec["internalTrafficPolicy"], ["Cluster", "Local"], "spec.internalTrafficPolicy")
        errors.oneOf(
            spec["trafficDistribution"], ["PreferClose", "PreferSameNode", "PreferSameZone"], "spec.trafficDistribution")
    }

    private static func loadBalancerStatus(_ subject: Subject, _ errors: inout [FieldError]) {
        let ingresses = subject.new.status["loadBalancer"]?.list("ingress") ?? []
        let path: FieldPath = "status.loadBalancer.ingress"
        if subject.new.spec.text("type") != "LoadBalancer", !ingresses.isEmpty {
            return errors.forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")
        }
        let known = (subject.previous.status["loadBalancer"]?.list("ingress") ?? []).map { $0.text("ip") }
        for (at, ingress) in ingresses.enumerated() {
            let here = path.index(at)
            let address = ingress.text("ip")
            if !address.isEmpty {
                errors.invalid(here.child("ip"), .string(address), all: Addresses.faults(address, unless: known))
            }
            let mode = ingress["ipMode"]?.string
            if mode == nil, !address.isEmpty {
                errors.required(here.child("ipMode"), "must be specified when `ip` is set")
            } else if mode != nil, address.isEmpty {
                errors.forbidden(here.child("ipMode"), "may not be specified when `ip` is not set")
            } else {
                errors.oneOf(ingress["ipMode"], ["Proxy", "VIP"], here.child("ipMode"))
            }
            hostname(ingress.text("hostname"), here.child("hostname"), &errors)
        }
    }

    /// A host name that is no address.
    static func hostname(_ name: String, _ path: FieldPath, _ errors: inout [FieldError]) {
        if name.isEmpty { return }
        errors.dnsSubdomain(name, path)
        if IPAddress(name) != nil { errors.invalid(path, .string(name), "must be a DNS name, not an IP address") }
    }

    /// An address that other machines can reach.
    static func notSpecial(_ text: String, _ path: FieldPath, _ errors: inout [FieldError]) {
        guard let address = IPAddress(text) else {
            return errors.invalid(path, .string(text), "must be a valid IP address")
        }
        let faults = [
            (address.isUnspecified, "may not be unspecified (\(text))"),
            (address.isLoopback, "may not be in the loopback range (127.0.0.0/8, ::1/128)"),
            (address.isLinkLocalUnicast, "may not be in the link-local range (169.254.0.0/16, fe80::/10)"),
            (address.isLinkLocalMulticast, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"),
        ]
        for (isSo, rule) in faults where isSo { errors.invalid(path, .string(text), rule) }
    }
}
