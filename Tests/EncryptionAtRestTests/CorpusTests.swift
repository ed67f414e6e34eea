import JSONValue
import KubeModel
import Testing

@testable import EncryptionAtRest

@Suite("a recorded kube-apiserver agrees", .enabled(if: !Corpus.scenarios("encryption").isEmpty))
struct CorpusTests {
    @Test("configurations are accepted or refused, and values sealed and opened, as recorded")
    func encryption() throws {
        var passed = 0
        var failures: [String] = []
        func check(_ holds: Bool, _ what: @autoclosure () -> String) {
            if holds { passed += 1 } else { failures.append(what()) }
        }
        for (name, scenario) in Corpus.scenarios("encryption") {
            guard let text = scenario[path: "files", "encryption.yaml"]?.string, let tree = try? JSON.parse(text) else {
                continue
            }
            let expected = scenario[path: "start", "message"]?.string
            do {
                let configuration = try EncryptionConfiguration.parse(tree)
                check(scenario[path: "start", "fails"]?.bool != true, "\(name): accepted, but \(expected ?? "")")
                let transformer = ValueTransformer(configuration)
                checkStored(scenario, transformer, name, check)
                try checkEnvelopes(scenario, transformer, name, check)
            } catch let error as EncryptionConfigurationError {
                check(scenario[path: "start", "fails"]?.bool == true, "\(name): \(error)")
                // The real server prints the secrets of a doubled provider; we never do.
                let wanted = expected?.replacing("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=", with: "REDACTED")
                check(error.message == wanted, "\(name): says \(error.message)")
            }
        }
        print("corpus encryption: \(passed) passed, \(failures.count) failed")
        for failure in failures { Issue.record("\(failure)") }
    }

    private func checkStored(
        _ scenario: JSON, _ transformer: ValueTransformer, _ name: String,
        _ check: (Bool, @autoclosure () -> String) -> Void
    ) {
        for stored in scenario["stored"]?.array ?? [] {
            guard let key = stored["key"]?.string, let prefix = stored["prefix"]?.string else { continue }
            let sealed = try? transformer.seal(Array("{\"a\":1}".utf8), resource: resource(of: key), key: key)
            let envelope = sealed?.envelope ?? []
            if prefix.hasPrefix("k8s:enc:") {
                check(envelope.starts(with: prefix.utf8), "\(name): \(key) is not stored under \(prefix)")
            } else {
                check(envelope == Array("{\"a\":1}".utf8), "\(name): \(key) is not stored plain")
            }
        }
    }

    private func checkEnvelopes(
        _ scenario: JSON, _ transformer: ValueTransformer, _ name: String,
        _ check: (Bool, @autoclosure () -> String) -> Void
    ) throws {
        for known in scenario["envelopes"]?.array ?? [] {
            guard let key = known["etcdKey"]?.string, let value = known["value"]?.string.flatMap(base64),
                let plaintext = known["plaintext"]?.string.flatMap(base64)
            else { continue }
            let opened = try? transformer.open(value, resource: resource(of: key), key: key)
            check(opened?.plaintext == plaintext, "\(name): \(key) does not open")
            check(opened?.isStale == false, "\(name): \(key) counts as stale")
            let status = EncryptionStatus(envelope: value)
            let words =
                known["keyName"]?.string.map { "\(known["provider"]?.string ?? "") key \"\($0)\"" } ?? "identity"
            check(status.description == words, "\(name): \(key) is classified as \(status)")
        }
    }

    /// The resource that a storage key belongs to; enough for the recorded ones.
    private func resource(of key: String) -> GroupResource {
        let parts = key.split(separator: "/").map(String.init)
        if parts[1].contains(".") { return GroupResource(group: parts[1], resource: parts[2]) }
        return GroupResource(group: parts[1] == "deployments" ? "apps" : "", resource: parts[1])
    }

    private func base64(_ text: String) -> [UInt8]? { Base64.decode(text) }
}
