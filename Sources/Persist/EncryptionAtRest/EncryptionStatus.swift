/// How a stored value is protected, told from the head of its envelope alone.
package enum EncryptionStatus: Hashable, Sendable, CustomStringConvertible {
    /// Not encrypted.
    case plain
    /// Encrypted by a provider and the key of that name.
    case encrypted(EncryptionConfiguration.ProviderName, keyName: String)
    /// Encrypted by something else, such as a key management service; the text up to the fifth colon.
    case foreign(String)

    /// The longest head that ``init(envelope:)`` looks at, in bytes.
    package static let headLength = 512

    /// Reads the head of `envelope`, which may be cut after ``headLength`` bytes. Pure and total.
    package init(envelope: some Collection<UInt8>) {
        let head = Array(envelope.prefix(Self.headLength))
        guard head.starts(with: "k8s:enc:".utf8) else {
            self = .plain
            return
        }
        for provider in EncryptionConfiguration.ProviderName.allCases where provider != .identity {
            let prefix = provider.envelopePrefix.utf8
            guard head.starts(with: prefix) else { continue }
            let name = head.dropFirst(prefix.count).prefix { $0 != 0x3A }
            self = .encrypted(provider, keyName: String(decoding: name, as: UTF8.self))
            return
        }
        var colons = 0
        let text = head.prefix { byte in
            if byte == 0x3A { colons += 1 }
            return colons < 5 && byte >= 0x20 && byte < 0x7F
        }
        self = .foreign(String(decoding: text, as: UTF8.self))
    }

    /// The head of the envelope that the status was told from; empty for ``plain``.
    package var prefix: String {
        switch self {
        case .plain: ""
        case .encrypted(let provider, let name): "\(provider.envelopePrefix)\(name):"
        case .foreign(let head): head
        }
    }

    package var isEncrypted: Bool { self != .plain }

    /// `aescbc key "key1"`, `identity`, or `k8s:enc:kms:v2:name`.
    package var description: String {
        switch self {
        case .plain: "identity"
        case .encrypted(let provider, let name): "\(provider.rawValue) key \"\(name)\""
        case .foreign(let head): head
        }
    }
}
