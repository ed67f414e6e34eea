import CertificateAuthority
import Foundation
import JSONValue
import KubeModel
import Testing
import YAMLValue

@testable import ClusterConfiguration

private let entry = KubeconfigEntry(
    server: "https://127.0.0.1:6443", authorityPEM: "CA\n", clientCertificatePEM: "CERT\n",
    clientKey: PrivateKeyPEM("KEY\n"))

private func folder() throws -> String {
    let path = FileManager.default.temporaryDirectory.path + "/kastell-kubeconfig-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
}

private func put(_ path: String, _ text: String, mode: Int = 0o600) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
}

private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

@Suite struct KubeconfigTests {
    private let foreign = """
        # mine
        kind: Config
        apiVersion: v1
        preferences: {colors: true}
        users:
        - name: zed
          user:
            exec: {apiVersion: client.authentication.k8s.io/v1, command: get-token, env: null}
        - name: kastell
          user: {token: old}
        current-context: work
        clusters:
        - cluster:
            server: https://work.example.com
            insecure-skip-tls-verify: true
          name: work
        contexts:
        - {name: kastell, context: {cluster: kastell, user: kastell, namespace: x}}
        - {name: work, context: {cluster: work, user: zed}}
        - {name: kastell, context: {cluster: other, user: other}}
        extensions:
        - name: tool
          extension: {last-update: 2024-01-01, version: "1.10", number: 010}

        """

