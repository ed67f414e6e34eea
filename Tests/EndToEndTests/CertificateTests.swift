import Foundation
import Testing

extension EndToEnd {
    @Suite("certificates and snapshots") struct Upkeep {
        @Test(
            "renewing every certificate drops no connection; new connections see the new one",
            .enabled(if: Python.path != nil, Python.reason))
        func renewal() async throws {
            try await TestCluster.run { cluster in
                let kubectl = try Kubectl.first
                let result = try await Python.run(
                    """
                    import hashlib, http.client, ssl, subprocess, sys
                    port, kastell, state = int(sys.argv[1]), sys.argv[2], sys.argv[3]
                    def connect():
                        c = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=ssl._create_unverified_context())
                        c.connect()
                        return c, hashlib.sha256(c.sock.getpeercert(True)).hexdigest()
                    def get(c):
                        c.request("GET", "/livez")
                        r = c.getresponse()
                        r.read()
                        return r.status
                    old, before = connect()
                    sock = old.sock
                    print(get(old))
                    subprocess.run([kastell, "certs", "renew", "--state-dir", state], check=True, stdout=subprocess.DEVNULL)
                    print(get(old), "same" if old.sock is sock else "reconnected")
                    new, after = connect()
                    print(get(new), "new" if after != before else "old")
                    """, ["\(cluster.port)", try #require(TestCluster.program), cluster.stateDir], cluster)
                #expect(result.split(separator: "\n") == ["200", "200 same", "200 new"], "\(result)")
                #expect(try await cluster.kubectl(kubectl, "get", "namespaces").succeeded, "the kubeconfig was renewed too")
                let list = try await cluster.kastell("certs", "list")
                #expect(list.output.contains("apiserver") && list.output.contains("admin"))
                #expect(try await cluster.kastell("certs", "renew", "no-such").status == 1)
            }
        }

        @Test("a restored snapshot is the cluster as it was, with revisions that no client has seen") func snapshot() async throws {
            try await TestCluster.run { cluster in
                let kubectl = try Kubectl.first
                func names() async throws -> String {
                    try await cluster.kubectl(
                        kubectl, "get", "configmap", "-o", "jsonpath={.items[*].metadata.name}", "--selector=mine").output
                }
                func create(_ name: String) async throws {
                    let manifest = """
                        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "\(name)", "labels": {"mine": ""}}}
                        """
                    #expect(try await cluster.kubectl(kubectl, "create", "-f", "-", input: manifest).succeeded)
                }
                func revision() async throws -> Int {
                    let text = try await cluster.kubectl(kubectl, "get", "--raw", "/api/v1/namespaces/default/configmaps")
                    let value = try JSONSerialization.jsonObject(with: Data(text.output.utf8)) as? [String: Any]
                    return Int((value?["metadata"] as? [String: Any])?["resourceVersion"] as? String ?? "") ?? 0
                }
                try await create("before")
                let file = cluster.folder.path + "/snapshot.db"
                #expect(try await cluster.kastell("snapshot", "save", file).succeeded)
                try await create("after")
                let seen = try await revision()
                let refused = try await cluster.kastell("snapshot", "restore", file)
                #expect(refused.status == 1)
                #expect(refused.output.contains("kastell down"))
                try await cluster.down()
                #expect(try await cluster.kastell("snapshot", "restore", file).succeeded)
                try await cluster.up()
                #expect(try await names() == "before")
                #expect(try await revision() > seen)
            }
        }
    }
}
