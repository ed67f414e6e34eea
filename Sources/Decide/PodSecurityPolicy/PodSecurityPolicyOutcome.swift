public import JSONValue
public import KubeModel
public import PolicyModel

/// A question about RBAC: may the subject `use` the policy in the pod's namespace?
///
/// Verb `use`, resource `podsecuritypolicies`, the policy's name as resource name.
public struct PolicyUse: Hashable, Sendable {
    /// Who asks. One of the two being allowed is enough.
    public enum Subject: Hashable, Sendable {
        /// The author of the request.
        case user
        /// The service account that the pod runs as, in the pod's namespace.
        case serviceAccount(name: String)
    }

    /// The policy's name.
    public var policy: String
    /// The namespace of the pod.
    public var namespace: String
    /// `policy` or, for roles of old, `extensions`.
    public var apiGroup: String
    /// Who asks.
    public var subject: Subject

    /// The question, member by member.
    public init(policy: String, namespace: String, apiGroup: String, subject: Subject) {
        self.policy = policy
        self.namespace = namespace
        self.apiGroup = apiGroup
        self.subject = subject
    }

    /// The user name of a service account subject; nil for the author of the request.
    public var serviceAccountUser: String? {
        switch subject {
        case .user: nil
        case .serviceAccount(let name): "system:serviceaccount:\(namespace):\(name)"
        }
    }

    /// The groups of a service account subject; empty for the author of the request.
    public var serviceAccountGroups: [String] {
        switch subject {
        case .user: []
        case .serviceAccount: ["system:serviceaccounts", "system:serviceaccounts:\(namespace)", "system:authenticated"]
        }
    }
}

/// What ``PodSecurityPolicyAdmission`` answers.
public enum PodSecurityPolicyOutcome: Hashable, Sendable {
    /// A pod that may be stored.
    public struct Admitted: Hashable, Sendable {
        /// The policy that allows the pod; nil when the change needs none.
        public var policy: String?
        /// The pod to store: on create with the policy's defaults and its name as an annotation, else as it was given.
        public var pod: JSON
        /// The policy, and what granted its use.
        public var decision: Decision
    }
    /// A pod that may not be stored.
    public struct Denied: Hashable, Sendable {
        /// The refusal, in the words of Kubernetes; it tells only of policies that the subjects may use.
        public var status: StatusError
        /// Every violation, those of the nearest miss first; it tells of all policies, and is for administrators.
        public var decision: Decision
        /// What each policy lacked, the nearest miss first.
        public var misses: [Miss]
    }
    /// Why one policy did not admit the pod.
    public struct Miss: Hashable, Sendable {
        /// The policy's name.
        public var policy: String
        /// Whether the author or the service account may use the policy.
        public var mayUse: Bool
        /// What the pod, the policy or the grants lack; never empty.
        public var violations: [Violation]
    }

    case allowed(Admitted)
    case denied(Denied)
}
