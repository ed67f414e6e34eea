package import KubeModel

/// Why an EncryptionConfiguration is refused. The configuration that was in force, if any, stays in force.
package struct EncryptionConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// How far reading came; the raw value is what kube-apiserver says at this point.
    package enum Stage: String, Hashable, Sendable {
        case parsing = "error while parsing file"
        case building = "error while building transformers"
    }

    /// One thing wrong.
    package struct Fault: Hashable, Sendable {
        /// What and where, in kube-apiserver's words. Never holds a secret.
        package var message: String
        /// How to mend it, in the imperative; names the key when a key is at fault.
        package var remedy: String

        package init(_ message: String, remedy: String) {
            self.message = message
            self.remedy = remedy
        }

        package init(_ error: FieldError, remedy: String) { self.init(error.description, remedy: remedy) }
    }

    package var stage: Stage
    /// At least one, in the order of the file.
    package var faults: [Fault]

    package init(_ stage: Stage, _ faults: [Fault]) {
        self.stage = stage
        self.faults = faults
    }

    /// What kube-apiserver prints: `error while parsing file: resources[0].providers: Required value: …`.
    package var message: String {
        var seen = Set<String>()
        let messages = faults.map(\.message).filter { seen.insert($0).inserted }
        return stage.rawValue + ": "
            + (messages.count == 1 ? messages[0] : "[" + messages.joined(separator: ", ") + "]")
    }

    /// How to mend every fault.
    package var remedy: String {
        var seen = Set<String>()
        return faults.map(\.remedy).filter { seen.insert($0).inserted }.joined(separator: " ")
    }

    package var description: String { message + ". " + remedy }
}

/// Why a value was not sealed or opened. Nothing was written; the stored bytes are as they were.
package struct EncryptionError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Cause: Hashable, Sendable {
        /// No configured provider knows this envelope.
        case noProvider(EncryptionStatus)
        /// The provider is configured, but without the key that the envelope names.
        case noKey(EncryptionStatus)
        /// The bytes do not decrypt: another secret under the same name, or damaged or moved bytes.
        case notAuthentic(EncryptionStatus)
        /// The library refused to seal.
        case sealing(EncryptionStatus)
    }

    /// The storage key, such as `/registry/secrets/default/token`.
    package var key: String
    package var cause: Cause

    package init(key: String, cause: Cause) {
        self.key = key
        self.cause = cause
    }

    package var remedy: String {
        switch cause {
        case .noProvider(let status), .noKey(let status):
            "Add the provider and key of \(status) to the encryption configuration, after those that write."
        case .notAuthentic(let status):
            "Give \(status) the secret it had when the value was written, or restore the value from a snapshot."
        case .sealing(let status):
            "Replace the secret of \(status) by a fresh one."
        }
    }

    package var description: String {
        let what =
            switch cause {
            case .noProvider(.plain): "identity is not among its providers, and the value is not encrypted"
            case .noProvider(let status): "no configured provider reads \(status)"
            case .noKey(let status): "no configured key reads \(status)"
            case .notAuthentic(let status): "the value does not decrypt with \(status)"
            case .sealing(let status): "the value could not be encrypted with \(status)"
            }
        return "\(key): \(what). \(remedy)"
    }
}
