package import JSONValue

/// What the API server publishes so that others can verify ServiceAccount tokens.
package enum OIDCDocuments {
    package static let configurationPath = "/.well-known/openid-configuration"
    package static let keysPath = "/openid/v1/jwks"
    package static let keysContentType = "application/jwk-set+json"

    /// The JSON Web Key Set, served at ``keysPath``.
    package static func keySet(_ keys: [ServiceAccountPublicKey]) -> JSON {
        ["keys": .array(keys.map(\.jwk))]
    }

    /// The discovery document, served at ``configurationPath``.
    ///
    /// - Parameters:
    ///   - issuer: the first `--service-account-issuer`.
    ///   - externalAddress: host and port under which clients reach the API server.
    ///   - keysURI: `--service-account-jwks-uri` when it is given.
    ///   - keys: what tokens are verified with.
    /// - Returns: the document, its members in the order of kube-apiserver.
    package static func configuration(
        issuer: String, externalAddress: String, keysURI: String? = nil, keys: [ServiceAccountPublicKey]
    ) -> JSON {
        [
            "issuer": JSON(issuer),
            "jwks_uri": JSON(keysURI ?? "https://\(externalAddress)\(keysPath)"),
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": JSON(Array(Set(keys.map(\.algorithm))).sorted()),
        ]
    }
}
