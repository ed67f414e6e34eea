import Foundation
import Testing

extension EndToEnd {
    @Suite("encryption at rest") struct Encryption {
        @Test("the seed's file as printed is refused, and the key, its length and the mend are named") func asPrinted() async throws {
            let cluster = try TestCluster(flags: ["--encryption-provider-config", Resources.manifests + "/encryption.yaml"])
            try await cluster.run {
                let outcome = try await cluster.tryUp()
                #expect(outcome.status == 1)
                for part in ["resources[2].providers[0].aescbc.keys[0].secret", "key2", "28", "16", "24", "32"] {
                    #expect(outcome.output.contains(part), "missing: \(part)\nin: \(outcome.output)")
                }
                for secret in ["c2VjcmV0IGlzIHNlY3VyZ", "secret is secure"] {
                    #expect(!outcome.output.contains(secret), "a key was printed: \(outcome.output)")
                }
                #expect(try await cluster.kastell("status").status == 4)
            }
        }

        @Test("the corrected file starts, and the raw database shows each resource under its key", arguments: Kubectl.all)
        func corrected(kubectl: Kubectl) async throws {
            let cluster = try TestCluster(
                flags: ["--encryption-provider-config", Resources.manifests + "/encryption-corrected.yaml"])
            try await cluster.run {
                try await cluster.up()
                func apply(_ manifest: String) async throws {
                    let outcome = try await cluster.kubectl(kubectl, "create", "-f", "-", input: manifest)
                    #expect(outcome.succeeded, "\(outcome.output)")
                }
                try await apply(
                    """
                    {"apiVersion": "v1", "kind": "List", "items": [
                     {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"password": "hidden-word"}},
                     {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "hidden-word"}},
                     {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": {
                      "replicas": 0, "selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}},
                      "spec": {"containers": [{"name": "c", "image": "hidden-word"}]}}}},
                     {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "v"}, "spec": {"ports": [{"port": 80}]}},
                     {"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e", "namespace": "default"}, "message": "plain-word",
                      "involvedObject": {"namespace": "default"}}]}
                    """)
                try await cluster.down()
                let heads = try RawStore.heads(cluster.stateDir + "/store.db")
                #expect(heads["events"] == ["{"])
                #expect(heads["secrets"] == ["k8s:enc:aescbc:v1:key1:"])
                #expect(heads["configmaps"] == ["k8s:enc:aescbc:v1:key1:"])
                #expect(heads["deployments.apps"] == ["k8s:enc:aescbc:v1:key2:"])
                let others = heads.filter { !$0.key.hasSuffix(".apps") && !["events", "secrets", "configmaps"].contains($0.key) }
                #expect(others.count > 4)
                for (resource, heads) in others { #expect(heads == ["k8s:enc:aescbc:v1:key3:"], "\(resource)") }
                #expect(try !fileContains(cluster, "hidden-word"))
                #expect(try fileContains(cluster, "plain-word"), "the search itself finds what is plain")
                // And all of it can be read again.
                try await cluster.up()
                let value = try await cluster.kubectl(kubectl, "get", "secret", "s", "-o", "jsonpath={.data.password}")
                #expect(value.output == Data("hidden-word".utf8).base64EncodedString())
            }
        }

        @Test("without a configuration everything is encrypted with a key of the cluster's own") func generated() async throws {
            try await TestCluster.run { cluster in
                let kubectl = try Kubectl.first
                #expect(try await cluster.kubectl(kubectl, "create", "configmap", "c", "--from-literal=a=hidden-word").succeeded)
                let status = try await cluster.kastell("encryption", "status")
                #expect(status.output.contains("(generated key)"))
                try await cluster.down()
                let heads = try RawStore.heads(cluster.stateDir + "/store.db")
                #expect(heads.count > 8)
                for (resource, heads) in heads {
                    #expect(heads.allSatisfy { $0.hasPrefix("k8s:enc:") }, "\(resource): \(heads)")
                }
                #expect(try !fileContains(cluster, "hidden-word"))
            }
        }

        @Test("a new key is taken while the cluster runs, rewrite moves everything to it, and the old key can go")
        func rotation() async throws {
            let cluster = try TestCluster()
            let file = cluster.folder.path + "/encryption.yaml"
            func key(_ name: String, _ byte: UInt8) -> String {
                "          - {name: \(name), secret: \(Data(repeating: byte, count: 32).base64EncodedString())}\n"
            }
            func write(_ keys: String) throws {
                try Data(
                    """
                    apiVersion: apiserver.config.k8s.io/v1
                    kind: EncryptionConfiguration
                    resources:
                      - resources: ['*.*']
                        providers:
                          - aesgcm:
                              keys:
                    \(keys.replacing("          - {", with: "              - {"))
                    """.utf8
                ).write(to: URL(filePath: file), options: .atomic)
            }
            try write(key("old", 1))
            try await cluster.run {
                #expect(try await cluster.tryUp("--encryption-provider-config", file).succeeded)
                let kubectl = try Kubectl.first
                #expect(try await cluster.kubectl(kubectl, "create", "secret", "generic", "s", "--from-literal=a=b").succeeded)
                try write(key("new", 2) + key("old", 1))
                try await until("the changed file is in force") {
                    try await cluster.kastell("logs").output.contains("loaded anew")
                }
                let before = try await cluster.kastell("encryption", "status")
                #expect(before.output.contains("old") && before.output.contains("no: "))
                let rewrite = try await cluster.kastell("encryption", "rewrite")
                #expect(rewrite.succeeded, "\(rewrite.output)")
                #expect(rewrite.output.contains("were encrypted again"))
                #expect(try await cluster.kubectl(kubectl, "get", "secret", "s").succeeded)
                try await cluster.down()
                let heads = try RawStore.heads(cluster.stateDir + "/store.db")
                for (resource, heads) in heads { #expect(heads == ["k8s:enc:aesgcm:v1:new:"], "\(resource)") }
                try write(key("new", 2))
                #expect(try await cluster.tryUp("--encryption-provider-config", file).succeeded)
                let value = try await cluster.kubectl(kubectl, "get", "secret", "s", "-o", "jsonpath={.data.a}")
                #expect(value.output == "Yg==")
            }
        }

        /// Whether the database or its log holds the text in the clear.
        private func fileContains(_ cluster: TestCluster, _ text: String) throws -> Bool {
            for file in ["/store.db", "/store.db-wal"] {
                guard let bytes = try? Data(contentsOf: URL(filePath: cluster.stateDir + file)) else { continue }
                if bytes.range(of: Data(text.utf8)) != nil { return true }
            }
            return false
        }
    }
}
