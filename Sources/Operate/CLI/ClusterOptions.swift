import ArgumentParser
import CertificateAuthority
import ClusterConfiguration
import ControlPlane

/// Which cluster of this machine a command is about.
struct ClusterOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The folder with the cluster's state.",
            discussion: "Default: /var/lib/kastell for root, else $XDG_DATA_HOME/kastell or ~/.local/share/kastell.",
            valueName: "dir"),
        completion: .directory)
    var stateDir: String?

    /// The folder, absolute. That of the configuration file when no flag names one.
    func directory(_ environment: ProcessEnvironment = .current) throws -> StateDirectory {
        if let stateDir {
            return StateDirectory(
                path: environment.absolute(stateDir, in: environment.currentFolder).withoutTrailingSlash,
                environment: environment)
        }
        let configuration = try KastellConfiguration.load(path: nil, environment: environment)
        return StateDirectory(path: configuration.stateDir, environment: environment)
    }

    /// The configuration that the cluster runs with or last ran with.
    ///
    /// - Throws: ``CommandError`` when there is no cluster.
    func lastConfiguration(_ directory: StateDirectory) throws -> KastellConfiguration {
        guard SecureFile.exists(directory.savedConfiguration) else {
            throw CommandError(
                "there is no cluster in \(directory.path). Start one with 'kastell up', or name its folder with --state-dir.")
        }
        return try KastellConfiguration.load(path: directory.savedConfiguration, environment: .current)
    }
}

extension String {
    /// The path without slashes at its end.
    var withoutTrailingSlash: String {
        var text = self
        while text.count > 1, text.hasSuffix("/") { text.removeLast() }
        return text
    }
}

/// Why a command failed: what is wrong, where, and how to mend it.
struct CommandError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
