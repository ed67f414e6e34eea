public import JSONValue
public import PolicyModel
import KubeModel

/// Decides whether a pod may be written under the PodSecurityPolicies of the cluster.
///
/// A pod is admitted by one policy that allows all of it and that its author or its service account may use. In: the
/// pod, all policies, and the caller's answers about who may use which. Out: the pod with the policy's defaults, or a
/// refusal. Scale: policies × containers × rules.
///
/// Source: Kubernetes 1.20, PodSecurityPolicy, "Policy Order" and "Authorizing Policies". Policies were removed from
/// Kubernetes in 1.25.
public enum PodSecurityPolicyAdmission {
    /// The annotation that names the policy which admitted a pod.
    public static let annotation = "kubernetes.io/psp"

    /// What is done with the pod.
    public enum Operation: Hashable, Sendable {
        /// The pod is created: policies may set defaults in it.
        case create
        /// A created pod is looked at again, after others have changed it: policies set nothing any more.
        case recheck
        /// A stored pod is replaced; `old` is the stored one. The new one has the fields that clients cannot set, such
        /// as `status` and `metadata.uid`, as they are stored.
        case update(old: JSON)
        /// Ephemeral containers are added to a stored pod: policies may set defaults in them, and nowhere else.
        /// Kubernetes 1.20 asked no policy here; a debug container must not be the way around one.
        case addEphemeralContainers

        /// Where policies may set defaults.
        var mutation: PolicyMutation {
            switch self {
            case .create: .everywhere
            case .addEphemeralContainers: .ephemeralContainers
            case .recheck, .update: .nowhere
            }
        }
    }

    /// Decides about one pod.
    ///
    /// Pure and total. Policies that allow the pod as it is come before those that must change it; among equals the
    /// first name wins. Without mutation the policy of ``annotation`` is tried first.
    ///
    /// - Parameters:
    ///   - pod: the pod after defaulting, with its service account set.
    ///   - namespace: the namespace of the request, in which the use of policies is granted.
    ///   - operation: what is done with the pod.
    ///   - policies: all policies of the cluster, in any order.
    ///   - authorize: whether a subject may use a policy; asked for group `policy` and then for `extensions`.
    /// - Returns: the pod to store, or the refusal.
    public static func decide(
        pod: JSON, namespace: String, operation: Operation, policies: [JSON], authorize: (PolicyUse) -> Decision
    ) -> PodSecurityPolicyOutcome {
        if case .update(let old) = operation, onlyGarbageCollectionFieldsDiffer(pod, old) {
            return .allowed(.init(policy: nil, pod: pod, decision: .allow(by: [])))
        }
        let mutation = operation.mutation
        // A stored pod says its seccomp profiles both ways; a pod that is being created is judged as it was sent.
        let subject = mutation == .everywhere ? Pod(pod) : SeccompProfile.synchronized(Pod(pod))
        var access = PolicyAccess(pod: subject, namespace: namespace)
        var attempts: [PolicyAttempt] = []
        var changing: (policy: Policy, pod: Pod, grounds: [RuleReference])?
        for policy in ordered(policies, first: mutation == .everywhere ? nil : subject.annotation(annotation)) {
            let attempt = PolicyAttempt(policy, subject, mutation)
            switch attempt.verdict {
            case .unusable, .broken, .wouldChange:
                attempts.append(attempt)
            case .allows(let result, let changed):
                guard let grounds = access.grounds(for: policy, authorize) else {
                    attempts.append(attempt)
                    continue
                }
                if !changed { return .allowed(admitted(result, given: pod, by: policy, grounds, mutation)) }
                if changing == nil { changing = (policy, result, grounds) }
            }
        }
        if let changing {
            return .allowed(admitted(changing.pod, given: pod, by: changing.policy, changing.grounds, mutation))
        }
        for attempt in attempts { _ = access.grounds(for: attempt.policy, authorize) }
        return .denied(PolicyDenial(of: subject, attempts, access, mutation).outcome)
    }

    private static func admitted(
        _ result: Pod, given: JSON, by policy: Policy, _ grounds: [RuleReference], _ mutation: PolicyMutation
    ) -> PodSecurityPolicyOutcome.Admitted {
        let decision = Decision.allow(by: [RuleReference(kind: "PodSecurityPolicy", name: policy.name)] + grounds)
        if mutation == .nowhere { return .init(policy: policy.name, pod: given, decision: decision) }
        var stored = result
        if mutation == .everywhere { stored.annotate(annotation, with: policy.name) }
        // Nodes obey fields only: a profile that was judged as an annotation must not stay one.
        return .init(policy: policy.name, pod: SeccompProfile.synchronized(stored).json, decision: decision)
    }

    private static func ordered(_ policies: [JSON], first: String?) -> [Policy] {
        policies.map(Policy.init).sorted { left, right in
            if left.name == right.name { return false }
            if left.name == first { return true }
            if right.name == first { return false }
            return left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
        }
    }

    /// Whether an update changes no more than what the garbage collector changes. Who may do that may delete the pod,
    /// and needs no policy.
    static func onlyGarbageCollectionFieldsDiffer(_ pod: JSON, _ old: JSON) -> Bool {
        func compared(_ object: JSON) -> JSON {
            var copy = object
            for field in ["ownerReferences", "finalizers", "selfLink", "managedFields", "resourceVersion"] {
                if copy[path: "metadata", field] != nil { copy[path: "metadata", field] = nil }
            }
            return copy.withoutEmptyLists
        }
        return compared(pod) == compared(old)
    }
}

extension JSON {
    /// Without members that are null or empty lists, which the API does not tell from absent ones.
    var withoutEmptyLists: JSON {
        switch self {
        case .null, .bool, .int, .double, .string: self
        case .array(let elements): .array(elements.map(\.withoutEmptyLists))
        case .object(let object):
            .object(
                JSONObject(
                    members: object.members.compactMap { member in
                        member.value.isNull || member.value == []
                            ? nil : .init(key: member.key, value: member.value.withoutEmptyLists)
                    }))
        }
    }
}
