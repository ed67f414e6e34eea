public import JSONValue
public import KubeModel

/// The life of a pod on its node, as a function: what is known in, what to do next and what to say of it out.
///
/// Pure and total: the moment comes in as an argument. The same record always gives the same step, so that a node that was
/// restarted goes on where it was. Linear in the containers.
/// Source: Kubernetes documentation, "Pod Lifecycle", "Init Containers", "Sidecar Containers".
public enum PodLifecycle {
    /// What a pod needs next.
    ///
    /// - Parameters:
    ///   - pod: the object, with its last status, from which moments of transition are kept.
    ///   - record: what the node knows.
    ///   - now: the moment.
    /// - Returns: the actions, the status to write, and when to look again.
    public static func step(pod: JSON, record: PodRecord, now: Timestamp) -> PodStep {
        var life = PodLife(pod: pod, record: record, now: now)
        life.decide()
        let writer = PodStatusWriter(life: life)
        return PodStep(
            actions: life.actions, status: writer.status, nextLook: life.nextLook,
            isInitialized: life.record.isInitialized,
            failure: life.record.failure)
    }
}

/// A container of a pod in its spec.
struct LivingContainer {
    let name: String
    let spec: JSON
    let record: ContainerRecord
    /// An init container that goes on running beside the others.
    let isSidecar: Bool
}

/// One pod at one moment, while it is decided on.
struct PodLife {
    let pod: JSON
    let spec: JSON
    var record: PodRecord
    let now: Timestamp
    private(set) var actions: [PodAction] = []
    private(set) var nextLook: Timestamp?

    let initContainers: [LivingContainer]
    let containers: [LivingContainer]
    let ephemeral: [LivingContainer]

    init(pod: JSON, record: PodRecord, now: Timestamp) {
        self.pod = pod
        spec = pod["spec"] ?? [:]
        self.record = record
        self.now = now
        let spec = spec
        func list(_ field: String) -> [LivingContainer] {
            (spec[field]?.array ?? []).map { container in
                let name = container["name"]?.string ?? ""
                return LivingContainer(
                    name: name, spec: container, record: record.containers[name] ?? ContainerRecord(),
                    isSidecar: field == "initContainers" && container["restartPolicy"]?.string == "Always")
            }
        }
        initContainers = list("initContainers")
        containers = list("containers")
        ephemeral = list("ephemeralContainers")
    }

    var all: [LivingContainer] { initContainers + containers + ephemeral }
    var sidecars: [LivingContainer] { initContainers.filter(\.isSidecar) }
    var restartPolicy: String { spec["restartPolicy"]?.string ?? "Always" }
    var isDeleted: Bool { pod["metadata"]?["deletionTimestamp"]?.string != nil }
    var grace: Int64 {
        let own = isDeleted ? pod["metadata"]?["deletionGracePeriodSeconds"]?.int : nil
        return max(0, own ?? spec["terminationGracePeriodSeconds"]?.int ?? 30)
    }

    func probes(_ container: LivingContainer) -> ContainerProbes? {
        switch container.record.state {
        case .running(let startedAt), .stopping(let startedAt):
            ContainerProbes(container: container.spec, name: container.name, record: record, startedAt: startedAt)
        case .absent, .waiting, .starting, .exited: nil
        }
    }

    mutating func decide() {
        checkDeadline()
        if isDeleted {
            end(.deleted)
        } else if record.failure != nil || initFailed {
            end(.failed)
        } else if isComplete {
            end(.completed)
        } else {
            live()
        }
    }

    private mutating func look(at moment: Timestamp) { nextLook = min(nextLook ?? moment, moment) }

    private mutating func checkDeadline() {
        guard record.failure == nil, let seconds = spec["activeDeadlineSeconds"]?.int, let start = record.startTime,
            !isComplete
        else { return }
        let deadline = start.adding(seconds: seconds)
        if deadline <= now { record.failure = .deadlineExceeded } else if !isDeleted { look(at: deadline) }
    }

    // MARK: - Living

    private mutating func live() {
        switch record.sandbox {
        case .absent:
            // What runs in namespaces that are gone is told to end; it is started again in new ones.
            let left = all.filter(\.record.isAlive)
            if left.isEmpty { actions.append(.makeSandbox) } else { stop(left, .failed) }
            return
        case .starting: return
        case .ready: break
        }
        for container in all { watch(container) }
        if initialize() {
            record.isInitialized = true
            for container in containers { start(container, isOver: !restarts(container)) }
        }
        for container in ephemeral where container.record.state == .absent { start(container, isOver: false) }
    }

