package import ContentStore
package import OCIModel

/// What is kept of credentials so that they are known again: a salted hash, which tells nothing of them.
enum CredentialMark {
    /// A mark of these credentials; one of `known` when that was made of them. Nil when there are none.
    static func make(_ credentials: [ImageRegistryCredential], known: Set<String> = []) -> String? {
        if credentials.isEmpty { return nil }
        if let present = known.first(where: { matches($0, credentials) }) { return present }
        return mark(credentials, salt: (0..<4).map { _ in String(UInt32.random(in: .min ... .max), radix: 16) }.joined())
    }

    /// Whether a mark was made of the same credentials, in the same order.
    static func matches(_ mark: String, _ credentials: [ImageRegistryCredential]) -> Bool {
        guard !credentials.isEmpty, let end = mark.firstIndex(of: ":") else { return false }
        return Self.mark(credentials, salt: String(mark[..<end])) == mark
    }

    private static func mark(_ credentials: [ImageRegistryCredential], salt: String) -> String {
        var hash = ContentHash(.sha256)
        hash.update(Array(salt.utf8))
        for credential in credentials {
            let parts = switch credential.proof {
            case .password(let user, let password): ["password", user, password]
            case .identityToken(let token): ["identity", token]
            case .registryToken(let token): ["registry", token]
            }
            // With their lengths, so that nothing is taken for a part of its neighbour.
            for part in [String(parts.count)] + parts { hash.update(Array("\(part.utf8.count):\(part)".utf8)) }
        }
        return salt + ":" + hash.digest.hex
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
