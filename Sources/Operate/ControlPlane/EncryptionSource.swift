package import CertificateAuthority
package import EncryptionAtRest
package import KubeModel
import YAMLValue

/// Why a file with an encryption configuration is not used. What was in force stays in force.
package struct EncryptionSourceError: Error, Sendable, CustomStringConvertible {
    /// What is wrong in which file, and how to mend it.
    package let description: String
}

/// Where the encryption configuration comes from: the file that the user named, or one that is made with a fresh key.
package struct EncryptionSource: Sendable {
    /// The file in force.
    package let path: String
    /// Whether the file is the cluster's own, and not the user's.
    package let isGenerated: Bool
    /// The cluster's own file; its keys go on opening what they sealed before the user named another file.
    private let generated: String

    /// - Parameters:
    ///   - named: the user's file; nil when there is none.
    ///   - generated: the path of the cluster's own.
    package init(named: String?, generated: String) {
        path = named ?? generated
        isGenerated = named == nil
        self.generated = generated
    }

    /// Makes the cluster's own file when it is in force and does not exist yet.
    ///
    /// - Parameters:
    ///   - now: names the key.
    ///   - readsPlaintext: whether there is a store already, which may hold values in the clear.
    package func prepare(now: Timestamp, readsPlaintext: Bool) throws(FileError) {
        guard isGenerated, !SecureFile.exists(path) else { return }
        let (year, month, day) = now.date
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let text = DefaultEncryption.file(
            keyName: "kastell-\(year)\(two(month))\(two(day))", readsPlaintext: readsPlaintext)
        try SecureFile.write(path, Array(text.utf8))
    }

    /// Reads and checks the configuration.
    ///
    /// - Throws: `EncryptionSourceError`.
    package func load() throws(EncryptionSourceError) -> EncryptionConfiguration {
        // kube-apiserver takes a file that others may read; so do we, and say so (see `isExposed`).
        var configuration = try Self.read(path, isGenerated ? .secret : .any)
        if !isGenerated, SecureFile.exists(generated) {
            configuration = configuration.alsoOpening(try Self.read(generated, .secret))
        }
        return configuration
    }

    /// Whether others may read the file, keys and all.
    package var isExposed: Bool { (SecureFile.mode(path) ?? 0) & 0o077 != 0 }

    private static func read(
        _ path: String, _ privacy: SecureFile.Privacy
    ) throws(EncryptionSourceError) -> EncryptionConfiguration {
        let bytes: [UInt8]
        do { bytes = try SecureFile.read(path, privacy) } catch {
            throw EncryptionSourceError(description: "encryption configuration: \(error)")
        }
        let document: YAMLDocument
        do { document = try YAML.document(bytes) } catch {
            // The parser's reason names the place and not the text, which may be a secret.
            throw EncryptionSourceError(
                description: "encryption configuration \(path):\(error.mark.line): \(error.reason)")
        }
        do {
            return try EncryptionConfiguration.parse(
                document.value, duplicateFields: document.duplicates.map(\.path.description))
        } catch {
            throw EncryptionSourceError(description: "encryption configuration \(path): \(error)")
        }
    }
}

extension EncryptionConfiguration {
    /// This configuration, which also opens what the keys of `other` sealed and seals nothing with them.
    package func alsoOpening(_ other: EncryptionConfiguration) -> EncryptionConfiguration {
        let openers = other.rules.flatMap(\.providers).filter { $0.name != .identity }
        guard !openers.isEmpty else { return self }
        var rules = rules.map { Rule(resources: $0.resources, providers: $0.providers + openers) }
        // What no rule of the file names is stored as it is, as kube-apiserver does, and was perhaps sealed before.
        if !rules.contains(where: { $0.resources.contains("*.*") }) {
            rules.append(Rule(resources: ["*.*"], providers: [Provider(name: .identity)] + openers))
        }
        return EncryptionConfiguration(rules: rules)
    }
}
