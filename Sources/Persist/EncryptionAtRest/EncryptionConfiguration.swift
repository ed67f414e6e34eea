/// Which resources are encrypted with which keys (`apiserver.config.k8s.io/v1`, EncryptionConfiguration).
///
/// A value of this type has passed every check; ``parse(_:duplicateFields:)`` is the only way to get one from outside.
package struct EncryptionConfiguration: Sendable {
    /// The name of a provider, as the file and the envelope spell it.
    package enum ProviderName: String, Hashable, Sendable, CaseIterable {
        case identity, aescbc, aesgcm, secretbox

        /// What each envelope of the provider starts with; empty for `identity`.
        package var envelopePrefix: String { self == .identity ? "" : "k8s:enc:\(rawValue):v1:" }

        /// The lengths that a secret may have, in bytes.
        package var secretLengths: [Int] {
            switch self {
            case .identity: []
            case .aescbc, .aesgcm: [16, 24, 32]
            case .secretbox: [32]
            }
        }
    }

    /// One way to store values. The first key seals, every key opens.
    package struct Provider: Sendable {
        package var name: ProviderName
        /// In the order of the file; empty for `identity` only.
        package var keys: [EncryptionKey]

        package init(name: ProviderName, keys: [EncryptionKey] = []) {
            self.name = name
            self.keys = keys
        }
    }

    /// Resources, and the providers that hold for them. The first provider seals, every provider opens.
    package struct Rule: Sendable {
        /// `secrets`, `deployments.apps`, `*.apps`, `*.` (the core group) or `*.*`.
        package var resources: [String]
        package var providers: [Provider]

        package init(resources: [String], providers: [Provider]) {
            self.resources = resources
            self.providers = providers
        }
    }

    package var rules: [Rule]

    package init(rules: [Rule]) { self.rules = rules }
}
