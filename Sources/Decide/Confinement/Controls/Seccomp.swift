import JSONValue
import OCIModel
import PolicyModel

/// Which system calls of a container are answered. Where nothing is said, `RuntimeDefault` holds.
///
/// The container's field decides, then the pod's, then the container's annotation, then the pod's.
/// Source: Kubernetes documentation, "Restrict a Container's Syscalls with seccomp"; KEP-135 for the annotations, KEP-2413
/// for the default.
enum Seccomp {
    static let id: ControlID = "seccompProfile"
    private static let podKey = "seccomp.security.alpha.kubernetes.io/pod"
    private static let containerPrefix = "container.seccomp.security.alpha.kubernetes.io/"

    private enum Wanted {
        case runtimeDefault(isAsked: Bool)
        case unconfined
        case localhost(String)
        case unknown(String)
    }

    static func decide(_ subject: Subject, _ capabilities: [String], _ findings: inout Findings) -> RuntimeSeccomp? {
        let (wanted, path) = wanted(subject)
        if subject.isPrivileged {
            switch wanted {
            case .runtimeDefault(isAsked: false), .unconfined: break
            case .runtimeDefault, .localhost, .unknown:
                findings.note(id, at: path, "a privileged container is not filtered")
            }
            return nil
        }
        switch wanted {
        case .unconfined:
            findings.decided(by: path)
            return nil
        case .runtimeDefault(let isAsked):
            if isAsked { findings.decided(by: path) }
            guard subject.node.hasSeccomp else {
                if isAsked { refuseWithoutKernel("RuntimeDefault", path, &findings) }
                return nil
            }
            return DefaultSeccompProfile.filter(subject.node.architecture, capabilities: capabilities)
        case .localhost(let name):
            findings.decided(by: path)
            guard subject.node.hasSeccomp else {
                refuseWithoutKernel("Localhost", path, &findings)
                return nil
            }
            return localhost(name, path, subject, &findings)
        case .unknown(let type):
            findings.refuse(
                id, .containerConfig, at: path, found: type, "unsupported seccomp profile \"\(type)\"",
                remedy: "set \(path) to RuntimeDefault, Localhost or Unconfined")
            return nil
        }
    }

    private static func wanted(_ subject: Subject) -> (Wanted, FieldPath) {
        if let (profile, path) = subject.effective(id.rawValue) {
            let type = profile["type"]?.string ?? ""
            switch type {
            case "RuntimeDefault": return (.runtimeDefault(isAsked: true), path.child("type"))
            case "Unconfined": return (.unconfined, path.child("type"))
            case "Localhost":
                return (.localhost(profile["localhostProfile"]?.string ?? ""), path.child("localhostProfile"))
            default: return (.unknown(type), path.child("type"))
            }
        }
        for key in [containerPrefix + subject.name, podKey] {
            guard let value = subject.annotation(key) else { continue }
            let path = FieldPath("metadata.annotations").key(key)
            switch value {
            case "runtime/default", "docker/default": return (.runtimeDefault(isAsked: true), path)
            case "unconfined": return (.unconfined, path)
            default:
                return (value.hasPrefix("localhost/") ? .localhost(String(value.dropFirst(10))) : .unknown(value), path)
            }
        }
        return (.runtimeDefault(isAsked: false), subject.contextPath.child(id.rawValue))
    }

    private static func localhost(
        _ name: String, _ path: FieldPath, _ subject: Subject, _ findings: inout Findings
    ) -> RuntimeSeccomp? {
        let leaves = name.hasPrefix("/") || name.split(separator: "/").contains("..")
        guard !leaves, let profile = subject.node.seccompProfiles[name] else {
            let known = subject.node.seccompProfiles.keys.sorted()
            findings.refuse(
                id, .containerCreation, at: path, found: name,
                "cannot load seccomp profile \"\(name)\": \(leaves ? "the path leaves the node's folder of profiles" : "no such file or directory")",
                remedy: known.isEmpty
                    ? "put the profile into the node's folder of seccomp profiles"
                    : "name one of the node's profiles: \(known.joined(separator: ", "))")
            return nil
        }
        do {
            return try RuntimeSeccomp(profile)
        } catch {
            findings.refuse(
                id, .containerCreation, at: path, found: name, "cannot load seccomp profile \"\(name)\": \(error)",
                remedy: "write the profile in the form of the OCI runtime specification (linux.seccomp)")
            return nil
        }
    }

    private static func refuseWithoutKernel(_ type: String, _ path: FieldPath, _ findings: inout Findings) {
        findings.refuse(
            id, .notEnforceable, at: path, found: type,
            "seccomp is not supported by the node's kernel, so the profile cannot hold",
            remedy: "remove the profile, or use a kernel with CONFIG_SECCOMP_FILTER")
    }
}
