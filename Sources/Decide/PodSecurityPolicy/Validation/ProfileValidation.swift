import JSONValue
import KubeModel
import PolicyModel

extension PodSecurityPolicyValidation {
    /// The faults of the annotations in which a policy speaks of AppArmor and seccomp.
    static func annotations(_ annotations: [String: String]) -> [FieldError] {
        let root: FieldPath = "metadata.annotations"
        func value(_ key: String) -> String { annotations[key] ?? "" }
        func list(_ key: String) -> [String] {
            value(key).isEmpty
                ? [] : value(key).split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        var errors: [FieldError] = []
        for key in [AppArmor.defaultProfile, AppArmor.allowedProfiles] {
            for profile in key == AppArmor.defaultProfile ? [value(key)] : list(key) where !isAppArmorProfile(profile) {
                let detail = "invalid AppArmor profile name: \(goQuoted(profile))"
                errors.append(.invalid(root.key(key), .string(value(key)), detail))
            }
        }
        if !value(Seccomp.defaultProfile).isEmpty {
            errors += seccomp(value(Seccomp.defaultProfile), root.key(Seccomp.defaultProfile))
        }
        for profile in list(Seccomp.allowedProfiles) where profile != "*" {
            errors += seccomp(profile, root.key(Seccomp.allowedProfiles))
        }
        return errors
    }

    private static func isAppArmorProfile(_ text: String) -> Bool {
        ["", "runtime/default", "unconfined"].contains(text) || text.hasPrefix("localhost/")
    }

    private static func seccomp(_ profile: String, _ path: FieldPath) -> [FieldError] {
        if [SeccompProfile.runtimeDefault, SeccompProfile.dockerDefault, "unconfined"].contains(profile) { return [] }
        guard profile.hasPrefix("localhost/") else {
            return [.invalid(path, .string(profile), "must be a valid seccomp profile")]
        }
        let file = String(profile.dropFirst("localhost/".count))
        var errors: [FieldError] = []
        if file.hasPrefix("/") { errors.append(.invalid(path, .string(file), "must be a relative path")) }
        if file.hasParentSegment { errors.append(.invalid(path, .string(file), "must not contain '..'")) }
        return errors
    }
}

extension String {
    /// Whether one segment of the path is `..`.
    var hasParentSegment: Bool { split(separator: "/", omittingEmptySubsequences: false).contains("..") }
}

/// The names of objects and drivers: lower-case DNS subdomains (RFC 1123).
enum Subdomain {
    /// What is wrong with the name, in the words of Kubernetes 1.20.
    static func faults(in name: String) -> [String] {
        var faults: [String] = []
        if name.utf8.count > 253 { faults.append("must be no more than 253 characters") }
        if !isSubdomain(name) {
            faults.append(
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
                    + "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
                    + #"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"#)
        }
        return faults
    }

    private static func isSubdomain(_ name: String) -> Bool {
        func isPlain(_ byte: UInt8) -> Bool { byte &- 0x61 < 26 || byte &- 0x30 < 10 }
        return name.utf8.split(separator: 0x2E, omittingEmptySubsequences: false).allSatisfy { label in
            guard let first = label.first, let last = label.last else { return false }
            return isPlain(first) && isPlain(last) && label.allSatisfy { isPlain($0) || $0 == 0x2D }
        }
    }
}
