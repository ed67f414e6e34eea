import APIServer
import CertificateAuthority
import ClusterConfiguration
import ControlPlane
import JSONValue
import KubeClient
import Logging

/// A folder of its own for one test, removed afterwards.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = "/tmp/kastell-test-" + String(UInt64.random(in: .min ... .max), radix: 36)
        try SecureFile.makePrivateFolder(path)
    }

    deinit { Self.remove(path) }

    private static func remove(_ path: String) {
        for name in ProcFiles.names(in: path) where name != "." && name != ".." {
            let inner = path + "/" + name
            if ProcFiles.names(in: inner).isEmpty { try? SecureFile.remove(inner) } else { remove(inner) }
        }
        SecureFile.removeEmptyFolder(path)
    }
}

/// A control plane in a temporary folder, on a port of the system's choice.
struct RunningControlPlane {
    let directory: StateDirectory
    let control: ControlPlane

    /// Starts one, hands it to `body`, and stops it in order.
    static func with(
        _ folder: TemporaryFolder, configure: (inout KastellConfiguration) -> Void = { _ in },
        _ body: (RunningControlPlane) async throws -> Void
    ) async throws {
        let environment = ProcessEnvironment(home: folder.path)
        var configuration = KastellConfiguration(environment: environment)
        configuration.stateDir = folder.path + "/state"
        configuration.apiPort = 0
        configure(&configuration)
        let directory = StateDirectory(path: configuration.stateDir, environment: environment)
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let control = try await ControlPlane.start(configuration, directory: directory, log: log)
        let (stop, continuation) = AsyncStream.makeStream(of: Void.self)
        async let running: Void = control.run { for await _ in stop {} }
        let failure: (any Error)?
        do {
            try await body(RunningControlPlane(directory: directory, control: control))
            failure = nil
        } catch {
            failure = error
        }
        continuation.finish()
        try await running
        if let failure { throw failure }
    }

    var server: String { "https://127.0.0.1:\(control.port)" }

    /// The administrator's connection, with the certificate that is in force.
    func admin() throws -> HTTPSTransport {
        try HTTPSTransport(
            server: server, authority: try SecureFile.read(directory.pki + "/ca.crt", .any),
            identity: (
                certificate: try SecureFile.read(directory.pki + "/admin.crt", .any),
                key: try SecureFile.read(directory.pki + "/admin.key", .secret)
            ), userAgent: "test")
    }

    func maintain(_ operation: MaintenanceRequest.Operation, _ arguments: JSON = [:]) async throws -> JSON {
        try await MaintenanceClient.call(directory.maintenanceSocket, MaintenanceRequest(operation, arguments))
    }
}
