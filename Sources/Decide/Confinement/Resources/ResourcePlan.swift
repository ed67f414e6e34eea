public import OCIModel

/// What a container or a pod may use, in the units of cgroup v1; ``files(_:)`` and ``runtime(_:)`` say it in those of a node.
public struct ResourcePlan: Hashable, Sendable {
    /// The weight against neighbours, 2 to 262144; nil when the controller cannot be written.
    public var cpuShares: UInt64?
    /// Microseconds of processor time in each ``cpuPeriod``; nil for no limit.
    public var cpuQuota: Int64?
    /// The period that the quota is counted in.
    public var cpuPeriod: UInt64
    /// Bytes of memory; nil for no limit.
    public var memoryLimit: Int64?
    /// Whether nothing of it is swapped out.
    public var forbidsSwap: Bool
    /// The most processes and threads; nil for no limit.
    public var pidsLimit: Int64?
    /// Bytes of huge pages by the controller's name of the size; a size that is not asked for is 0.
    public var hugePages: [String: UInt64]

    /// No limit.
    public init() {
        cpuPeriod = 100_000
        forbidsSwap = false
        hugePages = [:]
    }

    /// One file of a cgroup and what is written to it.
    public struct File: Hashable, Sendable {
        /// Whose file it is.
        public var controller: CgroupFacts.Controller
        /// Its name.
        public var name: String
        /// What is written.
        public var value: String
    }

    /// The files to write for a cgroup that the node makes itself, in an order that the kernel takes: the limit on memory before the
    /// one on memory and swap, which must not be less.
    public func files(_ cgroups: CgroupFacts) -> [File] {
        var files: [File] = []
        switch cgroups.version {
        case .v1:
            if let cpuShares { files.append(File(controller: .cpu, name: "cpu.shares", value: "\(cpuShares)")) }
            if let cpuQuota {
                files.append(File(controller: .cpu, name: "cpu.cfs_period_us", value: "\(cpuPeriod)"))
                files.append(File(controller: .cpu, name: "cpu.cfs_quota_us", value: "\(cpuQuota)"))
            }
            if let memoryLimit {
                files.append(File(controller: .memory, name: "memory.limit_in_bytes", value: "\(memoryLimit)"))
                if forbidsSwap {
                    files.append(
                        File(controller: .memory, name: "memory.memsw.limit_in_bytes", value: "\(memoryLimit)"))
                }
            }
            for (size, limit) in hugePages.sorted(by: { $0.key < $1.key }) {
                files.append(File(controller: .hugetlb, name: "hugetlb.\(size).limit_in_bytes", value: "\(limit)"))
            }
        case .v2:
            if let cpuShares {
                files.append(
                    File(controller: .cpu, name: "cpu.weight", value: "\(CPUWeight.weight(shares: cpuShares))"))
            }
            if let cpuQuota { files.append(File(controller: .cpu, name: "cpu.max", value: "\(cpuQuota) \(cpuPeriod)")) }
            if let memoryLimit { files.append(File(controller: .memory, name: "memory.max", value: "\(memoryLimit)")) }
            if forbidsSwap { files.append(File(controller: .memory, name: "memory.swap.max", value: "0")) }
            for (size, limit) in hugePages.sorted(by: { $0.key < $1.key }) {
                files.append(File(controller: .hugetlb, name: "hugetlb.\(size).max", value: "\(limit)"))
            }
        }
        if let pidsLimit { files.append(File(controller: .pids, name: "pids.max", value: "\(pidsLimit)")) }
        return files
    }

    /// The resources as a runtime takes them.
    public func runtime(_ cgroups: CgroupFacts) -> RuntimeResources {
        var resources = RuntimeResources()
        resources.cpu.shares = cpuShares
        if let cpuQuota {
            resources.cpu.quota = cpuQuota
            resources.cpu.period = cpuPeriod
        }
        resources.memory.limit = memoryLimit
        if forbidsSwap {
            switch (cgroups.version, memoryLimit) {
            case (_, let limit?): resources.memory.swap = limit
            // Without a limit there is nothing to count swap from.
            case (.v2, nil): resources.unified["memory.swap.max"] = "0"
            case (.v1, nil): break
            }
        }
        resources.pidsLimit = pidsLimit
        resources.hugePageLimits = hugePages
        return resources
    }
}

/// The weight of processor time in the two interfaces of the kernel.
///
/// Shares from 2 to 262144 lie on weights from 1 to 10000 in a straight line, as runtimes convert them.
public enum CPUWeight {
    /// The least and the greatest shares.
    public static let shares: ClosedRange<UInt64> = 2...262_144
    /// The least and the greatest weight.
    public static let weights: ClosedRange<UInt64> = 1...10_000

    /// The weight (cgroup v2) of shares (cgroup v1).
    public static func weight(shares: UInt64) -> UInt64 {
        let within = min(max(shares, Self.shares.lowerBound), Self.shares.upperBound)
        return 1 + (within - 2) * 9999 / 262_142
    }

    /// The least shares (cgroup v1) that have a weight (cgroup v2).
    public static func shares(weight: UInt64) -> UInt64 {
        let within = min(max(weight, weights.lowerBound), weights.upperBound)
        return 2 + ((within - 1) * 262_142 + 9998) / 9999
    }

    /// The shares of thousandths of a processor: 1024 for a whole one.
    public static func shares(milli: Int64) -> UInt64 {
        if milli <= 0 { return shares.lowerBound }
        let (product, overflow) = UInt64(milli).multipliedReportingOverflow(by: 1024)
        return overflow ? shares.upperBound : min(max(product / 1000, shares.lowerBound), shares.upperBound)
    }

    /// Microseconds in each period that thousandths of a processor are; never less than the kernel takes.
    public static func quota(milli: Int64, period: UInt64) -> Int64 {
        let (product, overflow) = milli.multipliedReportingOverflow(by: Int64(clamping: period))
        return overflow ? Int64.max / 1000 : max(1000, product / 1000)
    }
}