    /// Starts what is next to be started before the containers.
    ///
    /// - Returns: whether all of it is done.
    private mutating func initialize() -> Bool {
        if record.isInitialized {
            for sidecar in sidecars { start(sidecar, isOver: false) }
            return true
        }
        for container in initContainers {
            if container.isSidecar {
                start(container, isOver: false)
                if probes(container)?.isStarted != true { return false }
            } else {
                if container.record.exit?.isSuccess == true { continue }
                start(container, isOver: false)
                return false
            }
        }
        return true
    }

    /// Asks a running container what is due, and ends one that says it does not work.
    private mutating func watch(_ container: LivingContainer) {
        guard case .running = container.record.state, let probes = probes(container) else { return }
        if let kind = probes.failed {
            let own = container.spec[kind.rawValue]?["terminationGracePeriodSeconds"]?.int
            actions.append(.stop(container: container.name, grace: max(0, own ?? grace), cause: .probe(kind)))
            return
        }
        for (kind, moment) in probes.due {
            if moment <= now { actions.append(.probe(ProbeKey(container.name, kind))) } else { look(at: moment) }
        }
    }

    /// Starts a container that does not run, once its back-off is over.
    private mutating func start(_ container: LivingContainer, isOver: Bool) {
        switch container.record.state {
        case .starting, .running, .stopping: break
        case .absent:
            actions.append(.start(container: container.name, isRestart: false, backOff: container.record.backOff))
        case .waiting(_, _, let retryAt):
            if retryAt <= now {
                actions.append(
                    .start(
                        container: container.name, isRestart: container.record.lastExit != nil,
                        backOff: container.record.backOff))
            } else {
                look(at: retryAt)
            }
        case .exited(let exit):
            if isOver { return }
            if let moment = container.record.backOff?.start(after: exit.finishedAt, now: now) {
                look(at: moment)
                return
            }
            let next = container.record.backOff?.next(after: exit.finishedAt) ?? RestartBackOff(since: exit.finishedAt)
            actions.append(.start(container: container.name, isRestart: true, backOff: next))
        }
    }

    /// Whether a container that ended is started again.
    func restarts(_ container: LivingContainer) -> Bool {
        guard let exit = container.record.exit else { return true }
        switch restartPolicy {
        case "Never": return false
        case "OnFailure": return !exit.isSuccess
        default: return true
        }
    }

    /// An init container failed and is not tried again.
    var initFailed: Bool {
        restartPolicy == "Never" && !record.isInitialized
            && initContainers.contains { !$0.isSidecar && $0.record.exit.map { !$0.isSuccess } ?? false }
    }

    /// Every container ended and none is started again.
    var isComplete: Bool { !containers.isEmpty && containers.allSatisfy { $0.record.exit != nil && !restarts($0) } }

    // MARK: - Ending

    /// Ends what runs: first all but the sidecars, then the sidecars one by one, the last one first; then the sandbox goes.
    private mutating func end(_ cause: StopCause) {
        let first = (initContainers.filter { !$0.isSidecar } + containers + ephemeral).filter(\.record.isAlive)
        if !first.isEmpty {
            stop(first, cause)
            return
        }
        if let sidecar = sidecars.last(where: \.record.isAlive) {
            stop([sidecar], cause)
            return
        }
        switch record.sandbox {
        case .ready: actions.append(.removeSandbox)
        case .starting: break
        case .absent: if isDeleted { actions.append(.removeObject) }
        }
    }

    /// The grace of a pod is one for all: what its containers used of it, its sidecars have no more.
    private mutating func stop(_ living: [LivingContainer], _ cause: StopCause) {
        var left = grace
        if isDeleted, let text = pod["metadata"]?["deletionTimestamp"]?.string, let end = Timestamp(text) {
            left = min(left, max(0, end.seconds - now.seconds))
        }
        for container in living {
            switch container.record.state {
            case .running: actions.append(.stop(container: container.name, grace: left, cause: cause))
            case .absent, .waiting, .starting, .stopping, .exited: break
            }
        }
    }
}
