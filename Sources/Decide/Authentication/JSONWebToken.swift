import Crypto
import CryptoExtras
public import JSONValue
import PolicyModel

/// A JSON Web Token in compact form (RFC 7515, RFC 7519), read but not yet believed.
public struct JSONWebToken: Hashable, Sendable {
    /// The algorithms that are accepted. `none`, and secrets shared with the issuer (HS256), are not among them.
    public enum Algorithm: String, Hashable, Sendable { case es256 = "ES256", rs256 = "RS256" }

    /// The algorithm that the token says it was signed with.
    public var algorithm: Algorithm
    /// The key that the token says it was signed with; empty when it does not say.
    public var keyID: String
    /// The claims. Not to be trusted before ``verify(with:)``.
    public var unverifiedClaims: JSON
    var signedBytes: [UInt8]
    var signature: [UInt8]

    /// Reads a token.
    ///
    /// Linear in its length, which is bounded by ``BearerToken/maximumLength``.
    /// - Throws: ``AuthenticationFailure`` when it is no token with an accepted algorithm.
    public init(parsing text: String) throws(AuthenticationFailure) {
        let limit = BearerToken.maximumLength
        guard text.utf8.count <= limit else { throw .init(.malformed, "the token is longer than \(limit) bytes") }
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map(Substring.init)
        guard parts.count == 3 else { throw .init(.malformed, "the token does not have three parts") }
        guard let header = Self.object(parts[0]) else { throw .init(.malformed, "the token's header is not readable") }
        guard let claims = Self.object(parts[1]) else { throw .init(.malformed, "the token's claims are not readable") }
        guard let signature = Base64URL.decode(parts[2], limit: limit) else {
            throw .init(.malformed, "the token's signature is not readable")
        }
        guard let algorithm = header["alg"]?.string.flatMap(Algorithm.init(rawValue:)) else {
            throw .init(.malformed, "the token's algorithm is not accepted; use ES256 or RS256")
        }
        // A header that must be understood, and is not (RFC 7515, section 4.1.11).
        if header["crit"] != nil { throw .init(.malformed, "the token has a critical header that is not understood") }
        self.algorithm = algorithm
        keyID = header["kid"]?.string ?? ""
        unverifiedClaims = claims
        self.signature = signature
        signedBytes = Array(parts[0].utf8) + [UInt8(ascii: ".")] + Array(parts[1].utf8)
    }

    private static func object(_ part: Substring) -> JSON? {
        // A claim that stands twice could be read in two ways by two readers.
        guard let bytes = Base64URL.decode(part, limit: BearerToken.maximumLength),
            let parsed = try? JSON.parseReporting(bytes), parsed.value.object != nil, !parsed.hasDuplicates
        else { return nil }
        return parsed.value
    }

    /// Checks the signature.
    ///
    /// Of the keys only those of the token's key ID are tried, or all when it names none.
    /// - Returns: the claims, which are now to be believed.
    /// - Throws: ``AuthenticationFailure`` when no key fits.
    public func verify(with keys: [TokenKey]) throws(AuthenticationFailure) -> JSON {
        let candidates = keyID.isEmpty ? keys : keys.filter { $0.id.isExactly(keyID) }
        if candidates.isEmpty { throw .init(.badSignature, "invalid signature, no keys found") }
        for key in candidates where key.verifies(self) { return unverifiedClaims }
        throw .init(.badSignature, "the signature of the token does not fit the key")
    }
}

/// A public key that tokens are verified with. A key is of one algorithm, whatever a token says.
public struct TokenKey: Sendable {
    private enum Key: Sendable {
        case es256(P256.Signing.PublicKey)
        case rs256(_RSA.Signing.PublicKey)
    }
    private var key: Key
    /// The hash of the key by which tokens name it.
    public let id: String

    /// Reads the public key from its DER form (SubjectPublicKeyInfo): P-256, or RSA of 2048 bits or more.
    /// - Throws: ``AuthenticationFailure`` when it is neither.
    public init(der: [UInt8]) throws(AuthenticationFailure) {
        if let key = try? P256.Signing.PublicKey(derRepresentation: der) {
            self.key = .es256(key)
            id = Self.id(ofDER: Array(key.derRepresentation))
        } else if let key = try? _RSA.Signing.PublicKey(derRepresentation: der) {
            self.key = .rs256(key)
            id = Self.id(ofDER: Array(key.derRepresentation))
        } else {
            throw .init(.malformed, "the key for tokens is neither P-256 nor RSA of 2048 bits or more")
        }
    }

    /// The key ID of a public key: the SHA-256 of its DER form, in base64 for URLs.
    public static func id(ofDER der: [UInt8]) -> String { Base64URL.encode(SHA256.hash(data: der)) }

    /// The algorithm of the key.
    public var algorithm: JSONWebToken.Algorithm {
        switch key {
        case .es256: .es256
        case .rs256: .rs256
        }
    }

    func verifies(_ token: JSONWebToken) -> Bool {
        switch (key, token.algorithm) {
        case (.es256(let key), .es256):
            guard let signature = try? P256.Signing.ECDSASignature(rawRepresentation: token.signature) else {
                return false
            }
            return key.isValidSignature(signature, for: SHA256.hash(data: token.signedBytes))
        case (.rs256(let key), .rs256):
            let signature = _RSA.Signing.RSASignature(rawRepresentation: token.signature)
            return key.isValidSignature(
                signature, for: SHA256.hash(data: token.signedBytes), padding: .insecurePKCS1v1_5)
        case (.es256, .rs256), (.rs256, .es256):
            return false
        }
    }
}
