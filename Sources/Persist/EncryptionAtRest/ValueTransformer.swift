package import KubeModel
import Synchronization

/// Seals values on their way to the store and opens them on their way back, under a configuration that can be
/// replaced at any time.
///
/// A lock and not an actor: every write and read passes here, and holds it only to take a reference.
package final class ValueTransformer: Sendable {
    private struct State: Sendable {
        var generation: UInt64
        var plan: TransformationPlan
    }

    private let state: Mutex<State>

    /// A transformer that stores values as they are until ``replace(with:)``.
    package convenience init() { self.init(EncryptionConfiguration(rules: [])) }

    package init(_ configuration: EncryptionConfiguration) {
        state = Mutex(State(generation: 1, plan: TransformationPlan(configuration)))
    }

    /// Puts another configuration in force. What is sealed from now on is sealed under it; a value that was sealed
    /// before tells by its ``SealedValue/generation`` that it must be sealed again.
    package func replace(with configuration: EncryptionConfiguration) {
        let plan = TransformationPlan(configuration)
        state.withLock { state in
            state.generation += 1
            state.plan = plan
        }
    }

    /// Counts the configurations that were in force.
    package var generation: UInt64 { state.withLock(\.generation) }

    /// Encrypts `plaintext` under the first key of the first provider for `resource`.
    package func seal(
        _ plaintext: [UInt8], resource: GroupResource, key: String
    ) throws(EncryptionError) -> SealedValue {
        let now = state.withLock { $0 }
        return SealedValue(
            envelope: try now.plan.transformer(for: resource).seal(plaintext, key: key), generation: now.generation)
    }

    /// How a value of `resource` that is written now would be protected.
    package func sealingStatus(for resource: GroupResource) -> EncryptionStatus {
        state.withLock { $0 }.plan.transformer(for: resource).sealingStatus
    }

    /// Decrypts `envelope` with whichever provider and key it names.
    package func open(
        _ envelope: [UInt8], resource: GroupResource, key: String
    ) throws(EncryptionError) -> OpenedValue {
        try state.withLock(\.plan).transformer(for: resource).open(envelope, key: key)
    }
}

/// What ``ValueTransformer/seal(_:resource:key:)`` answers.
package struct SealedValue: Sendable {
    /// The bytes to store.
    package var envelope: [UInt8]
    /// The configuration that it was sealed under.
    package var generation: UInt64
}

/// What ``ValueTransformer/open(_:resource:key:)`` answers.
package struct OpenedValue: Hashable, Sendable {
    package var plaintext: [UInt8]
    /// Whether another provider or key would seal it now.
    package var isStale: Bool
}

/// A configuration made ready for use: immutable, shared by reference.
private final class TransformationPlan: Sendable {
    private let transformers: [GroupResource: ResourceTransformer]

    init(_ configuration: EncryptionConfiguration) {
        var providers: [GroupResource: [EncryptionConfiguration.Provider]] = [:]
        for rule in configuration.rules {
            for name in rule.resources { providers[GroupResource(configured: name), default: []] += rule.providers }
        }
        transformers = providers.mapValues(ResourceTransformer.init)
    }

    /// The exact rule, else that of the group, else that of everything, else plaintext.
    func transformer(for resource: GroupResource) -> ResourceTransformer {
        // Events of both groups are stored as those of the core group.
        let stored =
            resource.group == "events.k8s.io" ? GroupResource(group: "", resource: resource.resource) : resource
        return transformers[stored] ?? transformers[GroupResource(group: stored.group, resource: "*")]
            ?? transformers[.everything] ?? .plaintext
    }
}

/// The providers of one resource, in their order.
private struct ResourceTransformer: Sendable {
    static let plaintext = ResourceTransformer([EncryptionConfiguration.Provider(name: .identity)])

    private struct Keyed: Sendable {
        var name: String
        /// The key's name and a colon, as it follows the provider's prefix.
        var prefix: [UInt8]
        var cipher: any ValueCipher
    }

    private struct Provider: Sendable {
        var name: EncryptionConfiguration.ProviderName
        var prefix: [UInt8]
        var keys: [Keyed]
    }

    private let providers: [Provider]

    init(_ configured: [EncryptionConfiguration.Provider]) {
        providers = configured.map { provider in
            let keys = provider.keys.compactMap { key -> Keyed? in
                let cipher: any ValueCipher
                switch provider.name {
                case .identity: return nil
                case .aescbc: cipher = AESCBCCipher(secret: key.secret)
                case .aesgcm: cipher = AESGCMCipher(secret: key.secret)
                case .secretbox: cipher = SecretboxCipher(secret: key.secret)
                }
                return Keyed(name: key.name, prefix: Array((key.name + ":").utf8), cipher: cipher)
            }
            return Provider(name: provider.name, prefix: Array(provider.name.envelopePrefix.utf8), keys: keys)
        }
    }

    var sealingStatus: EncryptionStatus {
        guard let provider = providers.first, let first = provider.keys.first else { return .plain }
        return .encrypted(provider.name, keyName: first.name)
    }

    func seal(_ plaintext: [UInt8], key: String) throws(EncryptionError) -> [UInt8] {
        guard let provider = providers.first, let first = provider.keys.first else { return plaintext }
        do {
            return try first.cipher.seal(plaintext, context: Array(key.utf8), after: provider.prefix + first.prefix)
        } catch {
            throw EncryptionError(key: key, cause: .sealing(.encrypted(provider.name, keyName: first.name)))
        }
    }

    /// Tries each provider whose prefix matches, in order, and in it each key whose name matches: two keys may share
    /// a name.
    func open(_ envelope: [UInt8], key: String) throws(EncryptionError) -> OpenedValue {
        let status = EncryptionStatus(envelope: envelope)
        let context = Array(key.utf8)
        var failure: EncryptionError.Cause?
        for (order, provider) in providers.enumerated() {
            if provider.name == .identity {
                if status == .plain { return OpenedValue(plaintext: envelope, isStale: order != 0) }
                continue
            }
            guard envelope.starts(with: provider.prefix) else { continue }
            let rest = envelope[provider.prefix.count...]
            failure = failure ?? .noKey(status)
            for (place, keyed) in provider.keys.enumerated() where rest.starts(with: keyed.prefix) {
                if let plaintext = try? keyed.cipher.open(rest.dropFirst(keyed.prefix.count), context: context) {
                    return OpenedValue(plaintext: plaintext, isStale: order != 0 || place != 0)
                }
                failure = .notAuthentic(status)
            }
        }
        throw EncryptionError(key: key, cause: failure ?? .noProvider(status))
    }
}
