import JSONValue
import KubeClient
import KubeModel
import Reconcile

/// Moves Deployments from one template to the next.
struct DeploymentController: Controller {
    static let identity = "deployment-controller"
    static let workers = 5
    let context: ControllerContext
    private let informers: Informers

    init(_ context: ControllerContext, _ informers: Informers) {
        self.context = context
        self.informers = informers
        informers.deployments.onChange { old, new in if let object = new ?? old { context.queue.add(Informer.key(object)) } }
        informers.replicaSets.onChange { old, new in
            for set in [old, new].compactMap({ $0 }) {
                if let owner = set.controller {
                    if owner.kind == "Deployment" { context.queue.add(Informer.key(set.namespace, owner.name)) }
                } else if new != nil {
                    for object in informers.deployments.find(Informers.inNamespace(set.namespace))
                    where LabelSelector(object: object["spec"]?["selector"]).matches(set.labels) {
                        context.queue.add(Informer.key(object))
                    }
                }
            }
        }
        // Recreate waits until the last old pod is gone.
        informers.pods.onChange { old, new in
            guard let pod = old, new.map(ReplicaSets.isActive) != true, let owner = pod.controller, owner.kind == "ReplicaSet",
                let set = informers.replicaSets[Informer.key(pod.namespace, owner.name)], let deployment = set.controller
            else { return }
            context.queue.add(Informer.key(pod.namespace, deployment.name))
        }
    }

    func pass(_ key: String) async throws -> Duration? {
        guard let deployment = informers.deployments[key] else { return nil }
        let sets = informers.replicaSets.find(Informers.ownedBy(deployment.uid)) + informers.replicaSets.find(Informers.withoutOwner(deployment.namespace))
        let isRecreate = deployment["spec"]?["strategy"]?["type"]?.string == "Recreate"
        let pods = isRecreate ? sets.flatMap { informers.pods.find(Informers.ownedBy($0.uid)) } : []
        let plan = Deployments.plan(deployment, sets: sets, pods: pods, now: context.clock())
        let seers = [informers.replicaSets, informers.deployments]
        var rest = plan
        if case .create(let target, let set) = plan.changes.first {
            do {
                try await write(plan.changes[0], seenBy: seers)
            } catch let error as StatusError {
                return try await failed(deployment, set: set, target: target, error: error)
            }
            rest.changes.removeFirst()
        }
        return try await carryOut(rest, about: deployment, seenBy: seers)
    }

    private func failed(_ deployment: JSON, set: JSON, target: Target, error: StatusError) async throws -> Duration? {
        var present: JSON?
        if error.reason == "AlreadyExists" {
            present = try await context.client.get(target.resource, namespace: target.namespace, name: set.name)
        }
        let plan = Deployments.creationFailed(deployment, set: set, error: error, present: present, now: context.clock())
        _ = try await carryOut(plan, about: deployment, seenBy: [informers.deployments])
        if error.isEndingNamespace { return nil }
        throw error
    }
}
