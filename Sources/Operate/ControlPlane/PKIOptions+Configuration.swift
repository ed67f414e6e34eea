package import CertificateAuthority
package import ClusterConfiguration

extension PKIOptions {
    /// The certificates that a configuration asks for.
    package init(_ configuration: KastellConfiguration) {
        self.init(serviceIP: configuration.firstServiceIP, extraNames: configuration.tlsExtraNames)
        servingLifetime = configuration.tlsServingLifetime
        let address = configuration.bindAddress
        if !address.isLoopback, !address.isUnspecified { extraNames.append(address.description) }
    }
}
