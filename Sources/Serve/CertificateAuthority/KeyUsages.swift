import SwiftASN1
import X509

/// The usages of a CertificateSigningRequest in the words of `certificates.k8s.io/v1`, as X.509 writes them.
struct KeyUsages {
    var keyUsage = KeyUsage()
    var hasKeyUsage = false
    /// In the order in which Kubernetes writes them.
    var extended: [ExtendedKeyUsage.Usage] = []

    private static let extendedOrder: [(names: [String], usage: ExtendedKeyUsage.Usage)] = [
        (["any"], .any),
        (["server auth"], .serverAuth),
        (["client auth"], .clientAuth),
        (["code signing"], .codeSigning),
        (["email protection", "s/mime"], .emailProtection),
        (["ipsec end system"], .init(oid: [1, 3, 6, 1, 5, 5, 7, 3, 5])),
        (["ipsec tunnel"], .init(oid: [1, 3, 6, 1, 5, 5, 7, 3, 6])),
        (["ipsec user"], .init(oid: [1, 3, 6, 1, 5, 5, 7, 3, 7])),
        (["timestamping"], .timeStamping),
        (["ocsp signing"], .ocspSigning),
        (["microsoft sgc"], .init(oid: [1, 3, 6, 1, 4, 1, 311, 10, 3, 3])),
        (["netscape sgc"], .init(oid: [2, 16, 840, 1, 113730, 4, 1])),
    ]

    /// - Throws: with the usages that are unknown.
    init(_ usages: [String]) throws(CSRFailure) {
        var unknown: [String] = []
        for usage in usages {
            if Self.extendedOrder.contains(where: { $0.names.contains(usage) }) { continue }
            hasKeyUsage = true
            switch usage {
            case "signing", "digital signature": keyUsage.digitalSignature = true
            case "content commitment": keyUsage.nonRepudiation = true
            case "key encipherment": keyUsage.keyEncipherment = true
            case "key agreement": keyUsage.keyAgreement = true
            case "data encipherment": keyUsage.dataEncipherment = true
            case "cert sign": keyUsage.keyCertSign = true
            case "crl sign": keyUsage.cRLSign = true
            case "encipher only": keyUsage.encipherOnly = true
            case "decipher only": keyUsage.decipherOnly = true
            default: unknown.append("\"\(usage)\"")
            }
        }
        if !unknown.isEmpty { throw .cannotSign("unrecognized usage values: [\(unknown.joined(separator: " "))]") }
        let wanted = Set(usages)
        extended = Self.extendedOrder.filter { !wanted.isDisjoint(with: $0.names) }.map(\.usage)
    }
}
