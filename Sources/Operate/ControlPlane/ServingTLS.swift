import CertificateAuthority
import ClusterConfiguration
import NIOSSL

/// The TLS of the API server's socket, made of the certificates that are in force.
enum ServingTLS {
    /// A context that shows the API server's certificate and asks for a client's.
    ///
    /// - Throws: `NIOSSLError` when a certificate or key cannot be read.
    static func context(
        _ material: PKIMaterial, minimum: KastellConfiguration.TLSVersion
    ) throws -> NIOSSLContext {
        guard let pair = material.pairs[PKIDirectory.apiServer] else {
            throw PKIError.unknownName(PKIDirectory.apiServer, known: Array(material.pairs.keys))
        }
        let authority = try NIOSSLCertificate.fromPEMBytes(Array(material.authority.certificatePEM.utf8))
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(pair.certificatePEM.utf8)).map {
                .certificate($0)
            },
            privateKey: .privateKey(
                try NIOSSLPrivateKey(bytes: Array(pair.privateKey.reveal().utf8), format: .pem)))
        tls.minimumTLSVersion = minimum == .tls13 ? .tlsv13 : .tlsv12
        tls.certificateVerification = .optionalVerification
        tls.trustRoots = .certificates(authority)
        tls.applicationProtocols = ["h2", "http/1.1"]
        return try NIOSSLContext(configuration: tls)
    }

    /// Whose certificates prove a client's identity: the cluster's CA. The API server verifies them with each
    /// connection's first request, so that a wrong one is answered and not cut off.
    static func clientAuthorities(_ material: PKIMaterial) throws -> [PeerCertificate] {
        try NIOSSLCertificate.fromPEMBytes(Array(material.authority.certificatePEM.utf8)).map {
            try PeerCertificate(der: $0.toDERBytes())
        }
    }
}
