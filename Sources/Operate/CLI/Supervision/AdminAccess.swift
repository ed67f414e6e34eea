import CertificateAuthority
import ClusterConfiguration
import ControlPlane
import KubeClient

/// The administrator's credentials of a cluster of this machine, read from its state folder.
struct AdminAccess {
    private let authority: String
    private let certificate: String
    private let key: PrivateKeyPEM

    /// - Throws: ``CommandError`` when there are none, or none that this user may read.
    init(_ directory: StateDirectory) throws(CommandError) {
        func text(_ name: String, _ privacy: SecureFile.Privacy) throws(CommandError) -> String {
            do { return String(decoding: try SecureFile.read(directory.pki + "/" + name, privacy), as: UTF8.self) } catch {
                if error.isAbsent {
                    throw CommandError("there is no cluster in \(directory.path). Start one with 'kastell up', or name its folder with --state-dir.")
                }
                throw CommandError("\(error)")
            }
        }
        authority = try text("ca.crt", .any)
        certificate = try text("admin.crt", .any)
        key = PrivateKeyPEM(try text("admin.key", .secret))
    }

    func entry(server: String) -> KubeconfigEntry {
        KubeconfigEntry(server: server, authorityPEM: authority, clientCertificatePEM: certificate, clientKey: key)
    }

    /// A connection to the API server with these credentials.
    func transport(server: String) throws -> HTTPSTransport {
        try HTTPSTransport(
            server: server, authority: Array(authority.utf8),
            identity: (certificate: Array(certificate.utf8), key: Array(key.reveal().utf8)),
            userAgent: "kastell/\(KastellVersion.program)")
    }
}
