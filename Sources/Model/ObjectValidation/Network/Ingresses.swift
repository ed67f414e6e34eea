import JSONValue
import KubeModel
import PolicyModel

/// The rules for ingresses.
enum Ingresses {
    static let rules = KindRules(
        create: { subject, errors in
            body(subject, &errors)
            let key = "kubernetes.io/ingress.class"
            guard let annotation = subject.new.annotation(key), let name = subject.new.spec["ingressClassName"]?.string,
                annotation != name
            else { return }
            errors.invalid(
                FieldPath("annotations").child(key), .string(annotation),
                "must match `ingressClassName` when both are specified")
        },
        update: { subject, errors in
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            body(subject, &errors)
        },
        status: { subject, errors in
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            let known = (subject.previous.status["loadBalancer"]?.list("ingress") ?? []).map { $0.text("ip") }
            for (at, ingress) in (subject.new.status["loadBalancer"]?.list("ingress") ?? []).enumerated() {
                let path = FieldPath("status.loadBalancer.ingress").index(at)
                let address = ingress.text("ip")
                if !address.isEmpty {
                    errors.invalid(path.child("ip"), .string(address), all: Addresses.faults(address, unless: known))
                }
                Services.hostname(ingress.text("hostname"), path.child("hostname"), &errors)
            }
        })

    private static func body(_ subject: Subject, _ errors: inout [FieldError]) {
        let spec = subject.new.spec
        let old = subject.previous.spec
        ObjectMeta.validate(subject.new.metadata, namespaced: true, names: .subdomain, &errors)
        let rules = spec.list("rules")
        let backend = spec.given("defaultBackend")
        if rules.isEmpty, backend == nil {
            errors.invalid("spec", spec["rules"] ?? .null, "either `defaultBackend` or `rules` must be specified")
        }
        if let backend { self.backend(backend, "spec.defaultBackend", &errors) }
        let forgivesWildcards = old.list("rules").contains { rule in
            var faults: [FieldError] = []
            if rule.text("host").contains("*") { paths(rule, "", &faults) }
            return !faults.isEmpty
        }
        for (at, rule) in rules.enumerated() {
            let path = FieldPath("spec.rules").index(at)
            let host = rule.text("host")
            let isWildcard = host.contains("*")
            if !host.isEmpty {
                if IPAddress(host) != nil {
                    errors.invalid(path.child("host"), .string(host), "must be a DNS name, not an IP address")
                }
                hostName(host, path.child("host"), &errors)
            }
            if !isWildcard || !forgivesWildcards { paths(rule, path, &errors) }
        }
        tls(spec, old, &errors)
        if let name = spec["ingressClassName"]?.string { errors.dnsSubdomain(name, "spec.ingressClassName") }
    }

    private static func hostName(_ host: String, _ path: FieldPath, _ errors: inout [FieldError]) {
        let faults = host.contains("*") ? Names.wildcardSubdomain(host) : Names.dnsSubdomain(host)
        errors.invalid(path, .string(host), all: faults)
    }

    private static func tls(_ spec: JSON, _ old: JSON, _ errors: inout [FieldError]) {
        func faults(_ name: String) -> [String] { name.isEmpty ? [] : Names.dnsSubdomain(name) }
        let forgivesNames = old.list("tls").contains { !faults($0.text("secretName")).isEmpty }
        for (at, tls) in spec.list("tls").enumerated() {
            let path = FieldPath("spec.tls").index(at)
            for (index, host) in tls.texts("hosts").enumerated() {
                hostName(host, path.child("hosts").index(index), &errors)
            }
            let name = tls.text("secretName")
            if !forgivesNames { errors.invalid(path.child("secretName"), .string(name), all: faults(name)) }
        }
    }

    private static func paths(_ rule: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        guard let http = rule.given("http") else { return }
        let paths = http.list("paths")
        let here = path.child("http", "paths")
        if paths.isEmpty { errors.required(here) }
        for (at, entry) in paths.enumerated() { self.path(entry, here.index(at), &errors) }
    }

    private static func path(_ entry: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        guard let type = entry["pathType"]?.string else {
            return errors.required(path.child("pathType"), "pathType must be specified")
        }
        let text = entry.text("path")
        let here = path.child("path")
        switch type {
        case "Exact", "Prefix":
            if !Paths.isAbsolute(text) { errors.invalid(here, .string(text), "must be an absolute path") }
            for bad in ["//", "/./", "/../", "%2f", "%2F"] where text.contains(bad) {
                errors.invalid(here, .string(text), "must not contain '\(bad)'")
            }
            for bad in ["/..", "/."] where text.hasSuffix(bad) {
                errors.invalid(here, .string(text), "cannot end with '\(bad)'")
            }
        case "ImplementationSpecific":
            if !text.isEmpty, !Paths.isAbsolute(text) {
                errors.invalid(here, .string(text), "must be an absolute path")
            }
        default:
            errors.notSupported(path.child("pathType"), .string(type), ["Exact", "ImplementationSpecific", "Prefix"])
        }
        backend(entry["backend"] ?? .object([:]), path.child("backend"), &errors)
    }

    private static func backend(_ backend: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        switch (backend.given("resource"), backend.given("service")) {
        case (_?, _?): errors.invalid(path, "", "cannot set both resource and service backends")
        case (let resource?, nil): IngressClasses.reference(resource, path.child("resource"), &errors)
        case (nil, let service?): self.service(service, path, &errors)
        case (nil, nil): errors.invalid(path, "", "resource or service backend is required")
        }
    }

