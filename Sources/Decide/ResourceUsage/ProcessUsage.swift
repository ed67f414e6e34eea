/// One process, as `/proc/PID/stat` tells of it. Source: proc_pid_stat(5).
public struct ProcessUsage: Hashable, Sendable {
    /// Its number.
    public var process: Int32
    /// The number of its parent.
    public var parent: Int32
    /// Time on processors in clock ticks: its own, and that of its children which have ended and were waited for.
    public var ticks: UInt64
    /// Its pages in memory. Pages that it shares with others are counted at each of them.
    public var pages: UInt64
    /// The number of its process namespace; nil where that may not be read.
    public var namespace: String?

    /// Reads the line; nil when it is none.
    ///
    /// - Parameter namespace: where the link `/proc/PID/ns/pid` leads.
    public init?(stat: String, namespace: String?) {
        // The name of the program stands in brackets and may hold anything, brackets and spaces too.
        guard let open = stat.firstIndex(of: "("), let close = stat.lastIndex(of: ")"), open < close,
            let process = Int32(stat[..<open].filter { $0 != " " })
        else { return nil }
        let fields = stat[stat.index(after: close)...].split(separator: " ")
        guard fields.count > 21, let parent = Int32(fields[1]) else { return nil }
        var ticks: UInt64 = 0
        for field in fields[11...14] {
            // Times of children may be negative in the kernel's type; they never are.
            guard let value = UInt64(field) else { return nil }
            let (sum, overflow) = ticks.addingReportingOverflow(value)
            if overflow { return nil }
            ticks = sum
        }
        guard let pages = Int64(fields[21]) else { return nil }
        self.process = process
        self.parent = parent
        self.ticks = ticks
        self.pages = UInt64(max(0, pages))
        self.namespace = namespace
    }
}

/// The processes of a machine, or of a process namespace, at one moment: for containers that no control group counts.
public struct ProcessCensus: Sendable {
    private let processes: [Int32: ProcessUsage]
    private let children: [Int32: [Int32]]
    private let members: [String: [Int32]]

    /// The processes as they were found.
    public init(_ found: [ProcessUsage]) {
        var processes: [Int32: ProcessUsage] = [:]
        var children: [Int32: [Int32]] = [:]
        var members: [String: [Int32]] = [:]
        for process in found {
            processes[process.process] = process
            children[process.parent, default: []].append(process.process)
            if let namespace = process.namespace { members[namespace, default: []].append(process.process) }
        }
        self.processes = processes
        self.children = children
        self.members = members
    }

    /// The process namespace of a process.
    public func namespace(of process: Int32) -> String? { processes[process]?.namespace }

    /// The sums of a container.
    ///
    /// - Parameters:
    ///   - first: the number of its first process.
    ///   - ownsNamespace: whether its process namespace is its alone: then everything in it counts, what `kubectl exec` runs too.
    ///     Otherwise what descends from the first process does.
    ///   - ticks: how many clock ticks are a second.
    ///   - pageSize: in bytes.
    /// - Returns: nil when the first process is gone.
    public func counters(of first: Int32, ownsNamespace: Bool, ticks: UInt64, pageSize: UInt64) -> UsageCounters? {
        guard let root = processes[first] else { return nil }
        var counted: Set<Int32> = []
        if ownsNamespace, let namespace = root.namespace { counted.formUnion(members[namespace] ?? []) }
        var waiting = [first]
        while let next = waiting.popLast() {
            counted.insert(next)
            waiting += (children[next] ?? []).filter { !counted.contains($0) }
        }
        var (time, pages): (UInt64, UInt64) = (0, 0)
        for process in counted {
            guard let usage = processes[process] else { continue }
            time &+= usage.ticks
            pages &+= usage.pages
        }
        guard let nanoseconds = KernelText.nanoseconds(time, ticks: ticks) else { return nil }
        let (bytes, overflow) = pages.multipliedReportingOverflow(by: pageSize)
        return overflow ? nil : UsageCounters(processor: nanoseconds, workingSet: bytes)
    }
}
