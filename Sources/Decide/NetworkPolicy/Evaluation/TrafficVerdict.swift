public import PolicyModel

/// What one endpoint says about a packet in one direction, and why.
public struct TrafficVerdict: Hashable, Sendable {
    /// What decided.
    public enum Ground: Hashable, Sendable {
        /// A rule of a policy.
        case rule(RuleReference, tier: String, stage: TrafficPolicy.Stage)
        /// Policies of the tier govern the endpoint, and none of their rules matched.
        case endOfTier(String)
        /// A rule of a profile.
        case profile(String)
        /// A port that a host endpoint always keeps open.
        case failsafe
        /// Nothing else decided about a host endpoint.
        case hostDefault
        /// No policy speaks about what the host forwards.
        case forwardDefault
        /// No profile of a pod decided.
        case noProfile
        /// A pod always reaches itself.
        case loopback
        /// A node always reaches its own pods.
        case ownNode
    }

    /// The direction.
    public var direction: TrafficDirection
    /// Whether the packet may go on.
    public var isAllowed: Bool
    /// What decided.
    public var ground: Ground
    /// The rules that noted the packet on the way.
    public var logged: [RuleReference] = []
    /// On a denial: the rule that would have allowed the packet with the least change, and what it missed.
    public var nearest: (rule: RuleReference, misses: [String])? {
        get { nearestRule.map { ($0, nearestMisses) } }
        set { (nearestRule, nearestMisses) = (newValue?.rule, newValue?.misses ?? []) }
    }
    private var nearestRule: RuleReference?
    private var nearestMisses: [String] = []

    init(_ direction: TrafficDirection, _ isAllowed: Bool, _ ground: Ground) {
        self.direction = direction
        self.isAllowed = isAllowed
        self.ground = ground
    }

    /// The object that decided; nil when it is no object.
    public var reference: RuleReference? {
        switch ground {
        case .rule(let rule, _, _): rule
        case .endOfTier(let name): RuleReference(kind: "Tier", name: name)
        case .profile(let name): RuleReference(kind: "Profile", name: name)
        case .failsafe, .hostDefault, .forwardDefault, .noProfile, .loopback, .ownNode: nil
        }
    }

    func violation(_ packet: Packet) -> Violation {
        let remedy: String
        if case .rule(let rule, _, _) = ground {
            remedy = "narrow or remove \(rule)"
        } else if let nearest {
            remedy = "change \(nearest.rule): \(nearest.misses.joined(separator: ", "))"
        } else {
            remedy = "add a policy with an \(direction.rawValue) rule that allows it"
        }
        return Violation(
            control: ControlID(rawValue: "networkPolicy.\(direction.rawValue)"), field: reference?.path ?? "", found: packet.shown,
            remedy: remedy)
    }
}

/// What all endpoints on a packet's way say about it.
public struct PacketDecision: Hashable, Sendable {
    /// What the sender's side says, then the receiver's; sides that no endpoint governs say nothing.
    public var verdicts: [TrafficVerdict]
    /// Both sides in one answer.
    public var decision: Decision
    /// The verdict that decided: the first denial, else the last.
    public var deciding: TrafficVerdict? { verdicts.first { !$0.isAllowed } ?? verdicts.last }
}
