package import CertificateAuthority
package import ClusterConfiguration
import JSONValue

/// The kubeconfigs of the cluster's administrator, kept in step with the certificates.
package enum Kubeconfigs {
    /// How the administrator reaches the cluster.
    ///
    /// - Throws: ``StartError`` when there is no such certificate.
    package static func admin(
        _ material: PKIMaterial, configuration: KastellConfiguration, port: Int
    ) throws -> KubeconfigEntry {
        guard let pair = material.pairs[PKIOptions.Component.admin.name] else {
            throw StartError("the administrator's certificate is missing. Run 'kastell certs renew admin'.")
        }
        return KubeconfigEntry(
            server: server(configuration, port: port), authorityPEM: material.authority.certificatePEM,
            clientCertificatePEM: pair.certificatePEM, clientKey: pair.privateKey)
    }

    /// Where clients of this machine reach the API server.
    package static func server(_ configuration: KastellConfiguration, port: Int) -> String {
        // An unspecified address is listened on, not connected to.
        let address = configuration.bindAddress.isUnspecified ? "127.0.0.1" : configuration.bindAddress.description
        return "https://\(address.contains(":") ? "[\(address)]" : address):\(port)"
    }

    /// Writes the state folder's own kubeconfig.
    static func writeAdmin(
        _ material: PKIMaterial, configuration: KastellConfiguration, port: Int, directory: StateDirectory
    ) throws {
        try KubeconfigFile.write(
            try admin(material, configuration: configuration, port: port), to: directory.adminKubeconfig)
    }

    /// Puts renewed credentials where `kastell up` had put the first ones, if they are still there.
    static func refreshUsers(
        _ material: PKIMaterial, configuration: KastellConfiguration, port: Int, directory: StateDirectory
    ) throws {
        guard let facts = ClusterFacts.read(directory), let path = facts.kubeconfig else { return }
        try KubeconfigFile.refresh(
            try admin(material, configuration: configuration, port: port), in: path)
    }
}
