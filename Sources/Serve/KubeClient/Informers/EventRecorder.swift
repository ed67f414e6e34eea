package import JSONValue
package import KubeModel
package import Logging

/// Writes Events about objects. What repeats becomes one event with a count.
package struct EventRecorder: Sendable {
    private struct Entry: Sendable {
        var regarding: JSON
        var notice: Notice
    }

    private let client: KubeClient
    private let component: String
    private let host: String
    private let clock: @Sendable () -> Timestamp
    private let log: Logger
    private let entries: AsyncStream<Entry>
    private let input: AsyncStream<Entry>.Continuation
    private static let resource = GroupVersionResource(group: "", version: "v1", resource: "events")
    /// How many events are remembered for counting.
    private static let memory = 1024

    /// - Parameter host: the node on which the component is, for one that is on a node.
    package init(client: KubeClient, component: String, host: String = "", clock: @escaping @Sendable () -> Timestamp, log: Logger) {
        self.client = client
        self.component = component
        self.host = host
        self.clock = clock
        self.log = log
        // Events help people, and nothing depends on them: when too many come, the newest are dropped.
        (entries, input) = AsyncStream.makeStream(of: Entry.self, bufferingPolicy: .bufferingOldest(1024))
    }

    /// Puts an event on its way; it never fails, and never waits.
    package func record(_ notices: [Notice], about object: JSON) {
        guard !notices.isEmpty else { return }
        var regarding: JSON = ["kind": object["kind"] ?? "", "apiVersion": object["apiVersion"] ?? "", "name": .string(object.name)]
        if !object.namespace.isEmpty { regarding["namespace"] = .string(object.namespace) }
        regarding["uid"] = .string(object.uid)
        regarding["resourceVersion"] = object["metadata"]?["resourceVersion"]
        for notice in notices { input.yield(Entry(regarding: regarding, notice: notice)) }
    }

    /// Sends events until cancelled.
    package func run() async {
        var sent: [String: (name: String, count: Int64)] = [:]
        var sequence: Int64 = 0
        for await entry in entries {
            let namespace = entry.regarding["namespace"]?.string ?? "default"
            let key = "\(entry.regarding["uid"]?.string ?? "")|\(entry.notice.reason)|\(entry.notice.message)"
            let now = clock()
            do {
                if let known = sent[key] {
                    let patch: JSON = ["count": .int(known.count + 1), "lastTimestamp": .string(now.description)]
                    try await client.patch(Self.resource, namespace: namespace, name: known.name, form: .strategic, patch)
                    sent[key] = (known.name, known.count + 1)
                    continue
                }
            } catch {
                sent[key] = nil  // it has expired: a new one begins
            }
            sequence += 1
            let moment = now.seconds * 1_000_000_000 + Int64(now.nanoseconds) + sequence
            let name = "\(entry.regarding["name"]?.string ?? "").\(String(moment, radix: 16))"
            let event: JSON = [
                "apiVersion": "v1", "kind": "Event", "metadata": ["name": .string(name), "namespace": .string(namespace)],
                "involvedObject": entry.regarding, "reason": .string(entry.notice.reason), "message": .string(entry.notice.message),
                "source": host.isEmpty ? ["component": .string(component)] : ["component": .string(component), "host": .string(host)], "firstTimestamp": .string(now.description), "lastTimestamp": .string(now.description),
                "count": 1, "type": entry.notice.isWarning ? "Warning" : "Normal", "reportingComponent": .string(component),
                "reportingInstance": .string(host),
            ]
            do {
                try await client.create(Self.resource, namespace: namespace, event)
                if sent.count >= Self.memory { sent.removeAll() }
                sent[key] = (name, 1)
            } catch {
                log.debug("event not written", metadata: ["reason": "\(entry.notice.reason)", "error": "\(error)"])
            }
        }
    }
}
