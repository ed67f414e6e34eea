import CertificateAuthority
import ClusterConfiguration
import ControlPlane
import NIOCore
import NIOPosix

/// Looks whether the API server's address is free before anything is started.
enum PortProbe {
    /// - Throws: ``CommandError`` that names who has the port.
    static func check(_ configuration: KastellConfiguration) throws {
        let address = configuration.bindAddress.description
        let bootstrap = ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        do {
            try bootstrap.bind(host: address, port: configuration.apiPort).wait().close().wait()
        } catch let error as IOError {
            throw CommandError(
                BusyPort.explanation(address: address, port: configuration.apiPort, errno: error.errnoCode))
        }
    }
}
