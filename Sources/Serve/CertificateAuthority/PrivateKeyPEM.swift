/// A private key as PEM text. It does not print itself, so that it cannot end in a log or an error.
package struct PrivateKeyPEM: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let text: String

    package init(_ text: String) { self.text = text }

    /// The PEM text, for a file of mode 0600 or a TLS context only.
    package func reveal() -> String { text }

    package var description: String { "<private key>" }
    package var debugDescription: String { "<private key>" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// A certificate with its private key.
package struct KeyPair: Sendable {
    /// What the certificate says.
    package let certificate: PeerCertificate
    /// The certificate, and after it any intermediate ones.
    package let certificatePEM: String
    package let privateKey: PrivateKeyPEM

    package init(certificate: PeerCertificate, certificatePEM: String, privateKey: PrivateKeyPEM) {
        self.certificate = certificate
        self.certificatePEM = certificatePEM
        self.privateKey = privateKey
    }
}
