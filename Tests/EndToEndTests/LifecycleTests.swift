import Foundation
import Testing

extension EndToEnd {
    @Suite("life of a cluster") struct Lifecycle {
        @Test("up returns when the cluster answers, status says so, and down stops it") func upAndDown() async throws {
            try await TestCluster.run { cluster in
                let kubectl = try Kubectl.first
                #expect(try await cluster.kubectl(kubectl, "get", "--raw", "/readyz").output == "ok")
                let status = try await cluster.kastell("status", "-o", "json", mergesErrors: false)
                #expect(status.status == 0)
                #expect(try JSON(status.printed)["phase"] == "Ready")
                let control = try cluster.controlProcess
                #expect(try await cluster.kastell("down").output.contains("is stopped"))
                #expect(kill(control, 0) != 0)
                #expect(try await cluster.kastell("status").status == 4)
                #expect(try await cluster.kastell("down").succeeded, "down of a stopped cluster is no error")
            }
        }

        @Test("a second up says that the cluster runs already, and changes nothing") func secondUp() async throws {
            try await TestCluster.run { cluster in
                let before = try cluster.controlProcess
                let second = try await cluster.tryUp()
                #expect(second.succeeded)
                #expect(second.output.contains("is running already"))
                #expect(try cluster.controlProcess == before)
                let other = try await cluster.tryUp("--anonymous-auth=false")
                #expect(other.succeeded)
                #expect(other.output.contains("Run 'kastell down' first"))
            }
        }

        @Test("a busy port is named, with who has it, and nothing is left running") func busyPort() async throws {
            try await TestCluster.run { first in
                let second = try TestCluster()
                let outcome = try await second.kastell(
                    "up", "--detach", "--control-only", "--api-port", "\(first.port)", "--kubeconfig", second.kubeconfig)
                #expect(outcome.status == 1)
                #expect(outcome.output.contains("\(first.port)"))
                #expect(outcome.output.contains("kastell"), "the process that listens is named: \(outcome.output)")
                #expect(outcome.output.contains("--api-port"), "the mend is named: \(outcome.output)")
                #expect(try await second.kastell("status").status == 4)
            }
        }

        @Test("a state folder that cannot be made is refused with the mend") func unwritableFolder() async throws {
            let cluster = try TestCluster()
            // /proc takes no folders, not even from root.
            let program = try #require(TestCluster.program)
            let outcome = try await Command.run(
                program, ["up", "--detach", "--state-dir", "/proc/self/kastell", "--api-port", "\(cluster.port)"],
                environment: cluster.environment)
            #expect(outcome.status == 1)
            #expect(outcome.output.contains("/proc/self/kastell"))
            #expect(outcome.output.contains("--state-dir"))
        }

        @Test("a damaged state is refused, and the file is left as it is") func damagedState() async throws {
            let cluster = try TestCluster()
            try await cluster.run {
                try await cluster.up()
                try await cluster.down()
                let store = URL(filePath: cluster.stateDir + "/store.db")
                var bytes = try Data(contentsOf: store)
                bytes.replaceSubrange(0..<64, with: Data(repeating: 0x5A, count: 64))
                try bytes.write(to: store)
                let outcome = try await cluster.tryUp()
                #expect(outcome.status == 1)
                #expect(outcome.output.contains("store.db"))
                #expect(outcome.output.contains("snapshot restore"), "the mend is named: \(outcome.output)")
                #expect(try Data(contentsOf: store) == bytes)
            }
        }

        @Test("a bad configuration is refused with file, line, field and what is allowed") func badConfiguration() async throws {
            let cluster = try TestCluster()
            let file = cluster.folder.path + "/kastell.yaml"
            try """
            apiVersion: kastell.dev/v1
            kind: KastellConfiguration
            tls:
              minVersion: VersionTLS11
            anonymousAuth: perhaps
            enableAdmissionPlugins: [PodSecurityPolicies]
            apiPorts: 1
            """.write(toFile: file, atomically: true, encoding: .utf8)
            let outcome = try await cluster.kastell("up", "--detach", "--config", file)
            #expect(outcome.status == 1)
            for part in [
                "\(file):4:15: tls.minVersion: \"VersionTLS11\" is not allowed. Allowed is VersionTLS13 or VersionTLS12",
                "\(file):5:16: anonymousAuth: ", "true or false",
                "\(file):6:26: enableAdmissionPlugins[0]: ", "PodSecurityPolicy", "\(file):7:1: apiPorts: ", "apiPort",
            ] {
                #expect(outcome.output.contains(part), "missing: \(part)\nin: \(outcome.output)")
            }
            #expect(!FileManager.default.fileExists(atPath: cluster.stateDir + "/store.db"))
        }

        @Test("a wrong flag ends with 64, and its value with what is allowed") func badFlags() async throws {
            let cluster = try TestCluster()
            #expect(try await cluster.kastell("up", "--no-such-flag").status == 64)
            let outcome = try await cluster.kastell("up", "--detach", "--tls-min-version", "1.0")
            #expect(outcome.status == 1)
            #expect(outcome.output.contains("VersionTLS13 or VersionTLS12"))
        }

