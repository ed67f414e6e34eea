import ArgumentParser
import CertificateAuthority
import ClusterConfiguration
import ControlPlane
import JSONValue
import YAMLValue

/// `kastell kubeconfig`: prints or installs the administrator's kubeconfig.
struct KubeconfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kubeconfig", abstract: "Print the administrator's kubeconfig, or merge it into yours.",
        discussion: "It holds the key of a member of system:masters: treat it like a password.")

    @OptionGroup var cluster: ClusterOptions
    @Flag(help: "Merge the context 'kastell' into your kubeconfig and make it the current one, instead of printing.")
    var merge = false
    @Option(help: ArgumentHelp("With --merge, the file to merge into; else write the kubeconfig to this file.", valueName: "file"), completion: .file())
    var kubeconfig: String?
    @Option(name: [.customShort("o"), .customLong("output")], help: "Print as yaml or json.")
    var output = OutputFormat.yaml

    func run() async throws {
        let environment = ProcessEnvironment.current
        let directory = try cluster.directory(environment)
        let configuration = try cluster.lastConfiguration(directory)
        let server = RunningCluster.find(directory)?.facts?.server ?? Kubeconfigs.server(configuration, port: configuration.apiPort)
        let entry = try AdminAccess(directory).entry(server: server)
        let target = kubeconfig.map { environment.absolute($0, in: environment.currentFolder) }
        if merge {
            let path = target ?? KubeconfigFile.path(environment)
            let changed = try KubeconfigFile.merge(entry, into: path)
            Terminal.print(changed ? "The context 'kastell' is in \(path)." : "\(path) has the context 'kastell' already.")
        } else if let target {
            try KubeconfigFile.write(entry, to: target)
            Terminal.print("The kubeconfig is in \(target).")
        } else {
            let value = Kubeconfig.standalone(entry)
            switch output {
            case .yaml: Terminal.printRaw(YAML.text(value))
            case .json: Terminal.print(value.pretty)
            }
        }
    }
}

/// Takes a cluster that is gone out of the kubeconfig that it was put into.
enum KubeconfigRemoval {
    static func remove(from path: String) throws { try KubeconfigFile.remove(from: path) }
}
