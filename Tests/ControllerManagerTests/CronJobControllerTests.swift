import JSONValue
import KubeClient
import KubeModel
import Reconcile
import Testing

@testable import ControllerManager

@Suite("cron jobs in a cluster")
struct CronJobControllerTests {
    @Test("a cron job makes a job at its time, keeps its list, and takes its jobs with it") func runs() async throws {
        try await Cluster.run { cluster in
            try await cluster.makeNamespace("n")
            let template: JSON = ["spec": ["template": ["spec": ["restartPolicy": "Never", "containers": [["name": "c", "image": "i"]]]]]]
            try await cluster.admin.create(
                Resources.cronJobs, namespace: "n",
                [
                    "apiVersion": "batch/v1", "kind": "CronJob", "metadata": ["name": "cj"],
                    "spec": ["schedule": "@every 2s", "concurrencyPolicy": "Forbid", "timeZone": "Etc/UTC", "jobTemplate": template],
                ])
            let listed = try await cluster.object(Resources.cronJobs, namespace: "n", name: "cj") { $0["status"]?["lastScheduleTime"] != nil }
            let name = try #require(listed?["status"]?["active"]?[at: 0]?["name"]?.string)
            #expect(name.hasPrefix("cj-"))
            #expect(try await cluster.event("n", reason: "SuccessfulCreate", about: "cj") == "Created job \(name)")
            try await cluster.admin.patch(Resources.cronJobs, namespace: "n", name: "cj", ["spec": ["suspend": true]])
            for pod in try await cluster.pods("n", count: 1) ?? [] { try await cluster.report(pod, phase: "Succeeded", exitCode: 0) }
            let done = try await cluster.object(Resources.cronJobs, namespace: "n", name: "cj") { $0["status"]?["lastSuccessfulTime"] != nil }
            #expect(done?["status"]?["active"] == nil)
            #expect(try await cluster.event("n", reason: "SawCompletedJob", about: "cj") == "Saw completed job: \(name), condition: Complete")
            try await cluster.admin.delete(Resources.cronJobs, namespace: "n", name: "cj")
            #expect(try await cluster.isGone(Resources.jobs, namespace: "n", name: name))
        }
    }

    @Test("zones are read from the machine's files, and a name leads nowhere else") func zones() {
        let zones = ZoneFiles()
        #expect(zones["UTC"] == .utc)
        for name in ["../../etc/passwd", "/etc/passwd", "", "Nowhere/Town", "Europe/", "Europe//Berlin", String(repeating: "a", count: 65)] {
            #expect(zones[name] == nil)
        }
        // Without a database on this machine there is no zone but UTC.
        guard let berlin = zones["Europe/Berlin"] else { return }
        #expect(berlin.offset(at: 1_780_000_000) == 7200)
        #expect(berlin.offset(at: 1_790_000_000 + 86400 * 80) == 3600)
        #expect(berlin.offset(at: 4_000_000_000) == 3600 || berlin.offset(at: 4_000_000_000) == 7200)
        #expect(zones["Asia/Kolkata"]?.offset(at: 1_780_000_000) == 19800)
        #expect(zones["Australia/Lord_Howe"]?.offset(at: 1_767_225_600) == 39600)
    }
}
