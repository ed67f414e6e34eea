import SwiftASN1
import X509

/// A request for a certificate (PKCS#10), as `spec.request` of a CertificateSigningRequest holds it.
package struct CertificateRequest: Sendable {
    package let commonName: String
    package let organizations: [String]
    /// The subject as Go prints it.
    package let subject: String
    package let alternativeNames: AlternativeNames
    /// Whether the key in the request signed it: proof that the asker holds the key.
    package let isSignatureValid: Bool

    let publicKey: Certificate.PublicKey
    let distinguishedName: DistinguishedName

    /// Reads the first PEM block of the text.
    ///
    /// - Throws: ``CertificateError``; without such a block its description is that of kube-apiserver.
    package init(pem: [UInt8]) throws(CertificateError) {
        guard let block = try? PEM.blocks(String(decoding: pem, as: UTF8.self)).first,
            block.discriminator == "CERTIFICATE REQUEST"
        else { throw CertificateError(.notPEM(expected: "CERTIFICATE REQUEST")) }
        let request: CertificateSigningRequest
        let names: SubjectAlternativeNames?
        do {
            request = try CertificateSigningRequest(derEncoded: block.derBytes)
            names = try request.attributes.extensionRequest?.extensions.subjectAlternativeNames
        } catch {
            throw CertificateError(.notDER("certificate request"))
        }
        let name = SubjectName(request.subject)
        commonName = name.commonName
        organizations = name.organizations
        subject = name.text
        alternativeNames = AlternativeNames(names)
        isSignatureValid = request.publicKey.isValidSignature(request.signature, for: request)
        publicKey = request.publicKey
        distinguishedName = request.subject
    }
}