        @Test("up merges its context into a kubeconfig and leaves the rest of it as it was; down --purge takes it out")
        func kubeconfig() async throws {
            let cluster = try TestCluster()
            let other = """
                apiVersion: v1
                kind: Config
                current-context: other
                clusters:
                - name: other
                  cluster: {server: "https://other.example:6443"}
                contexts:
                - name: other
                  context: {cluster: other, user: other}
                users:
                - name: other
                  user: {token: abc}
                """
            try other.write(toFile: cluster.kubeconfig, atomically: true, encoding: .utf8)
            let kubectl = try Kubectl.first
            try await cluster.run {
                #expect(try await cluster.tryUp(writesOwnKubeconfig: false).succeeded)
                let names = try await cluster.kubectl(kubectl, "config", "get-contexts", "-o", "name")
                #expect(names.output.split(separator: "\n").sorted() == ["kastell", "other"])
                #expect(try await cluster.kubectl(kubectl, "config", "current-context").output == "kastell\n")
                let server = try await cluster.kubectl(
                    kubectl, "config", "view", "-o", "jsonpath={.clusters[?(@.name=='other')].cluster.server}")
                #expect(server.output == "https://other.example:6443")
                #expect(try await cluster.kubectl(kubectl, "get", "namespace", "default").succeeded)
                #expect(try await cluster.kastell("down", "--purge").succeeded)
                let left = try await cluster.kubectl(kubectl, "config", "get-contexts", "-o", "name")
                #expect(left.output == "other\n")
                #expect(!FileManager.default.fileExists(atPath: cluster.stateDir + "/store.db"))
            }
        }

        @Test("--kubeconfig writes that file only, readable by its owner only") func ownKubeconfig() async throws {
            try await TestCluster.run { cluster in
                #expect(!FileManager.default.fileExists(atPath: cluster.home + "/.kube/config"))
                let facts = try FileManager.default.attributesOfItem(atPath: cluster.kubeconfig)
                #expect((facts[.posixPermissions] as? NSNumber)?.intValue == 0o600)
            }
        }

        @Test("nothing in the state folder can be read by others") func privateFiles() async throws {
            try await TestCluster.run { cluster in
                let names = try FileManager.default.subpathsOfDirectory(atPath: cluster.stateDir)
                #expect(names.contains { $0.hasSuffix(".key") })
                for name in names {
                    let facts = try FileManager.default.attributesOfItem(atPath: cluster.stateDir + "/" + name)
                    let mode = (facts[.posixPermissions] as? NSNumber)?.intValue ?? 0
                    let isSocket = facts[.type] as? FileAttributeType == .typeSocket
                    let allowed = facts[.type] as? FileAttributeType == .typeDirectory ? 0o700 : 0o600
                    // The folder around a socket keeps others out.
                    #expect(isSocket || mode & ~allowed == 0, "\(name) has mode \(String(mode, radix: 8))")
                }
            }
        }

        @Test("what was acknowledged is there after everything was killed, and up goes on") func crash() async throws {
            try await TestCluster.run { cluster in
                let kubectl = try Kubectl.first
                for name in ["first", "second", "third"] {
                    #expect(try await cluster.kubectl(kubectl, "create", "configmap", name, "--from-literal=a=b").succeeded)
                }
                try await cluster.killAll()
                try await cluster.up()
                let names = try await cluster.kubectl(kubectl, "get", "configmap", "-o", "name")
                for name in ["first", "second", "third"] { #expect(names.output.contains("configmap/\(name)\n")) }
            }
        }

        @Test("the control process is started again when it dies by itself") func restart() async throws {
            try await TestCluster.run { cluster in
                let kubectl = try Kubectl.first
                #expect(try await cluster.kubectl(kubectl, "create", "namespace", "kept").succeeded)
                let before = try cluster.controlProcess
                kill(before, SIGKILL)
                try await until("another control process answers") {
                    guard let now = try? cluster.controlProcess, now != before else { return false }
                    return try await cluster.kubectl(kubectl, "get", "namespace", "kept").succeeded
                }
                let status = try await cluster.kastell("status", "-o", "json", mergesErrors: false)
                #expect(try JSON(status.printed)["restarts"] == "1")
                #expect(try await cluster.kastell("logs", "supervisor").output.contains("started again"))
            }
        }

        @Test("version, doctor, logs, kubeconfig and the completions of three shells answer") func otherCommands() async throws {
            try await TestCluster.run { cluster in
                let program = try #require(TestCluster.program)
                func plain(_ arguments: String...) async throws -> Command.Outcome {
                    try await Command.run(program, arguments, environment: cluster.environment, mergesErrors: false)
                }
                #expect(try JSON(try await plain("version", "-o", "json").printed)["kubernetes"]?.hasPrefix("v1.36") == true)
                #expect(try await cluster.kastell("doctor").output.contains("kernel"))
                #expect(try await cluster.kastell("logs").output.contains("ready"))
                #expect(try await cluster.kastell("kubeconfig").output.contains("server: \"?\(cluster.server)".replacing("\"?", with: "")))
                for shell in ["bash", "zsh", "fish"] {
                    #expect(try await plain("completion", shell).printed.contains("kastell"))
                }
                #expect(try await plain("--help").printed.contains("SUBCOMMANDS"))
            }
        }
    }
}

/// The members of a JSON object as texts, for assertions.
struct JSON {
    private let members: [String: Any]

    init(_ text: String) throws {
        members = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
    }

    subscript(name: String) -> String? { members[name].map { "\($0)" } }
    func array(_ name: String) -> [[String: Any]] { members[name] as? [[String: Any]] ?? [] }
}
