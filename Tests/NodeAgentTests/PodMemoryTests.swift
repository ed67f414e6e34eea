import CertificateAuthority
import Glibc
import JSONValue
import KubeModel
import LinuxKernel
import PodLifecycle
import Testing

@testable import NodeAgent

@Suite("what the agent remembers and writes of a pod")
struct PodMemoryTests {
    // MARK: Records

    private static func random(_ seed: UInt64) -> PodRecord {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        func pick(_ count: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(count))
        }
        func time() -> Timestamp { Timestamp(seconds: 1_700_000_000 + Int64(pick(1 << 30)), nanoseconds: Int32(pick(1_000_000_000))) }
        func text() -> String { ["", "plain", "with \"quotes\"\n", "ümläut \u{1F980}", String(repeating: "x", count: 300)][pick(5)] }
        func exit() -> ContainerExit {
            ContainerExit(code: Int64(pick(256)), isOutOfMemory: pick(2) == 0, message: text(), startedAt: time(), finishedAt: time(), containerID: text())
        }
        var record = PodRecord(startTime: pick(4) == 0 ? nil : time())
        record.hostIPs = pick(2) == 0 ? [] : ["192.0.2.1", "2001:db8::1"]
        record.isInitialized = pick(2) == 0
        if pick(2) == 0 { record.sandbox = .ready(podIPs: pick(2) == 0 ? [] : ["10.244.0.7"]) }
        if pick(3) == 0 { record.failure = PodFailure(reason: "Evicted", message: text()) }
        for index in 0..<pick(5) {
            var container = ContainerRecord()
            switch pick(6) {
            case 0: container.state = .absent
            case 1: container.state = .waiting(reason: "ErrImagePull", message: text(), retryAt: time())
            case 2: container.state = .starting
            case 3: container.state = .running(startedAt: time())
            case 4: container.state = .stopping(startedAt: time())
            default: container.state = .exited(exit())
            }
            container.restartCount = Int64(pick(100))
            container.image = text()
            container.imageID = text()
            container.containerID = text()
            if pick(2) == 0 { container.lastExit = exit() }
            if pick(2) == 0 { container.backOff = RestartBackOff(delay: Int64(10 + pick(290)), since: time()) }
            record.containers["c\(index)"] = container
        }
        return record
    }

    @Test("a record comes back from its file as it was", arguments: 0..<64)
    func roundTrip(seed: UInt64) throws {
        let record = Self.random(seed)
        let read = try JSON.parse(PodRecordCodec.json(record).bytes)
        #expect(PodRecordCodec.record(read) == record)
    }

    @Test(
        "a record that is not one is not taken",
        arguments: [
            ["containers": ["c": ["state": "dancing"]]], ["containers": ["c": [:]]], ["containers": ["c": ["state": "exited"]]],
            ["containers": ["c": ["state": "exited", "exit": ["code": 1, "startedAt": "yesterday", "finishedAt": [1, 2]]]]], ["containers": ["c": 5]],
        ] as [JSON])
    func badRecord(json: JSON) { #expect(PodRecordCodec.record(json) == nil) }

    @Test("a pod's folder gives back what was saved, and nothing when its file is broken")
    func folder() throws {
        let pods = "/tmp/kst-pods-" + String(UInt32.random(in: 0 ... .max), radix: 36)
        unsafe mkdir(pods, 0o700)
        defer { try? FileTree.remove(pods) }
        let folder = PodFolder(pods: pods, uid: "abc-1")
        try folder.prepare()
        #expect(folder.load() == nil)
        let record = Self.random(7)
        try folder.save(["metadata": ["name": "a"]], record)
        #expect(folder.load()?.record == record)
        #expect(folder.load()?.pod.name == "a")
        #expect(SecureFile.mode(folder.path + "/state.json").map { $0 & 0o777 } == 0o600)
        try SecureFile.write(folder.path + "/state.json", Array("{\"pod\"".utf8))
        #expect(folder.load() == nil)
        for (name, isName) in [("abc-1", true), ("", false), ("..", false), ("a/b", false), (String(repeating: "a", count: 129), false)] { #expect(PodFolder.isName(name) == isName) }
    }

    // MARK: Last words

    @Test(
        "the last words are the file's, or the end of the log when the policy says so",
        arguments: [
            ("said", 1, "File", "said"), ("said", 0, "FallbackToLogsOnError", "said"), ("", 1, "FallbackToLogsOnError", "one\ntwo"), ("", 0, "FallbackToLogsOnError", ""),
            ("", 1, "File", ""),
        ] as [(String, Int32, String, String)])
    func lastWords(file: String, code: Int32, policy: String, expected: String) throws {
        let base = "/tmp/kst-words-" + String(UInt32.random(in: 0 ... .max), radix: 36)
        defer { for end in ["", ".log"] { try? FileTree.remove(base + end) } }
        try SecureFile.write(base, Array(file.utf8))
        try SecureFile.write(base + ".log", Array("2026-01-01T00:00:00Z stdout F one\n2026-01-01T00:00:01Z stderr F two\n".utf8))
        #expect(LastWords.read(base, log: base + ".log", container: ["terminationMessagePolicy": .string(policy)], exitCode: code) == expected)
    }

    @Test("last words are bounded, and missing files say nothing")
    func boundedWords() throws {
        let base = "/tmp/kst-words-" + String(UInt32.random(in: 0 ... .max), radix: 36)
        defer { for end in ["", ".log"] { try? FileTree.remove(base + end) } }
        let fallback: JSON = ["terminationMessagePolicy": "FallbackToLogsOnError"]
        #expect(LastWords.read(base, log: base + ".log", container: fallback, exitCode: 1) == "")
        try SecureFile.write(base + ".log", Array((0..<500).map { "2026-01-01T00:00:00Z stdout F line \($0)\n" }.joined().utf8))
        let words = LastWords.read(base, log: base + ".log", container: fallback, exitCode: 1)
        #expect(words.hasSuffix("line 499"))
        #expect(words.split(separator: "\n").count == 80)
        try SecureFile.write(base, [UInt8](repeating: 0x61, count: 10_000))
        #expect(LastWords.read(base, log: base + ".log", container: [:], exitCode: 1).utf8.count == LastWords.limit)
    }

    // MARK: Signals

    @Test(
        "signals are known by name and number",
        arguments: [
            ("SIGTERM", 15), ("TERM", 15), ("9", 9), ("SIGKILL", 9), ("SIGRTMIN", 34), ("SIGRTMIN+3", 37), ("RTMAX-2", 62), ("SIGRTMAX", 64), ("SIGWINCH", 28), ("64", 64),
            ("0", nil), ("65", nil), ("-1", nil), ("SIGNOPE", nil), ("", nil), ("SIG", nil), ("term", nil), ("SIGRTMIN+31", nil), ("SIGRTMIN-1", nil), ("SIGRTMIN+", nil), ("SIGRTMIN3", nil), ("SIGRTMIN+-1", nil), ("SIGRTMAX-31", nil), ("SIGRTMAX+2", nil),
        ] as [(String, Int32?)])
    func signals(text: String, number: Int32?) { #expect(SignalNames.number(text) == number) }

    // MARK: Status

    /// A reference to the value: an expectation calls nothing that changes a value.
    private final class Sender {
        private var value = PodStatusSender()
        func wants(_ status: JSON, over present: JSON?) -> Bool { value.wants(status, over: present) }
        func take() -> JSON? { value.take() }
        func takeLast() -> JSON? { value.takeLast() }
        func sent(_ status: JSON, _ outcome: PodStatusSender.Outcome) { value.sent(status, outcome) }
    }

    @Test("a status is written once, the newest one, by one sender at a time")
    func sender() {
        let sender = Sender()
        #expect(sender.wants(["phase": "Pending"], over: nil))
        // While the first is under way, more are only noted.
        #expect(sender.take() == ["phase": "Pending"])
        #expect(!sender.wants(["phase": "Running", "n": 1], over: nil))
        #expect(!sender.wants(["phase": "Running", "n": 2], over: nil))
        sender.sent(["phase": "Pending"], .done)
        #expect(sender.take() == ["phase": "Running", "n": 2])
        sender.sent(["phase": "Running", "n": 2], .done)
        #expect(sender.take() == nil)
        #expect(!sender.wants(["phase": "Running", "n": 2], over: nil))
        #expect(sender.wants(["phase": "Failed"], over: nil))
    }

    @Test("what could not be written is tried again, unless something newer is to be said or the pod is gone")
    func retries() {
        let sender = Sender()
        #expect(sender.wants(["n": 1], over: nil))
        #expect(sender.take() == ["n": 1])
        sender.sent(["n": 1], .later)
        #expect(sender.take() == ["n": 1])
        #expect(!sender.wants(["n": 2], over: nil))
        sender.sent(["n": 1], .later)
        #expect(sender.takeLast() == ["n": 2])
        #expect(sender.takeLast() == nil)
        sender.sent(["n": 2], .gone)
        #expect(sender.wants(["n": 3], over: nil))
    }

    @Test("what the object says already is not written")
    func covered() {
        let sender = Sender()
        #expect(!sender.wants(["phase": "Running"], over: ["phase": "Running", "qosClass": "BestEffort"]))
        #expect(sender.wants(["phase": "Failed"], over: ["phase": "Running"]))
    }

    // MARK: gRPC

    @Test("the question of a health probe is a message with its length before it")
    func question() {
        #expect(GRPCHealth.request("") == [0, 0, 0, 0, 0])
        #expect(GRPCHealth.request("ab") == [0, 0, 0, 0, 4, 0x0A, 2, 0x61, 0x62])
        let long = GRPCHealth.request(String(repeating: "x", count: 300))
        #expect(Array(long.prefix(8)) == [0, 0, 0, 1, 47, 0x0A, 0xAC, 0x02])
        #expect(long.count == 5 + 303)
    }

    @Test(
        "its answer is one number",
        arguments: [
            ([0, 0, 0, 0, 2, 8, 1], 1), ([0, 0, 0, 0, 2, 8, 2], 2), ([0, 0, 0, 0, 0], 0), ([0, 0, 0, 0, 2, 0x10, 1], 0), ([0, 0, 0, 0, 2, 8, 0x80], 0),
            ([1, 0, 0, 0, 2, 8, 1], nil), ([0, 0, 0], nil), ([], nil),
        ] as [([UInt8], Int?)])
    func answer(bytes: [UInt8], status: Int?) {
        guard let status else {
            #expect(throws: (any Error).self) { try GRPCHealth.parse(bytes) }
            return
        }
        #expect((try? GRPCHealth.parse(bytes)) == status)
    }
}
