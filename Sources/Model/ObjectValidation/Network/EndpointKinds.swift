import JSONValue
import KubeModel
import PolicyModel

/// The rules for endpoints.
enum EndpointKinds {
    static let endpoints = KindRules(
        create: body,
        update: { subject, errors in
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            body(subject, &errors)
        })

    @Sendable
    private static func body(_ subject: Subject, _ errors: inout [FieldError]) {
        ObjectMeta.validate(subject.new.metadata, namespaced: true, names: .subdomain, &errors)
        let known = subject.previous.list("subsets").flatMap { subset in
            (subset.list("addresses") + subset.list("notReadyAddresses")).map { $0.text("ip") }
        }
        for (at, subset) in subject.new.list("subsets").enumerated() {
            let path = FieldPath("subsets").index(at)
            if subset.list("addresses").isEmpty, subset.list("notReadyAddresses").isEmpty {
                errors.required(path, "must specify `addresses` or `notReadyAddresses`")
            }
            for key in ["addresses", "notReadyAddresses"] {
                for (index, address) in subset.list(key).enumerated() {
                    self.address(address, known, path.child(key).index(index), &errors)
                }
            }
            let ports = subset.list("ports")
            for (index, port) in ports.enumerated() {
                self.port(port, needsName: ports.count > 1, path.child("ports").index(index), &errors)
            }
        }
    }

    private static func address(_ address: JSON, _ known: [String], _ path: FieldPath, _ errors: inout [FieldError]) {
        let ip = address.text("ip")
        errors.invalid(path.child("ip"), .string(ip), all: Addresses.faults(ip, unless: known))
        let host = address.text("hostname")
        if !host.isEmpty { errors.dnsLabel(host, path.child("hostname")) }
        if let node = address["nodeName"]?.string { errors.dnsSubdomain(node, path.child("nodeName")) }
        Services.notSpecial(ip, path.child("ip"), &errors)
    }

    private static func port(_ port: JSON, needsName: Bool, _ path: FieldPath, _ errors: inout [FieldError]) {
        let name = port.text("name")
        if !name.isEmpty {
            errors.dnsLabel(name, path.child("name"))
        } else if needsName {
            errors.required(path.child("name"))
        }
        errors.portNumber(port.count("port"), path.child("port"))
        Containers.protocolName(port.text("protocol"), path.child("protocol"), &errors)
        if let application = port["appProtocol"]?.string { errors.qualifiedName(application, path.child("appProtocol")) }
    }
}

/// The rules for slices of endpoints.
enum EndpointSlices {
    static let rules = KindRules(
        create: body,
        update: { subject, errors in
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            body(subject, &errors)
            errors.immutableText(subject.new["addressType"], subject.previous["addressType"], "addressType")
        })

    @Sendable
    private static func body(_ subject: Subject, _ errors: inout [FieldError]) {
        let slice = subject.new
        ObjectMeta.validate(slice.metadata, namespaced: true, names: .subdomain, &errors)
        let type = slice.text("addressType")
        if type.isEmpty {
            errors.required("addressType")
        } else {
            errors.oneOf(.string(type), ["FQDN", "IPv4", "IPv6"], "addressType")
        }
        endpoints(slice.list("endpoints"), type, &errors)
        ports(slice.list("ports"), &errors)
    }

    private static func endpoints(_ endpoints: [JSON], _ type: String, _ errors: inout [FieldError]) {
        if endpoints.count > 1000 { return errors.tooMany("endpoints", endpoints.count, 1000) }
        for (at, endpoint) in endpoints.enumerated() {
            let path = FieldPath("endpoints").index(at)
            let addresses = endpoint.texts("addresses")
            let here = path.child("addresses")
            if addresses.isEmpty {
                errors.required(here, "must contain at least 1 address")
            } else if addresses.count > 100 {
                errors.tooMany(here, addresses.count, 100)
            }
            for (index, address) in addresses.enumerated() { self.address(address, type, here.index(index), &errors) }
            if let node = endpoint["nodeName"]?.string { errors.dnsSubdomain(node, path.child("nodeName")) }
            let topology = endpoint.members("deprecatedTopology")
            if topology.count > 16 { errors.tooMany(path.child("deprecatedTopology"), topology.count, 16) }
            ObjectMeta.labels(endpoint["deprecatedTopology"], path.child("deprecatedTopology"), &errors)
            if let host = endpoint["hostname"]?.string { errors.dnsLabel(host, path.child("hostname")) }
            if let hints = endpoint.given("hints") { self.hints(hints, path.child("hints"), &errors) }
        }
    }

    private static func address(_ address: String, _ type: String, _ path: FieldPath, _ errors: inout [FieldError]) {
        switch type {
        case "IPv4", "IPv6":
            let parsed = IPAddress(address)
            let faults = Addresses.strictFaults(address)
            if parsed == nil || (parsed?.isIPv4 == true && parsed?.isMapped == false) != (type == "IPv4") {
                errors.invalid(path, .string(address), "must be a valid \(type) address")
            } else {
                errors.invalid(path, .string(address), all: faults)
            }
            Services.notSpecial(address, path, &errors)
        case "FQDN":
            if address.isEmpty { return errors.required(path) }
            let name = address.hasSuffix(".") ? String(address.dropLast()) : address
            let faults = Names.dnsSubdomain(name)
            errors.invalid(path, .string(name), all: faults)
            if faults.isEmpty, name.split(separator: ".").count < 2 {
                errors.invalid(
                    path, .string(name), "should be a domain with at least two segments separated by dots")
            }
        default: break
        }
    }

    private static func hints(_ hints: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        for key in ["forZones", "forNodes"] {
            let list = hints.list(key)
            let here = path.child(key)
            if list.count > 8 {
                errors.tooMany(here, list.count, 8)
                continue
            }
            var names = Set<String>()
            for (at, hint) in list.enumerated() {
                let name = hint.text("name")
                let field = here.index(at).child("name")
                if !names.insert(name).inserted { errors.duplicate(field, .string(name)) }
                if key == "forZones" {
                    errors.invalid(field, .string(name), all: Names.labelValue(name))
                } else {
                    errors.dnsSubdomain(name, field)
                }
            }
        }
    }

    private static func ports(_ ports: [JSON], _ errors: inout [FieldError]) {
        if ports.count > 20000 { return errors.tooMany("ports", ports.count, 20000) }
        var names = Set<String>()
        for (at, port) in ports.enumerated() {
            let path = FieldPath("ports").index(at)
            let name = port.text("name")
            if !name.isEmpty { errors.dnsLabel(name, path.child("name")) }
            if !names.insert(name).inserted { errors.duplicate(path.child("name"), .string(name)) }
            Containers.protocolName(port.text("protocol"), path.child("protocol"), &errors)
            if let application = port["appProtocol"]?.string {
                errors.qualifiedName(application, path.child("appProtocol"))
            }
        }
    }
}
