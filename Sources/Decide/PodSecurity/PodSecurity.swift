public import JSONValue
public import PolicyModel

/// The Pod Security Standards: what a pod of a level may ask for.
///
/// Source: Kubernetes documentation, "Pod Security Standards", versions 1.0 to 1.36; KEP-2579.
public enum PodSecurity {
    /// The controls of the baseline level, in the order in which they are told.
    static let baseline: [any PodControl.Type] = [
        AppArmorProfile.self, BaselineCapabilities.self, HostNamespaces.self, HostPathVolumes.self, HostPorts.self,
        HostProbesAndHostLifecycle.self, Privileged.self, ProcMount.self, SELinuxOptions.self, BaselineSeccompProfile.self, Sysctls.self,
        WindowsHostProcess.self,
    ]
    /// The controls that the restricted level adds.
    static let restricted: [any PodControl.Type] = [
        AllowPrivilegeEscalation.self, RestrictedCapabilities.self, RestrictedVolumes.self, RunAsNonRoot.self, RunAsUser.self,
        RestrictedSeccompProfile.self,
    ]

    /// What is wrong with a pod, told by one control.
    public struct Breach: Hashable, Sendable {
        /// The control that is broken.
        public var control: ControlID
        /// What is broken, in a few words.
        public var reason: String
        /// Where and how; empty when the reason says it all.
        public var detail: String

        init(_ control: ControlID, _ reason: String, _ detail: String) {
            self.control = control
            self.reason = reason
            self.detail = detail
        }

        /// The breach as a violation: the reason is the control's field in words.
        public var violation: Violation {
            Violation(control: control, field: "spec", found: reason, remedy: detail.isEmpty ? reason : detail)
        }
    }

    /// What of a standard a pod breaks, in order; empty when it meets it.
    ///
    /// Pure and total. Linear in containers × controls.
    ///
    /// - Parameters:
    ///   - standard: the level and version to measure by.
    ///   - metadata: the pod's or the template's, for its annotations.
    ///   - spec: the pod's spec after defaulting.
    /// - Returns: one breach for each control that is broken.
    public static func breaches(of standard: PodSecurityStandard, metadata: JSON?, spec: JSON) -> [Breach] {
        if standard.level == .privileged { return [] }
        let pod = MeasuredPod(metadata: metadata, spec: spec)
        let isRestricted = standard.level == .restricted
        // A stricter control of the restricted level takes the place of the one below it.
        let replaced = isRestricted ? Set(restricted.filter { standard.version.isAtLeast($0.since) }.compactMap { $0.replaces }) : []
        let controls = baseline.filter { !replaced.contains($0.id) } + (isRestricted ? restricted : [])
        return controls.compactMap { control in
            guard standard.version.isAtLeast(control.since) else { return nil }
            return control.breach(in: pod, version: standard.version)
        }
    }

    /// The breaches in one line, with their details.
    public static func detail(_ breaches: [Breach]) -> String {
        breaches.map { $0.detail.isEmpty ? $0.reason : "\($0.reason) (\($0.detail))" }.joined(separator: ", ")
    }

    /// The breaches in one line, without details.
    public static func reason(_ breaches: [Breach]) -> String { breaches.map(\.reason).joined(separator: ", ") }

    /// Whether a pod that is being created in a namespace may run.
    public static func decide(_ standard: PodSecurityStandard, metadata: JSON?, spec: JSON) -> Decision {
        let found = breaches(of: standard, metadata: metadata, spec: spec).map(\.violation)
        guard let first = found.first else {
            return .allow(by: [RuleReference(kind: "PodSecurityStandard", name: standard.description)])
        }
        return .deny(first, also: Array(found.dropFirst()))
    }
}

/// One row of the standards.
protocol PodControl: SendableMetatype {
    static var id: ControlID { get }
    /// The minor version since which there is such a row.
    static var since: Int { get }
    /// The control of the level below that this one takes the place of.
    static var replaces: ControlID? { get }
    /// How the pod breaks it as it was in `version`; nil when it does not.
    static func breach(in pod: MeasuredPod, version: PodSecurityVersion) -> PodSecurity.Breach?
}

extension PodControl {
    static var since: Int { 0 }
    static var replaces: ControlID? { nil }
    static func broken(_ reason: String, _ detail: String) -> PodSecurity.Breach { .init(id, reason, detail) }
}
