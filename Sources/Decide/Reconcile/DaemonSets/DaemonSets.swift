public import JSONValue
public import KubeModel
import Scheduling

/// A DaemonSet has one pod on every node that takes one.
///
/// Source: Kubernetes documentation, "DaemonSet", "Perform a Rolling Update on a DaemonSet"; KEP-1591 (surge).
public enum DaemonSets {
    /// The resource that is observed.
    public static let resource = GroupVersionResource(group: "apps", version: "v1", resource: "daemonsets")
    /// The most pods that one pass makes or deletes.
    static let burst = 250

    /// How often the pods of a set have failed on each node, and when the last one was deleted.
    public struct Failures: Hashable, Sendable {
        struct Entry: Hashable, Sendable {
            var count: Int
            var last: Timestamp
        }
        var nodes: [String: Entry] = [:]

        /// None has failed.
        public init() {}

        /// Seconds until a failed pod may be deleted and made anew: twice as long each time, up to 15 minutes.
        func wait(_ node: String, now: Timestamp) -> Int64 {
            guard let entry = nodes[node] else { return 0 }
            return max(0, entry.last.adding(seconds: min(1 << Int64(min(entry.count - 1, 10)), 900)).seconds - now.seconds)
        }
    }

    /// What one look at a DaemonSet leads to.
    public struct Outcome: Hashable, Sendable {
        /// Pods and revisions taken over and let go.
        public var claims: [Change] = []
        /// What makes or renews the revision of the present template; to be done before all else.
        public var revision: Change?
        /// The pods to make.
        public var creations: [JSON] = []
        /// The pods to delete.
        public var deletions: [JSON] = []
        /// Status, and revisions that are no longer needed.
        public var plan = Plan()
        /// What is remembered for the next look.
        public var failures: Failures
    }

    /// Whether a change of a node can change what a set has on it; a node reports its state again and again.
    public static func concerns(_ set: JSON, before: JSON?, after: JSON?) -> Bool {
        let placement = DaemonPlacement(pod: DaemonTemplate(set, hash: "").pod)
        func verdict(_ node: JSON?) -> DaemonPlacement.Verdict? { node.map { placement.decide(NodeFacts($0)) } }
        return verdict(before) != verdict(after)
    }

    /// What one look at a DaemonSet leads to.
    ///
    /// - Parameters:
    ///   - set: the DaemonSet, as it is now.
    ///   - pods: the pods of its namespace that it controls or selects.
    ///   - revisions: likewise its revisions.
    ///   - nodes: the nodes of the cluster.
    ///   - failures: what the last look left; nil when there was none.
    ///   - now: the moment, for back-off and availability.
    /// - Returns: what to claim, make and delete; for a set that selects everything nothing but an event.
    public static func plan(_ set: JSON, pods: [JSON], revisions: [JSON], nodes: [JSON], failures: Failures?, now: Timestamp) -> Outcome {
        var outcome = Outcome(failures: failures ?? Failures())
        let selector = LabelSelector(object: set["spec"]?["selector"])
        if selector.isEverything {
            outcome.plan.notices = [
                Notice(isWarning: true, reason: "SelectingAll", message: "This daemon set is selecting all pods. A non-empty selector is required.")
            ]
            return outcome
        }
        let owner = OwnerReference.controlling(set, apiVersion: "apps/v1", kind: "DaemonSet")
        func claim(_ objects: [JSON], _ resource: GroupVersionResource) -> [JSON] {
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
        let own = claim(pods, ReplicaSets.pods)
        let history = RevisionHistory(
            of: set, kind: "DaemonSet", hashKey: ControllerRevisions.podLabel, revisions: claim(revisions, ControllerRevisions.resource))
        if set.isBeingDeleted { return outcome }
        outcome.revision = history.change
        var pass = DaemonPass(set, hash: history.hash, pods: own, nodes: nodes, failures: outcome.failures, now: now)
        pass.run()
        outcome.creations = Array(pass.creations.prefix(burst))
        outcome.deletions = Array(pass.deletions.prefix(burst))
        outcome.failures = pass.failures
        outcome.plan = pass.status()
        let used = Set(own.compactMap { $0.labels[ControllerRevisions.podLabel] })
        outcome.plan.changes += history.surplus { used.contains($0.labels[ControllerRevisions.podLabel] ?? "") }
        return outcome
    }
}
