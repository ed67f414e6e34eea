package import CertificateAuthority
import JSONValue

/// What `kastell up` leaves behind for the other commands: a file in the run folder.
package struct ClusterFacts: Hashable, Sendable {
    /// The supervisor's process.
    package var supervisor: Int32
    /// The control process; nil while it is not there.
    package var control: Int32?
    /// The node process; nil when there is none.
    package var node: Int32?
    /// Such as `https://127.0.0.1:6443`.
    package var server: String
    /// The kubeconfig that `up` wrote to.
    package var kubeconfig: String?
    /// Seconds since 1970.
    package var started: Int64
    /// How often the control process was started again after it ended by itself.
    package var restarts: Int

    package init(supervisor: Int32, control: Int32?, server: String, kubeconfig: String?, started: Int64, restarts: Int) {
        self.supervisor = supervisor
        self.control = control
        self.server = server
        self.kubeconfig = kubeconfig
        self.started = started
        self.restarts = restarts
    }

    /// The facts of the cluster; nil when there are none, or none that can be read.
    package static func read(_ directory: StateDirectory) -> ClusterFacts? {
        guard let bytes = try? SecureFile.read(directory.facts, .secret), let value = try? JSON.parse(bytes),
            let supervisor = value["supervisor"]?.int, let server = value["server"]?.string
        else { return nil }
        var facts = ClusterFacts(
            supervisor: Int32(clamping: supervisor), control: value["control"]?.int.map { Int32(clamping: $0) },
            server: server, kubeconfig: value["kubeconfig"]?.string, started: value["started"]?.int ?? 0,
            restarts: Int(value["restarts"]?.int ?? 0))
        facts.node = value["node"]?.int.map { Int32(clamping: $0) }
        return facts
    }

    package func write(_ directory: StateDirectory) throws(FileError) {
        var value: JSON = [
            "supervisor": .int(Int64(supervisor)), "server": .string(server), "started": .int(started),
            "restarts": JSON(restarts),
        ]
        value["control"] = control.map { .int(Int64($0)) }
        value["node"] = node.map { .int(Int64($0)) }
        value["kubeconfig"] = kubeconfig.map { .string($0) }
        try SecureFile.write(directory.facts, value.bytes)
    }
}
