import Testing

extension EndToEnd {
    @Suite("the seed's chapters") struct Chapters {
        @Test(
            "the chapter on PodSecurityPolicy, typed with real kubectl, prints what the seed prints", arguments: Kubectl.all)
        func podSecurityPolicy(kubectl: Kubectl) async throws {
            let transcript = Transcript(try Resources.text("transcripts/pod-security-policy.txt"))
            #expect(transcript.steps.count > 14)
            try await TestCluster.run { cluster in
                for step in transcript.steps {
                    if step.command.hasPrefix("restart ") {
                        try await cluster.down()
                        #expect(try await cluster.tryUp(String(step.command.dropFirst(8))).succeeded)
                        continue
                    }
                    let script = Transcript.script(step.command, kubectl: kubectl.path)
                    let outcome = try await Command.run(
                        "/bin/bash", ["-c", script], environment: cluster.environment, folder: Resources.manifests)
                    let lines = Transcript.lines(outcome.output)
                    let isSame = lines.count == step.output.count && zip(lines, step.output).allSatisfy(Transcript.matches)
                    #expect(
                        isSame && outcome.status == step.status,
                        """
                        transcripts/pod-security-policy.txt:\(step.line): $ \(step.command)
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
