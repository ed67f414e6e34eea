import FoundationEssentials
import JSONValue
import KubeModel
import PodLifecycle
import Testing
import YAMLValue

/// One file under `Cases`: a pod, and what happens to it second by second.
struct Scenario: CustomTestStringConvertible, Sendable {
    var name: String
    var content: JSON
    var testDescription: String { name }

    static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Cases").path

    static func all() throws -> [Scenario] {
        try FileManager.default.contentsOfDirectory(atPath: root).sorted().map { file in
            let data = try Data(contentsOf: URL(filePath: "\(root)/\(file)"))
            return Scenario(name: String(file.split(separator: ".")[0]), content: try YAML.document(Array(data)).value)
        }
    }
}

/// A node in a test: it does what it is told only when the scenario says so.
struct Node {
    static let start = Timestamp(seconds: 1_700_000_000)
    var pod: JSON
    var record = PodRecord(startTime: Node.start)
    var now = Node.start

    init(spec: JSON) {
        pod = ["metadata": ["name": "web", "namespace": "default", "uid": "u1"], "spec": spec]
        record.hostIPs = ["192.0.2.1"]
    }

    /// One event in words, such as `exit c 1`.
    mutating func happen(_ event: String) {
        let words = event.split(separator: " ", maxSplits: 3).map(String.init)
        let name = words.count > 1 ? words[1] : ""
        switch words[0] {
        case "sandbox": record.sandbox = .ready(podIPs: ["10.1.0.7"])
        case "gone": record.sandbox = .absent
        case "lose": record.lostSandbox(pod)
        case "run": record.started(name, at: now, containerID: "runc://\(name)")
        case "exit", "oom":
            let startedAt =
                switch record.containers[name]?.state {
                case .running(let at)?, .stopping(let at)?: at
                case .absent?, .waiting?, .starting?, .exited?, nil: now
                }
            let code = words.count > 2 ? Int64(words[2]) ?? 0 : 137
            record.ended(
                name, ContainerExit(code: code, isOutOfMemory: words[0] == "oom", startedAt: startedAt, finishedAt: now)
            )
        case "wait":
            record.failedToStart(
                name, reason: words[2], message: words.count > 3 ? words[3] : "", retryAt: now.adding(seconds: 10))
        case "good", "bad":
            let kind = ProbeKind(rawValue: words[2] + "Probe") ?? .readiness
            let all = ["containers", "initContainers"].flatMap { pod["spec"]?[$0]?.array ?? [] }
            let probe = all.first { $0["name"]?.string == name }?[kind.rawValue] ?? [:]
            record.answered(ProbeKey(name, kind), isGood: words[0] == "good", probe: probe, at: now)
        case "refuse": record.failure = PodFailure(reason: name, message: words.dropFirst(2).joined(separator: " "))
        case "delete":
            let grace = Int64(name) ?? 30
            pod[path: "metadata", "deletionTimestamp"] = .string(now.adding(seconds: grace).description)
            pod[path: "metadata", "deletionGracePeriodSeconds"] = .int(grace)
        default: Issue.record("no such event: \(event)")
        }
    }

    /// Looks once, and begins what it is told.
    mutating func look() -> PodStep {
        let step = PodLifecycle.step(pod: pod, record: record, now: now)
        for action in step.actions { record.began(action) }
        record.isInitialized = step.isInitialized
        record.failure = step.failure
        pod["status"] = step.status
        return step
    }

    static func text(_ action: PodAction) -> String {
        switch action {
        case .makeSandbox: "makeSandbox"
        case .start(let name, let isRestart, _): "\(isRestart ? "restart" : "start") \(name)"
        case .stop(let name, let grace, let cause):
            switch cause {
            case .deleted: "stop \(name) \(grace) deleted"
            case .failed: "stop \(name) \(grace) failed"
            case .completed: "stop \(name) \(grace) completed"
            case .probe(let kind): "stop \(name) \(grace) \(kind.rawValue)"
            }
        case .probe(let key): "\(key.kind.rawValue) \(key.container)"
        case .removeSandbox: "removeSandbox"
        case .removeObject: "removeObject"
        }
    }
}
