import CertificateAuthority
import ClusterConfiguration
import ControlPlane
import EncryptionAtRest
import JSONValue
import KubeClient
import KubeModel
import Testing

@Suite("a control plane")
struct ControlPlaneTests {
    private static let secrets = GroupVersionResource("v1", "secrets")
    private static func secret(_ name: String) -> JSON {
        ["apiVersion": "v1", "kind": "Secret", "metadata": ["name": .string(name)], "stringData": ["password": "x"]]
    }

    @Test("serves when it has started, and has what it acknowledged when it starts again")
    func restart() async throws {
        let folder = try TemporaryFolder()
        try await RunningControlPlane.with(folder) { running in
            let transport = try running.admin()
            let ready = try await transport.send(ClientRequest(method: "GET", uri: "/readyz"))
            #expect(ready.status == 200)
            try await KubeClient(transport).create(Self.secrets, namespace: "default", Self.secret("kept"))
            await transport.shutDown()
        }
        try await RunningControlPlane.with(folder) { running in
            let transport = try running.admin()
            let found = try await KubeClient(transport).get(Self.secrets, namespace: "default", name: "kept")
            #expect(found["data"]?["password"]?.string == "eA==")
            await transport.shutDown()
        }
    }

    @Test("leaves nothing that others may read")
    func privateFiles() async throws {
        let folder = try TemporaryFolder()
        try await RunningControlPlane.with(folder) { running in
            for file in [running.directory.store, running.directory.encryptionConfiguration, running.directory.adminKubeconfig]
                + ProcFiles.names(in: running.directory.pki).filter({ !$0.hasPrefix(".") }).map({ running.directory.pki + "/" + $0 })
            {
                #expect(SecureFile.mode(file) == 0o600, "\(file)")
            }
            for path in [running.directory.path, running.directory.runDir, running.directory.pki] {
                #expect(SecureFile.mode(path) == 0o700, "\(path)")
            }
        }
    }

    @Test("renews certificates while an open connection goes on, and new ones see the new certificate")
    func renewal() async throws {
        let folder = try TemporaryFolder()
        try await RunningControlPlane.with(folder) { running in
            let old = try running.admin()
            let status = try await old.send(ClientRequest(method: "GET", uri: "/readyz")).status
            #expect(status == 200)
            let before = try SecureFile.read(running.directory.pki + "/apiserver.crt", .any)
            let rows = try await running.maintain(.certificatesRenew, ["names": ["apiserver", "admin"]])
            #expect(rows.array?.count == 5)
            #expect(try SecureFile.read(running.directory.pki + "/apiserver.crt", .any) != before)
            // The connection of before, with the client certificate of before.
            let again = try await old.send(ClientRequest(method: "GET", uri: "/readyz")).status
            #expect(again == 200)
            let fresh = try running.admin()
            let anew = try await fresh.send(ClientRequest(method: "GET", uri: "/api/v1/namespaces")).status
            #expect(anew == 200)
            await old.shutDown()
            await fresh.shutDown()
        }
    }

    @Test("takes up a changed encryption configuration, opens what the keys before sealed, and rewrites it on request")
    func encryption() async throws {
        let folder = try TemporaryFolder()
        let file = folder.path + "/encryption.yaml"
        func rows(_ running: RunningControlPlane) async throws -> [JSON] {
            try await running.maintain(.encryptionStatus)["resources"]?.array?.filter { $0["resource"]?.string == "secrets" } ?? []
        }
        func write(_ text: String) throws { try SecureFile.write(file, Array(text.utf8)) }
        let key1 = "{name: key1, secret: MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=}"
        let key2 = "{name: key2, secret: ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=}"
        func configuration(_ keys: String) -> String {
            "kind: EncryptionConfiguration\napiVersion: apiserver.config.k8s.io/v1\nresources:\n"
                + "- resources: ['*.*']\n  providers:\n  - aescbc: {keys: [\(keys)]}\n"
        }
        // The generated key seals first.
        try await RunningControlPlane.with(folder) { running in
            let transport = try running.admin()
            try await KubeClient(transport).create(Self.secrets, namespace: "default", Self.secret("first"))
            let provider = try await rows(running).first?["provider"]?.string
            #expect(provider == "secretbox")
            await transport.shutDown()
        }
        try write(configuration(key1))
        try await RunningControlPlane.with(folder, configure: { $0.encryptionProviderConfig = file }) { running in
            let transport = try running.admin()
            let client = KubeClient(transport)
            let first = try await client.get(Self.secrets, namespace: "default", name: "first")
            #expect(first["data"] != nil)
            try await client.create(Self.secrets, namespace: "default", Self.secret("second"))
            try write(configuration("\(key2), \(key1)"))
            for attempt in 0..<100 {
                try await client.create(Self.secrets, namespace: "default", Self.secret("later-\(attempt)"))
                if try await rows(running).contains(where: { $0["key"]?.string == "key2" }) { break }
                try await Task.sleep(for: .milliseconds(100))
            }
            let keys = Set(try await rows(running).compactMap { $0["key"]?.string })
            #expect(keys.isSuperset(of: ["key1", "key2"]))
            // A faulty file changes nothing.
            try write("kind: nonsense")
            try await Task.sleep(for: .milliseconds(1500))
            try await client.create(Self.secrets, namespace: "default", Self.secret("last"))
            let result = try await running.maintain(.encryptionRewrite)
            #expect(result["unreadable"]?.int == 0)
            let after = try await rows(running)
            #expect(after.map { $0["key"]?.string } == ["key2"])
            #expect(after.allSatisfy { $0["current"]?.bool == true })
            await transport.shutDown()
        }
    }

