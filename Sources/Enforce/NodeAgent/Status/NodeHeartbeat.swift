import JSONValue
import KubeClient
import KubeModel
import Logging
import Synchronization

/// Registers the node and says again and again that it is there: its Lease every ten seconds, its status when something
/// changes and every five minutes.
///
/// Source: Kubernetes documentation, "Node heartbeats" (KEP-589).
package struct NodeHeartbeat: Sendable {
    package static let leasePeriod = Duration.seconds(10)
    package static let leaseDuration: Int64 = 40
    package static let statusPeriod = Duration.seconds(300)

    private let client: KubeClient
    private let object: @Sendable () -> NodeObject
    private let clock: @Sendable () -> Timestamp
    private let log: Logger

    private static let nodes = GroupVersionResource("v1", "nodes")
    private static let leases = GroupVersionResource(group: "coordination.k8s.io", version: "v1", resource: "leases")
    private static let namespace = "kube-node-lease"

    /// - Parameter object: what the node shows now.
    init(client: KubeClient, object: @escaping @Sendable () -> NodeObject, clock: @escaping @Sendable () -> Timestamp, log: Logger) {
        self.client = client
        self.object = object
        self.clock = clock
        self.log = log
    }

    /// Creates the Node, or takes over the one that is there: its labels are brought up to date, the rest stays.
    ///
    /// - Returns: the uid of the Node.
    package func register() async throws -> String {
        let node = object()
        do {
            let made = try await client.create(Self.nodes, node.registration(now: clock()))
            return made["metadata"]?["uid"]?.string ?? ""
        } catch let error as StatusError where error.reason == "AlreadyExists" {
            let present = try await client.patch(
                Self.nodes, name: node.name, form: .merge, ["metadata": ["labels": JSON(node.labels)]])
            try await report()
            return present["metadata"]?["uid"]?.string ?? ""
        }
    }

    /// Runs until cancelled.
    package func run(uid: String) async {
        var last: ContinuousClock.Instant?
        while !Task.isCancelled {
            do {
                try await renewLease(uid: uid)
                let isDue = last.map { $0 + Self.statusPeriod <= .now } ?? true
                if try await report(always: isDue), isDue { last = .now }
            } catch {
                log.warning("heartbeat failed", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: Self.leasePeriod)
        }
    }

    /// Writes the status when it says something new.
    ///
    /// - Returns: whether it was written.
    @discardableResult
    package func report(always: Bool = false) async throws -> Bool {
        let node = object()
        let before = try await client.get(Self.nodes, name: node.name)["status"]
        let status = node.status(after: before, now: clock())
        if !always, NodeObject.isSame(before, status) { return false }
        try await client.patch(Self.nodes, name: node.name, subresource: "status", form: .strategic, ["status": status])
        return true
    }

    private func renewLease(uid: String) async throws {
        let name = object().name
        let spec: JSON = [
            "holderIdentity": .string(name), "leaseDurationSeconds": .int(Self.leaseDuration), "renewTime": .string(Self.microTime(clock())),
        ]
        do {
            try await client.patch(Self.leases, namespace: Self.namespace, name: name, form: .merge, ["spec": spec])
        } catch let error as StatusError where error.code == 404 {
            try await client.create(
                Self.leases, namespace: Self.namespace,
                [
                    "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                    "metadata": [
                        "name": .string(name), "namespace": .string(Self.namespace),
                        "ownerReferences": [["apiVersion": "v1", "kind": "Node", "name": .string(name), "uid": .string(uid)]],
                    ], "spec": spec,
                ])
        }
    }

    /// A time with six digits behind the second (`MicroTime`).
    static func microTime(_ time: Timestamp) -> String {
        let plain = Timestamp(seconds: time.seconds).description
        let micros = String(time.nanoseconds / 1000)
        return plain.dropLast() + "." + String(repeating: "0", count: 6 - micros.count) + micros + "Z"
    }
}
