public import PolicyModel

/// What a rule does with a packet that it matches.
public enum RuleAction: String, Hashable, Sendable {
    case allow
    case deny
    /// Leaves the tier; the next tier decides.
    case pass
    /// Notes the packet; the next rule decides.
    case log
}

/// One rule of a policy or profile.
public struct TrafficRule: Hashable, Sendable {
    /// What happens to a packet that matches.
    public var action: RuleAction
    /// The rule matches when one of these does.
    public var matches: [TrafficMatch]
    /// Where the rule stands in its object: `spec.ingress[0]`.
    public var path: FieldPath

    /// A rule at `path`.
    public init(action: RuleAction, matches: [TrafficMatch], path: FieldPath) {
        self.action = action
        self.matches = matches
        self.path = path
    }
}

/// One of the two ways in which an endpoint is asked about a packet.
public enum TrafficDirection: String, Hashable, Sendable, CaseIterable {
    case ingress
    case egress
}

/// A policy of any kind, read: whom it governs, and its rules in order.
public struct TrafficPolicy: Hashable, Sendable {
    /// When a policy is asked.
    public enum Stage: Int, Hashable, Sendable, Comparable {
        /// Before the connection is tracked; host endpoints only.
        case untracked
        /// Before the destination is rewritten; host endpoints only.
        case beforeDNAT
        case normal

        /// Whether policies of the stage `left` are asked before those of `right`.
        public static func < (left: Stage, right: Stage) -> Bool { left.rawValue < right.rawValue }
    }

    /// The object.
    public var object: RuleReference
    /// The tier it belongs to.
    public var tier: String
    /// Its place in the tier: smaller first, nil last.
    public var order: Double?
    /// The endpoints it governs.
    public var subject: EndpointSelector
    /// The rules for what comes in; nil when the policy says nothing about it.
    public var ingress: [TrafficRule]?
    /// The rules for what goes out; nil when the policy says nothing about it.
    public var egress: [TrafficRule]?
    /// When it is asked.
    public var stage = Stage.normal
    /// Whether a host endpoint asks it about packets that it only forwards.
    public var appliesOnForward = false
    /// Whether traffic from a pod to its own node escapes it, as NetworkPolicy documents.
    public var sparesOwnNode = false

    /// A policy without rules.
    public init(object: RuleReference, tier: String, order: Double?, subject: EndpointSelector) {
        self.object = object
        self.tier = tier
        self.order = order
        self.subject = subject
    }

    /// The rules of one direction; nil when the policy says nothing about it.
    public func rules(_ direction: TrafficDirection) -> [TrafficRule]? { direction == .ingress ? ingress : egress }

    /// Every set that the rules mention.
    var keys: Set<SelectorSetKey> {
        Set(((ingress ?? []) + (egress ?? [])).flatMap { $0.matches.flatMap { $0.source.keys + $0.destination.keys } })
    }

    /// Whether this policy is asked before the other one of the same tier.
    ///
    /// Equal orders go by name, as in Calico; Kubernetes leaves them open.
    func precedes(_ other: TrafficPolicy) -> Bool {
        let (mine, others) = (order ?? .infinity, other.order ?? .infinity)
        if mine != others { return mine < others }
        if object.name != other.object.name { return object.name < other.object.name }
        if object.namespace != other.object.namespace { return object.namespace < other.object.namespace }
        return object.kind < other.object.kind
    }
}

/// Policies that are asked together. The first tier in which a rule allows or denies decides.
public struct PolicyTier: Hashable, Sendable {
    /// What happens to a packet that no rule of the tier matched, of an endpoint that a policy of the tier governs.
    public enum DefaultAction: Hashable, Sendable { case deny, pass }

    /// The name.
    public var name: String
    /// Its place: smaller first, nil last.
    public var order: Double?
    /// What happens at its end.
    public var defaultAction: DefaultAction

    /// A tier.
    public init(name: String, order: Double?, defaultAction: DefaultAction) {
        self.name = name
        self.order = order
        self.defaultAction = defaultAction
    }

    /// ClusterNetworkPolicy of the tier Admin, and AdminNetworkPolicy.
    public static let admin = PolicyTier(name: "kube-admin", order: 1000, defaultAction: .pass)
    /// NetworkPolicy, and Calico's policies that name no other tier.
    public static let standard = PolicyTier(name: "default", order: 1_000_000, defaultAction: .deny)
    /// ClusterNetworkPolicy of the tier Baseline, and BaselineAdminNetworkPolicy.
    public static let baseline = PolicyTier(name: "kube-baseline", order: 10_000_000, defaultAction: .pass)

    func precedes(_ other: PolicyTier) -> Bool {
        let (mine, others) = (order ?? .infinity, other.order ?? .infinity)
        return mine == others ? name < other.name : mine < others
    }
}

/// Rules for endpoints that no policy governs, or whose tiers all passed: the first rule that matches decides.
public struct TrafficProfile: Hashable, Sendable {
    /// The name.
    public var name: String
    /// The rules for what comes in.
    public var ingress: [TrafficRule]
    /// The rules for what goes out.
    public var egress: [TrafficRule]

    /// A profile.
    public init(name: String, ingress: [TrafficRule], egress: [TrafficRule]) {
        self.name = name
        self.ingress = ingress
        self.egress = egress
    }

    /// The profile of host endpoints that should be open.
    public static let defaultAllow = "projectcalico-default-allow"
    /// The profile of the pods of a namespace.
    public static func ofNamespace(_ name: String) -> String { "kns.\(name)" }

    /// The profile that allows everything.
    static func open(_ name: String) -> TrafficProfile {
        let rule = { TrafficRule(action: .allow, matches: [TrafficMatch()], path: $0) }
        return TrafficProfile(name: name, ingress: [rule("spec.ingress[0]")], egress: [rule("spec.egress[0]")])
    }

    func rules(_ direction: TrafficDirection) -> [TrafficRule] { direction == .ingress ? ingress : egress }
    var keys: Set<SelectorSetKey> {
        Set((ingress + egress).flatMap { $0.matches.flatMap { $0.source.keys + $0.destination.keys } })
    }
}
