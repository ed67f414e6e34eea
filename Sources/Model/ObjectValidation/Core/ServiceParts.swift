import JSONValue
import KubeModel
import PolicyModel

/// The rules for the ports of a service.
enum ServicePorts {
    static func validate(_ spec: JSON, _ errors: inout [FieldError]) {
        let ports = spec.list("ports")
        var names = Set<String>()
        for (at, port) in ports.enumerated() {
            let path = FieldPath("spec.ports").index(at)
            let name = port.text("name")
            if name.isEmpty {
                if ports.count > 1 { errors.required(path.child("name")) }
            } else {
                errors.dnsLabel(name, path.child("name"))
                if !names.insert(name).inserted { errors.duplicate(path.child("name"), .string(name)) }
            }
            errors.portNumber(port.count("port"), path.child("port"))
            Containers.protocolName(port.text("protocol"), path.child("protocol"), &errors)
            Handlers.portNumberOrName(IntOrString(port["targetPort"]), path.child("targetPort"), &errors)
            if let application = port["appProtocol"]?.string {
                errors.qualifiedName(application, path.child("appProtocol"))
            }
        }
    }

    static func uniqueness(_ spec: JSON, _ errors: inout [FieldError]) {
        let ports = spec.list("ports")
        let path: FieldPath = "spec.ports"
        if spec.text("type") == "ClusterIP" {
            for (at, port) in ports.enumerated() where port.count("nodePort") != 0 {
                errors.forbidden(path.index(at).child("nodePort"), "may not be used when `type` is 'ClusterIP'")
            }
        }
        var seen = Set<String>()
        for (at, port) in ports.enumerated() where port.count("nodePort") != 0 {
            if !seen.insert("\(port.text("protocol"))/\(port.count("nodePort"))").inserted {
                errors.duplicate(path.index(at).child("nodePort"), JSON(port.count("nodePort")))
            }
        }
        seen = []
        for (at, port) in ports.enumerated() {
            if seen.insert("\(port.text("protocol"))/\(port.count("port"))").inserted { continue }
            let key: JSON = ["protocol": .string(port.text("protocol")), "port": JSON(port.count("port"))]
            errors.duplicate(path.index(at), GoTypes.value(key, as: "ServicePort"))
        }
    }
}

/// The rules for the addresses of a service.
enum ServiceAddresses {
    static func validate(_ spec: JSON, _ old: JSON, _ errors: inout [FieldError]) {
        if spec.text("type") == "ExternalName" { return }
        let path: FieldPath = "spec.clusterIPs"
        let addresses = spec.texts("clusterIPs")
        let list = JSON(addresses)
        let first = spec.text("clusterIP")
        if !first.isEmpty {
            if addresses.isEmpty {
                errors.required(path)
            } else if addresses[0] != first {
                errors.invalid(path, list, "first value must match `clusterIP`")
            }
        } else if !addresses.isEmpty {
            errors.invalid(path, list, "must be empty when `clusterIP` is not specified")
        }
        let families = spec.texts("ipFamilies")
        self.families(spec, families, &errors)
        let count = errors.count
        let known = old.texts("clusterIPs")
        for (at, address) in addresses.enumerated() {
            if at == 0, address == "None" {
                if addresses.count > 1 { errors.invalid(path, list, "'None' must be the first and only value") }
                continue
            }
            errors.invalid(path.index(at), .string(address), all: Addresses.faults(address, unless: known))
        }
        let hasInvalid = errors.count > count
        if addresses.count > 2 { errors.invalid(path, list, "may only hold up to 2 values") }
        if hasInvalid { return }
        if addresses.count > 1, !Addresses.isDualStack(addresses) {
            errors.invalid(path, list, "may specify no more than one IP for each IP family")
        }
        if Services.isHeadless(spec) { return }
        for (at, (address, family)) in zip(addresses, families).enumerated() {
            guard let isIPv4 = IPAddress(address)?.isIPv4, ["IPv4", "IPv6"].contains(family) else { continue }
            if (family == "IPv4") != isIPv4 {
                errors.invalid(
                    path.index(at), .string(address), "expected an \(family) value as indicated by `ipFamilies[\(at)]`")
            }
        }
    }

