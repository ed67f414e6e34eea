import ArgumentParser
import CertificateAuthority
import ControlPlane

/// `kastell logs`: prints the logs of the cluster's processes.
struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Print the logs of the cluster's processes.")

    /// A process with a log.
    enum Component: String, ExpressibleByArgument, CaseIterable {
        case control, node, supervisor
    }

    @OptionGroup var cluster: ClusterOptions
    @Argument(help: "The process: control, node or supervisor.")
    var component = Component.control
    @Flag(name: [.customShort("f"), .customLong("follow")], help: "Go on printing what is added.")
    var follow = false
    @Option(help: ArgumentHelp("Begin with so many of the last lines. Default: all.", valueName: "lines"))
    var tail: Int?

    func validate() throws {
        if let tail, tail < 0 { throw ValidationError("--tail takes a number of lines, not \(tail).") }
    }

    func run() async throws {
        let directory = try cluster.directory()
        let path =
            switch component {
            case .control: directory.controlLog
            case .node: directory.nodeLog
            case .supervisor: directory.supervisorLog
            }
        guard SecureFile.exists(path) else {
            throw CommandError("there is no log at \(path). Start the cluster with 'kastell up', or name its folder with --state-dir.")
        }
        var follower = try LogFollower(path)
        let text = follower.readMore()
        if let tail {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: true).suffix(tail)
            Terminal.printRaw(lines.map { $0 + "\n" }.joined())
        } else {
            Terminal.printRaw(text)
        }
        while follow {
            try await Task.sleep(for: .milliseconds(200))
            Terminal.printRaw(follower.readMore())
        }
    }
}
