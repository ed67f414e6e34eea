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

    /// The names under which kube-apiserver reports the parts of its start, which monitoring asks for. Here all of them
    /// tell of the one bootstrap.
    private static let startHooks = [
        "poststarthook/start-apiserver-admission-initializer", "poststarthook/generic-apiserver-start-informers",
        "poststarthook/priority-and-fairness-config-consumer", "poststarthook/priority-and-fairness-filter",
        "poststarthook/storage-object-count-tracker-hook", "poststarthook/start-apiextensions-informers",
        "poststarthook/start-apiextensions-controllers", "poststarthook/crd-informer-synced",
        "poststarthook/start-system-namespaces-controller", "poststarthook/peer-endpoint-reconciler-controller",
        "poststarthook/start-cluster-authentication-info-controller", "poststarthook/start-kube-apiserver-identity-lease-controller",
        "poststarthook/start-kube-apiserver-identity-lease-garbage-collector", "poststarthook/storage-readiness",
        "poststarthook/start-legacy-token-tracking-controller", "poststarthook/start-service-ip-repair-controllers",
        "poststarthook/rbac/bootstrap-roles", "poststarthook/scheduling/bootstrap-system-priority-classes",
        "poststarthook/priority-and-fairness-config-producer", "poststarthook/bootstrap-controller",
        "poststarthook/start-kubernetes-service-cidr-controller", "poststarthook/start-kube-aggregator-informers",
        "poststarthook/apiservice-status-local-available-controller", "poststarthook/apiservice-status-remote-available-controller",
        "poststarthook/apiservice-registration-controller", "poststarthook/apiservice-wait-for-first-sync",
        "poststarthook/apiservice-discovery-controller", "poststarthook/kube-apiserver-autoregistration", "autoregister-completion",
        "poststarthook/apiservice-openapi-controller", "poststarthook/apiservice-openapiv3-controller",
    ]

    func setReady() { phase.withLock { $0 = .ready } }
    func setShuttingDown() { phase.withLock { $0 = .shuttingDown } }

    /// One check: its name, and why it fails.
    private struct Check {
        var name: String
        var failure: String?
    }

    private func checks(_ endpoint: String) -> [Check] {
        let phase = phase.withLock { $0 }
        let starting = phase == .starting && endpoint == "readyz" ? "not finished" : nil
        var all = [Check(name: "ping", failure: nil), Check(name: "log", failure: nil)]
        let storage = store.failure.map { "\($0)" } ?? cache.failure
        if endpoint == "readyz" {
            all.append(Check(name: "etcd", failure: storage))
            all.append(Check(name: "etcd-readiness", failure: storage))
            all.append(Check(name: "informer-sync", failure: cache.failure))
        } else {
            all.append(Check(name: "loopback-serving-certificate", failure: nil))
            all.append(Check(name: "etcd", failure: storage))
        }
        all += Self.startHooks.map { Check(name: $0, failure: starting) }
        if endpoint == "readyz" { all.append(Check(name: "shutdown", failure: phase == .shuttingDown ? "process is shutting down" : nil)) }
        return all
    }

    /// The paths of all checks, as the root path lists them.
    var paths: [String] {
        ["healthz", "livez", "readyz"].flatMap { endpoint in ["/" + endpoint] + checks(endpoint).map { "/\(endpoint)/\($0.name)" } }
    }

    /// The checks as service level indicators (Prometheus text format 0.0.4).
    var indicators: String {
        var text = "# HELP kubernetes_healthcheck [STABLE] This metric records the result of a single healthcheck.\n"
        text += "# TYPE kubernetes_healthcheck gauge\n"
        for endpoint in ["healthz", "livez", "readyz"] {
            for check in checks(endpoint) {
                text += "kubernetes_healthcheck{name=\"\(check.name)\",type=\"\(endpoint)\"} \(check.failure == nil ? 1 : 0)\n"
            }
        }
        return text
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
