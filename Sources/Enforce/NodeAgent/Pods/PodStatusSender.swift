import JSONValue
import KubeClient
import KubeModel
import Logging

/// Writes the status of one pod: one write at a time, the newest status, and nothing that is written already.
struct PodStatusSender {
    /// What became of a write.
    enum Outcome { case done, later, gone }

    static let pods = GroupVersionResource("v1", "pods")

    private var wanted: JSON?
    private var written: JSON?
    private var isSending = false

    /// Takes a status to be written.
    ///
    /// - Parameter present: what the object says now.
    /// - Returns: whether somebody has to send it; false when it is written, or a sender is at work.
    mutating func wants(_ status: JSON, over present: JSON?) -> Bool {
        if written == nil, let present, Self.covers(present, status) { written = status }
        // While the node was not heard of, somebody else may have called the pod unready: that is taken back.
        if written == status, let present, Self.readiness(present) != Self.readiness(status), !isSending { written = nil }
        wanted = status == written ? nil : status
        guard wanted != nil, !isSending else { return false }
        isSending = true
        return true
    }

    /// The next status to send; nil when all is written, and the sender goes.
    mutating func take() -> JSON? {
        guard let next = wanted else {
            isSending = false
            return nil
        }
        wanted = nil
        return next
    }

    mutating func sent(_ status: JSON, _ outcome: Outcome) {
        switch outcome {
        case .done: written = status
        case .later: if wanted == nil { wanted = status }
        case .gone: isSending = false
        }
    }

    private static func readiness(_ status: JSON) -> String? {
        (status["conditions"]?.array ?? []).first { $0["type"]?.string == "Ready" }?["status"]?.string
    }

    private static func covers(_ present: JSON, _ status: JSON) -> Bool {
        (status.object ?? [:]).allSatisfy { present[$0.key] == $0.value }
    }

    static func send(_ status: JSON, _ pod: JSON, _ services: PodServices) async -> Outcome {
        var status = status
        for field in ["reason", "message"] where status[field] == nil && pod["status"]?[field] != nil { status[field] = .null }
        // These lists are merged by address: what is not said anew would stay.
        for field in ["podIPs", "hostIPs"] {
            if let list = status[field]?.array { status[field] = .array(list + [["$patch": "replace"]]) }
        }
        let patch: JSON = ["metadata": ["uid": .string(pod.uid)], "status": status]
        do {
            try await services.client.patch(pods, namespace: pod.namespace, name: pod.name, subresource: "status", form: .strategic, patch)
            return .done
        } catch let error as StatusError where error.code == 404 || error.code == 409 {
            return .gone
        } catch {
            services.log.warning("the status of a pod is not written", metadata: ["pod": "\(pod.namespace)/\(pod.name)", "error": "\(error)"])
            return .later
        }
    }

    /// What is not written yet, for one who writes it at once.
    mutating func takeLast() -> JSON? {
        defer { wanted = nil }
        return wanted
    }
}
