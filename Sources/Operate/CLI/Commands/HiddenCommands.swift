import ArgumentParser
import CertificateAuthority
import ClusterConfiguration
import ControlPlane
import Glibc
import JSONValue
import Logging
import NIOCore
import NIOPosix
import UnixSignals

/// `kastell control`: the control process. Started by the supervisor, which reads its readiness from the output and
/// whose end it notices by its input.
struct ControlCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "control", abstract: "Run the control process.", shouldDisplay: false)

    @OptionGroup var cluster: ClusterOptions

    func run() async throws {
        do {
            let directory = try cluster.directory()
            let configuration = try cluster.lastConfiguration(directory)
            let log = Logger(label: "control") { _ in LineLog(component: "control") }
            let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
            let control = try await ControlPlane.start(configuration, directory: directory, log: log)
            let server = Kubeconfigs.server(configuration, port: control.port)
            report(["server": .string(server)])
            try await control.run {
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { for await _ in signals { return } }
                    group.addTask { await Lifeline.end() }
                    await group.next()
                    group.cancelAll()
                }
            }
        } catch {
            report(["error": .string("\(error)")])
            Terminal.error("\(error)")
            throw ExitCode.failure
        }
    }

    private func report(_ value: JSON) { Terminal.print(value.description) }
}

/// The input of a supervised process, which ends with its supervisor.
enum Lifeline {
    /// Answers when the input ends; never when it is a terminal or a file.
    static func end() async {
        var facts = stat()
        guard unsafe fstat(STDIN_FILENO, &facts) == 0, facts.st_mode & S_IFMT == S_IFIFO else {
            try? await Task.sleep(for: .seconds(1 << 40))
            return
        }
        let channel = try? await NIOPipeBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .takingOwnershipOfDescriptor(input: dup(STDIN_FILENO)) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, Never>(wrappingChannelSynchronously: channel)
                }
            }
        try? await channel?.executeThenClose { inbound, _ in for try await _ in inbound {} }
    }
}

/// `kastell supervise`: the supervisor of a detached cluster.
struct SuperviseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "supervise", abstract: "Supervise a detached cluster.", shouldDisplay: false)

    @OptionGroup var cluster: ClusterOptions
    @Option var kubeconfig: String
    @Flag var exclusive = false

    func run() async throws {
        do {
            let directory = try cluster.directory()
            let supervisor = Supervisor(
                directory: directory, configuration: try cluster.lastConfiguration(directory),
                kubeconfig: KubeconfigTarget(path: kubeconfig, isExclusive: exclusive))
            try await supervisor.run { ready in
                let line: JSON = ["server": .string(ready.server), "milliseconds": JSON(ready.milliseconds)]
                Terminal.print(line.description)
            }
        } catch {
            let line: JSON = ["error": .string("\(error)")]
            Terminal.print(line.description)
            throw ExitCode.failure
        }
    }
}
