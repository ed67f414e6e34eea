import PolicyModel

/// The way of one packet through the rules of one endpoint in one direction.
struct TierWalk {
    let index: NetworkPolicyIndex
    let direction: TrafficDirection
    let packet: Packet
    let toOwnNode: Bool
    private var logged: [RuleReference] = []

    init(index: NetworkPolicyIndex, direction: TrafficDirection, packet: Packet, toOwnNode: Bool) {
        self.index = index
        self.direction = direction
        self.packet = packet
        self.toOwnNode = toOwnNode
    }

    /// What the tiers decide; nil when all passed.
    mutating func tiers(_ rules: ResolvedRules, endsTiers: Bool = true) -> TrafficVerdict? {
        for tier in rules.tiers {
            let policies = tier.policies.compactMap { index.policies[$0] }.filter { !(toOwnNode && $0.sparesOwnNode) }
            if policies.isEmpty { continue }
            switch outcome(policies, tier.tier.name) {
            case .decided(let verdict): return verdict
            case .passed: continue
            case .unmatched:
                guard endsTiers, tier.tier.defaultAction == .deny else { continue }
                var verdict = denied(.endOfTier(tier.tier.name))
                verdict.nearest = nearest(policies)
                return verdict
            }
        }
        return nil
    }

    private enum Outcome {
        case decided(TrafficVerdict)
        case passed
        case unmatched
    }

    private mutating func outcome(_ policies: [TrafficPolicy], _ tier: String) -> Outcome {
        for policy in policies {
            for rule in policy.rules(direction) ?? [] where matches(rule) {
                let reference = self.reference(policy, rule)
                switch rule.action {
                case .allow: return .decided(verdict(true, .rule(reference, tier: tier, stage: policy.stage)))
                case .deny: return .decided(verdict(false, .rule(reference, tier: tier, stage: policy.stage)))
                case .pass: return .passed
                case .log: logged.append(reference)
                }
            }
        }
        return .unmatched
    }

    /// What the profiles decide; nil when no rule of theirs matched.
    mutating func profiles(_ rules: ResolvedRules) -> TrafficVerdict? {
        for profile in rules.profiles {
            for rule in profile.rules(direction) where matches(rule) {
                switch rule.action {
                case .allow: return verdict(true, .profile(profile.name))
                case .deny: return verdict(false, .profile(profile.name))
                // A profile has no tier to leave; Calico goes on with the next rule.
                case .pass, .log: continue
                }
            }
        }
        return nil
    }

    /// A denial, with what was noted on the way.
    func denied(_ ground: TrafficVerdict.Ground) -> TrafficVerdict { verdict(false, ground) }

    private func verdict(_ isAllowed: Bool, _ ground: TrafficVerdict.Ground) -> TrafficVerdict {
        var verdict = TrafficVerdict(direction, isAllowed, ground)
        verdict.logged = logged
        return verdict
    }

    private func matches(_ rule: TrafficRule) -> Bool { rule.matches.contains { index.holds($0, packet) } }

    private func reference(_ policy: TrafficPolicy, _ rule: TrafficRule) -> RuleReference {
        var reference = policy.object
        reference.path = rule.path
        return reference
    }

    private func nearest(_ policies: [TrafficPolicy]) -> (rule: RuleReference, misses: [String])? {
        var best: (rule: RuleReference, misses: [String])?
        for policy in policies {
            for rule in policy.rules(direction) ?? [] where rule.action == .allow {
                for match in rule.matches {
                    let misses = index.misses(match, packet)
                    if misses.count < best?.misses.count ?? .max { best = (reference(policy, rule), misses) }
                }
            }
        }
        return best
    }
}
