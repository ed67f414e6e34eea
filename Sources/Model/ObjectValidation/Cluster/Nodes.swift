import JSONValue
import KubeModel
import PolicyModel

/// The rules for nodes.
enum Nodes {
    static let rules = KindRules(
        create: body,
        update: { subject, errors in
            body(subject, &errors)
            change(subject, &errors)
        },
        status: { subject, errors in change(subject, &errors) })

    @Sendable
    private static func body(_ subject: Subject, _ errors: inout [FieldError]) {
        let spec = subject.new.spec
        ObjectMeta.validate(subject.new.metadata, namespaced: false, names: .subdomain, &errors)
        taints(spec.list("taints"), "metadata.taints", &errors)
        resources(subject.new.status, &errors)
        let ranges = spec.texts("podCIDRs")
        let path: FieldPath = "spec.podCIDRs"
        let known = subject.previous.spec.texts("podCIDRs")
        for (at, range) in ranges.enumerated() {
            errors.invalid(path.index(at), .string(range), all: Addresses.cidrFaults(range, unless: known))
        }
        if ranges.count < 2 { return }
        if !Addresses.isDualStackCIDRs(ranges) || ranges.count > 2 {
            errors.invalid(path, JSON(ranges), "may specify no more than one CIDR for each IP family")
        }
        var seen = Set<String>()
        for (at, range) in ranges.enumerated() where !seen.insert(range).inserted {
            errors.duplicate(path.index(at), .string(range))
        }
    }

    private static func taints(_ taints: [JSON], _ path: FieldPath, _ errors: inout [FieldError]) {
        var seen = Set<[String]>()
        for (at, taint) in taints.enumerated() {
            let here = path.index(at)
            let value = taint.text("value")
            let effect = taint.text("effect")
            errors.qualifiedName(taint.text("key"), here.child("key"))
            let faults = Names.labelValue(value)
            if !faults.isEmpty { errors.invalid(here.child("value"), .string(value), faults.joined(separator: ";")) }
            if effect.isEmpty {
                errors.required(here.child("effect"))
            } else {
                PodScheduling.taintEffect(effect, here.child("effect"), &errors)
            }
            if seen.insert([taint.text("key"), effect]).inserted { continue }
            errors.append(
                FieldError(
                    .duplicate, here, .value(GoTypes.value(taint, as: "Taint")),
                    "taints must be unique by key and effect pair"))
        }
    }

    private static func resources(_ status: JSON, _ errors: inout [FieldError]) {
        for key in ["capacity", "allocatable"] {
            for (name, amount) in status.quantities(key) {
                ResourceNames.validateAmount(name, amount, FieldPath("status").child(key, name), &errors)
            }
        }
    }

    private static func change(_ subject: Subject, _ errors: inout [FieldError]) {
        let new = subject.new
        let old = subject.previous
        ObjectMeta.validateUpdate(new.metadata, old.metadata, &errors)
        resources(new.status, &errors)
        var addresses = Set<[String]>()
        for (at, address) in new.status.list("addresses").enumerated()
        where !addresses.insert([address.text("type"), address.text("address")]).inserted {
            errors.duplicate(
                FieldPath("status.addresses").index(at), GoTypes.value(address, as: "NodeAddress"))
        }
        let ranges = new.spec.texts("podCIDRs")
        let before = old.spec.texts("podCIDRs")
        let rule = "node updates may not change podCIDR except from \"\" to valid"
        if !before.isEmpty {
            if before.count != ranges.count {
                errors.forbidden("spec.podCIDRs", rule)
            } else {
                for (now, was) in zip(ranges, before) where now != was { errors.forbidden("spec.podCIDRs", rule) }
            }
        }
        let provider = old.spec.text("providerID")
        if !provider.isEmpty, provider != new.spec.text("providerID") {
            errors.forbidden("spec.providerID", "node updates may not change providerID except from \"\" to valid")
        }
        if let source = new.spec.given("configSource") {
            configSource(source, isStatus: false, "spec.configSource", &errors)
        }
        for key in ["assigned", "active", "lastKnownGood"] {
            guard let source = new.status["config"]?.given(key) else { continue }
            configSource(source, isStatus: true, FieldPath("status.config").child(key), &errors)
        }
        taints(new.spec.list("taints"), "metadata.taints", &errors)
        if new.spec.text("externalID") != old.spec.text("externalID") {
            errors.forbidden("spec.externalID", "may not be updated")
        }
    }

    private static func configSource(_ source: JSON, isStatus: Bool, _ path: FieldPath, _ errors: inout [FieldError]) {
        guard let map = source.given("configMap") else {
            return errors.invalid(
                path, GoTypes.value(source, as: "NodeConfigSource"), "exactly one reference subfield must be non-nil")
        }
        let here = path.child("configMap")
        for key in ["uid", "resourceVersion"] where map.text(key).isEmpty == isStatus {
            if isStatus {
                errors.required(here.child(key), "\(key) must be set in status")
            } else {
                errors.forbidden(here.child(key), "\(key) must not be set in spec")
            }
        }
        for key in ["namespace", "name", "kubeletConfigKey"] {
            let value = map.text(key)
            if value.isEmpty {
                errors.required(here.child(key), "\(key) must be set")
                continue
            }
            switch key {
            case "namespace": errors.dnsLabel(value, here.child(key))
            case "name": errors.dnsSubdomain(value, here.child(key))
            default: errors.invalid(here.child(key), .string(value), all: Names.configMapKey(value))
            }
        }
    }
}
