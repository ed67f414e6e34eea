public import JSONValue
public import KubeModel

/// A pod that ran before, of which this node has nothing left: it was stopped in between, or its folder was lost.
extension PodRecord {
    /// The record to begin with, from what the API says of the containers that ran.
    ///
    /// They are started again and their counts go on, so that nobody takes the new run for the first one. A container that has
    /// ended and that the policy does not start again stays ended; init containers are run again, as in every new sandbox.
    ///
    /// - Parameters:
    ///   - pod: the object with its last status.
    ///   - now: the moment, at which containers that still ran are said to have ended.
    public init(resuming pod: JSON, now: Timestamp) {
        self.init(startTime: pod["status"]?["startTime"]?.string.flatMap(Timestamp.init) ?? now)
        let life = PodLife(pod: pod, record: self, now: now)
        for (field, isInit) in [("containerStatuses", false), ("initContainerStatuses", true)] {
            for status in pod["status"]?[field]?.array ?? [] {
                guard let name = status["name"]?.string, let container = ContainerRecord(resuming: status, now: now) else { continue }
                var record = container
                if !isInit, case .exited = container.state {
                    let living = LivingContainer(name: name, spec: [:], record: container, isSidecar: false)
                    if !life.restarts(living) {
                        containers[name] = record
                        continue
                    }
                }
                if let exit = record.exit {
                    record.lastExit = exit
                    record.restartCount += 1
                    record.state = .absent
                }
                containers[name] = record
            }
        }
    }
}

extension ContainerRecord {
    /// A container as its status shows it; nil for one that never ran.
    fileprivate init?(resuming status: JSON, now: Timestamp) {
        let state = status["state"]
        let count = max(0, status["restartCount"]?.int ?? 0)
        self.init()
        restartCount = count
        image = status["image"]?.string ?? ""
        imageID = status["imageID"]?.string ?? ""
        let before = (status["lastState"]?["terminated"]).map { ContainerExit(terminated: $0, now: now) }
        if let running = state?["running"] {
            let startedAt = running["startedAt"]?.string.flatMap(Timestamp.init) ?? now
            self.state = .exited(ContainerExit(code: 137, startedAt: startedAt, finishedAt: now, containerID: status["containerID"]?.string ?? ""))
        } else if let terminated = state?["terminated"] {
            self.state = .exited(ContainerExit(terminated: terminated, now: now))
        } else if let before, state?["waiting"]?["reason"] == "CrashLoopBackOff" {
            // The status shows the end of the last run as the one before while the next is waited for.
            self.state = .exited(before)
        } else {
            // Its next run is counted already.
            if before == nil, count == 0 { return nil }
            lastExit = before
        }
    }
}

extension ContainerExit {
    fileprivate init(terminated: JSON, now: Timestamp) {
        func time(_ field: String) -> Timestamp { terminated[field]?.string.flatMap(Timestamp.init) ?? now }
        self.init(
            code: terminated["exitCode"]?.int ?? 137, isOutOfMemory: terminated["reason"] == "OOMKilled", message: terminated["message"]?.string ?? "",
            startedAt: time("startedAt"), finishedAt: time("finishedAt"), containerID: terminated["containerID"]?.string ?? "")
    }
}
