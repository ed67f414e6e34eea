import JSONValue
import KubeModel
import PolicyModel

private typealias Fault = EncryptionConfigurationError.Fault

extension EncryptionConfiguration.Draft {
    /// The configuration, when every rule, provider and key is as kube-apiserver wants it.
    func checked() throws(EncryptionConfigurationError) -> EncryptionConfiguration {
        var faults: [Fault] = []
        var configuration = EncryptionConfiguration(rules: [])
        if rules.isEmpty { faults.append(atLeastOne("resources", "resources")) }
        for (index, rule) in rules.enumerated() {
            let path = FieldPath("resources").index(index)
            let (names, providers) = (path.child("resources"), path.child("providers"))
            if rule.resources.isEmpty { faults.append(atLeastOne(names, names.rawValue)) }
            faults += overlapFaults(rule.resources, names)
            for (at, name) in rule.resources.enumerated() {
                if let fault = nameFault(name, names.index(at)) { faults.append(fault) }
            }
            if rule.providers.isEmpty { faults.append(atLeastOne(providers, providers.rawValue)) }
            var checked: [EncryptionConfiguration.Provider] = []
            for (at, provider) in rule.providers.enumerated() {
                if let good = provider.checked(providers.index(at), &faults) { checked.append(good) }
            }
            configuration.rules.append(.init(resources: rule.resources, providers: checked))
        }
        guard faults.isEmpty else { throw EncryptionConfigurationError(.parsing, faults) }
        return configuration
    }

    private func atLeastOne(_ path: FieldPath, _ what: String) -> Fault {
        Fault(.required(path, "at least one \(what) is required"), remedy: "List at least one element under \(path).")
    }

    private func overlapFaults(_ resources: [String], _ path: FieldPath) -> [Fault] {
        let parsed = resources.map(GroupResource.init(configured:))
        var duplicate = false
        var overlap = false
        for (i, one) in parsed.enumerated() {
            for (j, other) in parsed.enumerated() where i != j {
                if one == other { duplicate = true }
                if one == .everything { overlap = true }
                if one.group == other.group, one.resource == "*" { overlap = true }
            }
        }
        var faults: [Fault] = []
        let value = JSON(resources)
        if duplicate {
            let error = FieldError.invalid(path, value, "the same resource cannot be specified multiple times")
            faults.append(Fault(error, remedy: "Name each resource of \(path) once only."))
        }
        if overlap {
            let error = FieldError.invalid(
                path, value,
                "using overlapping resources such as 'secrets' and '*.' in the same resource list is not allowed "
                    + "as they will be masked")
            faults.append(Fault(error, remedy: "Remove from \(path) what its wildcard covers already."))
        }
        return faults
    }

    private func nameFault(_ name: String, _ path: FieldPath) -> Fault? {
        func invalid(_ detail: String, _ remedy: String) -> Fault {
            Fault(.invalid(path, JSON(name), detail), remedy: remedy)
        }
        let parsed = GroupResource(configured: name)
        if name.lowercased() != name {
            return invalid(
                "resource name should not contain capital letters", "Write \(path) as \(name.lowercased()).")
        }
        if name == "*" {
            return invalid(
                "use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources",
                "Write \(path) as '*.' or '*.*'.")
        }
        if ["apiserveripinfo", "serviceipallocations", "servicenodeportallocations"].contains(name) {
            return invalid("resources which do not have REST API/s cannot be encrypted", "Remove \(path).")
        }
        if parsed.group == "events.k8s.io" {
            return invalid(
                "'*.events.k8s.io' objects are stored using the 'events' API group in etcd. "
                    + "Use 'events' instead in the config file", "Write \(path) as events.")
        }
        if parsed.group == "extensions" {
            return invalid(
                "'extensions' group has been removed and cannot be used for encryption",
                "Write \(path) with the group that serves the resource now.")
        }
        if parsed.group == "*", parsed.resource != "*" {
            return invalid(
                "encrypting the same resource across groups is not supported",
                "Write \(path) with its group, or as '*.*'.")
        }
        return nil
    }
}

