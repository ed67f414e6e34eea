import Foundation
import Testing

extension EndToEndOnNodes {
    /// Attacks, each tried for real.
    @Suite("attacks", .enabled(if: !NodeKind.possible.isEmpty, NodeKind.reason)) struct Attacks {
        private static let images: KeyValuePairs = ["busybox:1": "busybox", "toolbox:1": "toolbox", "nginx:1": "nginx"]
        private static let names: [NodeTranscript.Name] = [
            ("VICTIM", ["-n", "victims", "pod", "victim", "-o", "jsonpath={.status.podIP}"]),
            ("ATTACKER", ["pod", "attacker", "-o", "jsonpath={.status.podIP}"]),
        ]
        private static let tokenFile = "/var/run/secrets/kubernetes.io/serviceaccount/token"

        @Test("what a pod tries from inside is held", arguments: NodeKind.possible)
        func inside(kind: NodeKind) async throws {
            let kubectl = try Kubectl.first
            try await TestCluster.run(kind, images: Self.images) { cluster in
                try await NodeTranscript(file: "attacks.txt", kind: kind, names: Self.names).run(cluster, kubectl)
            }
        }

        @Test("tokens: of others they cannot be had, and one that is revoked cuts what it opened", arguments: NodeKind.possible)
        func tokens(kind: NodeKind) async throws {
            let kubectl = try Kubectl.first
            try await TestCluster.run(kind, images: Self.images) { cluster in
                #expect(try await cluster.kubectl(kubectl, "apply", "-f", "attacks.yaml").succeeded)
                for words in [["attacker"], ["victim", "-n", "victims"]] {
                    #expect(try await cluster.kubectl(kubectl, ["wait", "--for=condition=ready", "--timeout=30s", "pod"] + words).succeeded)
                }
                func token(_ pod: String...) async throws -> String {
                    try await cluster.kubectl(kubectl, ["exec"] + pod + ["--", "cat", Self.tokenFile], mergesErrors: false).printed
                }
                let (stolen, own) = (try await token("-n", "victims", "victim"), try await token("attacker"))
                try #require(stolen.split(separator: ".").count == 3 && own.split(separator: ".").count == 3 && stolen != own)

                // In the attacker's files there is no token but its own.
                let found = try await cluster.kubectl(kubectl, "exec", "attacker", "--", "sh", "-c", "find / -name token -type f 2>/dev/null; find / -name token -type l 2>/dev/null; true")
                #expect(found.output.split(separator: "\n").map(String.init).allSatisfy { $0.contains("/secrets/kubernetes.io/serviceaccount/") }, "\(found.output)")

                /// Asks the API server as somebody.
                func ask(_ credentials: [String], _ arguments: String...) async throws -> Command.Outcome {
                    let server = ["--kubeconfig=/dev/null", "--server=\(cluster.server)", "--certificate-authority=\(cluster.stateDir)/pki/ca.crt"]
                    return try await cluster.kubectl(kubectl, server + credentials + arguments)
                }
                let node = ["node.crt", "node.key"].map { "\(cluster.stateDir)/node/pki/\($0)" }
                for credentials in [["--token=\(own)"], ["--client-certificate=\(node[0])", "--client-key=\(node[1])"]] {
                    #expect(try await ask(credentials, "get", "secrets", "-n", "victims").output.contains("forbidden"))
                    #expect(try await ask(credentials, "create", "token", "default", "-n", "kube-system").output.contains("forbidden"))
                    #expect(try await ask(credentials, "exec", "-n", "victims", "victim", "--", "id").output.contains("forbidden"))
                }

                // The stolen one works, until its account goes.
                let thief = ["--token=\(stolen)", "-n", "victims"]
                #expect(try await ask(thief, "exec", "victim", "--", "id", "-u").output == "0\n")
                async let open = ask(thief, "exec", "victim", "--", "sh", "-c", "echo begun >/tmp/begun; sleep 60")
                try await until("the session is open") {
                    try await cluster.kubectl(kubectl, "exec", "-n", "victims", "victim", "--", "cat", "/tmp/begun").output == "begun\n"
                }
                #expect(try await cluster.kubectl(kubectl, "delete", "serviceaccount", "-n", "victims", "watched").succeeded)
                let clock = ContinuousClock()
                let began = clock.now
                let cut = try await open
                #expect(!cut.succeeded && cut.output.contains("cut") && began.duration(to: clock.now) < .seconds(10), "\(cut.output)")
                let again = try await ask(thief, "exec", "victim", "--", "id")
                #expect(!again.succeeded && again.output.contains("Unauthorized"), "\(again.output)")
            }
        }

        @Test("the loopback of the machine is not to be had from a pod of a rootless node", .enabled(if: NodeKind.possible.contains(.rootless), NodeKind.reason))
        func loopback() async throws {
            let kubectl = try Kubectl.first
            try await TestCluster.run(.rootless, images: Self.images) { cluster in
                let port = try Ports.free()
                try "secret".write(toFile: cluster.home + "/index.html", atomically: true, encoding: .utf8)
                let listener = try Command.start(["/usr/bin/env", "busybox", "httpd", "-f", "-p", "127.0.0.1:\(port)", "-h", cluster.home])
                defer {
                    kill(listener, SIGKILL)
                    var status: Int32 = 0
                    unsafe waitpid(listener, &status, 0)
                }
                let curl = ["-s", "-m2", "http://127.0.0.1:\(port)/"]
                let here = try await Command.run("/usr/bin/curl", curl, environment: cluster.environment)
                try #require(here.output == "secret")
                for (pod, more) in [("inner", ""), ("outer", #","hostNetwork":true"#)] {
                    let spec = #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"\#(pod)"},"spec":{"terminationGracePeriodSeconds":0,"containers":[{"name":"c","image":"toolbox:1"}]\#(more)}}"#
                    #expect(try await cluster.kubectl(kubectl, "apply", "-f", "-", input: spec).succeeded)
                    #expect(try await cluster.kubectl(kubectl, "wait", "--for=condition=ready", "--timeout=30s", "pod", pod).succeeded)
                    // The machine's loopback by its own name, by slirp4netns' name for it, and through the node.
                    for address in ["127.0.0.1", "10.0.2.2", "10.244.0.1", "169.254.1.1"] {
                        let tried = try await cluster.kubectl(kubectl, "exec", pod, "--", "curl", "-s", "-m2", "http://\(address):\(port)/")
                        #expect(!tried.succeeded && !tried.output.contains("secret"), "\(pod), \(address): \(tried.output)")
                    }
                }
            }
        }
    }
}
