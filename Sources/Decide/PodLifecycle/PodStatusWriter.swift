import JSONValue
import KubeModel
import ObjectDefaults

/// Writes the status of a pod as a kubelet does.
///
/// Source: Kubernetes API, `PodStatus`; Kubernetes documentation, "Pod Lifecycle".
struct PodStatusWriter {
    let life: PodLife

    var status: JSON {
        let phase = phase
        var status: JSON = ["phase": .string(phase)]
        if let failure = life.record.failure {
            status["reason"] = .string(failure.reason)
            status["message"] = .string(failure.message)
        }
        status["conditions"] = PodConditions(life: life, phase: phase).json
        if let host = life.record.hostIPs.first {
            status["hostIP"] = .string(host)
            status["hostIPs"] = Self.addresses(life.record.hostIPs)
        }
        if let address = podIPs.first {
            status["podIP"] = .string(address)
            status["podIPs"] = Self.addresses(podIPs)
        }
        if let start = life.record.startTime { status["startTime"] = .string(start.description) }
        let lists = [
            ("initContainerStatuses", life.initContainers), ("containerStatuses", life.containers),
            ("ephemeralContainerStatuses", life.ephemeral),
        ]
        // A pod that was refused has no containers that could wait for anything.
        let wasRefused = life.record.failure != nil && life.all.allSatisfy { $0.record == ContainerRecord() }
        for (field, containers) in lists where !containers.isEmpty && !wasRefused {
            status[field] = .array(containers.map { ContainerStatusWriter(life: life, container: $0).json })
        }
        status["qosClass"] = .string(PodQuality(of: life.spec).rawValue)
        return status
    }

    private var podIPs: [String] {
        if life.spec["hostNetwork"]?.bool == true { return life.record.hostIPs }
        switch life.record.sandbox {
        case .ready(let podIPs): return podIPs
        // A pod keeps showing the address that it had.
        case .absent, .starting: return (life.pod["status"]?["podIPs"]?.array ?? []).compactMap { $0["ip"]?.string }
        }
    }

    private static func addresses(_ all: [String]) -> JSON { .array(all.map { ["ip": .string($0)] }) }

    /// The phase. A pod whose containers are done is over only when its sidecars are.
    private var phase: String {
        if life.all.contains(where: \.record.isAlive) { return began ? "Running" : "Pending" }
        if life.record.failure != nil || life.initFailed { return "Failed" }
        if life.isComplete { return endedWell ? "Succeeded" : "Failed" }
        // What was deleted is never started again, so it ended here, well or not.
        if life.isDeleted, began { return endedWell ? "Succeeded" : "Failed" }
        return began ? "Running" : "Pending"
    }

    /// A container has been started at least once.
    private var began: Bool {
        life.containers.contains { container in
            switch container.record.state {
            case .running, .stopping, .exited: true
            case .absent, .waiting, .starting: container.record.lastExit != nil
            }
        }
    }

    private var endedWell: Bool { life.containers.allSatisfy { $0.record.exit?.isSuccess == true } }
}

/// Writes the status of one container.
struct ContainerStatusWriter {
    let life: PodLife
    let container: LivingContainer

    var json: JSON {
        let record = container.record
        let probes = life.probes(container)
        let isInit = life.initContainers.contains { $0.name == container.name } && !container.isSidecar
        let isReady = isInit ? record.exit?.isSuccess == true : probes?.isReady ?? false
        var json: JSON = ["name": .string(container.name), "state": state]
        json["lastState"] = lastState
        json["ready"] = .bool(isReady)
        json["started"] = .bool(probes?.isStarted ?? false)
        json["restartCount"] = .int(record.restartCount)
        json["image"] = .string(record.image.isEmpty ? container.spec["image"]?.string ?? "" : record.image)
        json["imageID"] = .string(record.imageID)
        if !record.containerID.isEmpty { json["containerID"] = .string(record.containerID) }
        return json
    }

    /// Whether a container that ended waits to be started again, which is shown in place of its end.
    private var waitsForRestart: RestartBackOff? {
        guard let exit = container.record.exit, let backOff = container.record.backOff,
            backOff.start(after: exit.finishedAt, now: life.now) != nil,
            life.record.failure == nil, !life.isDeleted, !life.isComplete
        else { return nil }
        if container.isSidecar { return backOff }
        if life.initContainers.contains(where: { $0.name == container.name }) {
            return exit.isSuccess || life.restartPolicy == "Never" ? nil : backOff
        }
        return life.restarts(container) ? backOff : nil
    }

    private var state: JSON {
        switch container.record.state {
        case .absent, .starting:
            // Another attempt does not undo what was against the one before.
            if container.record.state == .starting, let shown = shownWaiting { return ["waiting": shown] }
            return [
                "waiting": ["reason": .string(life.initContainers.isEmpty ? "ContainerCreating" : "PodInitializing")]
            ]
        case .waiting(let reason, let message, _):
            var waiting: JSON = ["reason": .string(reason)]
            if !message.isEmpty { waiting["message"] = .string(message) }
            return ["waiting": waiting]
        case .running(let startedAt), .stopping(let startedAt):
            return ["running": ["startedAt": .string(startedAt.description)]]
        case .exited(let exit):
            guard let backOff = waitsForRestart else { return ["terminated": Self.terminated(exit)] }
            let metadata = life.pod["metadata"]
            let pod =
                "\(metadata?["name"]?.string ?? "")_\(metadata?["namespace"]?.string ?? "")(\(metadata?["uid"]?.string ?? ""))"
            let message = "back-off \(backOff.text) restarting failed container=\(container.name) pod=\(pod)"
            return ["waiting": ["reason": "CrashLoopBackOff", "message": .string(message)]]
        }
    }

    /// What the pod says that the container waits for.
    private var shownWaiting: JSON? {
        let status = life.pod["status"]
        for list in ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"] {
            for shown in status?[list]?.array ?? [] where shown["name"]?.string == container.name {
                let waiting = shown["state"]?["waiting"]
                return ["ContainerCreating", "PodInitializing"].contains(waiting?["reason"]?.string) ? nil : waiting
            }
        }
        return nil
    }

    private var lastState: JSON {
        if let exit = container.record.exit, waitsForRestart != nil { return ["terminated": Self.terminated(exit)] }
        guard let exit = container.record.lastExit else { return [:] }
        return ["terminated": Self.terminated(exit)]
    }

    private static func terminated(_ exit: ContainerExit) -> JSON {
        var json: JSON = ["exitCode": .int(exit.code), "reason": .string(exit.reason)]
        if !exit.message.isEmpty { json["message"] = .string(exit.message) }
        json["startedAt"] = .string(exit.startedAt.description)
        json["finishedAt"] = .string(exit.finishedAt.description)
        if !exit.containerID.isEmpty { json["containerID"] = .string(exit.containerID) }
        return json
    }
}
