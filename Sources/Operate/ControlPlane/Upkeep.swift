import APIServer
import CertificateAuthority
import ClusterConfiguration
import EncryptionAtRest
import Logging
import Store

/// Removes history that no watch resumes from any more, as kube-apiserver does: every five minutes what is older than
/// five minutes.
struct Compaction: Sendable {
    let store: Store
    let log: Logger

    func run() async throws {
        var candidate = store.currentRevision
        while true {
            try await Task.sleep(for: .seconds(300))
            do {
                try await store.compact(to: candidate)
            } catch {
                log.warning("the history was not compacted", metadata: ["error": "\(error)"])
            }
            candidate = store.currentRevision
        }
    }
}

/// Puts a changed encryption configuration in force without a restart.
struct EncryptionReload: Sendable {
    let source: EncryptionSource
    let transformer: ValueTransformer
    let log: Logger

    func run() async throws {
        var seen = FileStamp(source.path)
        while true {
            try await Task.sleep(for: .seconds(1))
            let stamp = FileStamp(source.path)
            guard stamp != seen else { continue }
            seen = stamp
            do {
                transformer.replace(with: try source.load())
                log.info("the encryption configuration was loaded anew", metadata: ["file": "\(source.path)"])
            } catch {
                log.error("the changed encryption configuration is refused; the one before stays in force", metadata: ["error": "\(error)"])
            }
        }
    }
}

/// Renews certificates before half of their life is over. The wall clock is asked often, so that a jump is noticed.
struct CertificateUpkeep: Sendable {
    let pki: PKIDirectory
    let renewal: CertificateRenewal
    let log: Logger

    func run() async throws {
        while true {
            try await Task.sleep(for: .seconds(5))
            let due = await pki.renewalPlan(now: WallClock.now())
            guard !due.isEmpty else { continue }
            do {
                try await renewal.renew(due.map(\.name))
                for one in due { log.info("certificate renewed", metadata: ["name": "\(one.name)", "reason": "\(one.reason.rawValue)"]) }
            } catch {
                log.error("a certificate was not renewed", metadata: ["error": "\(error)"])
                try await Task.sleep(for: .seconds(55))
            }
        }
    }
}

/// Renews certificates and puts them in force, on request or when it is due: new connections see the new one, open
/// ones go on.
struct CertificateRenewal: Sendable {
    let pki: PKIDirectory
    let tls: TLSContextHolder
    let authority: CurrentAuthority
    let configuration: KastellConfiguration
    let port: Int
    let directory: StateDirectory

    func renew(_ names: [String]) async throws {
        var material = await pki.material()
        for name in names { material = try await pki.renew(name, now: WallClock.now()) }
        authority.replace(material.authority)
        tls.replace(try ServingTLS.context(material, minimum: configuration.tlsMinVersion))
        try Kubeconfigs.writeAdmin(material, configuration: configuration, port: port, directory: directory)
        try Kubeconfigs.refreshUsers(material, configuration: configuration, port: port, directory: directory)
    }
}
