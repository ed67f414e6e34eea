import Foundation
import Testing

/// A cluster with a node, and the kubectl that speaks with it: what tests of pods ask again and again.
struct PodCluster: Sendable {
    let cluster: TestCluster
    let kind: NodeKind
    let client: Kubectl

    static let images: KeyValuePairs = ["busybox:1": "busybox", "toolbox:1": "toolbox", "nginx:1": "nginx"]

    /// Starts a cluster with a node and the images above, does `body` with it, and stops it however that ends.
    static func run(_ kind: NodeKind, _ body: (PodCluster) async throws -> Void) async throws {
        let client = try Kubectl.first
        try await TestCluster.run(kind, images: images) { try await body(PodCluster(cluster: $0, kind: kind, client: client)) }
    }

    /// Runs kubectl and answers whatever comes of it.
    @discardableResult
    func kubectl(_ words: String..., input: String? = nil) async throws -> Command.Outcome { try await cluster.kubectl(client, words, input: input) }

    /// Runs kubectl, which has to succeed, and answers what it printed.
    @discardableResult
    func printed(_ words: String..., input: String? = nil) async throws -> String {
        let outcome = try await cluster.kubectl(client, words, input: input, mergesErrors: false)
        guard outcome.succeeded else { throw Command.Failure(description: "kubectl \(words.joined(separator: " ")): \(outcome.output)") }
        return outcome.printed
    }

    /// Applies a manifest of these tests, with words in it replaced.
    func apply(_ file: String, _ words: KeyValuePairs<String, String> = [:]) async throws {
        var text = try Resources.text("manifests/\(file)")
        for (word, value) in words { text = text.replacing(word, with: value) }
        try await printed("apply", "-f", "-", input: text)
    }

    /// A field of an object, such as `{.status.phase}`; empty when there is none.
    func field(_ path: String, of words: String...) async throws -> String {
        try await cluster.kubectl(client, ["get", "--ignore-not-found", "-o", "jsonpath=" + path] + words, mergesErrors: false).printed
    }

    /// The column STATUS of a pod.
    func shown(_ pod: String, _ more: String...) async throws -> String {
        let columns = try await cluster.kubectl(client, ["get", "pod", "--no-headers", pod] + more).output.split(whereSeparator: \.isWhitespace)
        return columns.count > 2 ? String(columns[2]) : ""
    }

    func waitUntilShown(_ pod: String, _ status: String, _ more: String...) async throws {
        var last = ""
        do {
            try await until("\(pod) is shown as \(status)") {
                last = try await cluster.kubectl(client, ["get", "pod", "--no-headers", pod] + more).output
                return last.split(whereSeparator: \.isWhitespace).dropFirst(2).first == status[...]
            }
        } catch { throw Command.Failure(description: "\(kind): \(error), but: \(last)\(try await events(of: pod))") }
    }

    func waitUntilReady(_ pods: String...) async throws {
        for pod in pods {
            let outcome = try await kubectl("wait", "--for=condition=ready", "--timeout=30s", "pod", pod)
            guard outcome.succeeded else { throw Command.Failure(description: "\(kind): \(outcome.output)\(try await events(of: pod))") }
        }
    }

    /// The events of a pod: type, reason, how often, and message.
    func events(of pod: String) async throws -> String {
        try await kubectl("get", "events", "-A", "--no-headers", "--field-selector=involvedObject.name=" + pod, "-o=custom-columns=T:.type,R:.reason,C:.count,M:.message").output
    }

    /// Starts a program that goes on, where clients of the cluster run.
    func start(_ words: [String]) throws -> BackgroundProcess { BackgroundProcess(try Command.start(cluster.place.client(words))) }
}

/// A program that ends with the last reference to it.
final class BackgroundProcess: Sendable {
    let id: pid_t

    init(_ id: pid_t) { self.id = id }

    deinit {
        for process in Processes.tree(of: id) { kill(process, SIGKILL) }
        var status: Int32 = 0
        unsafe waitpid(id, &status, 0)
    }
}
