public import JSONValue
public import KubeModel

/// A StatefulSet has pods with names, places and claims that stay the same.
///
/// Source: Kubernetes documentation, "StatefulSets"; KEP-1847 (retention of claims), KEP-3335 (first ordinal),
/// KEP-2599 (minReadySeconds), KEP-961 (maxUnavailable).
public enum StatefulSets {
    /// The resource that is observed.
    public static let resource = GroupVersionResource(group: "apps", version: "v1", resource: "statefulsets")
    /// The claims that are made for pods.
    public static let claims = GroupVersionResource(group: "", version: "v1", resource: "persistentvolumeclaims")
    /// The label that has the hash of a revision; pods name the revision itself.
    static let hashKey = "controller.kubernetes.io/hash"

    /// About the most writes of one pass.
    static let burst = 500

    /// One write, with what is told when it was made or refused.
    public struct Step: Hashable, Sendable {
        /// The write.
        public var change: Change
        /// The event when it was made.
        public var notice: Notice?
        /// The reason of the event when it was refused, and how its message begins.
        public var failure: Notice?
    }

    /// What one look at a StatefulSet leads to.
    public struct Outcome: Hashable, Sendable {
        /// Pods and revisions taken over and let go.
        public var claims: [Change] = []
        /// What makes or renews the revision of the present template; to be done before all else.
        public var revision: Change?
        /// The writes in their order; the first that fails ends them.
        public var steps: [Step] = []
        /// Status, and revisions that are no longer needed.
        public var plan = Plan()
    }

    /// What one look at a StatefulSet leads to.
    ///
    /// - Parameters:
    ///   - set: the StatefulSet, as it is now.
    ///   - pods: the pods of its namespace that it controls or selects.
    ///   - revisions: likewise its revisions.
    ///   - claim: the claim of that name in its namespace.
    ///   - now: the moment, for the availability of pods.
    /// - Returns: what to claim and to write, in the order of its fields.
    public static func plan(_ set: JSON, pods: [JSON], revisions: [JSON], claim: (String) -> JSON?, now: Timestamp) -> Outcome {
        var outcome = Outcome()
        let selector = LabelSelector(object: set["spec"]?["selector"])
        let owner = OwnerReference.controlling(set, apiVersion: "apps/v1", kind: "StatefulSet")
        func claimed(_ objects: [JSON], _ resource: GroupVersionResource) -> [JSON] {
            objects.filter { object in
                switch Claim.decide(object, of: resource, owner: owner, ownerIsBeingDeleted: set.isBeingDeleted, selector: selector) {
                case .owned: return true
                case .adopt(let change):
                    outcome.claims.append(change)
                    return true
                case .release(let change):
                    outcome.claims.append(change)
                    return false
                case .other: return false
                }
            }
        }
        // A pod without a number of the set is none of it, whatever its labels are.
        let own = claimed(pods.filter { StatefulPods.ordinal($0, of: set) != nil }, ReplicaSets.pods)
        let history = RevisionHistory(
            of: set, kind: "StatefulSet", hashKey: hashKey, revisions: claimed(revisions, ControllerRevisions.resource))
        if !set.isBeingDeleted { outcome.revision = history.change }
        var pass = StatefulPass(set, history: history, pods: own, now: now)
        if !set.isBeingDeleted { pass.run(claim) }
        outcome.steps = pass.steps
        outcome.plan = pass.status()
        let used = Set(own.compactMap { $0.labels[ControllerRevisions.podLabel] } + [pass.currentRevision.name])
        if !set.isBeingDeleted { outcome.plan.changes += history.surplus { used.contains($0.name) } }
        return outcome
    }
}
