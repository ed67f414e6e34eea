import APIServer
package import CertificateAuthority
import ClusterConfiguration
package import EncryptionAtRest
package import JSONValue
import KubeModel
import Logging
package import Store

/// Does what comes over the maintenance socket.
struct MaintenanceHandler: Sendable {
    let store: Store
    let encryption: EncryptionSource
    let transformer: ValueTransformer
    let pki: PKIDirectory
    let renewal: CertificateRenewal
    let log: Logger

    @Sendable func handle(_ request: MaintenanceRequest, _ progress: @escaping @Sendable (JSON) -> Void) async throws -> JSON {
        switch request.operation {
        case .status: return try status()
        case .encryptionStatus: return try StoreOrders.encryptionStatus(store, encryption, transformer)
        case .encryptionRewrite:
            log.info("values are encrypted again on request")
            return try await StoreOrders.rewrite(store, progress: progress)
        case .snapshotSave:
            guard let path = request.arguments["path"]?.string else {
                throw MaintenanceError("a snapshot needs a path. Run 'kastell snapshot save FILE'.")
            }
            log.info("a snapshot is written", metadata: ["path": "\(path)"])
            return StoreOrders.json(try await store.snapshot(to: path))
        case .certificatesList: return CertificateReport.json(await pki.listing(now: WallClock.now()))
        case .certificatesRenew:
            let names = request.arguments["names"]?.strings ?? []
            try await renewal.renew(names)
            for name in names { log.info("certificate renewed", metadata: ["name": "\(name)", "reason": "on request"]) }
            return CertificateReport.json(await pki.listing(now: WallClock.now()))
        }
    }

    private func status() throws -> JSON {
        let numbers = try store.statistics()
        return [
            "store": [
                "path": .string(store.path), "revision": .int(numbers.currentRevision.rawValue),
                "compacted": .int(numbers.compactedRevision.rawValue), "objects": .int(numbers.objects),
                "bytes": .int(numbers.fileBytes), "logBytes": .int(numbers.logBytes),
            ],
            "encryption": ["configuration": .string(encryption.path), "generated": .bool(encryption.isGenerated)],
        ]
    }
}

/// What the command line asks of the store, whether it holds the store itself or asks the process that does.
package enum StoreOrders {
    /// What really stands in the database.
    package static func encryptionStatus(
        _ store: Store, _ source: EncryptionSource, _ transformer: ValueTransformer
    ) throws(StoreError) -> JSON {
        try EncryptionReport(store).json(source: source, transformer: transformer)
    }

    /// Encrypts again what is not under the key that writes now.
    package static func rewrite(_ store: Store, progress: @escaping @Sendable (JSON) -> Void) async throws(StoreError) -> JSON {
        let total = try store.statistics().rows
        return json(
            try await store.rewrite { report in
                progress(["seen": JSON(report.seen), "total": .int(total), "rewritten": JSON(report.rewritten)])
            })
    }

    private static func json(_ report: RewriteProgress) -> JSON {
        var value: JSON = [
            "seen": JSON(report.seen), "rewritten": JSON(report.rewritten), "unreadable": JSON(report.unreadable),
            "logClean": .bool(report.isLogClean),
        ]
        value["unreadableKey"] = report.unreadableKey.map { .string($0) }
        return value
    }

    package static func json(_ facts: SnapshotFacts) -> JSON {
        ["path": .string(facts.path), "revision": .int(facts.revision.rawValue), "bytes": .int(facts.bytes)]
    }
}

/// The rows of `kastell certs list`.
package enum CertificateReport {
    package static func json(_ rows: [CertificateListing]) -> JSON {
        .array(
            rows.map { row in
                [
                    "name": .string(row.name), "subject": .string(row.subject), "issuer": .string(row.issuer),
                    "notBefore": .string(row.notBefore.description), "notAfter": .string(row.notAfter.description),
                    "remainingSeconds": .int(row.remaining.components.seconds),
                    "alternativeNames": JSON(row.alternativeNames), "path": .string(row.path),
                ]
            })
    }
}
