package import ArgumentParser
import Glibc

/// The command `kastell`.
package struct KastellCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "kastell",
        abstract: "A whole, hardened Kubernetes cluster in one binary.",
        discussion: """
            Begin with 'kastell up', then use kubectl: the context 'kastell' is in your kubeconfig.
            'kastell COMMAND --help' explains each command; 'kastell completion bash|zsh|fish' prints its completions.
            """,
        subcommands: [
            UpCommand.self, DownCommand.self, StatusCommand.self, DoctorCommand.self, KubeconfigCommand.self,
            LogsCommand.self, ImageCommand.self, NodeCommand.self, CertificatesCommand.self, EncryptionCommand.self, SnapshotCommand.self,
            VersionCommand.self, CompletionCommand.self, ControlCommand.self, SuperviseCommand.self, NodeInitCommand.self, NodeRemoveCommand.self, PauseCommand.self,
        ])

    package init() {}

    /// Runs the command line of this process and ends it: 0 on success, 1 when the command failed, 64 when the command
    /// line is wrong.
    package static func run() async {
        // A reader that goes away, such as `head`, is an error of the write and not the end of the process.
        _ = signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let error where exitCode(for: error) != .failure || error is ExitCode {
            exit(withError: error)
        } catch {
            Terminal.error("\(error)")
            Glibc.exit(1)
        }
    }
}
