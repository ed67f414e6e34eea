import KubeModel
import Store
import Synchronization

/// The health checks, and what `/healthz`, `/livez` and `/readyz` answer.
final class Health: Sendable {
    private let cache: ObjectCache
    private let store: Store
    // A lock and no actor: read on event loops.
    private let phase = Mutex(Phase.starting)

    private enum Phase { case starting, ready, shuttingDown }

    init(cache: ObjectCache, store: Store) {
        self.cache = cache
        self.store = store
    }

    func setReady() { phase.withLock { $0 = .ready } }
    func setShuttingDown() { phase.withLock { $0 = .shuttingDown } }

    /// One check: its name, and why it fails.
    private struct Check {
        var name: String
        var failure: String?
    }

    private func checks(_ endpoint: String) -> [Check] {
        let phase = phase.withLock { $0 }
        var all = [
            Check(name: "ping", failure: nil),
            Check(name: "log", failure: nil),
            Check(name: "etcd", failure: store.failure.map { "\($0)" }),
            Check(name: "cache", failure: cache.failure),
        ]
        if endpoint == "readyz" {
            all.append(Check(name: "informer-sync", failure: nil))
            all.append(Check(name: "poststarthook/rbac/bootstrap-roles", failure: phase == .starting ? "not finished" : nil))
            all.append(Check(name: "shutdown", failure: phase == .shuttingDown ? "process is shutting down" : nil))
        } else {
            all.append(Check(name: "poststarthook/rbac/bootstrap-roles", failure: nil))
        }
        return all
    }

    /// The answer to `/healthz[/CHECK]` and its kin.
    func response(endpoint: String, check: String?, query: QueryParameters) -> APIResponse {
        let all = checks(endpoint)
        if let check {
            guard let one = all.first(where: { $0.name == check }) else { return .pageNotFound }
            if let failure = one.failure { return APIResponse(status: 500, text: "internal server error: \(failure)\n") }
            return APIResponse(status: 200, text: "ok")
        }
        let excluded = Set(query.all("exclude"))
        var lines = ""
        var isHealthy = true
        for one in all {
            if excluded.contains(one.name) {
                lines += "[+]\(one.name) excluded: ok\n"
            } else if one.failure != nil {
                lines += "[-]\(one.name) failed: reason withheld\n"
                isHealthy = false
            } else {
                lines += "[+]\(one.name) ok\n"
            }
        }
        let unknown = excluded.subtracting(all.map(\.name)).sorted()
        if !unknown.isEmpty {
            lines += "warn: some health checks cannot be excluded: no matches for \(unknown.map(goQuoted).joined(separator: ", "))\n"
        }
        if !isHealthy { return APIResponse(status: 500, text: lines + "\(endpoint) check failed\n") }
        return APIResponse(status: 200, text: query["verbose"] == nil ? "ok" : lines + "\(endpoint) check passed\n")
    }
}
