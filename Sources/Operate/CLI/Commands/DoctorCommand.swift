import ArgumentParser
import CertificateAuthority
import ClusterConfiguration
import ControlPlane
import JSONValue

/// `kastell doctor`: names what this machine lacks, and the mend.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check what the cluster needs of this machine.",
        discussion: "Exits with 1 when something that is needed is missing; what is only advised does not count.")

    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let environment = ProcessEnvironment.current
        let directory = try cluster.directory(environment)
        // A configuration that cannot be read is a finding, and not the default one.
        let configuration =
            SecureFile.exists(directory.savedConfiguration)
            ? try cluster.lastConfiguration(directory) : KastellConfiguration(environment: environment)
        let checks = HostChecks.run(configuration, directory: directory, environment: environment)
        let value = JSON.array(checks.map(\.json))
        output.print(value) {
            checks.map { check in
                let mark =
                    switch check.verdict {
                    case .passed: "ok      "
                    case .advised: "advice  "
                    case .failed: "MISSING "
                    }
                return mark + check.name + ": " + check.found + (check.remedy.map { "\n        " + $0 } ?? "")
            }.joined(separator: "\n")
        }
        if checks.contains(where: { $0.verdict == .failed }) { throw ExitCode.failure }
    }
}