    @Test("an entry is added or replaced, and everything else stays, in its order")
    func merge() throws {
        let path = try folder() + "/config"
        try put(path, foreign, mode: 0o644)
        let before = try YAML.document(foreign).value
        #expect(try KubeconfigFile.merge(entry, into: path))
        let after = try YAML.document(text(path)).value
        #expect(after.object?.keys == before.object?.keys)
        #expect(after["current-context"] == "kastell")
        #expect(after["preferences"] == before["preferences"] && after["extensions"] == before["extensions"])
        #expect(after["users"]?[at: 0] == before["users"]?[at: 0])
        #expect(
            after["users"]?[at: 1] == [
                "name": "kastell", "user": ["client-certificate-data": "Q0VSVAo=", "client-key-data": "S0VZCg=="],
            ])
        #expect(after["clusters"]?.array?.map { $0["name"]?.string } == ["work", "kastell"])
        #expect(
            after["clusters"]?[at: 1]?["cluster"] == [
                "certificate-authority-data": "Q0EK", "server": "https://127.0.0.1:6443",
            ])
        #expect(after["contexts"]?.array?.map { $0["name"]?.string } == ["kastell", "work"])
        #expect(after["contexts"]?[at: 0]?["context"] == ["cluster": "kastell", "user": "kastell"])
        #expect(SecureFile.mode(path) == 0o600 && !SecureFile.exists(path + ".lock"))
        // Nothing to change: the file is not written.
        #expect(try !KubeconfigFile.merge(entry, into: path))
    }

    @Test("a file with nothing to change keeps its comments")
    func unchanged() throws {
        let path = try folder() + "/config"
        let own = "# a comment\n" + YAML.text(Kubeconfig.standalone(entry))
        try put(path, own)
        #expect(try !KubeconfigFile.merge(entry, into: path))
        #expect(try !KubeconfigFile.remove("other", from: path))
        #expect(try text(path) == own)
    }

    @Test(
        "a missing or empty file becomes a kubeconfig with this entry alone",
        arguments: [nil, "", "# only a comment\n"])
    func fresh(text given: String?) throws {
        let path = try folder() + (given == nil ? "/.kube/config" : "/config")
        if let given { try put(path, given) }
        #expect(try KubeconfigFile.merge(entry, into: path))
        #expect(try YAML.document(text(path)).value == Kubeconfig.standalone(entry))
        #expect(SecureFile.mode(path) == 0o600)
        #expect(given != nil || SecureFile.mode(SecureFile.folder(of: path)) == 0o700)
    }

    @Test("removing takes our three entries out and leaves the others")
    func remove() throws {
        let path = try folder() + "/config"
        try put(path, foreign)
        try KubeconfigFile.merge(entry, into: path)
        #expect(try KubeconfigFile.remove(from: path))
        let after = try YAML.document(text(path)).value
        #expect(after["current-context"] == "")
        for (list, names) in [("clusters", ["work"]), ("contexts", ["work"]), ("users", ["zed"])] {
            #expect(after[list]?.array?.map { $0["name"]?.string } == names)
        }
        #expect(try !KubeconfigFile.remove(from: path))
        #expect(try !KubeconfigFile.remove(from: path + "-absent"))
        #expect(!SecureFile.exists(path + "-absent"))
    }

    @Test("another current context stays current")
    func otherContext() throws {
        var config = Kubeconfig.standalone(entry)
        config["current-context"] = "work"
        #expect(Kubeconfig.removing("kastell", from: config)["current-context"] == "work")
    }

    @Test("a symbolic link stays one, and the file that it names is changed")
    func links() throws {
        let base = try folder()
        try FileManager.default.createDirectory(atPath: base + "/real", withIntermediateDirectories: true)
        try put(base + "/real/config", foreign)
        try FileManager.default.createSymbolicLink(atPath: base + "/config", withDestinationPath: "real/config")
        try KubeconfigFile.merge(entry, into: base + "/config")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: base + "/config") == "real/config")
        #expect(try YAML.document(text(base + "/real/config")).value["current-context"] == "kastell")
    }

    @Test(
        "a damaged file is refused with line and reason, and left as it is",
        arguments: [
            ("clusters: [\n", "2:1: did not find expected node content"),
            ("clusters: 1\n", "1:11: clusters is no list"),
            ("- a\n", "1:1: a kubeconfig is a mapping"), ("a: 1\na: 2\n", "2:1: a is named twice, first in line 1"),
            ("kind: Secret\n", "1:7: the kind of a kubeconfig is Config"),
            ("users:\n- user: {token: t0p}\n", "2:3: an entry of users has no name"),
            ("a: 1\n---\nb: 1\n", "3:1: a second document begins here; only one is expected"),
            ("x: \"\u{1}\"\n", "1:5: not a text in UTF-8 or UTF-16: control characters are not allowed"),
            (
                "users:\n- name: u\n  user: {token: s3cret, token: s3cret2}\n",
                "3:25: users[0].user.token is named twice, first in line 3"
            ),
        ])
    func damaged(given: String, reason: String) throws {
        let path = try folder() + "/config"
        try put(path, given, mode: 0o640)
        for action in 0..<2 {
            let error = #expect(throws: KubeconfigError.self) {
                if action == 0 {
                    try KubeconfigFile.merge(entry, into: path)
                } else {
                    try KubeconfigFile.remove(from: path)
                }
            }
            #expect(
                error?.description
                    == "\(path):\(reason). The file was not changed. Mend it, or name another one with KUBECONFIG.")
            #expect(error?.description.contains("s3cret") == false)
        }
        #expect(try text(path) == given && SecureFile.mode(path) == 0o640)
        #expect(try FileManager.default.contentsOfDirectory(atPath: SecureFile.folder(of: path)) == ["config"])
    }

    @Test("a file that another program changes is left alone")
    func locked() throws {
        let path = try folder() + "/config"
        try put(path, foreign)
        try put(path + ".lock", "")
        #expect(throws: KubeconfigError.locked(path: path)) { try KubeconfigFile.merge(entry, into: path) }
        #expect(try text(path) == foreign)
    }

    @Test("of several files the first that exists is changed, and if none does the last")
    func paths() throws {
        let base = try folder()
        let environment = ProcessEnvironment(home: base, kubeconfig: "\(base)/a:\(base)/b")
        #expect(KubeconfigFile.path(environment) == base + "/b")
        try put(base + "/a", "")
        #expect(KubeconfigFile.path(environment) == base + "/a")
        #expect(KubeconfigFile.path(ProcessEnvironment(home: base)) == base + "/.kube/config")
    }

    @Test("a kubeconfig of its own is written for the owner alone")
    func standalone() throws {
        let path = try folder() + "/new/admin.conf"
        try KubeconfigFile.write(entry, to: path)
        #expect(try YAML.document(text(path)).value == Kubeconfig.standalone(entry))
        #expect(SecureFile.mode(path) == 0o600)
        #expect(!"\(entry)".contains("KEY\n") && !"\(entry)".contains("S0VZ"))
    }

    @Test("kubectl reads what was written", .enabled(if: Kubectl.isInstalled))
    func kubectl() throws {
        let path = try folder() + "/config"
        try put(path, foreign)
        try KubeconfigFile.merge(entry, into: path)
        #expect(try Kubectl.run("--kubeconfig", path, "config", "current-context") == "kastell\n")
        #expect(try Kubectl.run("--kubeconfig", path, "config", "get-contexts", "-o", "name") == "kastell\nwork\n")
    }
}

enum Kubectl {
    static let isInstalled = (try? run("version", "--client")) != nil

    static func run(_ arguments: String...) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["kubectl"] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
        return String(decoding: data, as: UTF8.self)
    }
}
