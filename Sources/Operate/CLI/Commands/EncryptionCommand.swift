import ArgumentParser
import CertificateAuthority
import ClusterConfiguration
import ControlPlane
import EncryptionAtRest
import JSONValue
import Store
import Synchronization

/// `kastell encryption`: encryption at rest.
struct EncryptionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "encryption", abstract: "Show and renew the encryption of what is stored.",
        subcommands: [Status.self, Rewrite.self], defaultSubcommand: Status.self)

    /// `kastell encryption status`.
    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "status", abstract: "Show how what is stored is encrypted.",
            discussion: """
                Read from the envelopes in the database itself, not from the configuration. HISTORY counts replaced
                values that lie in the file until they are compacted. CURRENT says whether it is the provider and key
                that writes now.
                """)
        @OptionGroup var cluster: ClusterOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let directory = try cluster.directory()
            let report: JSON
            if RunningCluster.find(directory) != nil {
                report = try await MaintenanceClient.call(directory.maintenanceSocket, MaintenanceRequest(.encryptionStatus))
            } else {
                report = try OfflineStore.with(directory, cluster) { try StoreOrders.encryptionStatus($0.store, $0.source, $0.transformer) }
            }
            output.print(report) { Self.text(report) }
        }

        static func text(_ report: JSON) -> String {
            let rows = (report["resources"]?.array ?? []).map { row in
                [
                    row["resource"]?.string ?? "", row["provider"]?.string ?? "", row["key"]?.string ?? "-",
                    "\(row["objects"]?.int ?? 0)", "\(row["history"]?.int ?? 0)", row["newestSealed"]?.string ?? "",
                    row["current"]?.bool == true ? "yes" : "no: \(row["writes"]?.string ?? "")",
                ]
            }
            let generated = report["generated"]?.bool == true ? " (generated key)" : ""
            return "Configuration: \(report["configuration"]?.string ?? "")\(generated)\n\n"
                + Terminal.table(["RESOURCE", "PROVIDER", "KEY", "OBJECTS", "HISTORY", "LAST SEALED", "CURRENT"], rows)
        }
    }

    /// `kastell encryption rewrite`.
    struct Rewrite: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rewrite", abstract: "Encrypt again what is not under the key that writes now.",
            discussion: """
                History too: afterwards older keys can be dropped from the configuration, and nothing that was stored
                in the clear is left in the file. The cluster goes on meanwhile.
                """)
        @OptionGroup var cluster: ClusterOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let directory = try cluster.directory()
            let progress = RewriteProgressLine()
            let result: JSON
            if RunningCluster.find(directory) != nil {
                result = try await MaintenanceClient.call(
                    directory.maintenanceSocket, MaintenanceRequest(.encryptionRewrite), progress: progress.show)
            } else {
                let offline = try OfflineStore(directory, cluster)
                defer { offline.store.close() }
                result = try await StoreOrders.rewrite(offline.store, progress: progress.show)
            }
            progress.finish()
            output.print(result) { Self.text(result) }
            if (result["unreadable"]?.int ?? 0) > 0 { throw ExitCode.failure }
        }

        static func text(_ result: JSON) -> String {
            var lines = ["\(result["rewritten"]?.int ?? 0) of \(result["seen"]?.int ?? 0) values were encrypted again."]
            if let count = result["unreadable"]?.int, count > 0 {
                lines.append(
                    "\(count) values are under no key of the configuration, such as \(result["unreadableKey"]?.string ?? ""). Add their key after those that write, and repeat.")
            }
            if result["logClean"]?.bool != true {
                lines.append("The write-ahead log still holds old bytes; they go when the cluster is stopped.")
            }
            return lines.joined(separator: "\n")
        }
    }
}

/// Shows how far a rewrite has come.
final class RewriteProgressLine: Sendable {
    // A lock and no actor: called from the store's thread.
    private let shown = Mutex(Int64(-1))

    @Sendable func show(_ report: JSON) {
        let seen = report["seen"]?.int ?? 0
        let total = max(report["total"]?.int ?? 1, 1)
        let tenth = seen * 10 / total
        let isNew = shown.withLock { last in
            defer { last = tenth }
            return last != tenth
        }
        if isNew || Terminal.isInteractive {
            Terminal.progress("looked at \(seen) of \(total) values, encrypted \(report["rewritten"]?.int ?? 0) again")
        }
    }

    func finish() { if Terminal.isInteractive, shown.withLock({ $0 }) >= 0 { Terminal.note("") } }
}

/// The store of a cluster that does not run.
struct OfflineStore {
    let store: Store
    let source: EncryptionSource
    let transformer: ValueTransformer

    init(_ directory: StateDirectory, _ cluster: ClusterOptions) throws {
        let configuration = try cluster.lastConfiguration(directory)
        guard SecureFile.exists(directory.store) else {
            throw CommandError("there is no store at \(directory.store). Start the cluster with 'kastell up'.")
        }
        source = EncryptionSource(named: configuration.encryptionProviderConfig, generated: directory.encryptionConfiguration)
        transformer = ValueTransformer(try source.load())
        store = try Store(path: directory.store, transformer: transformer)
    }

    static func with<Result>(
        _ directory: StateDirectory, _ cluster: ClusterOptions, _ work: (OfflineStore) throws -> Result
    ) throws -> Result {
        let offline = try OfflineStore(directory, cluster)
        defer { offline.store.close() }
        return try work(offline)
    }
}
