import Crypto
import CryptoExtras
import FoundationEssentials
package import JSONValue
import SwiftASN1

/// A public key that ServiceAccount tokens are verified with: ECDSA P-256 or RSA.
package struct ServiceAccountPublicKey: Sendable {
    enum Backing: Sendable {
        case p256(P256.Signing.PublicKey)
        case rsa(_RSA.Signing.PublicKey)
    }

    let backing: Backing
    /// The key ID as kube-apiserver computes it: base64url of the SHA-256 of the key in PKIX DER.
    package let keyID: String
    /// `ES256` or `RS256`.
    package let algorithm: String

    init(_ key: P256.Signing.PublicKey) {
        backing = .p256(key)
        keyID = Self.keyID(Array(key.derRepresentation))
        algorithm = "ES256"
    }

    init(_ key: _RSA.Signing.PublicKey) {
        backing = .rsa(key)
        keyID = Self.keyID(Array(key.derRepresentation))
        algorithm = "RS256"
    }

    private static func keyID(_ der: [UInt8]) -> String { Base64.encodeURL(SHA256.hash(data: der)) }

    /// The key in a PEM text: a public key, or the public half of a private one.
    package init(pem: String) throws(CertificateError) {
        guard let block = try PEM.blocks(pem).first else { throw CertificateError(.notPEM(expected: "PUBLIC KEY")) }
        if block.discriminator.hasSuffix("PRIVATE KEY") {
            self = try ServiceAccountKey(privateKey: PrivateKeyPEM(pem)).publicKey
            return
        }
        if block.discriminator == "PUBLIC KEY", let key = try? P256.Signing.PublicKey(derRepresentation: block.derBytes)
        {
            self.init(key)
        } else if let key = try? _RSA.Signing.PublicKey(derRepresentation: block.derBytes) {
            self.init(key)
        } else {
            throw CertificateError(.unsupportedKey("the ServiceAccount key"))
        }
    }

    package var pem: String {
        switch backing {
        case .p256(let key): key.pemRepresentation + "\n"
        case .rsa(let key): key.pemRepresentation + "\n"
        }
    }

    /// The key as a JSON Web Key, with the members in the order of kube-apiserver.
    package var jwk: JSON {
        switch backing {
        case .p256(let key):
            let point = Array(key.rawRepresentation)  // x and y, 32 bytes each
            return [
                "use": "sig", "kty": "EC", "kid": JSON(keyID), "crv": "P-256", "alg": JSON(algorithm),
                "x": JSON(Base64.encodeURL(point.prefix(32))), "y": JSON(Base64.encodeURL(point.suffix(32))),
            ]
        case .rsa(let key):
            guard let numbers = try? key.getKeyPrimitives() else { return [:] }
            return [
                "use": "sig", "kty": "RSA", "kid": JSON(keyID), "alg": JSON(algorithm),
                "n": JSON(Base64.encodeURL(numbers.modulus.drop { $0 == 0 })),
                "e": JSON(Base64.encodeURL(numbers.publicExponent.drop { $0 == 0 })),
            ]
        }
    }

    func isValid(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        switch backing {
        case .p256(let key):
            guard let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
            return key.isValidSignature(signature, for: message)
        case .rsa(let key):
            return key.isValidSignature(
                _RSA.Signing.RSASignature(rawRepresentation: signature), for: message, padding: .insecurePKCS1v1_5)
        }
    }
}

