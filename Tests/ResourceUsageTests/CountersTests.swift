import Fuzzing
import ResourceUsage
import Testing

@Suite("what the kernel counts") struct CountersTests {
    private static let stat = "anon 49152\nfile 8192\ninactive_anon 1\ninactive_file 4096\nactive_file 4096\n"

    @Test(
        "a group of cgroup v2: microseconds, and memory without files that were not read lately",
        arguments: [
            ("usage_usec 1500\nuser_usec 1000\n", "61440\n", stat, UsageCounters(processor: 1_500_000, memory: 61440, workingSet: 57344, anonymous: 49152)),
            // More files than memory: the two were not read at the same moment.
            ("usage_usec 0\n", "1024\n", stat, UsageCounters(processor: 0, memory: 1024, workingSet: 0, anonymous: 49152)),
            ("usage_usec 7", "5", "inactive_file 5\n", UsageCounters(processor: 7000, memory: 5, workingSet: 0)),
        ])
    func version2(processor: String, memory: String, stat: String, expected: UsageCounters) {
        #expect(UsageCounters(v2: processor, memoryCurrent: memory, memoryStat: stat) == expected)
    }

    @Test(
        "what is not the file that it should be counts nothing, rather than zero",
        arguments: [
            ("", "61440", stat), ("user_usec 4\n", "61440", stat), ("usage_usec -1\n", "1", stat), ("usage_usec 18446744073709551615\n", "1", stat),
            ("usage_usec 1", "", stat), ("usage_usec 1", "max", stat), ("usage_usec 1", "1", ""), ("usage_usec 1", "1", "total_inactive_file 5\n"),
        ])
    func unreadable2(processor: String, memory: String, stat: String) {
        #expect(UsageCounters(v2: processor, memoryCurrent: memory, memoryStat: stat) == nil)
    }

