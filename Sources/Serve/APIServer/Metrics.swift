import KubeModel
import Synchronization

/// Counts what the server does, for `/metrics` (Prometheus text format 0.0.4).
package final class RequestMetrics: Sendable {
    private struct Key: Hashable {
        var verb: String
        var group: String
        var version: String
        var resource: String
        var code: Int
    }
    private struct Series {
        var count = 0
        var sum = 0.0
        var buckets = [Int](repeating: 0, count: RequestMetrics.bounds.count)
    }
    /// Upper bounds of the histogram's buckets, in seconds.
    static let bounds = [0.001, 0.005, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
    // A lock and no actor: recorded on event loops for every request; the section is one addition.
    private let series = Mutex<[Key: Series]>([:])

    package init() {}

    func record(_ info: RequestInfo, code: Int, seconds: Duration) {
        let elapsed = Double(seconds.components.seconds) + Double(seconds.components.attoseconds) / 1e18
        // A path that is nobody's must not make a series of its own.
        let key = Key(verb: info.verb.uppercased(), group: info.group, version: info.version, resource: code == 404 ? "" : info.resource, code: code)
        series.withLock { all in
            if all[key] == nil, all.count >= 4096 { return }
            var one = all[key] ?? Series()
            one.count += 1
            one.sum += elapsed
            for (index, bound) in Self.bounds.enumerated() where elapsed <= bound { one.buckets[index] += 1 }
            all[key] = one
        }
    }

    /// The counters as text.
    func text(cache: ObjectCache) -> String {
        var out = "# HELP apiserver_request_total Counter of requests by verb, resource and HTTP response code.\n# TYPE apiserver_request_total counter\n"
        let all = series.withLock { $0 }.sorted { ($0.key.resource, $0.key.verb, $0.key.code) < ($1.key.resource, $1.key.verb, $1.key.code) }
        func labels(_ key: Key) -> String {
            "code=\"\(key.code)\",group=\"\(escaped(key.group))\",resource=\"\(escaped(key.resource))\",verb=\"\(escaped(key.verb))\",version=\"\(escaped(key.version))\""
        }
        for (key, one) in all { out += "apiserver_request_total{\(labels(key))} \(one.count)\n" }
        out += "# HELP apiserver_request_duration_seconds Response latency by verb and resource.\n# TYPE apiserver_request_duration_seconds histogram\n"
        for (key, one) in all {
            for (index, bound) in Self.bounds.enumerated() {
                out += "apiserver_request_duration_seconds_bucket{\(labels(key)),le=\"\(bound)\"} \(one.buckets[index])\n"
            }
            out += "apiserver_request_duration_seconds_bucket{\(labels(key)),le=\"+Inf\"} \(one.count)\n"
            out += "apiserver_request_duration_seconds_sum{\(labels(key))} \(one.sum)\n"
            out += "apiserver_request_duration_seconds_count{\(labels(key))} \(one.count)\n"
        }
        out += "# HELP apiserver_storage_objects Number of stored objects by resource.\n# TYPE apiserver_storage_objects gauge\n"
        let caches = cache.all.sorted { $0.resource.description < $1.resource.description }
        for one in caches { out += "apiserver_storage_objects{resource=\"\(one.resource)\"} \(one.count)\n" }
        out += "# HELP apiserver_longrunning_requests Number of open watches by resource.\n# TYPE apiserver_longrunning_requests gauge\n"
        for one in caches where one.watcherCount > 0 {
            out += "apiserver_longrunning_requests{resource=\"\(one.resource)\",verb=\"WATCH\"} \(one.watcherCount)\n"
        }
        return out
    }

    private func escaped(_ text: String) -> String {
        var out = ""
        for character in text.prefix(128) {
            switch character {
            case "\\": out += "\\\\"
            case "\"": out += "\\\""
            case "\n": out += "\\n"
            default: out.append(character)
            }
        }
        return out
    }
}
