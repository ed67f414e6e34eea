public import NetworkPolicy
public import PolicyModel

/// Why a packet was noted in the flow log.
public struct Note: Hashable, Sendable {
    /// What decided.
    public enum Ground: Hashable, Sendable {
        /// A rule of a policy, in its tier.
        case rule(RuleReference, tier: String)
        /// Policies of the tier govern the endpoint, and none of their rules matched.
        case endOfTier(String)
        /// A rule of a profile.
        case profile(String)
        /// No profile of a pod decided.
        case noProfile
        /// The source address is not that of the interface.
        case foreignSource
        /// The packet came in by an interface that is neither a pod's nor one of the node's.
        case unknownInterface
        /// The packet goes to a pod or interface that is not there.
        case unknownDestination
    }

    /// The side that decided; nil where neither did.
    public var direction: TrafficDirection?
    /// Whether the packet was dropped; otherwise it was only noted.
    public var isDenial: Bool
    /// What decided.
    public var ground: Ground

    /// A note.
    public init(_ direction: TrafficDirection?, isDenial: Bool, _ ground: Ground) {
        self.direction = direction
        self.isDenial = isDenial
        self.ground = ground
    }
}

extension Note: CustomStringConvertible {
    /// `deny ingress by NetworkPolicy "shop/db" spec.ingress[0]`.
    public var description: String {
        let reason =
            switch ground {
            case .rule(let rule, let tier): "by \(rule) of tier \(tier)"
            case .endOfTier(let tier): "at the end of tier \(tier)"
            case .profile(let name): "by profile \(name)"
            case .noProfile: "since no profile decides"
            case .foreignSource: "since the source address is not the interface's"
            case .unknownInterface: "since the interface is not known"
            case .unknownDestination: "since the destination is not known"
            }
        return "\(isDenial ? "deny" : "note")\(direction.map { " \($0.rawValue)" } ?? "") \(reason)"
    }
}
