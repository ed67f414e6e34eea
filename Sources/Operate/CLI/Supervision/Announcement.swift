import ClusterConfiguration
import ControlPlane

/// What `up` says when the cluster serves.
enum Announcement {
    static func ready(
        _ ready: ReadyCluster, configuration: KastellConfiguration, directory: StateDirectory, isDetached: Bool
    ) {
        Terminal.print("The cluster is ready at \(ready.server) (\(ready.milliseconds) ms).")
        Terminal.print("The context 'kastell' is in \(ready.kubeconfig); the state is in \(directory.path).")
        guard !isDetached else { return }
        Terminal.print("Press Ctrl-C to stop it.")
    }
}
