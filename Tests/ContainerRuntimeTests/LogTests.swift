import ContainerRuntime
import Glibc
import KubeModel
import LinuxKernel
import Synchronization
import Testing

/// A log as a monitor writes it, in a folder of its own.
private struct LogFile {
    let folder: String
    var path: String { folder + "/0.log" }

    init() {
        folder = "/tmp/kst-log-" + String(UInt32.random(in: 0 ... .max), radix: 36)
        unsafe mkdir(folder, 0o700)
    }

    func append(_ lines: [String]) throws { try Self.append(lines, to: path) }

    static func append(_ lines: [String], to path: String) throws {
        let file = OwnedDescriptor(unsafe open(path, O_WRONLY | O_APPEND | O_CREAT, 0o600))
        let bytes = Array(lines.map { $0 + "\n" }.joined().utf8)
        let count = unsafe write(file.number, bytes, bytes.count)
        try #require(count == bytes.count)
    }

    /// Lines of the numbers, a second apart, each whole.
    static func numbered(_ numbers: ClosedRange<Int>) -> [String] {
        numbers.map { "2026-01-01T00:\($0 / 60 < 10 ? "0" : "")\($0 / 60):\($0 % 60 < 10 ? "0" : "")\($0 % 60).000000001+00:00 stdout F line \($0)" }
    }

    func read(_ selection: LogSelection, isRunning: @escaping @Sendable () -> Bool = { false }) async throws -> String {
        let text = Mutex<[UInt8]>([])
        try await ContainerLog(path, selection).read(isRunning: { isRunning() }, send: { bytes in text.withLock { $0 += bytes } })
        return String(decoding: text.withLock { $0 }, as: UTF8.self)
    }
}

private final class Writer: Sendable {
    let runs = Atomic(true)
}

@Suite("logs of containers")
struct LogTests {
    private static func with(_ lines: [String], _ body: (LogFile) async throws -> Void) async throws {
        let log = LogFile()
        defer { try? FileTree.remove(log.folder) }
        try log.append(lines)
        try await body(log)
    }

    @Test("the last lines are the last lines, however long the log", arguments: [0, 1, 2, 999, 1000, 2999, 3000, 3001, 9999])
    func tail(_ count: Int) async throws {
        try await Self.with(LogFile.numbered(1...3000)) { log in
            let expected = (1...3000).suffix(count).map { "line \($0)\n" }.joined()
            let shown1 = try await log.read(LogSelection(tail: count))
            #expect(shown1 == expected)
        }
    }

    @Test("a line that came in parts is one line", arguments: [(1, "bcd\n"), (2, "a\nbcd\n"), (5, "a\nbcd\n")])
    func parts(_ count: Int, _ expected: String) async throws {
        let time = "2026-01-01T00:00:01.5+01:00"
        try await Self.with(["\(time) stdout F a", "\(time) stdout P b", "\(time) stdout P c", "\(time) stdout F d"]) { log in
            let shown2 = try await log.read(LogSelection(tail: count))
            #expect(shown2 == expected)
        }
    }

    @Test("times are shown in UTC with nine digits, once a line; an empty line is one; what is no line is left out")
    func times() async throws {
        let lines = ["2026-01-01T00:00:01.5+01:00 stdout P b", "2026-01-01T00:00:02.5+01:00 stderr F c", "nonsense", "2026-01-01T00:00:03Z stdout F ", "2026-01-01T00:00:04Z stdout X y"]
        try await Self.with(lines) { log in
            let shown3 = try await log.read(LogSelection(showsTimes: true))
            #expect(shown3 == "2025-12-31T23:00:01.500000000Z bc\n2026-01-01T00:00:03.000000000Z \n")
        }
    }

    @Test("since then, and up to a number of bytes")
    func limits() async throws {
        try await Self.with(LogFile.numbered(1...120)) { log in
            let since = Timestamp("2026-01-01T00:01:59Z")
            let shown4 = try await log.read(LogSelection(since: since))
            #expect(shown4 == "line 119\nline 120\n")
            let shown5 = try await log.read(LogSelection(tail: 1, since: since))
            #expect(shown5 == "line 120\n")
            let shown6 = try await log.read(LogSelection(limit: 10))
            #expect(shown6 == "line 1\nlin")
        }
    }

    @Test("what is followed goes on in the next part, and ends when nobody writes any more")
    func follows() async throws {
        try await Self.with(LogFile.numbered(1...2)) { log in
            let writer = Writer()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for part in 0..<5 {
                        try await Task.sleep(for: .milliseconds(50))
                        // The monitor writes to the old part until it opens the new one.
                        try GrowingFile.rename(log.path, to: log.path + ".\(part)")
                        try LogFile.append(LogFile.numbered((part * 2 + 3)...(part * 2 + 3)), to: log.path + ".\(part)")
                        try log.append(LogFile.numbered((part * 2 + 4)...(part * 2 + 4)))
                    }
                    writer.runs.store(false, ordering: .relaxed)
                }
                let text = try await log.read(LogSelection(tail: 1, follows: true)) { writer.runs.load(ordering: .relaxed) }
                #expect(text == (2...12).map { "line \($0)\n" }.joined())
                try await group.waitForAll()
            }
        }
    }

    @Test("no log, and what is no file, is said", arguments: ["/no/such/0.log", "/dev/null", "/tmp"])
    func absent(_ path: String) async {
        await #expect(throws: SystemError.self) { try await ContainerLog(path, LogSelection()).read(isRunning: { false }, send: { _ in }) }
    }
}
