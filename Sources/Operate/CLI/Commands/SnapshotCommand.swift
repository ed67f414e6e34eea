import ArgumentParser
import CertificateAuthority
import ClusterConfiguration
import ControlPlane
import JSONValue
import Store

/// `kastell snapshot`: copies of the cluster's state.
struct SnapshotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot", abstract: "Save and restore the cluster's state.", subcommands: [Save.self, Restore.self])

    /// `kastell snapshot save`.
    struct Save: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "save", abstract: "Write the state of this moment to a new file, while the cluster goes on.",
            discussion: "Values stay encrypted as they are: keep the encryption configuration and the folder pki too, apart from the snapshot.")
        @OptionGroup var cluster: ClusterOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The file; there must be none of this name yet.", completion: .file())
        var file: String

        func run() async throws {
            let environment = ProcessEnvironment.current
            let directory = try cluster.directory(environment)
            let path = environment.absolute(file, in: environment.currentFolder)
            let facts: JSON
            if RunningCluster.find(directory) != nil {
                facts = try await MaintenanceClient.call(
                    directory.maintenanceSocket, MaintenanceRequest(.snapshotSave, ["path": .string(path)]))
            } else {
                let offline = try OfflineStore(directory, cluster)
                defer { offline.store.close() }
                facts = StoreOrders.json(try await offline.store.snapshot(to: path))
            }
            output.print(facts) { SnapshotCommand.text("Saved", facts) }
        }
    }

    /// `kastell snapshot restore`.
    struct Restore: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "restore", abstract: "Make the state of a snapshot the cluster's.",
            discussion: """
                The cluster must be stopped. A state that is there is kept beside as store.db.before-restore. Revisions
                begin far ahead, so that no client takes new states for ones that it has seen.
                """)
        @OptionGroup var cluster: ClusterOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The snapshot.", completion: .file())
        var file: String

        func run() async throws {
            let environment = ProcessEnvironment.current
            let directory = try cluster.directory(environment)
            if let running = RunningCluster.find(directory) {
                throw CommandError("the cluster in \(directory.path) runs (process \(running.supervisor)). Run 'kastell down' first.")
            }
            do { try directory.prepare() } catch { throw CommandError("the state folder cannot be used: \(error)") }
            let path = environment.absolute(file, in: environment.currentFolder)
            // Restored beside and then moved: a damaged snapshot costs nothing.
            let fresh = directory.store + ".restored"
            var restored = try Store.restore(snapshot: path, to: fresh)
            try StoreSwap.swap(fresh, directory.store)
            restored.path = directory.store
            let facts = StoreOrders.json(restored)
            output.print(facts) { SnapshotCommand.text("Restored", facts) + "\nStart the cluster with 'kastell up'." }
        }
    }

    static func text(_ verb: String, _ facts: JSON) -> String {
        "\(verb) \(facts["path"]?.string ?? ""): revision \(facts["revision"]?.int ?? 0), \((facts["bytes"]?.int ?? 0) >> 10) KiB."
    }
}

/// Puts a restored store in the place of the present one, which is kept.
enum StoreSwap {
    static func kept(_ store: String) -> String { store + ".before-restore" }

    static func swap(_ fresh: String, _ store: String) throws {
        let kept = kept(store)
        for suffix in ["", "-wal", "-shm"] {
            try SecureFile.remove(kept + suffix)
            if SecureFile.exists(store + suffix) { try SecureFile.move(store + suffix, to: kept + suffix) }
        }
        try SecureFile.move(fresh, to: store)
    }
}
