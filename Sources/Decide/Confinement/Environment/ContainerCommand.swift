import JSONValue
import PolicyModel

/// What a container executes: the pod's command and arguments over the image's entrypoint and command.
///
/// Source: Kubernetes documentation, "Define a Command and Arguments for a Container".
enum ContainerCommand {
    static let id: ControlID = "command"

    static func decide(_ subject: Subject, _ environment: [EnvironmentVariable], _ findings: inout Findings) -> [String]
    {
        func expanded(_ field: String) -> [String] {
            (subject.container[field]?.strings ?? []).map { VariableExpansion.expanded($0, environment).text }
        }
        let command = expanded("command")
        let arguments = expanded("args")
        // With a command, the image's arguments are not its arguments.
        let all =
            command.isEmpty
            ? subject.image.entrypoint + (arguments.isEmpty ? subject.image.command : arguments) : command + arguments
        if all.isEmpty {
            findings.refuse(
                id, .containerCreation, at: subject.path.child("command"), found: "", "no command specified",
                remedy: "set \(subject.path.child("command")), or build the image with an ENTRYPOINT or CMD")
        }
        return all
    }

    static func workingDirectory(_ subject: Subject) -> String {
        let own = subject.container["workingDir"]?.string ?? ""
        let folder = own.isEmpty ? subject.image.workingDirectory : own
        return folder.isEmpty ? "/" : folder.hasPrefix("/") ? folder : "/" + folder
    }
}
