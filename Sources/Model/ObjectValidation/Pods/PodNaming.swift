import JSONValue
import KubeModel
import PolicyModel

/// The rules for the names in a pod's specification: of itself, of its node, of others.
enum PodNaming {
    static func names(_ spec: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        for key in ["serviceAccountName", "nodeName"] {
            let name = spec.text(key)
            if !name.isEmpty { errors.dnsSubdomain(name, path.child(key)) }
        }
        if let deadline = spec.number("activeDeadlineSeconds"), !(1...Int64(Int32.max)).contains(deadline) {
            errors.invalid(path.child("activeDeadlineSeconds"), JSON(deadline), Wording.range(1, Int64(Int32.max)))
        }
        for key in ["hostname", "subdomain"] {
            let name = spec.text(key)
            if !name.isEmpty { errors.dnsLabel(name, path.child(key)) }
        }
        if let override = spec["hostnameOverride"]?.string {
            let here = path.child("hostnameOverride")
            errors.dnsSubdomain(override, here)
            if override.utf8.count > 64 { errors.tooLong(here, 64) }
            if spec.flag("hostNetwork") {
                errors.forbidden(path.child("hostNetwork"), "cannot be set when `hostnameOverride` is set")
            }
            if spec.flag("setHostnameAsFQDN") {
                errors.forbidden(path.child("setHostnameAsFQDN"), "cannot be set when `hostnameOverride` is set")
            }
        }
    }

    static func dns(_ spec: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let config = spec.given("dnsConfig")
        if spec.text("dnsPolicy") == "None" {
            guard let config else {
                return errors.required(path, "must provide `dnsConfig` when `dnsPolicy` is None")
            }
            if config.list("nameservers").isEmpty {
                return errors.required(
                    path.child("nameservers"), "must provide at least one DNS nameserver when `dnsPolicy` is None")
            }
        }
        guard let config else { return }
        let servers = config.texts("nameservers")
        if servers.count > 3 {
            errors.invalid(path.child("nameservers"), JSON(servers), "must not have more than 3 nameservers")
        }
        for (at, server) in servers.enumerated() {
            errors.invalid(path.child("nameservers").index(at), .string(server), all: Addresses.faults(server))
        }
        let searches = config.texts("searches")
        if searches.count > 32 {
            errors.invalid(path.child("searches"), JSON(searches), "must not have more than 32 search paths")
        }
        if searches.joined(separator: " ").utf8.count > 2048 {
            errors.invalid(
                path.child("searches"), JSON(searches),
                "must not have more than 2048 characters (including spaces) in the search list")
        }
        for (at, search) in searches.enumerated() where search != "." {
            let name = search.hasSuffix(".") ? String(search.dropLast()) : search
            errors.invalid(path.child("searches").index(at), .string(name), all: Names.dnsSubdomainWithUnderscore(name))
        }
        for (at, option) in config.list("options").enumerated() where option.text("name").isEmpty {
            errors.required(path.child("options").index(at), "must not be empty")
        }
    }

    static func hostAliases(_ aliases: [JSON], _ path: FieldPath, _ errors: inout [FieldError]) {
        for (at, alias) in aliases.enumerated() {
            let address = alias.text("ip")
            errors.invalid(path.index(at).child("ip"), .string(address), all: Addresses.faults(address))
            for (index, name) in alias.texts("hostnames").enumerated() {
                errors.dnsSubdomain(name, path.index(at).child("hostnames").index(index))
            }
        }
    }
}
