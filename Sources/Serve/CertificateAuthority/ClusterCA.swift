import Crypto
import FoundationEssentials
package import KubeModel
import SwiftASN1
import X509

/// A certificate authority: its certificate, and the key that signs for it.
///
/// It holds no file and no clock: the moment comes in as `now`. Keys that it makes are ECDSA P-256.
package struct ClusterCA: Sendable {
    /// How far the beginning of a certificate lies in the past, so that clocks may differ.
    package static let backdate: Int64 = 300

    /// The CA certificate.
    package let certificate: PeerCertificate
    package let privateKey: PrivateKeyPEM

    private let x509: Certificate
    private let key: Certificate.PrivateKey

    /// Makes a self-signed CA with a new key.
    package static func make(commonName: String, lifetime: Duration, now: Timestamp) throws(CertificateError)
        -> ClusterCA
    {
        try make(
            commonName: commonName, lifetime: lifetime, now: now,
            privateKey: PrivateKeyPEM(P256.Signing.PrivateKey().pemRepresentation + "\n"))
    }

    /// Makes a self-signed CA certificate for a key at hand: what the key signed before stays valid.
    package static func make(
        commonName: String, lifetime: Duration, now: Timestamp, privateKey: PrivateKeyPEM
    ) throws(CertificateError) -> ClusterCA {
        let key = try privateKey.x509
        do {
            let name = try SubjectName.make(commonName: commonName, organizations: [])
            let identifier = SubjectKeyIdentifier(hash: key.publicKey)
            let certificate = try Certificate(
                version: .v3, serialNumber: .init(), publicKey: key.publicKey,
                notValidBefore: now.adding(seconds: -backdate).date,
                notValidAfter: now.adding(seconds: lifetime.components.seconds).date,
                issuer: name, subject: name,
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                    Critical(KeyUsage(digitalSignature: true, keyCertSign: true, cRLSign: true))
                    identifier
                },
                issuerPrivateKey: key)
            return try ClusterCA(certificate, key, privateKey)
        } catch let error as CertificateError {
            throw error
        } catch {
            throw CertificateError(.cannotSign("\(error)"))
        }
    }

    /// The CA of a certificate and a key in PEM.
    ///
    /// - Throws: ``CertificateError`` when one cannot be read, they do not belong together, or it is no CA.
    package init(certificatePEM: String, privateKey: PrivateKeyPEM) throws(CertificateError) {
        guard let block = try PEM.blocks(certificatePEM).first(where: { $0.discriminator == "CERTIFICATE" }) else {
            throw CertificateError(.notPEM(expected: "CERTIFICATE"))
        }
        let certificate: Certificate
        do { certificate = try Certificate(pemDocument: block) } catch {
            throw CertificateError(.notDER("certificate"))
        }
        try self.init(certificate, try privateKey.x509, privateKey)
    }

    private init(_ certificate: Certificate, _ key: Certificate.PrivateKey, _ privateKey: PrivateKeyPEM)
        throws(CertificateError)
    {
        guard certificate.publicKey == key.publicKey else { throw CertificateError(.keyMismatch) }
        x509 = certificate
        self.key = key
        self.privateKey = privateKey
        self.certificate = try PeerCertificate(certificate, der: try certificate.derBytes)
        guard self.certificate.isAuthority else { throw CertificateError(.notAnAuthority) }
    }

    package var certificatePEM: String { certificate.pem }

    /// Makes a key and a serving certificate for it.
    package func issueServing(
        commonName: String, dnsNames: [String], ipAddresses: [IPAddress], lifetime: Duration, now: Timestamp
    ) throws(CertificateError) -> KeyPair {
        var names = AlternativeNames()
        names.dnsNames = dnsNames
        names.ipAddresses = ipAddresses
        return try issue(
            commonName: commonName, organizations: [], names: names, usage: .serverAuth, lifetime: lifetime, now: now)
    }

    /// Makes a key and a client certificate for it: `commonName` is the user, `organizations` are its groups.
    package func issueClient(
        commonName: String, organizations: [String], lifetime: Duration, now: Timestamp
    ) throws(CertificateError) -> KeyPair {
        try issue(
            commonName: commonName, organizations: organizations, names: AlternativeNames(), usage: .clientAuth,
            lifetime: lifetime, now: now)
    }

    private func issue(
        commonName: String, organizations: [String], names: AlternativeNames, usage: ExtendedKeyUsage.Usage,
        lifetime: Duration, now: Timestamp
    ) throws(CertificateError) -> KeyPair {
        let key = P256.Signing.PrivateKey()
        var usages = KeyUsage()
        usages.digitalSignature = true
        do {
            let certificate = try sign(
                publicKey: Certificate.PublicKey(key.publicKey),
                subject: try SubjectName.make(commonName: commonName, organizations: organizations), names: names,
                keyUsage: usages, extended: [usage],
                notBefore: now.adding(seconds: -Self.backdate),
                notAfter: now.adding(seconds: lifetime.components.seconds), now: now)
            return KeyPair(
                certificate: certificate, certificatePEM: certificate.pem,
                privateKey: PrivateKeyPEM(key.pemRepresentation + "\n"))
        } catch let error as CertificateError {
            throw error
        } catch {
            throw CertificateError(.cannotSign("\(error)"))
        }
    }

    /// Signs. No certificate outlives its CA.
    func sign(
        publicKey: Certificate.PublicKey, subject: DistinguishedName, names: AlternativeNames, keyUsage: KeyUsage?,
        extended: [ExtendedKeyUsage.Usage], notBefore: Timestamp, notAfter: Timestamp, now: Timestamp
    ) throws -> PeerCertificate {
        guard now < self.certificate.notAfter else { throw CertificateError(.authorityExpired) }
        let issuerIdentifier = try x509.extensions.subjectKeyIdentifier?.keyIdentifier
        let certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: publicKey, notValidBefore: notBefore.date,
            notValidAfter: min(notAfter, self.certificate.notAfter).date, issuer: x509.subject, subject: subject,
            extensions: try Certificate.Extensions {
                if let keyUsage { Critical(keyUsage) }
                if !extended.isEmpty { try ExtendedKeyUsage(extended) }
                Critical(BasicConstraints.notCertificateAuthority)
                if let issuerIdentifier { AuthorityKeyIdentifier(keyIdentifier: issuerIdentifier) }
                SubjectKeyIdentifier(hash: publicKey)
                if !names.isEmpty {
                    // RFC 5280, 4.2.1.6: with an empty subject the names are critical.
                    if subject.isEmpty {
                        Critical(SubjectAlternativeNames(names.generalNames))
                    } else {
                        SubjectAlternativeNames(names.generalNames)
                    }
                }
            },
            issuerPrivateKey: key)
        return try PeerCertificate(certificate, der: try certificate.derBytes)
    }

    /// Whether this CA's key signed `other`.
    package func hasSigned(_ other: PeerCertificate) -> Bool {
        guard let certificate = try? Certificate(derEncoded: other.der) else { return false }
        return certificate.issuer == x509.subject
            && key.publicKey.isValidSignature(certificate.signature, for: certificate)
    }
}

