import JSONValue
import KubeModel
import PolicyModel

/// Where a policy may set defaults.
enum PolicyMutation: Hashable, Sendable { case everywhere, ephemeralContainers, nowhere }

/// The judgement of one policy about one pod.
struct PolicyAttempt: Sendable {
    enum Verdict: Sendable {
        /// The policy cannot judge any pod.
        case unusable(String)
        /// The pod breaks the policy.
        case broken([Breach])
        /// The policy allows the pod only with defaults, which cannot be set any more.
        case wouldChange
        /// The policy allows the pod, with its defaults where `changed`.
        case allows(Pod, changed: Bool)
    }

    let policy: Policy
    let verdict: Verdict

    init(_ policy: Policy, _ pod: Pod, _ mutation: PolicyMutation) {
        self.policy = policy
        if let fault = Self.fault(in: policy) {
            verdict = .unusable(fault)
            return
        }
        let result = Self.withDefaults(pod, policy)
        let breaches = Self.breaches(in: result, policy)
        if !breaches.isEmpty {
            verdict = .broken(breaches)
        } else if result.json == pod.json {
            verdict = .allows(pod, changed: false)
        } else {
            verdict = Self.mayChange(pod, result, mutation) ? .allows(result, changed: true) : .wouldChange
        }
    }

    private static func mayChange(_ pod: Pod, _ result: Pod, _ mutation: PolicyMutation) -> Bool {
        switch mutation {
        case .everywhere: return true
        case .nowhere: return false
        case .ephemeralContainers:
            var before = pod.json
            var after = result.json
            for path in [["spec", "ephemeralContainers"], ["metadata", "annotations"]] {
                before[path: path] = .null
                after[path: path] = .null
            }
            return before == after
        }
    }

    private static func fault(in policy: Policy) -> String? {
        for rule in PolicyRules.ofPods + PolicyRules.ofContainers {
            if let fault = rule.fault(in: policy) { return fault }
        }
        return nil
    }

    private static func withDefaults(_ given: Pod, _ policy: Policy) -> Pod {
        var pod = given
        for rule in PolicyRules.ofPods { rule.setDefaults(in: &pod, by: policy) }
        for var container in pod.containers {
            let before = container.json
            for rule in PolicyRules.ofContainers { rule.setDefaults(in: &container, of: &pod, by: policy) }
            if container.json != before { pod.store(container) }
        }
        return pod
    }

    private static func breaches(in pod: Pod, _ policy: Policy) -> [Breach] {
        var found: [Breach] = []
        for rule in PolicyRules.ofPods { found += rule.breaches(in: pod, of: policy) }
        for container in pod.containers {
            for rule in PolicyRules.ofContainers { found += rule.breaches(in: container, of: pod, under: policy) }
        }
        return found
    }
}

/// Who may use which policy for one pod.
struct PolicyAccess {
    let namespace: String
    /// The service account first: it is the more common grantee.
    let subjects: [PolicyUse.Subject]
    private var known: [String: [RuleReference]?] = [:]

    init(pod: Pod, namespace: String) {
        self.namespace = namespace
        let account = pod.field("serviceAccountName")?.string ?? ""
        subjects = account.isEmpty ? [.user] : [.serviceAccount(name: account), .user]
    }

    /// What lets one of the subjects use the policy; nil when neither may.
    mutating func grounds(for policy: Policy, _ authorize: (PolicyUse) -> Decision) -> [RuleReference]? {
        if let answer = known[policy.name] { return answer }
        let answer = ask(policy.name, authorize)
        known[policy.name] = .some(answer)
        return answer
    }

    /// Whether ``grounds(for:_:)`` found any.
    func mayUse(_ policy: Policy) -> Bool {
        if case .some(.some) = known[policy.name] { true } else { false }
    }

    private func ask(_ policy: String, _ authorize: (PolicyUse) -> Decision) -> [RuleReference]? {
        for subject in subjects {
            for group in ["policy", "extensions"] {
                let use = PolicyUse(policy: policy, namespace: namespace, apiGroup: group, subject: subject)
                if case .allow(let grounds) = authorize(use) { return grounds }
            }
        }
        return nil
    }
}
