import ArgumentParser
import CertificateAuthority
import ClusterConfiguration
import ControlPlane
import JSONValue

/// `kastell certs`: the cluster's certificates.
struct CertificatesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "certs", abstract: "List and renew the cluster's certificates.",
        subcommands: [List.self, Renew.self], defaultSubcommand: List.self)

    /// `kastell certs list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "List the certificates and when they expire.")
        @OptionGroup var cluster: ClusterOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let directory = try cluster.directory()
            let rows = try await CertificateOrders.list(directory, cluster)
            output.print(rows) { CertificateOrders.table(rows) }
        }
    }

    /// `kastell certs renew`.
    struct Renew: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "renew", abstract: "Renew certificates now.",
            discussion: """
                They are renewed by themselves at half of their life. Open connections go on; new ones see the new
                certificate at once. The CA is renewed with the key that it has, so that what it signed stays valid.
                """)
        @OptionGroup var cluster: ClusterOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The certificates by name; 'kastell certs list' shows them. Default: all but the CA.")
        var names: [String] = []

        func run() async throws {
            let directory = try cluster.directory()
            let present = try await CertificateOrders.list(directory, cluster)
            let known = (present.array ?? []).compactMap { $0["name"]?.string }
            if let unknown = names.first(where: { !known.contains($0) }) {
                throw CommandError("there is no certificate named \"\(unknown)\"; known are \(known.joined(separator: ", ")).")
            }
            let wanted = names.isEmpty ? known.filter { $0 != PKIDirectory.authority } : names
            let rows = try await CertificateOrders.renew(wanted, directory, cluster)
            output.print(rows) { CertificateOrders.table(rows) }
        }
    }
}

/// Reads and renews certificates: through the control process while it runs, else in its folder.
enum CertificateOrders {
    static func list(_ directory: StateDirectory, _ cluster: ClusterOptions) async throws -> JSON {
        if RunningCluster.find(directory) != nil {
            return try await MaintenanceClient.call(directory.maintenanceSocket, MaintenanceRequest(.certificatesList))
        }
        return CertificateReport.json(try await open(directory, cluster).listing(now: WallClock.now()))
    }

    static func renew(_ names: [String], _ directory: StateDirectory, _ cluster: ClusterOptions) async throws -> JSON {
        if RunningCluster.find(directory) != nil {
            return try await MaintenanceClient.call(
                directory.maintenanceSocket, MaintenanceRequest(.certificatesRenew, ["names": JSON(names)]))
        }
        let pki = try open(directory, cluster)
        for name in names { _ = try await pki.renew(name, now: WallClock.now()) }
        return CertificateReport.json(await pki.listing(now: WallClock.now()))
    }

    private static func open(_ directory: StateDirectory, _ cluster: ClusterOptions) throws -> PKIDirectory {
        let configuration = try cluster.lastConfiguration(directory)
        return try PKIDirectory.open(directory.pki, options: PKIOptions(configuration), now: WallClock.now())
    }

    static func table(_ rows: JSON) -> String {
        Terminal.table(
            ["NAME", "SUBJECT", "ISSUER", "EXPIRES", "DAYS LEFT", "NAMES"],
            (rows.array ?? []).map { row in
                [
                    row["name"]?.string ?? "", row["subject"]?.string ?? "", row["issuer"]?.string ?? "",
                    row["notAfter"]?.string ?? "", "\((row["remainingSeconds"]?.int ?? 0) / 86400)",
                    (row["alternativeNames"]?.strings ?? []).joined(separator: ","),
                ]
            })
    }
}
