/// Why a certificate, request or key could not be read or made. Nothing of a private key is kept.
package struct CertificateError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was found wrong.
    package enum Cause: Hashable, Sendable {
        case notPEM(expected: String)
        case notDER(String)
        case unsupportedKey(String)
        /// A certificate whose key is another one than the key beside it.
        case keyMismatch
        case invalidName(String)
        case cannotSign(String)
        /// The CA certificate itself is no longer, or not yet, valid.
        case authorityExpired
        case notAnAuthority
    }

    package var cause: Cause

    package init(_ cause: Cause) { self.cause = cause }

    package var description: String {
        switch cause {
        case .notPEM(let expected): "PEM block type must be \(expected)"
        case .notDER(let what): "the bytes are no valid \(what)"
        case .unsupportedKey(let what):
            "\(what) is of a kind that is not supported; use ECDSA P-256 or RSA of 2048 bits or more"
        case .keyMismatch: "the certificate and the private key do not belong together"
        case .invalidName(let name): "\"\(name)\" is neither a DNS name nor an IP address"
        case .cannotSign(let reason): "the certificate could not be signed: \(reason)"
        case .authorityExpired: "the signer has expired"
        case .notAnAuthority: "the certificate is not one of a certificate authority"
        }
    }
}
