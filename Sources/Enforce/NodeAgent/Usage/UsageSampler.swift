import ContainerRuntime
import JSONValue
import KubeModel
import LinuxKernel
import Logging
import NodeTunnel
import PodLifecycle
import ResourceUsage

/// Reads again and again what the node and its containers use, and remembers the last two readings. Whoever asks is answered from
/// memory: asking costs no reading.
actor UsageSampler: NodeReports {
    /// How often everything is read, in one pass.
    static let period = Duration.seconds(10)
    /// The first passes follow sooner, so that something is known soon after the start.
    private static let first = Duration.seconds(1)

    private let node: String
    private let capacity: UInt64
    private let booted: Timestamp?
    private let manager: PodManager
    private let runtime: ContainerRuntime
    private let reader: UsageReader
    private let log: Logger

    private var machine: UsageSeries?
    /// By the ids of the runtime: another run of a container is another one.
    private var containers: [String: UsageSeries] = [:]
    /// Of those that no control group counts.
    private var sums: [String: RisingSum] = [:]
    /// The pods of the last pass.
    private var seen: [PodMembers] = []

    /// - Parameter capacity: the memory of the machine, in bytes.
    init(node: String, capacity: UInt64, manager: PodManager, runtime: ContainerRuntime, reader: UsageReader, log: Logger) {
        self.node = node
        self.capacity = capacity
        self.manager = manager
        self.runtime = runtime
        self.reader = reader
        self.log = log
        booted = UsageReader.booted
    }

    /// Runs until cancelled.
    func run() async {
        var pause = Self.first
        while !Task.isCancelled {
            do { try await pass() } catch { log.warning("what pods use cannot be read", metadata: ["error": "\(error)"]) }
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, Self.period)
        }
    }

    private func pass() async throws {
        let pods = await manager.members
        let reader = reader
        let (machine, counted) = try await KernelCall.waiting {
            var counted: [String: UsageReading] = [:]
            for pod in pods { for container in pod.containers { counted[container.id] = reader.container(container.id, pod: pod.uid) } }
            return (reader.machine, counted)
        }
        var readings = counted
        var uncounted: [UsageReader.Uncounted] = []
        for container in pods.flatMap(\.containers) where counted[container.id] == nil {
            guard case .running(let process, _)? = try? await runtime.state(container.id), process > 0 else { continue }
            uncounted.append(.init(id: container.id, process: process, ownsNamespace: container.ownsNamespace))
        }
        if !uncounted.isEmpty {
            let asked = uncounted
            for (id, reading) in try await KernelCall.waiting({ reader.processes(asked) }) { readings[id] = rising(id, reading) }
        }
        note(pods, machine, readings)
    }

    /// A reading whose counter is a sum over processes that come and go.
    private func rising(_ id: String, _ reading: UsageReading) -> UsageReading {
        var sum = sums[id] ?? RisingSum(reading.counters.processor)
        sum.take(reading.counters.processor)
        sums[id] = sum
        var reading = reading
        reading.counters.processor = sum.total
        return reading
    }

    private func note(_ pods: [PodMembers], _ machine: UsageReading?, _ readings: [String: UsageReading]) {
        self.machine = Self.following(self.machine, machine)
        let before = containers
        containers = [:]
        for (id, reading) in readings { containers[id] = Self.following(before[id], reading) }
        sums = sums.filter { readings[$0.key] != nil }
        seen = pods
    }

    /// The series with another reading. One that could not be read is forgotten: what is old must not pass for new.
    private static func following(_ series: UsageSeries?, _ reading: UsageReading?) -> UsageSeries? {
        guard let reading else { return nil }
        guard var series else { return UsageSeries(reading) }
        series.take(reading)
        return series
    }

    // MARK: What the tunnel asks

    var usage: NodeUsage {
        NodeUsage(
            node: node, booted: booted, capacity: capacity, sample: machine.map(UsageSample.init),
            pods: seen.map { pod in
                PodUsage(
                    namespace: pod.namespace, name: pod.name, uid: pod.uid, started: pod.started,
                    containers: pod.containers.map {
                        ContainerUsage(name: $0.name, started: $0.started, sample: containers[$0.id].map(UsageSample.init))
                    })
            })
    }

    var pods: [JSON] { get async { await manager.objects } }
}

/// A pod and its running containers.
struct PodMembers: Sendable {
    struct Container: Sendable {
        var name: String
        /// The id of the runtime.
        var id: String
        var started: Timestamp?
        /// Whether nobody else is in its process namespace.
        var ownsNamespace: Bool
    }
    var namespace: String
    var name: String
    var uid: String
    var started: Timestamp?
    var containers: [Container]
}

extension PodManager {
    /// The pods of the node with their running containers, by name.
    var members: [PodMembers] {
        get async {
            var found: [PodMembers] = []
            for worker in Array(workers.values) { found.append(await worker.members) }
            return found.sorted { ($0.namespace, $0.name) < ($1.namespace, $1.name) }
        }
    }

    /// The objects of the pods, by name.
    var objects: [JSON] {
        get async {
            var found: [JSON] = []
            for worker in Array(workers.values) { found.append(await worker.pod) }
            return found.sorted { ($0.namespace, $0.name) < ($1.namespace, $1.name) }
        }
    }
}

extension PodWorker {
    /// The pod and its running containers, by name.
    var members: PodMembers {
        let spec = pod["spec"]
        let isShared = spec?["hostPID"]?.bool == true || spec?["shareProcessNamespace"]?.bool == true
        let guests = (spec?["ephemeralContainers"]?.array ?? []).filter { $0["targetContainerName"]?.string?.isEmpty == false }
        let shared = Set(guests.flatMap { [$0["name"]?.string, $0["targetContainerName"]?.string].compactMap { $0 } })
        let containers = record.containers.filter(\.value.isRunning).map { name, container in
            PodMembers.Container(
                name: name, id: Self.runtimeID(container), started: container.startedAt, ownsNamespace: !isShared && !shared.contains(name))
        }
        return PodMembers(
            namespace: pod.namespace, name: pod.name, uid: uid, started: record.startTime, containers: containers.sorted { $0.name < $1.name })
    }
}
