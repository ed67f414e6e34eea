import JSONValue
import KubeClient
import KubeModel
import Logging
import Reconcile

/// What every controller has: its own identity towards the API, a queue, and a voice.
struct ControllerContext: Sendable {
    let client: KubeClient
    let queue: WorkQueue
    let events: EventRecorder
    let clock: @Sendable () -> Timestamp
    let log: Logger
}

/// One controller: what wakes it, and what it does about a key.
protocol Controller: Sendable {
    /// Its name, under which it is switched on and off and tells events.
    static var identity: String { get }
    /// Its service account in `kube-system`, whose role says what it may do; mostly of the same name.
    static var account: String { get }
    /// How many keys it works on at a time.
    static var workers: Int { get }
    /// Asks the informers to be told of what matters.
    init(_ context: ControllerContext, _ informers: Informers)
    var context: ControllerContext { get }
    /// Looks at a key; answers after how long to look again without a change.
    func pass(_ key: String) async throws -> Duration?
    /// What it does besides its passes, until cancelled.
    func runBeside() async
}

extension Controller {
    static var workers: Int { 2 }
    static var account: String { identity }
    func runBeside() async {}

    /// Runs until cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await context.events.run() }
            group.addTask { await runBeside() }
            group.addTask { await context.queue.run(workers: Self.workers, log: context.log, pass: attempt) }
        }
    }

    /// A pass that finds an object gone has nothing to repeat: the informers will tell what became of it.
    private func attempt(_ key: String) async throws -> Duration? {
        do { return try await pass(key) } catch let error as StatusError where error.code == 404 { return nil }
    }

    /// Makes the writes of a plan, tells of them, and waits until they are seen.
    func carryOut(_ plan: Plan, about object: JSON, seenBy informers: [Informer]) async throws -> Duration? {
        for change in plan.changes { try await write(change, seenBy: informers) }
        context.events.record(plan.notices, about: object)
        return plan.again.map { .seconds($0) }
    }

    /// Makes one write, and waits until it is seen.
    @discardableResult
    func write(_ change: Change, seenBy informers: [Informer]) async throws -> JSON? {
        let result = try await context.client.perform(change)
        for informer in informers where informer.resource == change.target.resource { await informer.settle(change, result: result) }
        return result
    }
}

extension Change {
    /// What the change is about.
    var target: Target {
        switch self {
        case .create(let target, _), .replace(let target, _), .patch(let target, _, _, _), .delete(let target, _, _),
            .deleteCollection(let target):
            target
        }
    }
}

extension KubeClient {
    /// Makes a write; that something is gone which was to be deleted is no failure.
    func perform(_ change: Change) async throws -> JSON? {
        switch change {
        case .create(let target, let object):
            return try await create(target.resource, namespace: target.namespace, name: target.name, subresource: target.subresource, object)
        case .replace(let target, let object):
            return try await update(target.resource, namespace: target.namespace, name: target.name, subresource: target.subresource, object)
        case .patch(let target, let form, let patch, let manager):
            let patchForm: PatchForm =
                switch form {
                case .merge: .merge
                case .strategic: .strategic
                case .apply: .apply
                }
            return try await self.patch(
                target.resource, namespace: target.namespace, name: target.name, subresource: target.subresource, form: patchForm,
                fieldManager: manager, force: form == .apply, patch)
        case .delete(let target, let uid, let policy):
            var options: JSON = ["kind": "DeleteOptions", "apiVersion": "v1", "preconditions": ["uid": .string(uid)]]
            if let policy { options["propagationPolicy"] = .string(policy) }
            do {
                return try await delete(target.resource, namespace: target.namespace, name: target.name, options: options)
            } catch let error as StatusError where error.code == 404 {
                return nil
            }
        case .deleteCollection(let target):
            try await deleteCollection(target.resource, namespace: target.namespace)
            return nil
        }
    }
}
