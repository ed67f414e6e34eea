import Foundation
import Testing

extension EndToEnd {
    @Suite("authentication and authorization") struct Access {
        /// Says what kubectl ought to print for `auth whoami`; nil for one that does not have it yet.
        private func whoami(_ cluster: TestCluster, _ kubectl: Kubectl, _ flags: String...) async throws -> [String]? {
            let outcome = try await Command.run(
                kubectl.path, ["auth", "whoami"] + flags, environment: cluster.environment)
            if outcome.output.contains("unknown") { return nil }
            return Transcript.lines(outcome.output)
        }

        @Test("static tokens, client certificates, anonymous requests and impersonation name whom they should", arguments: Kubectl.all)
        func identities(kubectl: Kubectl) async throws {
            let cluster = try TestCluster()
            let tokens = cluster.folder.path + "/tokens.csv"
            try "alice-token,alice,1001,\"dev,qa\"\n".write(toFile: tokens, atomically: true, encoding: .utf8)
            try await cluster.run {
                #expect(try await cluster.tryUp("--token-auth-file", tokens).succeeded)
                // Without the client certificate of the kubeconfig, which would win over a token.
                let bare = cluster.folder.path + "/bare"
                let view = try await cluster.kubectl(kubectl, "config", "view", "--raw", "-o", "jsonpath={.clusters[0].cluster.certificate-authority-data}")
                try """
                apiVersion: v1
                kind: Config
                current-context: c
                clusters: [{name: c, cluster: {server: "\(cluster.server)", certificate-authority-data: \(view.output)}}]
                contexts: [{name: c, context: {cluster: c, user: u}}]
                users: [{name: u, user: {token: alice-token}}]
                """.write(toFile: bare, atomically: true, encoding: .utf8)
                let alice = "--kubeconfig=" + bare

                if let admin = try await whoami(cluster, kubectl) {
                    #expect(admin.contains("Groups [system:masters system:authenticated]"))
                    let lines = try await whoami(cluster, kubectl, alice)
                    #expect(lines?.contains("Username alice") == true)
                    #expect(lines?.contains("UID 1001") == true)
                    #expect(lines?.contains("Groups [dev qa system:authenticated]") == true)
                    let impersonated = try await whoami(cluster, kubectl, "--as=bob", "--as-group=ops")
                    #expect(impersonated?.contains("Username bob") == true)
                    #expect(impersonated?.contains("Groups [ops system:authenticated]") == true)
                }
                let wrong = try await cluster.kubectl(kubectl, alice, "--token=no-such", "get", "pods")
                #expect(wrong.status == 1)
                #expect(wrong.output.contains("You must be logged in to the server"))

                let denied = try await cluster.kubectl(kubectl, alice, "get", "pods")
                #expect(denied.status == 1)
                #expect(
                    denied.output
                        == "Error from server (Forbidden): pods is forbidden: User \"alice\" cannot list resource \"pods\" in API group \"\" in the namespace \"default\"\n")
                #expect(Transcript.lines(try await cluster.kubectl(kubectl, alice, "auth", "can-i", "list", "pods").output).last == "no")
                #expect(
                    try await cluster.kubectl(
                        kubectl, "create", "role", "reader", "--verb=get,list,watch", "--resource=pods").succeeded)
                #expect(
                    try await cluster.kubectl(
                        kubectl, "create", "rolebinding", "reader", "--role=reader", "--group=qa").succeeded)
                #expect(Transcript.lines(try await cluster.kubectl(kubectl, alice, "auth", "can-i", "list", "pods").output).last == "yes")
                #expect(try await cluster.kubectl(kubectl, alice, "get", "pods").succeeded)
                #expect(try await cluster.kubectl(kubectl, alice, "get", "pods", "-n", "kube-system").status == 1)
                let escalation = try await cluster.kubectl(kubectl, alice, "get", "pods", "--as=system:admin", "--as-group=system:masters")
                #expect(escalation.status == 1)
                #expect(escalation.output.contains("cannot impersonate"))
                let rules = try await cluster.kubectl(kubectl, alice, "auth", "can-i", "--list")
                #expect(rules.output.contains("pods"))
            }
        }

        @Test("a token of a service account is who it says, until its account is gone") func serviceAccountTokens() async throws {
            try await TestCluster.run { cluster in
                let kubectl = try Kubectl.first
                #expect(try await cluster.kubectl(kubectl, "create", "serviceaccount", "builder").succeeded)
                let request = #"{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}"#
                let path = "/api/v1/namespaces/default/serviceaccounts/builder"
                let answer = try await cluster.kubectl(kubectl, "create", "--raw", path + "/token", "-f", "-", input: request)
                let status = try JSONSerialization.jsonObject(with: Data(answer.output.utf8)) as? [String: Any]
                let token = try #require((status?["status"] as? [String: Any])?["token"] as? String)
                func review() async throws -> [String: Any]? {
                    let body = #"{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": "\#(token)"}}"#
                    let answer = try await cluster.kubectl(
                        kubectl, "create", "--raw", "/apis/authentication.k8s.io/v1/tokenreviews", "-f", "-", input: body)
                    let value = try JSONSerialization.jsonObject(with: Data(answer.output.utf8)) as? [String: Any]
                    return value?["status"] as? [String: Any]
                }
                let user = try await review()?["user"] as? [String: Any]
                #expect(user?["username"] as? String == "system:serviceaccount:default:builder")
                #expect(try await cluster.kubectl(kubectl, "delete", "serviceaccount", "builder").succeeded)
                #expect(try await review()?["authenticated"] as? Bool != true)
            }
        }

        @Test("anonymous requests are let in to the health checks only, and nowhere when they are off") func anonymous() async throws {
            let cluster = try TestCluster()
            try await cluster.run {
                try await cluster.up()
                #expect(try await fetch(cluster, "/livez") == "200 ok")
                #expect(try await fetch(cluster, "/api/v1/namespaces").hasPrefix("403 "))
                try await cluster.down()
                #expect(try await cluster.tryUp("--anonymous-auth=false").succeeded)
                #expect(try await fetch(cluster, "/livez").hasPrefix("401 "))
            }
        }

        @Test("TLS 1.3 only, no plaintext answer, HTTP/2 and HTTP/1.1 by ALPN", .enabled(if: Python.path != nil, Python.reason))
        func transport() async throws {
            try await TestCluster.run { cluster in
                #expect(try await handshake(cluster, "TLSv1_3", alpn: "h2") == "TLSv1.3 h2")
                #expect(try await handshake(cluster, "TLSv1_3", alpn: "http/1.1") == "TLSv1.3 http/1.1")
                #expect(try await handshake(cluster, "TLSv1_2", alpn: "h2").hasPrefix("refused"))
                let plain = try await Python.run(
                    """
                    import socket, sys
                    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=5)
                    s.sendall(b"GET /livez HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
                    got = b""
                    try:
                        while True:
                            more = s.recv(4096)
                            if not more: break
                            got += more
                    except OSError: pass
                    print("answered" if b"ok" in got or b"200" in got else "nothing")
                    """, ["\(cluster.port)"], cluster)
                #expect(plain == "nothing")
                try await cluster.down()
                #expect(try await cluster.tryUp("--tls-min-version=VersionTLS12").succeeded)
                #expect(try await handshake(cluster, "TLSv1_2", alpn: "h2") == "TLSv1.2 h2")
            }
        }

        private func handshake(_ cluster: TestCluster, _ version: String, alpn: String) async throws -> String {
            try await Python.run(
                """
                import socket, ssl, sys
                c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                c.check_hostname = False
                c.verify_mode = ssl.CERT_NONE
                c.minimum_version = c.maximum_version = getattr(ssl.TLSVersion, sys.argv[2])
                c.set_alpn_protocols([sys.argv[3]])
                try:
                    s = c.wrap_socket(socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=5))
                    print(s.version(), s.selected_alpn_protocol())
                except (ssl.SSLError, OSError) as e:
                    print("refused", e)
                """, ["\(cluster.port)", version, alpn], cluster)
        }

        /// The status and the body of a request without credentials.
        private func fetch(_ cluster: TestCluster, _ path: String) async throws -> String {
            try await Python.run(
                """
                import http.client, ssl, sys
                c = http.client.HTTPSConnection("127.0.0.1", int(sys.argv[1]), timeout=5, context=ssl._create_unverified_context())
                c.request("GET", sys.argv[2])
                r = c.getresponse()
                print(r.status, r.read().decode())
                """, ["\(cluster.port)", path], cluster)
        }
    }
}

/// A client that can do what kubectl does not: speak old TLS, hold a connection, send no TLS at all.
enum Python {
    static let path = Command.installed("python3")
    static let reason: Comment = "needs python3"

    /// What the script prints, without the line's end.
    static func run(_ script: String, _ arguments: [String], _ cluster: TestCluster) async throws -> String {
        guard let path else { throw Command.Failure(description: "python3 is not installed") }
        let outcome = try await Command.run(
            path, ["-c", script] + arguments, environment: cluster.environment, mergesErrors: true)
        return outcome.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().joined(separator: "\n")
    }
}