/// The key that signs ServiceAccount tokens.
package struct ServiceAccountKey: Sendable {
    private enum Backing: Sendable {
        case p256(P256.Signing.PrivateKey)
        case rsa(_RSA.Signing.PrivateKey)
    }

    private let backing: Backing
    package let privateKey: PrivateKeyPEM
    package let publicKey: ServiceAccountPublicKey

    /// Makes a new key (ECDSA P-256).
    package static func make() -> ServiceAccountKey {
        let key = P256.Signing.PrivateKey()
        return ServiceAccountKey(key, PrivateKeyPEM(key.pemRepresentation + "\n"))
    }

    private init(_ key: P256.Signing.PrivateKey, _ pem: PrivateKeyPEM) {
        self.init(.p256(key), pem, ServiceAccountPublicKey(key.publicKey))
    }

    private init(_ backing: Backing, _ privateKey: PrivateKeyPEM, _ publicKey: ServiceAccountPublicKey) {
        self.backing = backing
        self.privateKey = privateKey
        self.publicKey = publicKey
    }

    /// The key in a PEM text; ECDSA P-256 or RSA.
    package init(privateKey pem: PrivateKeyPEM) throws(CertificateError) {
        guard let block = try PEM.blocks(pem.reveal()).first(where: { $0.discriminator.hasSuffix("PRIVATE KEY") })
        else {
            throw CertificateError(.notPEM(expected: "PRIVATE KEY"))
        }
        if let key = try? P256.Signing.PrivateKey(pemRepresentation: block.pemString) {
            self.init(key, pem)
        } else if let key = try? _RSA.Signing.PrivateKey(pemRepresentation: block.pemString) {
            self.init(.rsa(key), pem, ServiceAccountPublicKey(key.publicKey))
        } else {
            throw CertificateError(.unsupportedKey("the ServiceAccount key"))
        }
    }

    package var keyID: String { publicKey.keyID }

    /// Signs `claims` into a token (JWS compact form) with this key's ID in its header.
    package func sign(claims: JSON) throws(CertificateError) -> String {
        let header: JSON = ["alg": JSON(publicKey.algorithm), "kid": JSON(keyID)]
        let content = Base64.encodeURL(header.bytes) + "." + Base64.encodeURL(claims.bytes)
        let message = Array(content.utf8)
        do {
            let signature =
                switch backing {
                case .p256(let key): Array(try key.signature(for: message).rawRepresentation)
                case .rsa(let key):
                    Array(try key.signature(for: message, padding: .insecurePKCS1v1_5).rawRepresentation)
                }
            return content + "." + Base64.encodeURL(signature)
        } catch {
            throw CertificateError(.cannotSign("the token"))
        }
    }
}

/// Reads tokens that one of the given keys signed.
package struct ServiceAccountTokenVerifier: Sendable {
    /// Why a token's claims cannot be believed. Nothing of the token is kept.
    package enum Failure: Error, Hashable, Sendable {
        /// Not three parts of base64url, or no JSON in them.
        case malformed
        /// A signature that none of the keys made, or an algorithm that is not its key's.
        case badSignature
    }

    /// Longer tokens are refused unread.
    package static let maximumBytes = 64 << 10

    package let keys: [ServiceAccountPublicKey]

    package init(keys: [ServiceAccountPublicKey]) { self.keys = keys }

    /// The claims of a token whose signature is valid. What they say (issuer, audience, times) is not looked at.
    package func claims(of token: String) throws(Failure) -> JSON {
        let parts =
            token.utf8.count <= Self.maximumBytes ? token.split(separator: ".", omittingEmptySubsequences: false) : []
        guard parts.count == 3, let headerBytes = Base64.decodeURL(parts[0]), let header = try? JSON.parse(headerBytes),
            let claimBytes = Base64.decodeURL(parts[1]), let claims = try? JSON.parse(claimBytes), claims.object != nil,
            let signature = Base64.decodeURL(parts[2]), let algorithm = header["alg"]?.string
        else { throw .malformed }
        // A header with "crit" demands what is not understood here (RFC 7515, 4.1.11).
        if header["crit"] != nil { throw .malformed }
        let message = Array((parts[0] + "." + parts[1]).utf8)
        let named = header["kid"]?.string
        for key in keys where key.algorithm == algorithm && (named == nil || named == key.keyID) {
            if key.isValid(signature, for: message) { return claims }
        }
        throw .badSignature
    }
}
