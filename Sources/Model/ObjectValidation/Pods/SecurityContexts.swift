import JSONValue
import KubeModel
import PolicyModel

/// The rules for the security context of a container, and those that it shares with the pod's.
enum SecurityContexts {
    static func validate(
        _ context: JSON?, _ pod: Containers.Pod, _ path: FieldPath, _ errors: inout [FieldError]
    ) {
        guard let context else { return }
        if context.flag("privileged"), !pod.options.allowsPrivileged {
            errors.forbidden(path.child("privileged"), "disallowed by cluster policy")
        }
        id(context.number("runAsUser"), path.child("runAsUser"), &errors)
        id(context.number("runAsGroup"), path.child("runAsGroup"), &errors)
        if let mount = context["procMount"]?.string {
            if mount != "Default", mount != "Unmasked" {
                errors.notSupported(path.child("procMount"), .string(mount), ["Default", "Unmasked"])
            }
            if pod.hostUsers, mount == "Unmasked" {
                errors.invalid(path.child("procMount"), .string(mount), "`hostUsers` must be false to use `Unmasked`")
            }
        }
        seccomp(context.given("seccompProfile"), path.child("seccompProfile"), &errors)
        if context["allowPrivilegeEscalation"]?.bool == false {
            let rule = "cannot set `allowPrivilegeEscalation` to false and "
            let printed = GoTypes.value(context, as: "SecurityContext")
            if context.flag("privileged") { errors.invalid(path, printed, rule + "`privileged` to true") }
            for capability in context["capabilities"]?.texts("add") ?? [] where capability == "CAP_SYS_ADMIN" {
                errors.invalid(path, printed, rule + "`capabilities.Add` CAP_SYS_ADMIN")
            }
        }
        WindowsOptions.validate(context.given("windowsOptions"), path.child("windowsOptions"), &errors)
        appArmor(context.given("appArmorProfile"), path.child("appArmorProfile"), &errors)
    }

    /// A user or group number.
    static func id(_ id: Int64?, _ path: FieldPath, _ errors: inout [FieldError]) {
        guard let id, !(0...Int64(Int32.max)).contains(id) else { return }
        errors.invalid(path, JSON(id), Wording.range(0, Int64(Int32.max)))
    }

    private static let profileTypes = ["Localhost", "RuntimeDefault", "Unconfined"]

    static func seccomp(_ profile: JSON?, _ path: FieldPath, _ errors: inout [FieldError]) {
        guard let profile else { return }
        let type = profile.text("type")
        if type.isEmpty {
            errors.required(path.child("type"), "type is required when seccompProfile is set")
        } else if !profileTypes.contains(type) {
            errors.notSupported(path.child("type"), .string(type), profileTypes)
        }
        let file = profile["localhostProfile"]?.string
        if type == "Localhost" {
            if let file {
                Paths.localDescending(file, path.child("localhostProfile"), &errors)
            } else {
                errors.required(path.child("localhostProfile"), "must be set when seccomp type is Localhost")
            }
        } else if file != nil {
            errors.invalid(
                path.child("localhostProfile"), GoTypes.value(profile, as: "SeccompProfile"),
                "can only be set when seccomp type is Localhost")
        }
    }

    static func appArmor(_ profile: JSON?, _ path: FieldPath, _ errors: inout [FieldError]) {
        guard let profile else { return }
        let type = profile.text("type")
        let name = profile["localhostProfile"]?.string
        let here = path.child("localhostProfile")
        switch type {
        case "Localhost":
            guard let name else { return errors.required(here, "must be set when AppArmor type is Localhost") }
            if name.first?.isWhitespace == true || name.last?.isWhitespace == true {
                errors.invalid(here, .string(name), "must not be padded with whitespace")
            } else if name.isEmpty {
                errors.required(here, "must be set when AppArmor type is Localhost")
            }
            if name.utf8.count > 4095 { errors.tooLong(here, 4095) }
        case "RuntimeDefault", "Unconfined":
            if let name { errors.invalid(here, .string(name), "can only be set when AppArmor type is Localhost") }
        case "": errors.required(path.child("type"), "type is required when appArmorProfile is set")
        default: errors.notSupported(path.child("type"), .string(type), profileTypes)
        }
    }
}

/// The rules for the security context of a pod.
enum PodSecurityContexts {
    static func validate(_ spec: JSON, _ options: PodOptions, _ path: FieldPath, _ errors: inout [FieldError]) {
        let context = spec.given("securityContext") ?? .object([:])
        SecurityContexts.id(context.number("fsGroup"), path.child("fsGroup"), &errors)
        SecurityContexts.id(context.number("runAsUser"), path.child("runAsUser"), &errors)
        SecurityContexts.id(context.number("runAsGroup"), path.child("runAsGroup"), &errors)
        for (at, group) in context.list("supplementalGroups").enumerated() {
            SecurityContexts.id(group.int, path.child("supplementalGroups").index(at), &errors)
        }
        if spec.flag("shareProcessNamespace"), spec.flag("hostPID") {
            errors.invalid(
                path.child("shareProcessNamespace"), true, "ShareProcessNamespace and HostPID cannot both be enabled")
        }
        sysctls(context.list("sysctls"), spec, options, path.child("sysctls"), &errors)
        errors.oneOf(context["fsGroupChangePolicy"], ["Always", "OnRootMismatch"], path.child("fsGroupChangePolicy"))
        SecurityContexts.seccomp(context.given("seccompProfile"), path.child("seccompProfile"), &errors)
        WindowsOptions.validate(context.given("windowsOptions"), path.child("windowsOptions"), &errors)
        SecurityContexts.appArmor(context.given("appArmorProfile"), path.child("appArmorProfile"), &errors)
        errors.oneOf(context["supplementalGroupsPolicy"], ["Merge", "Strict"], path.child("supplementalGroupsPolicy"))
        errors.oneOf(context["seLinuxChangePolicy"], ["MountOption", "Recursive"], path.child("seLinuxChangePolicy"))
    }

    private static func sysctls(
        _ sysctls: [JSON], _ spec: JSON, _ options: PodOptions, _ path: FieldPath, _ errors: inout [FieldError]
    ) {
        var names = Set<String>()
        for (at, sysctl) in sysctls.enumerated() {
            let here = path.index(at).child("name")
            let name = sysctl.text("name")
            if name.isEmpty {
                errors.required(here)
            } else if !Names.isSysctl(name) {
                errors.invalid(
                    here, .string(name), "must have at most 253 characters and match regex " + Names.sysctlPattern)
            } else if names.contains(name) {
                errors.duplicate(here, .string(name))
            }
            if !options.allowsHostSysctls, let fault = hostFault(name, spec) { errors.invalid(here, .string(name), fault) }
            names.insert(name)
        }
    }

    /// A parameter of a namespace that the pod shares with its node is the node's.
    private static func hostFault(_ name: String, _ spec: JSON) -> String? {
        let dotted = name.replacing("/", with: ".")
        let ipc = ["kernel.shm", "kernel.msg", "fs.mqueue."]
        if spec.flag("hostNetwork"), dotted.hasPrefix("net.") {
            return "may not be specified when 'hostNetwork' is true"
        }
        if spec.flag("hostIPC"), dotted == "kernel.sem" || ipc.contains(where: dotted.hasPrefix) {
            return "may not be specified when 'hostIPC' is true"
        }
        return nil
    }

    static func hasHostSysctl(_ spec: JSON) -> Bool {
        (spec["securityContext"]?.list("sysctls") ?? []).contains { hostFault($0.text("name"), spec) != nil }
    }
}
