public import PolicyModel

/// What becomes of one container: the confinement in full, or why there is none. There is no third case.
public enum ConfinementDecision: Hashable, Sendable {
    /// Everything that was asked for can be made to hold.
    case confined(ConfinedContainer)
    /// Something cannot, or must not be. The first refusal is the one that the pod's status tells.
    case refused(ConfinementRefusal, also: [ConfinementRefusal])

    /// The answer in the form that all engines share.
    public var decision: Decision {
        switch self {
        case .confined(let container): .allow(by: container.grounds)
        case .refused(let first, let others): .deny(first.violation, also: others.map(\.violation))
        }
    }

    /// The confined container; nil when refused.
    public var container: ConfinedContainer? {
        switch self {
        case .confined(let container): container
        case .refused: nil
        }
    }

    /// Every refusal, the first one first; empty when confined.
    public var refusals: [ConfinementRefusal] {
        switch self {
        case .confined: []
        case .refused(let first, let others): [first] + others
        }
    }
}

/// Why a container, or its whole pod, does not run here. Nothing of it has been started.
public struct ConfinementRefusal: Hashable, Sendable {
    /// What the status of the pod or container says in one word.
    public enum Reason: String, Hashable, Sendable, CaseIterable {
        /// The container waits: what it asks for contradicts itself or names what is not there.
        case containerConfig = "CreateContainerConfigError"
        /// The container waits: it could not be made.
        case containerCreation = "CreateContainerError"
        /// The container waits: the pod's namespaces could not be made.
        case sandbox = "FailedCreatePodSandBox"
        /// The pod fails: it sets a kernel parameter that it may not set.
        case sysctl = "SysctlForbidden"
        /// The pod fails: it asks for an AppArmor profile that cannot hold.
        case appArmor = "AppArmor"
        /// The pod fails: it asks for the strict policy on groups, which this node cannot keep.
        case groupsPolicy = "SupplementalGroupsPolicyNotSupported"
        /// The pod fails: it asks for what this node cannot enforce.
        case notEnforceable = "NodeCannotEnforce"

        /// Whether the whole pod fails, so that another one can be made elsewhere; otherwise the container waits and is tried again.
        public var failsPod: Bool {
            switch self {
            case .containerConfig, .containerCreation, .sandbox: false
            case .sysctl, .appArmor, .groupsPolicy, .notEnforceable: true
            }
        }
    }

    /// The reason that the status shows.
    public var reason: Reason
    /// The message that the status shows.
    public var message: String
    /// What, where and how to mend it.
    public var violation: Violation
}

/// Something that was granted and means less, or other, than its name says here.
public struct ConfinementNote: Hashable, Sendable {
    /// The control that says it.
    public var control: ControlID
    /// The field that asked for it.
    public var field: FieldPath
    /// What it means here.
    public var text: String
}

/// Collects what the controls of one container say.
struct Findings {
    private(set) var refusals: [ConfinementRefusal] = []
    private(set) var notes: [ConfinementNote] = []
    private(set) var fields: [FieldPath] = []

    mutating func refuse(
        _ control: ControlID, _ reason: ConfinementRefusal.Reason, at field: FieldPath, found: String,
        _ message: String, remedy: String
    ) {
        let violation = Violation(control: control, field: field, found: found, remedy: remedy)
        refusals.append(ConfinementRefusal(reason: reason, message: message, violation: violation))
    }
    mutating func note(_ control: ControlID, at field: FieldPath, _ text: String) {
        notes.append(ConfinementNote(control: control, field: field, text: text))
    }
    /// Remembers a field that decided.
    mutating func decided(by field: FieldPath) {
        if !fields.contains(field) { fields.append(field) }
    }
}