extension EncryptionConfiguration.Draft.Provider {
    fileprivate func checked(_ path: FieldPath, _ faults: inout [Fault]) -> EncryptionConfiguration.Provider? {
        let count = keys.count + (hasKMS ? 1 : 0)
        if count == 0 {
            let error = FieldError.invalid(
                path, redacted,
                "provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity")
            faults.append(
                Fault(error, remedy: "Give \(path) one of the providers secretbox, aesgcm, aescbc or identity."))
        }
        if count > 1 {
            let error = FieldError.invalid(
                path, redacted,
                "more than one provider specified in a single element, should split into different list elements")
            faults.append(Fault(error, remedy: "Make each provider of \(path) a list element of its own."))
        }
        if hasKMS {
            let error = FieldError.forbidden(
                path.child("kms"), "key management services are not supported; keys are held in this file")
            faults.append(Fault(error, remedy: "Use secretbox, aesgcm or aescbc in place of \(path.child("kms"))."))
        }
        var found: EncryptionConfiguration.Provider?
        for name in EncryptionConfiguration.ProviderName.allCases {
            guard let drafts = keys[name] else { continue }
            let place = path.child(name.rawValue, "keys")
            if drafts.isEmpty, name != .identity {
                faults.append(
                    Fault(
                        .required(place, "at least one keys is required"),
                        remedy: "List at least one key under \(place)."))
            }
            let good = drafts.enumerated().compactMap { $1.checked(for: name, place.index($0), &faults) }
            found = .init(name: name, keys: good)
        }
        return count == 1 ? found : nil
    }

    /// The element as kube-apiserver prints it, without the secrets, which it does print.
    private var redacted: JSON {
        func keyed(_ name: EncryptionConfiguration.ProviderName) -> JSON {
            guard let drafts = keys[name] else { return .null }
            return ["Keys": .array(drafts.map { ["Name": JSON($0.name), "Secret": "REDACTED"] })]
        }
        return [
            "AESGCM": keyed(.aesgcm), "AESCBC": keyed(.aescbc), "Secretbox": keyed(.secretbox),
            "Identity": keys[.identity] == nil ? .null : [:], "KMS": hasKMS ? [:] : .null,
        ]
    }
}

extension EncryptionConfiguration.Draft.Key {
    fileprivate func checked(
        for provider: EncryptionConfiguration.ProviderName, _ path: FieldPath, _ faults: inout [Fault]
    ) -> EncryptionKey? {
        let before = faults.count
        let called = name.isEmpty ? "the key at \(path)" : "key \(goQuoted(name)) at \(path)"
        let lengths = provider.secretLengths.map { "\($0)" }
        let wanted =
            lengths.count == 1 ? lengths[0] : lengths.dropLast().joined(separator: ", ") + " or " + (lengths.last ?? "")
        let size = provider.secretLengths.max() ?? 32
        let remedy =
            "Give \(called) a secret of \(wanted) bytes for \(provider.rawValue), in base64, such as the output of "
            + "'head -c \(size) /dev/urandom | base64'."
        if name.isEmpty {
            faults.append(
                Fault(
                    .required(path.child("name"), "name is a mandatory field for a key"),
                    remedy: "Give the key at \(path) a name."))
        }
        let place = path.child("secret")
        if secret.isEmpty {
            faults.append(Fault(.required(place, "secret is a mandatory field for a key"), remedy: remedy))
            return nil
        }
        guard let bytes = Base64.decode(secret) else {
            faults.append(Fault(.invalid(place, "REDACTED", "secrets must be base64 encoded"), remedy: remedy))
            return nil
        }
        guard provider.secretLengths.contains(bytes.count) else {
            let detail =
                "secret is not of the expected length, got \(bytes.count), expected one of "
                + "[\(lengths.joined(separator: " "))]"
            faults.append(Fault(.invalid(place, "REDACTED", detail), remedy: remedy))
            return nil
        }
        return faults.count == before ? EncryptionKey(name: name, bytes: bytes) : nil
    }
}

extension EncryptionConfiguration {
    /// A rule that an earlier wildcard covers would never be used: that is a mistake, and refused.
    func checkMasking() throws(EncryptionConfigurationError) {
        var seen: Set<GroupResource> = []
        for (index, rule) in rules.enumerated() {
            for name in rule.resources {
                let resource = GroupResource(configured: name)
                for wildcard in [GroupResource(group: resource.group, resource: "*"), .everything]
                where seen.contains(wildcard) {
                    let (this, earlier) = (resource.configured, wildcard.configured)
                    throw EncryptionConfigurationError(
                        .building,
                        [
                            Fault(
                                "resource \"\(this)\" is masked by earlier rule \"\(earlier)\"",
                                remedy:
                                    "Move \"\(this)\" (resources[\(index)]) before \"\(earlier)\", or remove it."
                            )
                        ])
                }
                seen.insert(resource)
            }
        }
    }
}

extension GroupResource {
    /// What `*.*` means.
    static let everything = GroupResource(group: "*", resource: "*")

    /// Reads `secrets`, `deployments.apps`, `*.apps`, `*.` or `*.*`: the group follows the first dot.
    init(configured text: String) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        self.init(group: parts.count > 1 ? String(parts[1]) : "", resource: parts.first.map(String.init) ?? "")
    }

    /// As the file spells it; the core group's wildcard keeps its dot.
    var configured: String { group.isEmpty && resource == "*" ? "*." : description }
}
