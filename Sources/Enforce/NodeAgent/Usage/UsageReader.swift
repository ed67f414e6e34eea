import Confinement
import Glibc
import KubeModel
import LinuxKernel
import ResourceUsage

/// Reads what the kernel counts: of the machine, of control groups, and of processes where no group counts. Blocks.
struct UsageReader: Sendable {
    let cgroups: CgroupHierarchy
    let clock: @Sendable () -> Timestamp

    private static let start = ContinuousClock.now
    private static let ticks = UInt64(clamping: sysconf(Int32(_SC_CLK_TCK)))
    private static let pageSize = UInt64(clamping: sysconf(Int32(_SC_PAGESIZE)))

    /// A clock that nobody sets, in nanoseconds since the process began.
    private static var instant: UInt64 {
        let (seconds, attoseconds) = start.duration(to: .now).components
        return UInt64(clamping: seconds) &* 1_000_000_000 &+ UInt64(clamping: attoseconds / 1_000_000_000)
    }

    private func reading(_ counters: UsageCounters?) -> UsageReading? {
        counters.map { UsageReading($0, time: clock(), instant: Self.instant) }
    }

    /// The machine. Its capacity is the node's, whoever runs the node.
    var machine: UsageReading? {
        // The first line is all that is asked of a file that grows with the processors.
        let stat = (try? FileTree.text("/proc/stat", limit: 4096)) ?? ""
        return reading(UsageCounters(machine: stat, memoryInfo: SystemFile.text("/proc/meminfo"), ticks: Self.ticks))
    }

    /// When the machine started.
    static var booted: Timestamp? {
        SystemFile.text("/proc/stat").split(separator: "\n").first { $0.hasPrefix("btime ") }.flatMap { Int64($0.dropFirst(6)) }
            .map { Timestamp(seconds: $0) }
    }

    /// A container, by its control group; nil where it has none that counts both processors and memory.
    func container(_ id: String, pod: String) -> UsageReading? { reading(cgroups.counters(pod: pod, container: id)) }

    /// A container that no control group counts.
    struct Uncounted: Sendable {
        var id: String
        /// The number of its first process.
        var process: Int32
        var ownsNamespace: Bool
    }

    /// Containers that no control group counts, by their processes: one look at all of them.
    func processes(_ containers: [Uncounted]) -> [String: UsageReading] {
        let census = ProcessCensus(ProcessTable.all().compactMap { ProcessUsage(stat: $0.stat, namespace: $0.namespace) })
        let own = census.namespace(of: getpid())
        var found: [String: UsageReading] = [:]
        for container in containers {
            // The node's own namespace is nobody's alone, whatever a pod's spec says.
            let ownsNamespace = container.ownsNamespace && census.namespace(of: container.process) != own
            found[container.id] = reading(
                census.counters(of: container.process, ownsNamespace: ownsNamespace, ticks: Self.ticks, pageSize: Self.pageSize))
        }
        return found
    }
}

extension CgroupHierarchy {
    /// What the group of a container counts; nil when there is no such group, or it does not count both processors and memory.
    func counters(pod: String, container: String) -> UsageCounters? {
        guard let path = path(pod: pod, container: container) else { return nil }
        let root = Self.root
        switch facts.version {
        case .v2:
            return UsageCounters(
                v2: SystemFile.text("\(root)\(path)/cpu.stat"), memoryCurrent: SystemFile.text("\(root)\(path)/memory.current"),
                memoryStat: SystemFile.text("\(root)\(path)/memory.stat"))
        case .v1:
            return UsageCounters(
                v1: SystemFile.text("\(root)/cpuacct\(path)/cpuacct.usage"),
                memoryUsage: SystemFile.text("\(root)/memory\(path)/memory.usage_in_bytes"),
                memoryStat: SystemFile.text("\(root)/memory\(path)/memory.stat"))
        }
    }
}
