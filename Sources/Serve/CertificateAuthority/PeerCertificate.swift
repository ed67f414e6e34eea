import Crypto
import FoundationEssentials
package import KubeModel
import SwiftASN1
import X509

/// What one certificate says, read from its DER bytes. Saying is not proving: see ``ClientVerifier``.
package struct PeerCertificate: Hashable, Sendable {
    /// The last common name of the subject: the user's name.
    package let commonName: String
    /// The organizations of the subject, in order: the user's groups.
    package let organizations: [String]
    /// The user's UIDs that the subject names; more than one is a fault.
    package let uids: [String]
    /// The subject as Go prints it, such as `CN=kubernetes-admin,O=system:masters`.
    package let subject: String
    package let issuer: String
    package let alternativeNames: AlternativeNames
    package let notBefore: Timestamp
    package let notAfter: Timestamp
    /// What the key may be used for; nil when the certificate does not restrict it.
    package let extendedUsages: [ExtendedUsage]?
    package let isAuthority: Bool
    /// Lower-case hexadecimal.
    package let serial: String
    /// SHA-256 over the DER bytes.
    package let fingerprint: [UInt8]
    package let der: [UInt8]

    /// Reads a certificate.
    ///
    /// - Throws: ``CertificateError`` when the bytes are no X.509 certificate.
    package init(der bytes: [UInt8]) throws(CertificateError) {
        let certificate: Certificate
        do { certificate = try Certificate(derEncoded: bytes) } catch { throw CertificateError(.notDER("certificate")) }
        try self.init(certificate, der: bytes)
    }

    init(_ certificate: Certificate, der bytes: [UInt8]) throws(CertificateError) {
        let subject = SubjectName(certificate.subject)
        commonName = subject.commonName
        organizations = subject.organizations
        uids = subject.uids
        self.subject = subject.text
        issuer = SubjectName(certificate.issuer).text
        notBefore = Timestamp(certificate.notValidBefore)
        notAfter = Timestamp(certificate.notValidAfter)
        serial = Self.hex(certificate.serialNumber.bytes)
        do {
            alternativeNames = AlternativeNames(try certificate.extensions.subjectAlternativeNames)
            extendedUsages = try certificate.extensions.extendedKeyUsage.map { $0.map { ExtendedUsage($0) } }
            switch try certificate.extensions.basicConstraints {
            case .isCertificateAuthority: isAuthority = true
            case .notCertificateAuthority, nil: isAuthority = false
            }
        } catch {
            throw CertificateError(.notDER("certificate extension"))
        }
        fingerprint = Array(SHA256.hash(data: bytes))
        der = bytes
    }

    /// The certificates of a PEM text, in order; blocks of other kinds are skipped.
    package static func chain(pem: String) throws(CertificateError) -> [PeerCertificate] {
        var chain: [PeerCertificate] = []
        for block in try PEM.blocks(pem) where block.discriminator == "CERTIFICATE" {
            chain.append(try PeerCertificate(der: block.derBytes))
        }
        if chain.isEmpty { throw CertificateError(.notPEM(expected: "CERTIFICATE")) }
        return chain
    }

    package var fingerprintHex: String { Self.hex(fingerprint) }

    /// What Kubernetes calls the credential ID: `X509SHA256=` and the fingerprint.
    package var credentialID: String { "X509SHA256=" + fingerprintHex }

    package var pem: String { PEM.text("CERTIFICATE", der) }

    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        var out = ""
        for byte in bytes {
            out += byte < 16 ? "0" + String(byte, radix: 16) : String(byte, radix: 16)
        }
        return out
    }
}

/// One purpose of the extended key usage, by its object identifier.
package struct ExtendedUsage: Hashable, Sendable, CustomStringConvertible {
    /// Dotted, such as `1.3.6.1.5.5.7.3.2`.
    package let identifier: String

    init(_ usage: ExtendedKeyUsage.Usage) { identifier = "\(ASN1ObjectIdentifier(usage))" }
    package init(identifier: String) { self.identifier = identifier }

    package static let any = ExtendedUsage(identifier: "2.5.29.37.0")
    package static let serverAuth = ExtendedUsage(identifier: "1.3.6.1.5.5.7.3.1")
    package static let clientAuth = ExtendedUsage(identifier: "1.3.6.1.5.5.7.3.2")

    package var description: String {
        switch self {
        case .any: "any"
        case .serverAuth: "server auth"
        case .clientAuth: "client auth"
        default: identifier
        }
    }
}

extension Timestamp {
    init(_ date: Date) { self.init(seconds: Int64(date.timeIntervalSince1970.rounded(.down))) }
    var date: Date { Date(timeIntervalSince1970: Double(seconds)) }
}