extension Certificate {
    var derBytes: [UInt8] {
        get throws(CertificateError) {
            var serializer = DER.Serializer()
            do { try serialize(into: &serializer) } catch { throw CertificateError(.notDER("certificate")) }
            return serializer.serializedBytes
        }
    }
}

extension PrivateKeyPEM {
    /// The first private key of the text (PKCS#8, SEC 1 or PKCS#1).
    var x509: Certificate.PrivateKey {
        get throws(CertificateError) {
            guard let block = try PEM.blocks(reveal()).first(where: { $0.discriminator.hasSuffix("PRIVATE KEY") })
            else {
                throw CertificateError(.notPEM(expected: "PRIVATE KEY"))
            }
            // The library's error could quote the key, so it is not passed on.
            do { return try Certificate.PrivateKey(pemDocument: block) } catch {
                throw CertificateError(.unsupportedKey("the private key"))
            }
        }
    }
}

extension KeyPair {
    /// The pair of two PEM texts.
    ///
    /// - Throws: ``CertificateError`` when one cannot be read, or they do not belong together.
    package init(certificatePEM: String, privateKey: PrivateKeyPEM) throws(CertificateError) {
        guard let first = try PeerCertificate.chain(pem: certificatePEM).first else {
            throw CertificateError(.notPEM(expected: "CERTIFICATE"))
        }
        let key = try privateKey.x509
        guard let certificate = try? Certificate(derEncoded: first.der), certificate.publicKey == key.publicKey else {
            throw CertificateError(.keyMismatch)
        }
        self.init(certificate: first, certificatePEM: certificatePEM, privateKey: privateKey)
    }
}
