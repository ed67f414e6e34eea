import ArgumentParser
import CertificateAuthority
import ControlPlane
import Glibc
import LinuxKernel
import WorkerNode

/// `kastell down`: stops the cluster.
struct DownCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "down", abstract: "Stop the cluster.",
        discussion: "The state stays: the next 'kastell up' goes on with it. With --purge it is removed for good.")

    @OptionGroup var cluster: ClusterOptions
    @Flag(help: "Remove the cluster's state after stopping it, and its context from the kubeconfig.")
    var purge = false
    @Option(help: ArgumentHelp("How long to wait before the processes are ended by force, in seconds.", valueName: "seconds"))
    var timeout = 30

    func run() async throws {
        let directory = try cluster.directory()
        let facts = ClusterFacts.read(directory)
        if let running = RunningCluster.find(directory) {
            try await stop(running, directory)
            Terminal.print("The cluster in \(directory.path) is stopped.")
        } else {
            Terminal.print("No cluster runs in \(directory.path).")
        }
        if purge { try await remove(directory, kubeconfig: facts?.kubeconfig) }
    }

    private func stop(_ running: RunningCluster, _ directory: StateDirectory) async throws {
        guard ProcessFacts.terminate(running.supervisor) else {
            throw CommandError("process \(running.supervisor) cannot be stopped: it belongs to another user. Run the command as that user.")
        }
        let clock = ContinuousClock()
        let began = clock.now
        var told = Duration.seconds(1)
        var isForced = false
        while RunningCluster.find(directory) != nil {
            let waited = began.duration(to: clock.now)
            if waited > told {
                Terminal.note("waiting for the processes to end (\(told.components.seconds) s)")
                told += .seconds(1)
            }
            if isForced, waited > .seconds(timeout + 5) {
                throw CommandError("process \(running.supervisor) does not end. Look at what holds it with 'ps -o stat,wchan -p \(running.supervisor)'.")
            }
            if waited > .seconds(timeout), !isForced {
                isForced = true
                Terminal.warning("the processes did not end in time and are ended by force; what was acknowledged is stored")
                for process in [running.facts?.node, running.facts?.control, running.supervisor].compactMap({ $0 }) { ProcessFacts.kill9(process) }
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Removes the node's folder and the images. A rootless node's files belong to ids that only its own namespaces may touch.
    private func removeNode(_ directory: StateDirectory) async throws {
        var folders: [String] = []
        if SecureFile.exists(directory.nodeSettings) { folders.append(directory.node) }
        if SecureFile.exists(directory.path + "/images/index.json") { folders.append(directory.path + "/images") }
        guard !folders.isEmpty else { return }
        if geteuid() == 0 {
            for folder in folders { try FileTree.remove(folder) }
        } else {
            try await RootlessNode.remove(folders)
        }
    }

    private func remove(_ directory: StateDirectory, kubeconfig: String?) async throws {
        if let kubeconfig { try KubeconfigRemoval.remove(from: kubeconfig) }
        try await removeNode(directory)
        let known = [
            directory.store, directory.store + "-wal", directory.store + "-shm", directory.store + ".lock",
            directory.encryptionConfiguration, directory.nodeLog, directory.nodeLog + ".1", directory.controlLog, directory.controlLog + ".1", directory.supervisorLog,
            directory.supervisorLog + ".1", directory.adminKubeconfig, directory.savedConfiguration, directory.lock,
            directory.facts, directory.maintenanceSocket,
        ]
        let kept = StoreSwap.kept(directory.store)
        // Only what is the cluster's own: a wrong --state-dir must not cost anyone a folder.
        for file in known + [kept, kept + "-wal", kept + "-shm"] { try SecureFile.remove(file) }
        for name in ProcFiles.names(in: directory.pki) where name.hasSuffix(".crt") || name.hasSuffix(".key") || name == "sa.pub" {
            try SecureFile.remove(directory.pki + "/" + name)
        }
        for folder in [directory.pki, directory.logs, directory.path + "/encryption", directory.runDir, directory.path] {
            SecureFile.removeEmptyFolder(folder)
        }
        Terminal.print("The state in \(directory.path) is removed.")
    }
}