    @Test("a group of cgroup v1: nanoseconds, and the sums over the groups below")
    func version1() {
        let stat = "cache 1\nrss 2\ninactive_file 3\nhierarchical_memory_limit 9223372036854771712\ntotal_rss 4096\ntotal_inactive_file 8192\n"
        #expect(
            UsageCounters(v1: "123456789\n", memoryUsage: "20480\n", memoryStat: stat)
                == UsageCounters(processor: 123_456_789, memory: 20480, workingSet: 12288, anonymous: 4096))
        for (processor, memory) in [("", "1"), ("1", ""), ("x", "1"), ("1\n2", "1")] {
            #expect(UsageCounters(v1: processor, memoryUsage: memory, memoryStat: stat) == nil)
        }
        #expect(UsageCounters(v1: "1", memoryUsage: "1", memoryStat: "inactive_file 3\n") == nil)
    }

    private static let info = "MemTotal:       1000 kB\nMemFree:         400 kB\nInactive:        300 kB\nInactive(file):  100 kB\nAnonPages:        50 kB\n"

    @Test("a machine: what was neither idle, nor waited for, nor lent to others")
    func machine() {
        let found = UsageCounters(machine: "cpu  100 10 50 7000 900 5 5 333 40 4\ncpu0 1 1 1 1\nbtime 1\n", memoryInfo: Self.info, ticks: 100)
        #expect(found == UsageCounters(processor: 1_700_000_000, memory: 600 << 10, workingSet: 500 << 10, anonymous: 50 << 10))
        for stat in ["", "cpu0 1 2 3 4 5 6 7", "cpu 1 2 3 4 5 6", "cpu 1 2 3 4 5 x 7", "cpu 18446744073709551615 1 1 1 1 1 1"] {
            #expect(UsageCounters(machine: stat, memoryInfo: Self.info, ticks: 100) == nil, "\(stat)")
        }
        #expect(UsageCounters(machine: "cpu 1 2 3 4 5 6 7", memoryInfo: "MemTotal: 1 kB\nMemFree: 2 kB\nInactive(file): 0 kB\n", ticks: 100) == nil)
        #expect(UsageCounters(machine: "cpu 1 2 3 4 5 6 7", memoryInfo: "MemTotal: 10 kB\nMemFree: 2 kB\n", ticks: 100) == nil)
        #expect(UsageCounters(machine: "cpu 1 2 3 4 5 6 7", memoryInfo: Self.info, ticks: 0) == nil)
    }

    // MARK: Processes

    private static func process(_ number: Int32, parent: Int32, ticks: Int = 10, pages: Int = 3, name: String = "sh", namespace: String?) throws -> ProcessUsage {
        let line = "\(number) (\(name)) S \(parent) 1 1 0 -1 4194304 101 0 0 0 \(ticks) 1 2 3 20 0 1 0 3657826 3133440 \(pages) 18446744073709551615 0"
        return try #require(ProcessUsage(stat: line, namespace: namespace))
    }

    @Test("a process: its time with that of children that ended; its name may hold anything")
    func oneProcess() throws {
        for name in ["sh", "a) R 1 2 (b", "", "two words"] {
            let found = try Self.process(7, parent: 3, name: name, namespace: nil)
            #expect(found.process == 7 && found.parent == 3 && found.ticks == 16 && found.pages == 3)
        }
        for line in ["", "7 sh S 1", "7 (sh", "x (sh) S 1 1 1 0 -1 4194304 101 0 0 0 1 1 2 3 20 0 1 0 3657826 3133440 3 1", "7 (sh) S 1 1 1 0 -1 4 1 0 0 0 1 1 2 3"] {
            #expect(ProcessUsage(stat: line, namespace: nil) == nil, "\(line)")
        }
    }

    @Test("a container has what is in its process namespace, or what descends from its first process; never what is another's")
    func census() throws {
        let all = try [
            Self.process(1, parent: 0, namespace: "node"), Self.process(2, parent: 1, namespace: "node"),
            // Two containers below their monitor, the first with a child and with what was run in it later.
            Self.process(10, parent: 2, ticks: 100, namespace: "a"), Self.process(11, parent: 10, ticks: 20, namespace: "a"),
            Self.process(12, parent: 2, ticks: 3, namespace: "a"), Self.process(20, parent: 2, ticks: 50, namespace: "b"),
        ]
        let census = ProcessCensus(all)
        func ticks(_ first: Int32, _ owns: Bool) -> UInt64? {
            census.counters(of: first, ownsNamespace: owns, ticks: 100, pageSize: 4096).map { $0.processor / 10_000_000 }
        }
        #expect(ticks(10, true) == 100 + 20 + 3 + 3 * 6)
        #expect(ticks(10, false) == 100 + 20 + 2 * 6)
        #expect(ticks(20, true) == 56)
        #expect(ticks(99, true) == nil)
        #expect(census.counters(of: 10, ownsNamespace: true, ticks: 100, pageSize: 4096) == UsageCounters(processor: 1_410_000_000, workingSet: 9 * 4096))
        #expect(census.namespace(of: 10) == "a" && census.namespace(of: 99) == nil)
    }

    @Test("a process that is its own ancestor ends the count too")
    func circle() throws {
        let census = ProcessCensus([try Self.process(1, parent: 2, namespace: nil), try Self.process(2, parent: 1, namespace: nil)])
        #expect(census.counters(of: 1, ownsNamespace: true, ticks: 100, pageSize: 1)?.workingSet == 6)
    }

    @Test("whatever stands in the files, they are read without harm", arguments: 0..<20)
    func anything(seed: UInt64) {
        var inputs = Mutator(
            seed: seed, samples: ["usage_usec 1500\n", Self.stat, Self.info, "cpu 1 2 3 4 5 6 7\n", "7 (sh) S 1 1 1 0 -1 4 1 0 0 0 1 1 2 3 20 0 1 0 3 3 3 1"],
            pieces: ["inactive_file", " kB", "cpu", ")"])
        for _ in 0..<200 {
            let (one, two, three) = (inputs.text(), inputs.text(), inputs.text())
            _ = UsageCounters(v2: one, memoryCurrent: two, memoryStat: three)
            _ = UsageCounters(v1: one, memoryUsage: two, memoryStat: three)
            _ = UsageCounters(machine: one, memoryInfo: two, ticks: 100)
            if let process = ProcessUsage(stat: three, namespace: one) {
                _ = ProcessCensus([process]).counters(of: process.process, ownsNamespace: true, ticks: 100, pageSize: 4096)
            }
        }
    }
}
