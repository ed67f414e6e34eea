import Testing

extension EndToEnd {
    @Suite("transcripts") struct Transcripts {
        /// The seed's chapter on PodSecurityPolicy, and what goes beyond the seed.
        static let names = ["pod-security-policy", "custom-resources"]

        @Test("what is typed with real kubectl prints what the transcript prints", arguments: names, Kubectl.all)
        func transcript(name: String, kubectl: Kubectl) async throws {
            let transcript = Transcript(try Resources.text("transcripts/\(name).txt"))
            #expect(transcript.steps.count > 9)
            try await TestCluster.run { cluster in
                for step in transcript.steps {
                    if step.command.hasPrefix("restart") {
                        try await cluster.down()
                        let flags = step.command.split(separator: " ").dropFirst().map(String.init)
                        #expect(try await cluster.tryUp(flags).succeeded)
                        continue
                    }
                    let script = Transcript.script(step.command, kubectl: [kubectl.path])
                    let outcome = try await Command.run(
                        "/bin/bash", ["-c", script], environment: cluster.environment, folder: Resources.manifests)
                    let lines = Transcript.lines(outcome.output)
                    let isSame = lines.count == step.output.count && zip(lines, step.output).allSatisfy(Transcript.matches)
                    #expect(
                        isSame && outcome.status == step.status,
                        """
                        transcripts/\(name).txt:\(step.line): $ \(step.command)
                        expected, with exit \(step.status):
                        \(step.output.joined(separator: "\n"))
                        printed, with exit \(outcome.status):
                        \(outcome.output)
                        """)
                }
            }
        }
    }
}
