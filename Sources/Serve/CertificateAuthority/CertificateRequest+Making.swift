import Crypto
import SwiftASN1
import X509

extension CertificateRequest {
    /// A new key, and the request for a certificate of it.
    ///
    /// - Parameters:
    ///   - commonName: such as `system:node:one`.
    ///   - organizations: such as `system:nodes`.
    /// - Returns: both as PEM.
    /// - Throws: ``CertificateError``.
    package static func make(commonName: String, organizations: [String]) throws(CertificateError) -> (request: String, key: PrivateKeyPEM) {
        let key = P256.Signing.PrivateKey()
        do {
            let subject = try DistinguishedName {
                for organization in organizations { OrganizationName(organization) }
                CommonName(commonName)
            }
            let request = try CertificateSigningRequest(
                version: .v1, subject: subject, privateKey: .init(key), attributes: .init(), signatureAlgorithm: .ecdsaWithSHA256)
            return (try request.serializeAsPEM().pemString + "\n", PrivateKeyPEM(key.pemRepresentation + "\n"))
        } catch {
            throw CertificateError(.notDER("certificate request"))
        }
    }
}
