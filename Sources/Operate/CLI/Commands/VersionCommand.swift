import ArgumentParser
import ControlPlane
import JSONValue

/// `kastell version`.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")
    @OptionGroup var output: OutputOptions

    func run() throws {
        let value: JSON = [
            "kastell": .string(KastellVersion.program), "kubernetes": .string(KastellVersion.kubernetes),
            "buildDate": .string(KastellVersion.buildDate),
        ]
        output.print(value) { "kastell \(KastellVersion.program) (Kubernetes API \(KastellVersion.kubernetes))" }
    }
}

/// `kastell completion`.
struct CompletionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion", abstract: "Print a script that completes kastell's commands and flags.",
        discussion: """
            bash: source <(kastell completion bash)
            zsh:  kastell completion zsh > "${fpath[1]}/_kastell"
            fish: kastell completion fish > ~/.config/fish/completions/kastell.fish
            """)

    /// A shell that completions are made for.
    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish
    }

    @Argument(help: "bash, zsh or fish.")
    var shell: Shell

    func run() throws {
        let target: CompletionShell =
            switch shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        Terminal.print(KastellCommand.completionScript(for: target))
    }
}
