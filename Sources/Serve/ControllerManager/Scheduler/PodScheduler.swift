import JSONValue
package import KubeClient
package import KubeModel
package import Logging
package import PolicyModel
import Reconcile
import Scheduling
import Synchronization

/// Gives pods their nodes: follows the cluster, asks `Scheduling`, writes the binding or why there is none.
///
/// A client of the API with the identity and the role of kube-scheduler; it would run against any server.
package struct PodScheduler: Sendable {
    private let client: KubeClient
    private let events: EventRecorder
    private let clock: @Sendable () -> Timestamp
    private let log: Logger
    private let state: SchedulerState
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    /// Who the scheduler is.
    package static let identity = UserInfo(name: "system:kube-scheduler", groups: [UserInfo.authenticatedGroup])
    package static let userAgent = "kube-scheduler/scheduler"

    private static let pods = GroupVersionResource("v1", "pods")
    private static let claims = GroupVersionResource("v1", "persistentvolumeclaims")
    private static let volumes = GroupVersionResource("v1", "persistentvolumes")
    /// What scheduling looks at, with its kind, which lists leave out.
    private static let resources: [(GroupVersionResource, kind: String)] = [
        (pods, "Pod"), (GroupVersionResource("v1", "nodes"), "Node"), (GroupVersionResource("v1", "namespaces"), "Namespace"),
        (GroupVersionResource("v1", "services"), "Service"), (claims, "PersistentVolumeClaim"), (volumes, "PersistentVolume"),
        (GroupVersionResource("v1", "replicationcontrollers"), "ReplicationController"),
        (GroupVersionResource(group: "apps", version: "v1", resource: "replicasets"), "ReplicaSet"),
        (GroupVersionResource(group: "apps", version: "v1", resource: "statefulsets"), "StatefulSet"),
        (GroupVersionResource(group: "policy", version: "v1", resource: "poddisruptionbudgets"), "PodDisruptionBudget"),
        (GroupVersionResource(group: "storage.k8s.io", version: "v1", resource: "storageclasses"), "StorageClass"),
        (GroupVersionResource(group: "storage.k8s.io", version: "v1", resource: "csinodes"), "CSINode"),
    ]

    /// - Parameter client: with the identity ``identity``.
    package init(client: KubeClient, clock: @escaping @Sendable () -> Timestamp, log: Logger) {
        self.client = client
        self.clock = clock
        self.log = log
        events = EventRecorder(client: client, component: SchedulerState.schedulerName, clock: clock, log: log)
        state = SchedulerState(resources: Self.resources.map(\.0))
        (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Runs until cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await events.run() }
            for (resource, kind) in Self.resources { group.addTask { await follow(resource, kind: kind) } }
            await decide(&group)
            group.cancelAll()
        }
    }

    // MARK: Following

    private func follow(_ resource: GroupVersionResource, kind: String) async {
        let seen = Seen()
        await Reflector(resource: resource, client: client, log: log).run { event, _ in
            switch event {
            case .replaced(let items):
                let named = items.map { Self.naming($0, kind) }
                await state.replace(resource, before: seen.replace(with: named), with: named)
            case .put(let object):
                let named = Self.naming(object, kind)
                let before = seen.put(named)
                await state.put(named, isNews: Self.isNews(named, after: before))
            case .removed(let object):
                let named = Self.naming(object, kind)
                seen.remove(named)
                await state.remove(named)
            case .passed: return
            }
            wake.yield()
        }
    }

    /// Whether a change matters to scheduling: nodes and pods report their state again and again.
    private static func isNews(_ object: JSON, after before: JSON?) -> Bool {
        guard let before else { return true }
        return switch object["kind"]?.string {
        case "Pod": PodFacts(object) != PodFacts(before)
        case "Node": NodeFacts(object) != NodeFacts(before)
        default: true
        }
    }

    private static func naming(_ object: JSON, _ kind: String) -> JSON {
        var object = object
        object["kind"] = .string(kind)
        return object
    }

    // MARK: Deciding

    private func decide(_ group: inout DiscardingTaskGroup) async {
        var alarm: ContinuousClock.Instant?
        for await _ in wakes {
            deciding: while !Task.isCancelled {
                switch await state.step(seed: UInt64.random(in: .min ... .max)) {
                case .decided(let pod, let facts, let decision):
                    // Bindings go to the API beside the next decisions: their pods are counted already.
                    group.addTask { await carryOut(decision, pod, facts) }
                case .idle(let until):
                    if let until, alarm.map({ $0 <= .now || until < $0 }) ?? true {
                        alarm = until
                        group.addTask {
                            try? await Task.sleep(until: until, clock: .continuous)
                            wake.yield()
                        }
                    }
                    break deciding
                }
            }
        }
    }

    private func carryOut(_ decision: SchedulingDecision, _ pod: JSON, _ facts: PodFacts) async {
        switch decision {
        case .gated: await state.park(facts.key)
        case .bind(let placement):
            if placement.volumes.isEmpty { return await bind(pod, to: placement.node) }
            await prepareVolumes(placement, pod)
            // The pod is looked at again when its claims are bound.
            await state.park(facts.key)
        case .unschedulable(let error, let preemption, let nearestMiss):
            await state.park(facts.key)
            await refuse(pod, facts, error, preemption, nearestMiss)
        }
    }

    private func bind(_ pod: JSON, to node: String) async {
        let binding: JSON = [
            "apiVersion": "v1", "kind": "Binding",
            "metadata": ["name": .string(pod.name), "namespace": .string(pod.namespace), "uid": .string(pod.uid)],
            "target": ["apiVersion": "v1", "kind": "Node", "name": .string(node)],
        ]
        do {
            try await client.create(Self.pods, namespace: pod.namespace, name: pod.name, subresource: "binding", binding)
            events.record([Notice(reason: "Scheduled", message: "Successfully assigned \(pod.namespace)/\(pod.name) to \(node)")], about: pod)
        } catch {
            if Task.isCancelled { return }
            if let error = error as? StatusError, error.code == 404 { return }  // it was deleted meanwhile
            log.notice("binding failed", metadata: ["pod": "\(pod.namespace)/\(pod.name)", "node": "\(node)", "error": "\(error)"])
            await state.bindingFailed(pod)
            wake.yield()
        }
    }

    /// Says for which node the claims of a pod are wanted.
    private func prepareVolumes(_ placement: Placement, _ pod: JSON) async {
        for plan in placement.volumes {
            do {
                if let volume = plan.volume {
                    try await client.patch(
                        Self.volumes, name: volume, form: .merge,
                        ["spec": ["claimRef": ["apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": .string(plan.claim.namespace), "name": .string(plan.claim.name)]]])
                } else {
                    try await client.patch(
                        Self.claims, namespace: plan.claim.namespace, name: plan.claim.name, form: .merge,
                        ["metadata": ["annotations": ["volume.kubernetes.io/selected-node": .string(placement.node)]]])
                }
            } catch {
                log.notice("volume not prepared", metadata: ["claim": "\(plan.claim.namespace)/\(plan.claim.name)", "error": "\(error)"])
            }
        }
    }

    // MARK: Refusing

    private func refuse(_ pod: JSON, _ facts: PodFacts, _ error: FitError, _ preemption: Preemption.Outcome, _ nearestMiss: Violation?) async {
        var nominated: String?
        if case .nominate(let nomination) = preemption {
            nominated = nomination.node
            await state.nominate(pod, nomination.node)
            await evict(nomination, for: pod, facts)
        } else if preemption.clearsNomination, !facts.nominatedNodeName.isEmpty {
            nominated = ""
            await state.nominate(pod, "")
        }
        var message = error.message
        if let nearestMiss { message += " The nearest: \(nearestMiss.found); \(nearestMiss.remedy)." }
        events.record([Notice(isWarning: true, reason: "FailedScheduling", message: message)], about: pod)
        await writeStatus(pod, message: error.message, nominated: nominated)
    }

    private func writeStatus(_ pod: JSON, message: String, nominated: String?) async {
        let present = (pod["status"]?["conditions"]?.array ?? []).first { $0["type"] == "PodScheduled" }
        let isSame = present?["status"] == "False" && present?["message"]?.string == message
        if isSame, nominated == nil { return }
        var condition: JSON = ["type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": .string(message)]
        condition["lastTransitionTime"] = present?["status"] == "False" ? present?["lastTransitionTime"] : .string(clock().description)
        var status: JSON = ["conditions": [condition]]
        if let nominated { status["nominatedNodeName"] = nominated.isEmpty ? .null : .string(nominated) }
        do {
            try await client.patch(
                Self.pods, namespace: pod.namespace, name: pod.name, subresource: "status", form: .strategic, ["status": status])
        } catch let error as StatusError where error.code == 404 {
            return
        } catch {
            log.notice("status not written", metadata: ["pod": "\(pod.namespace)/\(pod.name)", "error": "\(error)"])
        }
    }

    /// Drives the victims of a preemption away.
    private func evict(_ nomination: Preemption.Nomination, for pod: JSON, _ facts: PodFacts) async {
        for victim in nomination.victims {
            let condition: JSON = [
                "type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler",
                "message": "default-scheduler: preempting to accommodate a higher priority pod", "lastTransitionTime": .string(clock().description),
            ]
            do {
                let present = try await client.patch(
                    Self.pods, namespace: victim.namespace, name: victim.name, subresource: "status", form: .strategic,
                    ["status": ["conditions": [condition]]])
                try await client.delete(Self.pods, namespace: victim.namespace, name: victim.name)
                events.record(
                    [Notice(reason: "Preempted", message: "Preempted by pod \(facts.uid) on node \(nomination.node)")], about: present)
            } catch let error as StatusError where error.code == 404 {
                continue  // it went by itself
            } catch {
                log.notice("victim not removed", metadata: ["pod": "\(victim.namespace)/\(victim.name)", "error": "\(error)"])
            }
        }
        for displaced in nomination.displaced {
            _ = try? await client.patch(
                Self.pods, namespace: displaced.namespace, name: displaced.name, subresource: "status", form: .merge,
                ["status": ["nominatedNodeName": .null]])
        }
    }
}

/// The objects of one resource as last seen, so that what is gone after a new list can be taken out.
private final class Seen: Sendable {
    private let objects = Mutex<[String: JSON]>([:])

    func replace(with items: [JSON]) -> [JSON] {
        objects.withLock { objects in
            defer { objects = Dictionary(items.map { (Informer.key($0), $0) }) { $1 } }
            return Array(objects.values)
        }
    }
    /// Answers the object as it was.
    func put(_ object: JSON) -> JSON? { objects.withLock { $0.updateValue(object, forKey: Informer.key(object)) } }
    func remove(_ object: JSON) { _ = objects.withLock { $0.removeValue(forKey: Informer.key(object)) } }
}
