import JSONValue
import KubeClient
import KubeModel
import Reconcile

/// How far making or deleting pods came.
struct PodWrites: Sendable {
    /// The pods that were made.
    var made: [JSON] = []
    /// The UIDs of the pods that were deleted.
    var deleted: Set<String> = []
    /// The first that failed.
    var failure: ReplicaSets.Failure?

    /// The failure as what makes a pass be repeated.
    func throwFailure() throws {
        if let failure { throw StatusError(code: 500, reason: failure.reason, message: failure.message) }
    }
}

extension Controller {
    /// Makes pods in batches that double, so that a quota or a policy that refuses one is not asked for hundreds.
    ///
    /// Each is told of as an event about `owner`; the first failure ends it after its batch.
    func makePods(_ pods: [JSON], for owner: JSON, seenBy informers: [Informer]) async -> PodWrites {
        var outcome = PodWrites()
        var rest = pods[...]
        var batch = 1
        while !rest.isEmpty {
            let now = rest.prefix(batch)
            await withTaskGroup(of: PodWrites.self) { group in
                for pod in now { group.addTask { await self.makePod(pod, for: owner, seenBy: informers) } }
                for await one in group {
                    outcome.made += one.made
                    outcome.failure = outcome.failure ?? one.failure
                }
            }
            if outcome.failure != nil { break }
            rest = rest.dropFirst(now.count)
            batch *= 2
        }
        return outcome
    }

    private func makePod(_ pod: JSON, for owner: JSON, seenBy informers: [Informer]) async -> PodWrites {
        let creation = Change.create(Target(ReplicaSets.pods, namespace: owner.namespace, name: ""), pod)
        do {
            let result = try await write(creation, seenBy: informers)
            context.events.record([Notice(reason: "SuccessfulCreate", message: "Created pod: \(result?.name ?? "")")], about: owner)
            return PodWrites(made: result.map { [$0] } ?? [])
        } catch let error as StatusError where error.details?.causes.contains(where: { $0.reason == "NamespaceTerminating" }) == true {
            return PodWrites()
        } catch {
            return PodWrites(failure: failed("Create", "creating", error, for: owner))
        }
    }

    /// Deletes pods, in order; a failure leaves that pod and goes on.
    func deletePods(_ pods: [JSON], for owner: JSON, seenBy informers: [Informer]) async -> PodWrites {
        var outcome = PodWrites()
        for pod in pods {
            do {
                try await write(.delete(Target(ReplicaSets.pods, pod), uid: pod.uid, policy: nil), seenBy: informers)
                context.events.record([Notice(reason: "SuccessfulDelete", message: "Deleted pod: \(pod.name)")], about: owner)
                outcome.deleted.insert(pod.uid)
            } catch {
                outcome.failure = outcome.failure ?? failed("Delete", "deleting", error, for: owner)
            }
        }
        return outcome
    }

    private func failed(_ verb: String, _ doing: String, _ error: any Error, for owner: JSON) -> ReplicaSets.Failure {
        let message = (error as? StatusError)?.message ?? "\(error)"
        context.events.record([Notice(isWarning: true, reason: "Failed" + verb, message: "Error \(doing): \(message)")], about: owner)
        return ReplicaSets.Failure(reason: "Failed" + verb, message: message)
    }

    /// Takes a pod over, or lets it go; that it is gone, or another one of the same name, is no failure.
    func claimPod(_ claim: Change, seenBy informers: [Informer]) async throws {
        do {
            try await write(claim, seenBy: informers)
        } catch let error as StatusError where error.code == 404 || error.code == 409 || error.code == 422 {
            return
        }
    }
}
