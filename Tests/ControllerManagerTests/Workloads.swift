import JSONValue
import KubeClient
import KubeModel

extension Cluster {
    /// The pods of a namespace, by name.
    func pods(_ namespace: String) async throws -> [JSON] {
        try await admin.list(Resources.pods, namespace: namespace).items.sorted { $0.name < $1.name }
    }

    /// Waits until the namespace has this many pods that are not on their way out.
    func pods(_ namespace: String, count: Int) async throws -> [JSON]? {
        try await eventually {
            let pods = try await pods(namespace).filter { !$0.isBeingDeleted && !["Succeeded", "Failed"].contains($0["status"]?["phase"]?.string) }
            return pods.count == count ? pods : nil
        }
    }

    /// Says what the kubelet would say about a pod.
    func report(_ pod: JSON, phase: String, ready: Bool = false, exitCode: Int64? = nil) async throws {
        let now = JSON.string(Cluster.clock().description)
        var status: JSON = ["phase": .string(phase)]
        status["conditions"] = [["type": "Ready", "status": ready ? "True" : "False", "lastTransitionTime": now]]
        if let exitCode {
            status["containerStatuses"] = [
                [
                    "name": "c", "image": "i", "imageID": "", "ready": false, "restartCount": 0,
                    "state": ["terminated": ["exitCode": .int(exitCode), "finishedAt": now, "startedAt": now]],
                ]
            ]
        }
        try await admin.patch(
            Resources.pods, namespace: pod.namespace, name: pod.name, subresource: "status", form: .strategic, ["status": status])
    }

    /// Ends a pod that waits for its node to end it.
    func terminate(_ pod: JSON) async throws {
        do {
            try await admin.delete(Resources.pods, namespace: pod.namespace, name: pod.name, options: ["gracePeriodSeconds": 0])
        } catch let error as StatusError where error.code == 404 {}
    }

    /// Waits until an object is as wanted.
    ///
    /// Not to be called within `#expect`: in the body of another closure, such as that of `Cluster.run`, Swift 6.3.1 gives
    /// closures there the symbols of later ones, and then the wrong one is called.
    func object(_ resource: GroupVersionResource, namespace: String = "", name: String, _ isWanted: (JSON) -> Bool) async throws -> JSON? {
        for _ in 0..<400 {
            if let object = try await find(resource, namespace: namespace, name: name), isWanted(object) { return object }
            try await Task.sleep(for: .milliseconds(25))
        }
        return nil
    }

    /// Waits for an event about an object.
    func event(_ namespace: String, reason: String, about name: String) async throws -> String? {
        try await eventually {
            try await admin.list(Resources.events, namespace: namespace).items.first {
                $0["reason"]?.string == reason && $0["involvedObject"]?["name"]?.string == name
            }?["message"]?.string
        }
    }
}

extension JSON {
    /// The status of a condition.
    func condition(_ type: String) -> String? {
        self["status"]?["conditions"]?.array?.first { $0["type"]?.string == type }?["status"]?.string
    }
}
