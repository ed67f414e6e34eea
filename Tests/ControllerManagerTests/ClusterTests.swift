import CertificateAuthority
import JSONValue
import KubeClient
import KubeModel
import Testing

@Suite struct ClusterTests {
    static func deployment(_ replicas: Int64) -> JSON {
        [
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "web"],
            "spec": [
                "replicas": .int(replicas), "selector": ["matchLabels": ["app": "web"]],
                "template": ["metadata": ["labels": ["app": "web"]], "spec": ["containers": [["name": "c", "image": "a"]]]],
            ],
        ]
    }

    @Test("a namespace gets its service account and the root CA, and goes with all it holds") func namespaces() async throws {
        try await Cluster.run { cluster in
            try await cluster.makeNamespace("n")
            let map = try await cluster.eventually { try await cluster.find(Resources.maps, namespace: "n", name: "kube-root-ca.crt") }
            #expect(map?["data"]?["ca.crt"]?.string == cluster.authority.certificatePEM)
            // What is deleted comes back.
            try await cluster.admin.delete(Resources.accounts, namespace: "n", name: "default")
            #expect(try await cluster.eventually { try await cluster.find(Resources.accounts, namespace: "n", name: "default") } != nil)
            try await cluster.admin.create(Resources.deployments, namespace: "n", Self.deployment(2))
            try await cluster.admin.create(
                Resources.maps, namespace: "n",
                ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "held", "finalizers": ["example.com/x"]]])
            try await cluster.admin.delete(Resources.namespaces, name: "n")
            let held = try await cluster.eventually { () -> JSON? in
                let namespace = try await cluster.find(Resources.namespaces, name: "n")
                let conditions = namespace?["status"]?["conditions"]?.array ?? []
                return conditions.first { $0["type"]?.string == "NamespaceFinalizersRemaining" && $0["status"]?.string == "True" }
            }
            #expect(held?["message"]?.string == "Some content in the namespace has finalizers remaining: example.com/x in 1 resource instances")
            try await cluster.admin.patch(Resources.maps, namespace: "n", name: "held", ["metadata": ["finalizers": .null]])
            #expect(try await cluster.isGone(Resources.namespaces, name: "n"))
        }
    }

    @Test("a deployment has its pods, says so in events, rolls on, and takes all with it") func deployments() async throws {
        try await Cluster.run { cluster in
            try await cluster.makeNamespace("n")
            try await cluster.admin.create(Resources.deployments, namespace: "n", Self.deployment(3))
            let status = try await cluster.eventually { () -> JSON? in
                let status = try await cluster.find(Resources.deployments, namespace: "n", name: "web")?["status"]
                return status?["updatedReplicas"]?.int == 3 ? status : nil
            }
            #expect(status?["unavailableReplicas"]?.int == 3)
            #expect(try await cluster.admin.list(Resources.pods, namespace: "n").items.count == 3)
            let reasons = try await cluster.eventually { () -> Set<String>? in
                let reasons = Set(try await cluster.admin.list(Resources.events, namespace: "n").items.compactMap { $0["reason"]?.string })
                return reasons.isSuperset(of: ["ScalingReplicaSet", "SuccessfulCreate"]) ? reasons : nil
            }
            #expect(reasons != nil)

            try await cluster.admin.create(
                Resources.services, namespace: "n",
                ["apiVersion": "v1", "kind": "Service", "metadata": ["name": "web"], "spec": ["selector": ["app": "web"], "ports": [["port": 80]]]])
            for pod in try await cluster.admin.list(Resources.pods, namespace: "n").items {
                try await cluster.admin.patch(
                    Resources.pods, namespace: "n", name: pod["metadata"]?["name"]?.string ?? "", subresource: "status",
                    [
                        "status": [
                            "phase": "Running", "podIP": "10.0.0.1", "podIPs": [["ip": "10.0.0.1"]],
                            "conditions": [["type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"]],
                        ]
                    ])
            }
            let ready = try await cluster.eventually { () -> JSON? in
                let status = try await cluster.find(Resources.deployments, namespace: "n", name: "web")?["status"]
                return status?["availableReplicas"]?.int == 3 ? status : nil
            }
            #expect(ready != nil)
            let endpoints = try await cluster.eventually { () -> Int? in
                let count = try await cluster.admin.list(Resources.slices, namespace: "n").items.reduce(0) { $0 + ($1["endpoints"]?.array?.count ?? 0) }
                return count == 3 ? count : nil
            }
            #expect(endpoints == 3)

            try await cluster.admin.patch(
                Resources.deployments, namespace: "n", name: "web", form: .strategic,
                ["spec": ["template": ["spec": ["containers": [["name": "c", "image": "b"]]]]]])
            let sets = try await cluster.eventually { () -> [JSON]? in
                let sets = try await cluster.admin.list(Resources.sets, namespace: "n").items
                return sets.count == 2 ? sets : nil
            }
            #expect(sets != nil)
            try await cluster.admin.delete(Resources.deployments, namespace: "n", name: "web", options: ["propagationPolicy": "Foreground"])
            #expect(try await cluster.isGone(Resources.deployments, namespace: "n", name: "web"))
            #expect(try await cluster.admin.list(Resources.sets, namespace: "n").items.isEmpty)
            #expect(try await cluster.admin.list(Resources.pods, namespace: "n").items.isEmpty)
        }
    }

    @Test("dependents go with their owner, or stay without it", arguments: ["Background", "Orphan"]) func garbage(policy: String) async throws {
        try await Cluster.run { cluster in
            try await cluster.makeNamespace("n")
            let owner = try await cluster.admin.create(
                Resources.maps, namespace: "n", ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "owner"]])
            let reference: JSON = ["apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]?["uid"] ?? ""]
            try await cluster.admin.create(
                Resources.maps, namespace: "n",
                ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "child", "ownerReferences": [reference]]])
            // The collector must know of the child before its owner is orphaned, as upstream's must.
            try await Task.sleep(for: .seconds(1))
            try await cluster.admin.delete(Resources.maps, namespace: "n", name: "owner", options: ["propagationPolicy": .string(policy)])
            #expect(try await cluster.isGone(Resources.maps, namespace: "n", name: "owner"))
            if policy == "Background" {
                #expect(try await cluster.isGone(Resources.maps, namespace: "n", name: "child"))
            } else {
                let child = try await cluster.find(Resources.maps, namespace: "n", name: "child")
                #expect(child != nil)
                #expect(child?["metadata"]?["ownerReferences"] == nil)
            }
        }
    }

    @Test("an object whose owner never was is collected") func absentOwner() async throws {
        try await Cluster.run { cluster in
            try await cluster.makeNamespace("n")
            let reference: JSON = ["apiVersion": "v1", "kind": "ConfigMap", "name": "never", "uid": "00000000-0000-4000-8000-000000000000"]
            try await cluster.admin.create(
                Resources.maps, namespace: "n",
                ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "child", "ownerReferences": [reference]]])
            #expect(try await cluster.isGone(Resources.maps, namespace: "n", name: "child"))
        }
    }

    @Test("a job that has ended goes when its time is over, and one without such a time stays") func finishedJobs() async throws {
        try await Cluster.run { cluster in
            try await cluster.makeNamespace("n")
            for (name, life) in [("brief", JSON.int(1)), ("kept", JSON.null)] {
                let template: JSON = ["spec": ["restartPolicy": "Never", "containers": [["name": "c", "image": "a"]]]]
                try await cluster.admin.create(
                    Resources.jobs, namespace: "n",
                    [
                        "apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": .string(name)],
                        // Not ours, so that its status is what the test says.
                        "spec": ["ttlSecondsAfterFinished": life, "template": template, "managedBy": "example.com/test"],
                    ])
                let now = JSON.string(Cluster.clock().description)
                let conditions: [JSON] = ["SuccessCriteriaMet", "Complete"].map {
                    ["type": .string($0), "status": "True", "reason": "CompletionsReached", "lastProbeTime": now, "lastTransitionTime": now]
                }
                try await cluster.admin.patch(
                    Resources.jobs, namespace: "n", name: name, subresource: "status",
                    ["status": ["startTime": now, "completionTime": now, "succeeded": 1, "conditions": .array(conditions)]])
            }
            #expect(try await cluster.isGone(Resources.jobs, namespace: "n", name: "brief"))
            #expect(try await cluster.find(Resources.jobs, namespace: "n", name: "kept") != nil)
        }
    }

    @Test("admin, edit and view get the rules that they aggregate") func aggregation() async throws {
        try await Cluster.run { cluster in
            for name in ["admin", "edit", "view"] {
                let rules = try await cluster.eventually { () -> [JSON]? in
                    let rules = try await cluster.find(Resources.roles, name: name)?["rules"]?.array ?? []
                    return rules.isEmpty ? nil : rules
                }
                #expect(rules != nil, "\(name) has no rules")
            }
        }
    }
}
