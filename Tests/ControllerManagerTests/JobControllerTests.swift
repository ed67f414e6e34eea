import JSONValue
import KubeClient
import KubeModel
import Testing

@Suite("jobs in a cluster")
struct JobControllerTests {
    private static func job(_ name: String, _ spec: JSON) -> JSON {
        var whole: JSON = ["template": ["spec": ["restartPolicy": "Never", "terminationGracePeriodSeconds": 0, "containers": [["name": "c", "image": "i"]]]]]
        for (key, value) in spec.object ?? [:] { whole[key] = value }
        return ["apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": .string(name)], "spec": whole]
    }

    @Test("a job runs its pods, counts them although they are deleted, and is complete") func completes() async throws {
        try await Cluster.run { cluster in
            try await cluster.makeNamespace("n")
            try await cluster.admin.create(Resources.jobs, namespace: "n", Self.job("j", ["completions": 3, "parallelism": 2]))
            let pods = try #require(try await cluster.pods("n", count: 2))
            let areTracked = pods.allSatisfy { $0.labels["job-name"] == "j" && $0.finalizers == ["batch.kubernetes.io/job-tracking"] }
            #expect(areTracked)
            try await cluster.report(pods[0], phase: "Succeeded", exitCode: 0)
            try await cluster.terminate(pods[0])
            let counted = try await cluster.object(Resources.jobs, namespace: "n", name: "j") { $0["status"]?["succeeded"]?.int == 1 }
            #expect(counted?["status"]?["active"]?.int == 2)
            #expect(try await cluster.isGone(Resources.pods, namespace: "n", name: pods[0].name))
            for pod in try await cluster.pods("n", count: 2) ?? [] { try await cluster.report(pod, phase: "Succeeded", exitCode: 0) }
            let done = try await cluster.object(Resources.jobs, namespace: "n", name: "j") { $0.condition("Complete") == "True" }
            #expect(done?["status"]?["succeeded"]?.int == 3)
            #expect(done?["status"]?["uncountedTerminatedPods"] == [:])
            let left = try await cluster.pods("n")
            let tracked = left.filter { !$0.finalizers.isEmpty }
            #expect(tracked.isEmpty)
            #expect(try await cluster.event("n", reason: "Completed", about: "j") == "Job completed")
            #expect(try await cluster.event("n", reason: "SuccessfulCreate", about: "j")?.hasPrefix("Created pod: j-") == true)
        }
    }

    @Test("a job that fails too often says so, and its pods stay to be read") func fails() async throws {
        try await Cluster.run { cluster in
            try await cluster.makeNamespace("n")
            try await cluster.admin.create(Resources.jobs, namespace: "n", Self.job("j", ["backoffLimit": 0]))
            let pod = try #require(try await cluster.pods("n", count: 1)?.first)
            try await cluster.report(pod, phase: "Failed", exitCode: 3)
            let done = try await cluster.object(Resources.jobs, namespace: "n", name: "j") { $0.condition("Failed") == "True" }
            #expect(done?["status"]?["failed"]?.int == 1)
            #expect(try await cluster.event("n", reason: "BackoffLimitExceeded", about: "j") == "Job has reached the specified backoff limit")
            #expect(try await cluster.find(Resources.pods, namespace: "n", name: pod.name) != nil)
        }
    }

    @Test("a job that is deleted takes its pods with it, and one that is orphaned lets them go", arguments: ["Background", "Foreground", "Orphan"])
    func deletion(policy: String) async throws {
        try await Cluster.run { cluster in
            try await cluster.makeNamespace("n")
            try await cluster.admin.create(Resources.jobs, namespace: "n", Self.job("j", [:]))
            let pod = try #require(try await cluster.pods("n", count: 1)?.first)
            try await Task.sleep(for: .seconds(1))
            try await cluster.admin.delete(Resources.jobs, namespace: "n", name: "j", options: ["propagationPolicy": .string(policy)])
            if policy == "Orphan" {
                #expect(try await cluster.isGone(Resources.jobs, namespace: "n", name: "j"))
                let free = try await cluster.object(Resources.pods, namespace: "n", name: pod.name) { $0.finalizers.isEmpty }
                #expect(free?.controller == nil && free != nil)
            } else {
                #expect(try await cluster.isGone(Resources.pods, namespace: "n", name: pod.name))
                #expect(try await cluster.isGone(Resources.jobs, namespace: "n", name: "j"))
            }
        }
    }

    @Test("a suspended job begins when it is let go") func suspend() async throws {
        try await Cluster.run { cluster in
            try await cluster.makeNamespace("n")
            try await cluster.admin.create(Resources.jobs, namespace: "n", Self.job("j", ["suspend": true, "completionMode": "Indexed", "completions": 2, "parallelism": 2]))
            let seen2 = try await cluster.object(Resources.jobs, namespace: "n", name: "j") { $0.condition("Suspended") == "True" }
            #expect(seen2 != nil)
            #expect(try await cluster.pods("n").isEmpty)
            try await cluster.admin.patch(Resources.jobs, namespace: "n", name: "j", ["spec": ["suspend": false]])
            let pods = try await cluster.pods("n", count: 2) ?? []
            let indexes = Set(pods.compactMap { $0.labels["batch.kubernetes.io/job-completion-index"] })
            #expect(indexes == ["0", "1"])
            let seen3 = try await cluster.object(Resources.jobs, namespace: "n", name: "j") { $0.condition("Suspended") == "False" }
            #expect(seen3 != nil)
        }
    }
}
