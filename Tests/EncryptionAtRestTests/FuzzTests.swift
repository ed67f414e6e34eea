import EncryptionAtRest
import Fuzzing
import JSONValue
import Testing
import YAMLValue

@Suite("Encryption configurations from outside") struct FuzzTests {
    private static let secret = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
    private static let sample = """
        apiVersion: apiserver.config.k8s.io/v1
        kind: EncryptionConfiguration
        resources:
        - resources: [secrets, configmaps, '*.apps', '*.*']
          providers:
          - aescbc:
              keys:
              - {name: key1, secret: \(secret)}
          - aesgcm: {keys: [{name: key2, secret: \(secret)}]}
          - secretbox: {keys: [{name: key3, secret: \(secret)}]}
          - identity: {}
        """

    @Test("a file is a configuration or is refused in bounded words without its keys, never trapped on", arguments: 0..<8)
    func files(seed: UInt64) {
        var mutator = Mutator(
            seed: seed, samples: [Self.sample, Self.sample],
            pieces: ["- ", "\n  ", ": ", "&a ", "*a", "<<: *a", "!!binary ", "---\n", "|\n", "identity: {}", "kms: {name: x}", "'*.'", "keys: []", "\t"])
        for _ in 0..<60 {
            let bytes = mutator.bytes()
            guard let document = try? YAML.document(bytes) else { continue }
            do throws(EncryptionConfigurationError) {
                let read = try EncryptionConfiguration.parse(document.value, duplicateFields: document.duplicates.map(\.path.description))
                #expect(!read.rules.isEmpty || document.value["resources"]?.array?.isEmpty != false, "seed \(seed)")
            } catch {
                let words = "\(error)"
                #expect(words.utf8.count < 100_000 && !words.contains(Self.secret), "seed \(seed): \(words.prefix(300))")
            }
        }
    }
}
