/// What the kernel has counted of a group of processes, at one moment.
public struct UsageCounters: Hashable, Sendable {
    /// Time on processors since the group was made, in nanoseconds.
    public var processor: UInt64
    /// Memory in use, in bytes; nil where only ``workingSet`` is known.
    public var memory: UInt64?
    /// Memory that cannot be taken back without harm: what is in use without files that were not read lately. In bytes.
    public var workingSet: UInt64
    /// Memory that is no file's, in bytes; nil where nobody counts it.
    public var anonymous: UInt64?

    /// Counters as they were read.
    public init(processor: UInt64, memory: UInt64? = nil, workingSet: UInt64, anonymous: UInt64? = nil) {
        self.processor = processor
        self.memory = memory
        self.workingSet = workingSet
        self.anonymous = anonymous
    }
}

extension UsageCounters {
    /// The counters of a group of cgroup v2; nil when a text is not the file that it should be.
    ///
    /// Source: kernel documentation, "Control Group v2": `cpu.stat`, `memory.current`, `memory.stat`.
    public init?(v2 processor: String, memoryCurrent: String, memoryStat: String) {
        guard let microseconds = KernelText.field("usage_usec", processor), let memory = KernelText.number(memoryCurrent),
            let inactive = KernelText.field("inactive_file", memoryStat)
        else { return nil }
        let (nanoseconds, overflow) = microseconds.multipliedReportingOverflow(by: 1000)
        if overflow { return nil }
        self.init(
            processor: nanoseconds, memory: memory, workingSet: memory > inactive ? memory - inactive : 0,
            anonymous: KernelText.field("anon", memoryStat))
    }

    /// The counters of a group of cgroup v1; nil when a text is not the file that it should be.
    ///
    /// Source: kernel documentation, "CPU Accounting Controller" (`cpuacct.usage`), "Memory Resource Controller"
    /// (`memory.usage_in_bytes`, `memory.stat`; the fields `total_…` count the groups below too).
    public init?(v1 processor: String, memoryUsage: String, memoryStat: String) {
        guard let nanoseconds = KernelText.number(processor), let memory = KernelText.number(memoryUsage),
            let inactive = KernelText.field("total_inactive_file", memoryStat)
        else { return nil }
        self.init(
            processor: nanoseconds, memory: memory, workingSet: memory > inactive ? memory - inactive : 0,
            anonymous: KernelText.field("total_rss", memoryStat))
    }

    /// The counters of the machine; nil when a text is not the file that it should be.
    ///
    /// What the machine lent to others (`steal`) and waited for (`iowait`) is not its own work; what guests took is part of `user`
    /// already. Source: proc_stat(5), proc_meminfo(5).
    ///
    /// - Parameter ticks: how many units of `/proc/stat` are a second.
    public init?(machine stat: String, memoryInfo: String, ticks: UInt64) {
        let line = stat.prefix { $0 != "\n" }.split(separator: " ")
        guard line.first == "cpu", line.count >= 8, ticks > 0 else { return nil }
        let values = line[1...].map { UInt64($0) }
        // user, nice, system; idle and iowait are left out; irq, softirq.
        var sum: UInt64 = 0
        for index in [0, 1, 2, 5, 6] {
            guard let value = values[index] else { return nil }
            let (next, overflow) = sum.addingReportingOverflow(value)
            if overflow { return nil }
            sum = next
        }
        guard let nanoseconds = KernelText.nanoseconds(sum, ticks: ticks),
            let total = KernelText.kibibytes("MemTotal", memoryInfo), let free = KernelText.kibibytes("MemFree", memoryInfo),
            let inactive = KernelText.kibibytes("Inactive(file)", memoryInfo), total >= free
        else { return nil }
        let used = total - free
        self.init(
            processor: nanoseconds, memory: used, workingSet: used > inactive ? used - inactive : 0,
            anonymous: KernelText.kibibytes("AnonPages", memoryInfo))
    }
}

/// How the kernel writes numbers into its files.
enum KernelText {
    /// A file that is one number.
    static func number(_ text: String) -> UInt64? {
        UInt64(text.hasSuffix("\n") ? text.dropLast() : text[...])
    }

    /// A field of lines `name value`.
    static func field(_ name: String, _ text: String) -> UInt64? {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == name { return UInt64(words[1]) }
        }
        return nil
    }

    /// A field of lines `name: value kB`, in bytes.
    static func kibibytes(_ name: String, _ text: String) -> UInt64? {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 3, words[0] == name + ":", words[2] == "kB", let value = UInt64(words[1]) else { continue }
            let (bytes, overflow) = value.multipliedReportingOverflow(by: 1024)
            return overflow ? nil : bytes
        }
        return nil
    }

    /// Nanoseconds of clock ticks; nil when they are more than fits.
    static func nanoseconds(_ ticks: UInt64, ticks perSecond: UInt64) -> UInt64? {
        guard perSecond > 0, perSecond <= 1_000_000_000 else { return nil }
        let (nanoseconds, overflow) = ticks.multipliedReportingOverflow(by: 1_000_000_000 / perSecond)
        return overflow ? nil : nanoseconds
    }
}
