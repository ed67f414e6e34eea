public import JSONValue
public import KubeModel

/// A Deployment moves its pods from one template to the next through ReplicaSets.
///
/// Source: Kubernetes documentation, "Deployments"; Kubernetes `deployment` controller.
public enum Deployments {
    /// The resource that is observed.
    public static let resource = GroupVersionResource(group: "apps", version: "v1", resource: "deployments")
    /// The resource that is written.
    public static let sets = ReplicaSets.resource

    /// What one look at a Deployment and its ReplicaSets leads to.
    ///
    /// - Parameters:
    ///   - deployment: the Deployment, as it is now.
    ///   - sets: the ReplicaSets that it controls or selects.
    ///   - pods: the pods of those ReplicaSets; only Recreate looks at them.
    ///   - now: the moment, for conditions and the deadline of progress.
    /// - Returns: the writes of ReplicaSets and status; only adoptions and releases when there are any.
    public static func plan(_ deployment: JSON, sets: [JSON], pods: [JSON], now: Timestamp) -> Plan {
        let selector = LabelSelector(object: deployment["spec"]?["selector"])
        if selector.isEverything {
            return Plan(notices: [
                Notice(
                    isWarning: true, reason: "SelectingAll",
                    message: "This deployment is selecting all pods. A non-empty selector is required.")
            ])
        }
        let owner = OwnerReference.controlling(deployment, apiVersion: "apps/v1", kind: "Deployment")
        var owned: [JSON] = []
        var claims: [Change] = []
        for set in sets {
            let claim = Claim.decide(
                set, of: Self.sets, owner: owner, ownerIsBeingDeleted: deployment.isBeingDeleted, selector: selector)
            switch claim {
            case .owned: owned.append(set)
            case .adopt(let change), .release(let change): claims.append(change)
            case .other: break
            }
        }
        // What was taken over or let go is seen at the next look.
        if !claims.isEmpty { return Plan(changes: claims) }
        var rollout = Rollout(deployment, sets: owned, pods: pods, owner: owner, now: now)
        rollout.run()
        return rollout.plan
    }

    /// What follows when the ReplicaSet could not be made.
    ///
    /// - Parameters:
    ///   - deployment: the Deployment, as it is now.
    ///   - set: the ReplicaSet that was to be made.
    ///   - error: why the API refused it.
    ///   - present: the ReplicaSet that has the name already, if that was the reason.
    ///   - now: the moment, for the condition `Progressing`.
    /// - Returns: the write of the status, such as a new `collisionCount`, and the event.
    public static func creationFailed(_ deployment: JSON, set: JSON, error: StatusError, present: JSON?, now: Timestamp) -> Plan {
        var object = deployment
        if error.reason == "AlreadyExists", let present {
            if present.controller?.uid == deployment.uid, DeploymentFacts.isSame(present["spec"]?["template"], deployment["spec"]?["template"]) {
                return Plan()  // made by an earlier pass, and not seen yet
            }
            object[path: "status", "collisionCount"] = .int(deployment.statusCount("collisionCount") + 1)
            return Plan(changes: [.replace(Target(resource, deployment, subresource: "status"), object)])
        }
        if error.details?.causes.contains(where: { $0.reason == "NamespaceTerminating" }) == true { return Plan() }
        let message = "Failed to create new replica set \"\(set.name)\": \(error.message)"
        let notice = Notice(isWarning: true, reason: "ReplicaSetCreateError", message: message)
        let facts = DeploymentFacts(deployment)
        guard facts.progressDeadline != nil else { return Plan(notices: [notice]) }
        var status = deployment["status"] ?? [:]
        DeploymentStatus(facts: facts, now: now).set("Progressing", "False", reason: "ReplicaSetCreateError", message: message, in: &status)
        if status == deployment["status"] { return Plan(notices: [notice]) }
        object["status"] = status
        return Plan(changes: [.replace(Target(resource, deployment, subresource: "status"), object)], notices: [notice])
    }
}
