import JSONValue
import KubeModel
import PolicyModel

/// The refusal of a pod that no policy admits.
struct PolicyDenial {
    let outcome: PodSecurityPolicyOutcome.Denied

    init(of pod: Pod, _ attempts: [PolicyAttempt], _ access: PolicyAccess, _ mutation: PolicyMutation) {
        let sorted = attempts.sorted { $0.policy.name.utf8.lexicographicallyPrecedes($1.policy.name.utf8) }
        var errors: [FieldError] = []
        var misses: [(cost: Int, miss: PodSecurityPolicyOutcome.Miss)] = []
        for attempt in sorted {
            let mayUse = access.mayUse(attempt.policy)
            if mayUse, case .broken(let breaches) = attempt.verdict { errors += breaches.map(\.error) }
            misses.append(Self.miss(attempt, mayUse: mayUse, access))
        }
        misses.sort { $0.cost < $1.cost }
        let nearest = misses.map(\.miss)
        let violations = nearest.flatMap(\.violations)
        let none = Violation(
            control: "podSecurityPolicy", field: "", found: "no policy",
            remedy: "create a PodSecurityPolicy that allows the pod, and grant its use")
        outcome = .init(
            status: .forbidden(
                GroupResource(group: "", resource: "pods"), name: Self.name(of: pod),
                "PodSecurityPolicy: " + Self.why(attempts, errors, mutation)),
            decision: .deny(violations.first ?? none, also: Array(violations.dropFirst())), misses: nearest)
    }

    private static func name(of pod: Pod) -> String {
        let metadata = pod.json.member("metadata")
        let names = [metadata?["name"]?.string ?? "", metadata?["generateName"]?.string ?? ""]
        return names.first { !$0.isEmpty } ?? "Unknown"
    }

    /// The words of Kubernetes. They tell nothing of policies that the subjects may not use, nor of those that are unusable.
    /// Only a cluster without any policy has no providers: an unusable policy is there, and admits nothing.
    private static func why(_ attempts: [PolicyAttempt], _ errors: [FieldError], _ mutation: PolicyMutation) -> String {
        if attempts.isEmpty { return "no providers available to validate pod request" }
        let list = errors.map(\.description).joined(separator: " ")
        return "unable to \(mutation == .everywhere ? "admit" : "validate") pod: [\(list)]"
    }

    /// What one policy lacked. The cost counts the changes that would make it admit the pod.
    private static func miss(
        _ attempt: PolicyAttempt, mayUse: Bool, _ access: PolicyAccess
    ) -> (cost: Int, miss: PodSecurityPolicyOutcome.Miss) {
        let name = goQuoted(attempt.policy.name)
        var violations: [Violation]
        var cost: Int
        switch attempt.verdict {
        case .unusable(let fault):
            violations = [
                Violation(
                    control: "podSecurityPolicy", field: "", found: fault,
                    remedy: "mend PodSecurityPolicy \(name), which can admit no pod")
            ]
            cost = Int.max / 2
        case .broken(let breaches):
            violations = breaches.map { breach in
                var violation = breach.violation
                violation.remedy += " (PodSecurityPolicy \(name))"
                return violation
            }
            cost = breaches.count
        case .wouldChange:
            violations = [
                Violation(
                    control: "podSecurityPolicy", field: "spec", found: "",
                    remedy: "create the pod anew, so that PodSecurityPolicy \(name) can set its defaults")
            ]
            cost = 1
        case .allows:
            violations = []
            cost = 0
        }
        if !mayUse {
            violations.append(
                Violation(
                    control: "use", field: "", found: "",
                    remedy: "grant \(grantees(access)) the verb \"use\" on podsecuritypolicies \(name)"))
            cost += 1
        }
        return (cost, .init(policy: attempt.policy.name, mayUse: mayUse, violations: violations))
    }

    private static func grantees(_ access: PolicyAccess) -> String {
        access.subjects.map { subject in
            switch subject {
            case .user: "the user"
            case .serviceAccount(let name): "system:serviceaccount:\(access.namespace):\(name)"
            }
        }.joined(separator: " or ")
    }
}
