import JSONValue
import KubeModel

/// The conditions of a pod. The moment of a transition is kept while the condition stays as it was; conditions of others stay.
struct PodConditions {
    let life: PodLife
    let phase: String

    private struct Condition {
        var type: String
        var isTrue: Bool
        var reason = ""
        var message = ""
    }

    private static let own: Set<String> = [
        "PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled",
    ]

    var json: JSON {
        let before = life.pod["status"]?["conditions"]?.array ?? []
        let initialized = initialized
        let containersReady = containersReady
        let all = [
            Condition(type: "PodReadyToStartContainers", isTrue: isSandboxReady), initialized, ready(containersReady),
            containersReady,
            Condition(type: "PodScheduled", isTrue: true),
        ]
        let written = all.map { condition -> JSON in
            var json: JSON = [
                "type": .string(condition.type), "status": condition.isTrue ? "True" : "False", "lastProbeTime": .null,
            ]
            let same = before.first { $0["type"]?.string == condition.type && $0["status"] == json["status"] }
            json["lastTransitionTime"] =
                same?["lastTransitionTime"] ?? .string(Timestamp(seconds: life.now.seconds).description)
            if !condition.reason.isEmpty { json["reason"] = .string(condition.reason) }
            if !condition.message.isEmpty { json["message"] = .string(condition.message) }
            return json
        }
        return .array(written + before.filter { !Self.own.contains($0["type"]?.string ?? "") })
    }

    private var isSandboxReady: Bool {
        switch life.record.sandbox {
        case .ready: true
        case .absent, .starting: false
        }
    }

    private var initialized: Condition {
        if phase == "Succeeded" { return Condition(type: "Initialized", isTrue: true, reason: "PodCompleted") }
        let open = life.initContainers.filter { container in
            container.isSidecar ? life.probes(container)?.isStarted != true : container.record.exit?.isSuccess != true
        }
        if life.record.isInitialized || open.isEmpty { return Condition(type: "Initialized", isTrue: true) }
        return Condition(
            type: "Initialized", isTrue: false, reason: "ContainersNotInitialized",
            message: "containers with incomplete status: \(names(open))")
    }

    private var containersReady: Condition {
        switch phase {
        case "Succeeded": return Condition(type: "ContainersReady", isTrue: false, reason: "PodCompleted")
        case "Failed": return Condition(type: "ContainersReady", isTrue: false, reason: "PodFailed")
        default: break
        }
        let unready = (life.sidecars + life.containers).filter { life.probes($0)?.isReady != true }
        if unready.isEmpty { return Condition(type: "ContainersReady", isTrue: true) }
        return Condition(
            type: "ContainersReady", isTrue: false, reason: "ContainersNotReady",
            message: "containers with unready status: \(names(unready))")
    }

    private func ready(_ containers: Condition) -> Condition {
        var ready = containers
        ready.type = "Ready"
        guard containers.isTrue else { return ready }
        let before = life.pod["status"]?["conditions"]?.array ?? []
        let faults = (life.spec["readinessGates"]?.array ?? []).compactMap { gate -> String? in
            let type = gate["conditionType"]?.string ?? ""
            guard let found = before.first(where: { $0["type"]?.string == type }) else {
                return "corresponding condition of pod readiness gate \(goQuoted(type)) does not exist."
            }
            let status = found["status"]?.string ?? ""
            return status == "True"
                ? nil : "the status of pod readiness gate \(goQuoted(type)) is not \"True\", but \(status)"
        }
        if faults.isEmpty { return ready }
        return Condition(
            type: "Ready", isTrue: false, reason: "ReadinessGatesNotReady", message: faults.joined(separator: ", "))
    }

    private func names(_ containers: [LivingContainer]) -> String {
        "[" + containers.map(\.name).joined(separator: " ") + "]"
    }
}
