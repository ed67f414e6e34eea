import JSONValue
import KubeModel
import LinuxKernel

/// The Node object that this machine shows. Pure.
///
/// Source: Kubernetes documentation, "Node Status"; the well-known labels.
struct NodeObject: Sendable {
    var name: String
    var host: HostFacts
    /// The addresses by which other nodes reach it.
    var addresses: [String]
    var podNetworks: [String]
    var runtimeVersion: String
    var agentVersion: String
    /// How many pods it takes.
    var maxPods = 110
    /// What it does not give to pods, in bytes.
    var reservedMemory: Int64 = 256 << 20
    /// What it enforces and what it does not.
    var conditions: [JSON] = []
    /// Why it takes no pods; nil when it does.
    var problem: String?

    private var architecture: String {
        switch host.machine {
        case "x86_64": "amd64"
        case "aarch64": "arm64"
        default: host.machine
        }
    }

    /// The labels that the agent sets.
    var labels: [String: String] {
        [
            "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": architecture,
            "beta.kubernetes.io/os": "linux", "beta.kubernetes.io/arch": architecture,
        ]
    }

    /// What pods may ask for in all, by resource.
    var allocatable: [String: String] { amounts(memory: host.memory - reservedMemory).stringMap }

    private func amounts(memory: Int64) -> JSON {
        ["cpu": .string("\(host.processors)"), "memory": .string("\(max(0, memory) / 1024)Ki"), "pods": .string("\(maxPods)")]
    }

    /// The object that registers the node.
    func registration(now: Timestamp) -> JSON {
        var spec: JSON = [:]
        if let first = podNetworks.first {
            spec["podCIDR"] = .string(first)
            spec["podCIDRs"] = JSON(podNetworks)
        }
        return [
            "apiVersion": "v1", "kind": "Node", "metadata": ["name": .string(name), "labels": JSON(labels)], "spec": spec,
            "status": status(after: nil, now: now),
        ]
    }

    /// The status now; conditions that stay keep the time of their last change.
    func status(after before: JSON?, now: Timestamp) -> JSON {
        let old = before?["conditions"]?.array ?? []
        func condition(_ type: String, _ status: Bool, _ reason: String, _ message: String) -> JSON {
            let value = status ? "True" : "False"
            let present = old.first { $0["type"]?.string == type }
            let since = present?["status"]?.string == value ? present?["lastTransitionTime"] : nil
            return [
                "type": .string(type), "status": .string(value), "lastHeartbeatTime": .string(now.description),
                "lastTransitionTime": since ?? .string(now.description), "reason": .string(reason), "message": .string(message),
            ]
        }
        var conditions = [
            condition("MemoryPressure", false, "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
            condition("DiskPressure", false, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            condition("PIDPressure", false, "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        ]
        for fact in self.conditions {
            conditions.append(
                condition(fact["type"]?.string ?? "", fact["status"] == "True", fact["reason"]?.string ?? "", fact["message"]?.string ?? ""))
        }
        if let problem {
            conditions.append(condition("Ready", false, "KubeletNotReady", problem))
        } else {
            conditions.append(condition("Ready", true, "KubeletReady", "kubelet is posting ready status"))
        }
        var shown: [JSON] = addresses.map { ["type": "InternalIP", "address": .string($0)] }
        shown.append(["type": "Hostname", "address": .string(name)])
        return [
            "capacity": amounts(memory: host.memory), "allocatable": amounts(memory: host.memory - reservedMemory),
            "conditions": .array(conditions), "addresses": .array(shown),
            "nodeInfo": [
                "machineID": .string(host.machineID), "systemUUID": .string(host.machineID), "bootID": .string(host.bootID),
                "kernelVersion": .string(host.kernelRelease), "osImage": .string(host.operatingSystem),
                "containerRuntimeVersion": .string(runtimeVersion), "kubeletVersion": .string(agentVersion), "kubeProxyVersion": "",
                "operatingSystem": "linux", "architecture": .string(architecture),
            ],
        ]
    }

    /// Whether two statuses say the same but for the times of their heartbeats.
    static func isSame(_ left: JSON?, _ right: JSON) -> Bool {
        func plain(_ status: JSON) -> JSON {
            var status = status
            status["conditions"] = .array(
                (status["conditions"]?.array ?? []).map { condition in
                    var condition = condition
                    condition["lastHeartbeatTime"] = nil
                    return condition
                })
            return status
        }
        guard let left else { return false }
        let (before, after) = (plain(left), plain(right))
        return (after.object ?? [:]).allSatisfy { before[$0.key] == $0.value }
    }
}
