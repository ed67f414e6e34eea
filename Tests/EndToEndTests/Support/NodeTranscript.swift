import Foundation
import Testing

/// A transcript of a cluster with a node.
///
/// Beside the aliases of every transcript, `ping` is the node's own, `available DEPLOYMENT`, `ready POD…` and `gone POD…` wait
/// and print nothing, and a step with `-it` has a terminal. Lines that begin with `rootful:` or `rootless:` are of that kind of node.
struct NodeTranscript {
    /// What the transcript calls something, and the words after `kubectl get` that find what takes its place.
    typealias Name = (written: String, arguments: [String])

    let file: String
    let kind: NodeKind
    var names: [Name] = []

    func run(_ cluster: TestCluster, _ kubectl: Kubectl, manifests: String = Resources.manifests) async throws {
        let transcript = Transcript(try Resources.text("transcripts/\(file)"))
        try #require(transcript.steps.count > 5)
        for step in transcript.steps {
            let command = try await translated(step.command, cluster, kubectl)
            let expected = try await translated(step.output.joined(separator: "\n"), cluster, kubectl)
            let script = """
                ping() { \(Transcript.quoted(try cluster.onNode("ping"))) "$@"; }
                available() { kubectl wait --for=condition=available --timeout=60s deployment "$@" >/dev/null; }
                gone() { kubectl wait --for=delete --timeout=60s pod "$@" >/dev/null; }
                ready() { kubectl wait --for=condition=ready --timeout=60s pod "$@" >/dev/null; }
                \(Transcript.script(command, kubectl: cluster.place.client([kubectl.path])))
                """
            let outcome =
                if step.command.contains(" -it ") {
                    try await Command.runInTerminal(["/bin/bash", "-c", script], environment: cluster.environment, folder: manifests)
                } else {
                    try await Command.run("/bin/bash", ["-c", script], environment: cluster.environment, folder: manifests)
                }
            let wanted = lines(expected)
            let lines = Transcript.lines(outcome.output)
            let isSame = lines.count == wanted.count && zip(lines, wanted).allSatisfy(Transcript.matches)
            #expect(
                isSame && outcome.status == step.status,
                """
                transcripts/\(file):\(step.line), \(kind): $ \(command)
                expected, with exit \(step.status):
                \(wanted.joined(separator: "\n"))
                printed, with exit \(outcome.status):
                \(outcome.output)
                """)
        }
    }

    /// The lines for this kind of node.
    private func lines(_ text: String) -> [String] {
        text.split(separator: "\n").compactMap { line in
            for other in NodeKind.allCases where line.hasPrefix(other.rawValue + ": ") {
                return other == kind ? String(line.dropFirst(other.rawValue.count + 2)) : nil
            }
            return String(line)
        }
    }

    /// The text with what this run has.
    private func translated(_ text: String, _ cluster: TestCluster, _ kubectl: Kubectl) async throws -> String {
        var text = text
        for name in names where text.contains(name.written) {
            let found = try await cluster.kubectl(kubectl, ["get"] + name.arguments, mergesErrors: false)
            try #require(found.succeeded && !found.printed.isEmpty, "nothing stands for \(name.written): \(found.output)")
            text = text.replacing(name.written, with: found.printed)
        }
        return text
    }
}
