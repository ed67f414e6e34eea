import CertificateAuthority
import ClusterConfiguration
import ControlPlane
import JSONValue
import KubeModel
import Logging
import Store
import Synchronization
import UnixSignals

/// What a process of the cluster says when it serves.
struct ReadyCluster: Sendable {
    var server: String
    var kubeconfig: String
    /// From the start of the control process to its first answer, in milliseconds.
    var milliseconds: Int
    var supervisor: Int32
}

/// Where `up` puts the kubeconfig.
struct KubeconfigTarget: Sendable {
    var path: String
    /// Whether the file is for this cluster alone, or shared with others and merged into.
    var isExclusive: Bool
}

/// Starts the cluster's processes, starts them again when one ends by itself, and stops them in order.
struct Supervisor: Sendable {
    let directory: StateDirectory
    let configuration: KastellConfiguration
    let kubeconfig: KubeconfigTarget

    /// How the control process ended, as the loop sees it.
    private enum Step: Sendable {
        case stop
        case line(String)
        case ended(ChildProcess.Ending)
        case node(NodeSupervision.Event)
    }

    /// Runs until it is told to stop.
    ///
    /// - Parameter isReady: called once, when the cluster serves for the first time.
    /// - Throws: ``CommandError`` when the cluster does not come up.
    func run(_ isReady: @Sendable (ReadyCluster) -> Void) async throws {
        guard let lock = try LockFile(path: directory.lock) else {
            throw CommandError("another process has just started the cluster in \(directory.path). Run 'kastell status'.")
        }
        let log = Logger(label: "kastell") { _ in LineLog(component: "supervisor") }
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
        let (steps, continuation) = AsyncStream.makeStream(of: Step.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in signals { continuation.yield(.stop) } }
            defer { group.cancelAll() }
            try await supervise(log, steps: steps, continuation, isReady)
        }
        withExtendedLifetime(lock) {}
    }

    private func supervise(
        _ log: Logger, steps: AsyncStream<Step>, _ continuation: AsyncStream<Step>.Continuation,
        _ isReady: @Sendable (ReadyCluster) -> Void
    ) async throws {
        var steps = steps.makeAsyncIterator()
        var facts = ClusterFacts(
            supervisor: ProcessFacts.own, control: nil, server: "", kubeconfig: nil,
            started: WallClock.now().seconds, restarts: 0)
        var hasServed = false
        var announcement: ReadyCluster?
        var pause = Duration.milliseconds(100)
        let node = NodeSupervision(directory: directory, configuration: configuration, log: log)
        var nodeTask: Task<Void, Never>?
        defer { nodeTask?.cancel() }
        defer { try? SecureFile.remove(directory.facts) }
        while true {
            let clock = ContinuousClock()
            let began = clock.now
            LogRotation.rotate(directory.controlLog)
            let child = try ChildProcess.start(
                ["control", "--state-dir", directory.path], log: directory.controlLog, isSession: false)
            var failure: String?
            var isStopping = false
            let lines = try await child.lines()
            let watching = Task {
                for await line in lines { continuation.yield(.line(line)) }
                continuation.yield(.ended(await child.wait()))
            }
            var ending: ChildProcess.Ending?
            while ending == nil, let step = await steps.next() {
                switch step {
                case .stop:
                    // Once asks, twice insists. The node first: it says goodbye to the API server.
                    if nodeTask != nil, !isStopping { node.stop() } else { child.signal(isStopping ? 9 : 15) }
                    if isStopping { node.kill() }
                    isStopping = true
                case .node(let event):
                    switch event {
                    case .started(let process):
                        facts.node = process
                        try? facts.write(directory)
                    case .ready:
                        if let ready = announcement { isReady(ready) }
                        announcement = nil
                    case .failed(let reason):
                        // Up means with a node; who wants none says so.
                        if announcement != nil { failure = reason }
                        announcement = nil
                        child.signal(15)
                        isStopping = failure == nil
                    case .stopped: child.signal(15)
                    }
                case .line(let line):
                    guard let value = try? JSON.parse(Array(line.utf8)) else { continue }
                    if let error = value["error"]?.string { failure = error }
                    guard let server = value["server"]?.string else { continue }
                    do {
                        try publish(server, child: child, isFirst: !hasServed, facts: &facts)
                    } catch {
                        failure = "\(error)"
                        child.signal(15)
                        continue
                    }
                    guard !hasServed else { continue }
                    hasServed = true
                    let elapsed = began.duration(to: clock.now).components
                    let ready = ReadyCluster(
                        server: server, kubeconfig: kubeconfig.path,
                        milliseconds: Int(elapsed.seconds * 1000 + elapsed.attoseconds / 1_000_000_000_000_000),
                        supervisor: facts.supervisor)
                    if configuration.controlOnly {
                        isReady(ready)
                    } else {
                        announcement = ready
                        nodeTask = Task { await node.run(server: server) { continuation.yield(.node($0)) } }
                    }
                case .ended(let end): ending = end
                }
            }
            _ = await watching.value
            let how = ending.map { "\($0)" } ?? "unknown"
            child.release()
            if isStopping { return }
            if let failure, !hasServed || nodeTask?.isCancelled == false && node.hasFailed { throw CommandError(failure) }
            if !hasServed {
                throw CommandError("the control process ended before it served (\(how)). \(LogTail.hint(directory.controlLog))")
            }
            facts.restarts += 1
            facts.control = nil
            try? facts.write(directory)
            log.error(
                "the control process ended by itself and is started again",
                metadata: ["ending": "\(how)", "reason": "\(failure ?? "unknown")", "restarts": "\(facts.restarts)"])
            if began.duration(to: clock.now) > .seconds(60) { pause = .milliseconds(100) }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .seconds(10))
        }
    }

    /// Tells the other commands and kubectl where the cluster is.
    ///
    /// - Parameter isFirst: whether the cluster comes up. When it only comes back, the user's current context stays.
    private func publish(_ server: String, child: ChildProcess, isFirst: Bool, facts: inout ClusterFacts) throws {
        facts.control = child.process
        facts.server = server
        facts.kubeconfig = kubeconfig.path
        try facts.write(directory)
        let entry = try AdminAccess(directory).entry(server: server)
        if kubeconfig.isExclusive {
            try KubeconfigFile.write(entry, to: kubeconfig.path)
        } else if isFirst {
            try KubeconfigFile.merge(entry, into: kubeconfig.path)
        } else {
            try KubeconfigFile.refresh(entry, in: kubeconfig.path)
        }
    }
}
