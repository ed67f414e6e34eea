package import ContentStore
package import OCIModel

/// What is kept of credentials so that they are known again: a salted hash, which tells nothing of them.
enum CredentialMark {
    private static let saltLength = 16

    /// A mark of these credentials; nil when there are none.
    static func make(_ credentials: [ImageRegistryCredential]) -> String? {
        if credentials.isEmpty { return nil }
        return mark(credentials, salt: (0..<saltLength).map { _ in UInt8.random(in: .min ... .max) })
    }

    /// Whether a mark was made of the same credentials, in the same order.
    static func matches(_ mark: String, _ credentials: [ImageRegistryCredential]) -> Bool {
        let digits = Array(mark.utf8.prefix { $0 != 0x3A })
        guard !credentials.isEmpty, digits.count == 2 * saltLength else { return false }
        var salt: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[index...(index + 1)], as: UTF8.self), radix: 16) else { return false }
            salt.append(byte)
        }
        return Self.mark(credentials, salt: salt) == mark
    }

    private static func mark(_ credentials: [ImageRegistryCredential], salt: [UInt8]) -> String {
        var hash = ContentHash(.sha256)
        hash.update(salt)
        for credential in credentials {
            let parts = switch credential.proof {
            case .password(let user, let password): ["password", user, password]
            case .identityToken(let token): ["identity", token]
            case .registryToken(let token): ["registry", token]
            }
            // With their lengths, so that nothing is taken for a part of its neighbour.
            for part in [String(parts.count)] + parts { hash.update(Array("\(part.utf8.count):\(part)".utf8)) }
        }
        return salt.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() + ":" + hash.digest.hex
    }
}

extension ImageRegistryCredentials {
    /// What a host is offered: a mirror has its own credentials or none, those of the registry stay with the registry.
    func offered(to endpoint: ImageRegistryConfiguration.Endpoint, for reference: ImageReference) -> [ImageRegistryCredential] {
        let host = endpoint.isMirror ? try? ImageReference(endpoint.authority + "/" + reference.path) : reference
        return host.map { matching($0) } ?? []
    }
}

extension ImageLibrary {
    /// Whether a pod with these credentials may use an image that is here without asking its registry (KEP-2535).
    package func mayUse(
        _ record: ImageRecord, as reference: ImageReference, registries: ImageRegistryConfiguration, credentials: ImageRegistryCredentials
    ) -> Bool {
        guard let pullers = record.pullers else { return true }
        return registries.endpoints(for: reference.domain).contains { endpoint in
            let offered = credentials.offered(to: endpoint, for: reference)
            return pullers.contains { CredentialMark.matches($0, offered) }
        }
    }
}
