import JSONValue
import KubeModel
import PolicyModel

/// What one field of a PodSecurityPolicy asks of pods.
///
/// A rule is asked only about policies in which no rule has a ``fault(in:)``.
protocol PolicyRule: SendableMetatype {
    /// The field of the policy's `spec`.
    static var id: ControlID { get }
    /// Why no pod can be judged by this field of the policy, such as a rule that is not known; nil when it is sound.
    static func fault(in policy: Policy) -> String?
    /// Sets what the policy sets where the pod is silent.
    static func setDefaults(in pod: inout Pod, by policy: Policy)
    /// Sets what the policy sets where a container is silent. The pod is given for its annotations.
    static func setDefaults(in container: inout Container, of pod: inout Pod, by policy: Policy)
    /// What the pod as a whole breaks.
    static func breaches(in pod: Pod, of policy: Policy) -> [Breach]
    /// What one container breaks.
    static func breaches(in container: Container, of pod: Pod, under policy: Policy) -> [Breach]
}

extension PolicyRule {
    static func fault(in policy: Policy) -> String? { nil }
    static func setDefaults(in pod: inout Pod, by policy: Policy) {}
    static func setDefaults(in container: inout Container, of pod: inout Pod, by policy: Policy) {}
    static func breaches(in pod: Pod, of policy: Policy) -> [Breach] { [] }
    static func breaches(in container: Container, of pod: Pod, under policy: Policy) -> [Breach] { [] }
}

/// What one field of a PodSecurityPolicy asks of volumes of one source.
protocol VolumeRule: SendableMetatype {
    /// The field of the policy's `spec`.
    static var id: ControlID { get }
    /// The member of a volume that names its source.
    static var source: String { get }
    /// What the volume breaks.
    static func breaches(in volume: JSON, at path: FieldPath, of pod: Pod, under policy: Policy) -> [Breach]
}

/// One broken rule, in the words that Kubernetes answers and in ours.
struct Breach: Hashable, Sendable {
    /// The words of Kubernetes 1.20.
    let error: FieldError
    /// The same with its remedy.
    let violation: Violation

    /// `field` is the field as users know it, where it differs from the error's.
    init(_ rule: ControlID, _ error: FieldError, field: FieldPath? = nil, found: String, remedy: String) {
        self.error = error
        violation = Violation(control: rule, field: field ?? error.field, found: found, remedy: remedy)
    }
}

/// The fields of a PodSecurityPolicy that bind pods. The lists are the catalogue; their order is that in which
/// Kubernetes reports.
enum PolicyRules {
    /// The rules about the pod as a whole.
    static let ofPods: [any PolicyRule.Type] = [
        FSGroup.self, SupplementalGroups.self, Seccomp.self, SELinux.self, HostNamespaces.self, Sysctls.self,
        Volumes.self, RuntimeClass.self,
    ]
    /// The rules about each container.
    static let ofContainers: [any PolicyRule.Type] = [
        RunAsUser.self, RunAsGroup.self, SELinux.self, AppArmor.self, Seccomp.self, Privileged.self, ProcMount.self,
        Capabilities.self, HostPorts.self, ReadOnlyRootFilesystem.self, AllowPrivilegeEscalation.self,
    ]
    /// The rules about volumes of one source, applied where ``Volumes`` allows the source.
    static let ofVolumes: [any VolumeRule.Type] = [
        AllowedHostPaths.self, AllowedFlexVolumes.self, AllowedCSIDrivers.self,
    ]

    /// The name of every rule, once.
    static var names: [ControlID] {
        var names: [ControlID] = []
        for id in ofPods.map({ $0.id }) + ofContainers.map({ $0.id }) + ofVolumes.map({ $0.id })
        where !names.contains(id) {
            names.append(id)
        }
        return names
    }
}