    private static func service(_ service: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let name = service.text("name")
        if name.isEmpty {
            errors.required(path.child("service", "name"))
        } else {
            errors.dnsLabel(name, path.child("service", "name"))
        }
        let port = service["port"] ?? .object([:])
        let portName = port.text("name")
        let number = port.count("number")
        switch (!portName.isEmpty, number != 0) {
        case (true, true): errors.invalid(path, "", "cannot set both port name & port number")
        case (true, false):
            errors.invalid(path.child("service", "port", "name"), .string(portName), all: Names.portName(portName))
        case (false, true): errors.portNumber(number, path.child("service", "port", "number"))
        case (false, false): errors.required(path, "port name or number is required")
        }
    }
}

/// The rules for classes of ingresses.
enum IngressClasses {
    static let rules = KindRules(
        create: body,
        update: { subject, errors in
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            errors.immutableText(
                subject.new.spec["controller"], subject.previous.spec["controller"], "spec.controller")
            body(subject, &errors)
        })

    @Sendable
    private static func body(_ subject: Subject, _ errors: inout [FieldError]) {
        ObjectMeta.validate(subject.new.metadata, namespaced: false, names: .subdomain, &errors)
        let controller = subject.new.spec.text("controller")
        if controller.utf8.count > 250 { errors.tooLong("spec.controller", 250) }
        DomainPaths.validate(controller, "spec.controller", &errors)
        guard let parameters = subject.new.spec.given("parameters") else { return }
        let path: FieldPath = "spec.parameters"
        reference(parameters, path, &errors)
        guard let scope = parameters["scope"]?.string else { return errors.required(path.child("scope")) }
        let namespace = parameters["namespace"]?.string
        let here = path.child("namespace")
        switch scope {
        case "Namespace":
            if let namespace {
                errors.dnsLabel(namespace, here)
            } else {
                errors.required(here, "`parameters.scope` is set to 'Namespace'")
            }
        case "Cluster": if namespace != nil { errors.forbidden(here, "`parameters.scope` is set to 'Cluster'") }
        default: errors.notSupported(path.child("scope"), .string(scope), ["Cluster", "Namespace"])
        }
    }

    /// A reference to an object of some kind.
    static func reference(_ reference: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        if let group = reference["apiGroup"]?.string { errors.dnsSubdomain(group, path.child("apiGroup")) }
        for key in ["kind", "name"] {
            let value = reference.text(key)
            if value.isEmpty { errors.required(path.child(key)) } else { errors.pathSegment(value, path.child(key)) }
        }
    }
}

/// The rules for the addresses that services draw from.
enum ServiceNetworks {
    static let ranges = KindRules(
        create: { subject, errors in
            ObjectMeta.validate(subject.new.metadata, namespaced: false, names: .subdomain, &errors)
            cidrs(subject.new.spec, &errors)
        },
        update: { subject, errors in
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            let now = subject.new.spec.texts("cidrs")
            let before = subject.previous.spec.texts("cidrs")
            let path: FieldPath = "spec.cidrs"
            if now.count == before.count || (before.count == 1 && now.count == 2) {
                for at in before.indices where now[at] != before[at] {
                    errors.invalid(path.index(at), .string(now[at]), Wording.immutable)
                }
                if now.count != before.count { cidrs(subject.new.spec, &errors) }
            } else {
                errors.invalid(path, subject.new.spec["cidrs"] ?? .null, Wording.immutable)
            }
        })

    private static func cidrs(_ spec: JSON, _ errors: inout [FieldError]) {
        let list = spec.texts("cidrs")
        let path: FieldPath = "spec.cidrs"
        if list.isEmpty { return errors.required(path, "at least one CIDR required") }
        if list.count > 2 {
            return errors.invalid(path, GoTypes.value(spec, as: "ServiceCIDRSpec"), "may only hold up to 2 values")
        }
        for (at, cidr) in list.enumerated() {
            errors.invalid(path.index(at), .string(cidr), all: Addresses.strictCIDRFaults(cidr))
        }
        let families = list.compactMap { CIDR($0)?.address.isIPv4 }
        if families.count == 2, families[0] == families[1] {
            errors.invalid(
                path, JSON(list),
                "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64")
        }
    }

    static let addresses = KindRules(
        create: { subject, errors in
            ObjectMeta.validate(subject.new.metadata, namespaced: false, names: .ipAddress, &errors)
            guard let parent = subject.new.spec.given("parentRef") else { return errors.required("spec.parentRef") }
            let path: FieldPath = "spec.parentRef"
            let group = parent.text("group")
            if !group.isEmpty { errors.dnsSubdomain(group, path.child("group")) }
            for key in ["resource", "name"] {
                let value = parent.text(key)
                if value.isEmpty { errors.required(path.child(key)) } else { errors.pathSegment(value, path.child(key)) }
            }
            let namespace = parent.text("namespace")
            if !namespace.isEmpty { errors.pathSegment(namespace, path.child("namespace")) }
        },
        update: { subject, errors in
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            if sameMeaning(subject.new.spec["parentRef"], subject.previous.spec["parentRef"]) { return }
            errors.invalid(
                "spec.parentRef", GoTypes.pointer(subject.new.spec["parentRef"], as: "ParentReference"),
                Wording.immutable)
        })
}
