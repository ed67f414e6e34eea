import JSONValue
import KubeModel
import PolicyModel

/// The rules for what only pods on Windows have, and for what they must not have.
enum WindowsOptions {
    static func validate(_ options: JSON?, _ path: FieldPath, _ errors: inout [FieldError]) {
        guard let options else { return }
        if let name = options["gmsaCredentialSpecName"]?.string {
            errors.dnsSubdomain(name, path.child("gmsaCredentialSpecName"))
        }
        if let spec = options["gmsaCredentialSpec"]?.string {
            let here = path.child("gmsaCredentialSpec")
            if spec.isEmpty {
                errors.invalid(here, .string(spec), "gmsaCredentialSpec cannot be an empty string")
            } else if spec.utf8.count > 64 * 1024 {
                errors.invalid(here, .string(spec), "gmsaCredentialSpec size must be under 64 KiB")
            }
        }
        if let name = options["runAsUserName"]?.string {
            errors.invalid(path.child("runAsUserName"), .string(name), all: userNameFaults(name))
        }
    }

    private static func userNameFaults(_ name: String) -> [String] {
        if name.isEmpty { return ["runAsUserName cannot be an empty string"] }
        if name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) { return ["runAsUserName cannot contain control characters"] }
        let parts = name.split(separator: "\\", omittingEmptySubsequences: false).map(String.init)
        if parts.count > 2 { return ["runAsUserName cannot contain more than one backslash"] }
        let user = parts[parts.count - 1]
        var faults: [String] = []
        if parts.count == 2 {
            let domain = parts[0]
            if domain.utf8.count >= 256 { faults.append("runAsUserName's Domain length must be under 256 characters") }
            if !isNetBIOS(domain), !isDNS(domain) {
                faults.append("runAsUserName's Domain doesn't match the NetBios nor the DNS format")
            }
        }
        if user.isEmpty {
            faults.append("runAsUserName's User cannot be empty")
        } else if user.utf8.count > 104 {
            faults.append("runAsUserName's User length must not be longer than 104 characters")
        }
        if !user.isEmpty, user.allSatisfy({ $0 == "." || $0 == " " }) {
            faults.append("runAsUserName's User cannot contain only periods or spaces")
        }
        if user.contains(where: { "\"/\\:;|=,+*?<>@[]".contains($0) }) {
            faults.append("runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]")
        }
        return faults
    }

    private static func isNetBIOS(_ domain: String) -> Bool {
        let bad = "\\/:*?\"<>|"
        guard let first = domain.first, first != ".", domain.unicodeScalars.count <= 15 else { return false }
        return !domain.contains { bad.contains($0) }
    }

    private static func isDNS(_ domain: String) -> Bool {
        domain.utf8.split(separator: Names.dot, omittingEmptySubsequences: false).allSatisfy { label in
            label.count <= 63
                && Names.matches(label, edge: Names.isAlphanumeric) { Names.isAlphanumeric($0) || $0 == Names.dash }
        }
    }

    /// Host-process containers come all or none.
    static func hostProcess(_ spec: JSON, _ options: PodOptions, _ path: FieldPath, _ errors: inout [FieldError]) {
        let ofPod = spec["securityContext"]?["windowsOptions"]?["hostProcess"]?.bool
        var count = 0
        var hosts = 0
        for (container, here) in Containers.all(spec, path) {
            count += 1
            let own = container["securityContext"]?["windowsOptions"]?["hostProcess"]?.bool
            if let ofPod, let own, ofPod != own {
                errors.invalid(
                    here.child("securityContext", "windowsOptions", "hostProcess"), JSON(own),
                    "pod hostProcess value must be identical if both are specified, was \(ofPod)")
            }
            if own ?? ofPod ?? false { hosts += 1 }
        }
        if hosts == 0 { return }
        if hosts != count {
            errors.invalid(
                path, "", "If pod contains any hostProcess containers then all containers must be HostProcess containers")
        }
        if !spec.flag("hostNetwork") {
            errors.invalid(
                path.child("hostNetwork"), false, "hostNetwork must be true if pod contains any hostProcess containers")
        }
        if !options.allowsPrivileged {
            errors.forbidden(path, "hostProcess containers are disallowed by cluster policy")
        }
    }

    // MARK: Operating system

    /// What a pod says of its operating system, and what it must not say then.
    static func operatingSystem(_ spec: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        guard let os = spec.given("os") else { return }
        switch os.text("name") {
        case "": errors.required(path.child("os", "name"), "cannot be empty")
        case "linux":
            let rule = "windows options cannot be set for a linux pod"
            if spec["securityContext"]?.has("windowsOptions") == true {
                errors.forbidden(path.child("securityContext", "windowsOptions"), rule)
            }
            for (container, here) in Containers.all(spec, path)
            where container["securityContext"]?.has("windowsOptions") == true {
                errors.forbidden(here.child("securityContext", "windowsOptions"), rule)
            }
        case "windows": forWindows(spec, path, &errors)
        case let other: errors.notSupported(path.child("os"), .string(other), ["linux", "windows"])
        }
    }

    private static func forWindows(_ spec: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let rule = "cannot be set for a windows pod"
        let context = spec.given("securityContext") ?? .object([:])
        func forbid(_ isSet: Bool, _ field: FieldPath, _ errors: inout [FieldError]) {
            if isSet { errors.forbidden(field, rule) }
        }
        func forbidInContext(_ keys: [String], _ errors: inout [FieldError]) {
            for key in keys { forbid(context.has(key), path.child("securityContext", key), &errors) }
        }
        forbidInContext(["appArmorProfile", "seLinuxOptions"], &errors)
        forbid(spec.has("hostUsers"), path.child("hostUsers"), &errors)
        forbid(spec.flag("hostPID"), path.child("hostPID"), &errors)
        forbid(spec.flag("hostIPC"), path.child("hostIPC"), &errors)
        forbidInContext(["seccompProfile", "fsGroup", "fsGroupChangePolicy"], &errors)
        forbid(!context.list("sysctls").isEmpty, path.child("securityContext", "sysctls"), &errors)
        forbid(spec.has("shareProcessNamespace"), path.child("shareProcessNamespace"), &errors)
        forbidInContext(
            ["runAsUser", "runAsGroup", "supplementalGroups", "supplementalGroupsPolicy", "seLinuxChangePolicy"], &errors)
        let keys = [
            "appArmorProfile", "seLinuxOptions", "seccompProfile", "capabilities", "readOnlyRootFilesystem", "privileged",
            "allowPrivilegeEscalation", "procMount", "runAsUser", "runAsGroup",
        ]
        for (container, here) in Containers.all(spec, path) {
            guard let own = container.given("securityContext") else { continue }
            for key in keys { forbid(own.has(key), here.child("securityContext", key), &errors) }
        }
    }
}
