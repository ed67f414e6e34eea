import ClusterConfiguration
import ControlPlane

/// What `up` says when the cluster serves.
enum Announcement {
    static func ready(
        _ ready: ReadyCluster, configuration: KastellConfiguration, directory: StateDirectory, isDetached: Bool
    ) {
        Terminal.print("The cluster is ready at \(ready.server) (\(ready.milliseconds) ms).")
        Terminal.print("The context 'kastell' is in \(ready.kubeconfig); the state is in \(directory.path).")
        if !configuration.controlOnly {
            Terminal.note("Note: this version has no node yet. Pods are admitted and stay Pending.")
        }
        guard !isDetached else { return }
        Terminal.print("Press Ctrl-C to stop it.")
    }
}