    @Test("says who has a port that is in use")
    func busyPort() async throws {
        let folder = try TemporaryFolder()
        try await RunningControlPlane.with(folder) { running in
            let other = try TemporaryFolder()
            await #expect(throws: StartError.self) {
                try await RunningControlPlane.with(other, configure: { $0.apiPort = running.control.port }) { _ in }
            }
            let text = BusyPort.explanation(address: "127.0.0.1", port: running.control.port, errno: 98)
            #expect(text.contains("in use already by "))
        }
    }

    @Test("answers a faulty maintenance request with an error, and goes on")
    func faultyRequest() async throws {
        let folder = try TemporaryFolder()
        try await RunningControlPlane.with(folder) { running in
            await #expect(throws: MaintenanceError.self) { try await running.maintain(.snapshotSave) }
            await #expect(throws: MaintenanceError.self) {
                try await running.maintain(.certificatesRenew, ["names": ["nobody"]])
            }
            let status = try await running.maintain(.status)
            #expect((status["store"]?["revision"]?.int ?? 0) > 100)
        }
    }

    @Test("has its socket in a folder with a long name too")
    func longPath() async throws {
        let folder = try TemporaryFolder()
        let deep = folder.path + "/" + String(repeating: "n", count: 120)
        try await RunningControlPlane.with(folder, configure: { $0.stateDir = deep }) { running in
            #expect(running.directory.maintenanceSocket.utf8.count > 107)
            let status = try await running.maintain(.status)
            #expect(status["store"] != nil)
        }
    }
}

@Suite("an encryption configuration of the user's")
struct EncryptionSourceTests {
    @Test("also opens what the cluster's own key sealed, and seals nothing with it")
    func alsoOpening() throws {
        let own = EncryptionConfiguration(rules: [
            .init(resources: ["*.*"], providers: [.init(name: .secretbox, keys: [.init(name: "own", bytes: Array(repeating: 7, count: 32))])])
        ])
        let named = EncryptionConfiguration(rules: [
            .init(resources: ["secrets"], providers: [.init(name: .aescbc, keys: [.init(name: "key1", bytes: Array(repeating: 1, count: 32))])])
        ])
        let secrets = GroupResource(group: "", resource: "secrets")
        let pods = GroupResource(group: "", resource: "pods")
        let before = ValueTransformer(own)
        let after = ValueTransformer(named.alsoOpening(own))
        for resource in [secrets, pods] {
            let sealed = try before.seal([1, 2, 3], resource: resource, key: "/k").envelope
            let opened = try after.open(sealed, resource: resource, key: "/k")
            #expect(opened.plaintext == [1, 2, 3])
            #expect(opened.isStale)
        }
        #expect(after.sealingStatus(for: secrets) == .encrypted(.aescbc, keyName: "key1"))
        #expect(after.sealingStatus(for: pods) == .plain)
    }

    @Test("names the file, the place and the mend when it is refused, and never the secret")
    func refused() throws {
        let folder = try TemporaryFolder()
        let file = folder.path + "/encryption.yaml"
        let text = """
            kind: EncryptionConfiguration
            apiVersion: apiserver.config.k8s.io/v1
            resources:
            - resources: [secrets]
              providers:
              - aescbc:
                  keys:
                  - name: key2
                    secret: c2VjcmV0IGlzIHNlY3VyZSwgb3IgaXMgaXQ/Cg==
            """
        try SecureFile.write(file, Array(text.utf8))
        let source = EncryptionSource(named: file, generated: folder.path + "/none")
        let error = #expect(throws: EncryptionSourceError.self) { try source.load() }
        let message = error?.description ?? ""
        #expect(message.contains(file) && message.contains("key2") && message.contains("16, 24 or 32"))
        #expect(!message.contains("c2VjcmV0"))
    }
}
