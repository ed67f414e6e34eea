public import JSONValue
public import KubeModel

/// What the node does and sees, entered into the record.
extension PodRecord {
    /// Notes that an action is under way, so that it is not told again.
    public mutating func began(_ action: PodAction) {
        switch action {
        case .makeSandbox: sandbox = .starting
        case .start(let name, _, let backOff):
            var container = containers[name] ?? ContainerRecord()
            if let exit = container.exit {
                container.lastExit = exit
                container.restartCount += 1
            }
            container.state = .starting
            container.backOff = backOff
            containers[name] = container
        case .stop(let name, _, _):
            if case .running(let startedAt) = containers[name]?.state {
                containers[name]?.state = .stopping(startedAt: startedAt)
            }
        case .probe, .removeSandbox, .removeObject: break
        }
    }

    /// Notes that a container runs. What probes said of the one before it is forgotten.
    public mutating func started(
        _ name: String, at now: Timestamp, containerID: String = "", image: String = "", imageID: String = ""
    ) {
        var container = containers[name] ?? ContainerRecord()
        container.state = .running(startedAt: now)
        container.containerID = containerID
        container.image = image
        container.imageID = imageID
        containers[name] = container
        for kind in ProbeKind.allCases { probes[ProbeKey(name, kind)] = nil }
    }

    /// Notes that a container could not be started, and when it is tried again.
    public mutating func failedToStart(_ name: String, reason: String, message: String, retryAt: Timestamp) {
        containers[name, default: ContainerRecord()].state = .waiting(
            reason: reason, message: message, retryAt: retryAt)
    }

    /// Notes how a container ended.
    public mutating func ended(_ name: String, _ exit: ContainerExit) {
        containers[name, default: ContainerRecord()].state = .exited(exit)
        for kind in ProbeKind.allCases { probes[ProbeKey(name, kind)] = nil }
    }

    /// Notes what a container answered to a probe; an answer that comes after its end is dropped.
    public mutating func answered(_ key: ProbeKey, isGood: Bool, probe: JSON, at now: Timestamp) {
        switch containers[key.container]?.state {
        case .running, .stopping: probes[key] = .after(probes[key], isGood: isGood, probe: probe, now: now)
        case .absent, .waiting, .starting, .exited, nil: break
        }
    }

    /// Notes that the namespaces are gone: in new ones the init containers are run again.
    public mutating func lostSandbox(_ pod: JSON) {
        sandbox = .absent
        isInitialized = false
        for container in pod["spec"]?["initContainers"]?.array ?? [] {
            guard let name = container["name"]?.string, let exit = containers[name]?.exit else { continue }
            containers[name]?.lastExit = exit
            containers[name]?.restartCount += 1
            containers[name]?.state = .absent
        }
    }
}