    private static func families(_ spec: JSON, _ families: [String], _ errors: inout [FieldError]) {
        var seen = Set<String>()
        for (at, family) in families.enumerated() {
            let path = FieldPath("spec.ipFamilies").index(at)
            if family != "IPv4", family != "IPv6" { errors.notSupported(path, .string(family), ["IPv4", "IPv6"]) }
            if !seen.insert(family).inserted { errors.duplicate(path, .string(family)) }
        }
        errors.oneOf(
            spec["ipFamilyPolicy"], ["PreferDualStack", "RequireDualStack", "SingleStack"], "spec.ipFamilyPolicy")
    }
}

/// What of a service may change.
enum ServiceChanges {
    static func validate(_ new: JSON, _ old: JSON, _ errors: inout [FieldError]) {
        let isExternal = new.text("type") == "ExternalName" || old.text("type") == "ExternalName"
        if !isExternal {
            addresses(new, old, &errors)
            families(new, old, &errors)
        }
        if new.text("type") == "LoadBalancer", old.text("type") == "LoadBalancer",
            new["loadBalancerClass"]?.string != old["loadBalancerClass"]?.string
        {
            errors.invalid("spec.loadBalancerClass", new.given("loadBalancerClass") ?? .null, "may not change once set")
        }
        Services.loadBalancerClass(new, &errors)
        if Services.needsHealthCheck(new), Services.needsHealthCheck(old),
            new.count("healthCheckNodePort") != old.count("healthCheckNodePort")
        {
            errors.forbidden("spec.healthCheckNodePort", Wording.immutable)
        }
    }

    private static func addresses(_ new: JSON, _ old: JSON, _ errors: inout [FieldError]) {
        if Services.isHeadless(new), Services.isHeadless(old) { return }
        let now = new.texts("clusterIPs")
        let before = old.texts("clusterIPs")
        let path: FieldPath = "spec.clusterIPs"
        if now.count == before.count {
            for at in before.indices where before[at] != now[at] {
                errors.invalid(path.index(at), JSON(now), "may not change once set")
            }
            return
        }
        if now.count < before.count, now.isEmpty {
            errors.invalid(path.index(0), new["clusterIPs"] ?? .null, "primary clusterIP can not be unset")
        }
        if let first = now.first, let was = before.first, first != was {
            errors.invalid(path.index(0), JSON(now), "may not change once set")
        }
        if now.count < before.count, now.count == 1, new.text("ipFamilyPolicy") != "SingleStack" {
            errors.invalid(
                "spec.ipFamilyPolicy", new.given("ipFamilyPolicy") ?? .null,
                "must be set to 'SingleStack' when releasing the secondary clusterIP")
        }
    }

    private static func families(_ new: JSON, _ old: JSON, _ errors: inout [FieldError]) {
        if Services.isHeadless(new) || Services.isHeadless(old) { return }
        let now = new.texts("ipFamilies")
        let before = old.texts("ipFamilies")
        let path: FieldPath = "spec.ipFamilies[0]"
        if now.count == before.count {
            for at in before.indices where before[at] != now[at] {
                errors.invalid(path, JSON(now), "may not change once set")
            }
            return
        }
        if now.count < before.count, new.texts("clusterIPs").isEmpty {
            errors.invalid(path, JSON(now), "primary ipFamily can not be unset")
        }
        if let first = now.first, let was = before.first, first != was {
            errors.invalid(path, JSON(new.texts("clusterIPs")), "may not change once set")
        }
        if now.count < before.count, now.count == 1, new.text("ipFamilyPolicy") != "SingleStack" {
            errors.invalid(
                "spec.ipFamilyPolicy", new.given("ipFamilyPolicy") ?? .null,
                "must be set to 'SingleStack' when releasing the secondary ipFamily")
        }
    }
}
