import JSONValue
import KubeClient
import KubeModel
import Reconcile
import Testing

@Suite("volumes and quotas in a cluster")
struct VolumeControllerTests {
    private static func claim(_ name: String, _ spec: JSON = [:]) -> JSON {
        var whole: JSON = ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]]]
        for (key, value) in spec.object ?? [:] { whole[key] = value }
        return ["apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": ["name": .string(name)], "spec": whole]
    }

    @Test("a claim and a volume find each other, are kept while they are used, and the volume is released") func statically() async throws {
        try await Cluster.run { cluster in
            try await cluster.makeNamespace("n")
            try await cluster.admin.create(Resources.claims, namespace: "n", Self.claim("c", ["storageClassName": "hand"]))
            let seen1 = try await cluster.object(Resources.claims, namespace: "n", name: "c") { $0["status"]?["phase"] == "Pending" }
            #expect(seen1 != nil)
            try await cluster.admin.create(
                Resources.volumes,
                [
                    "apiVersion": "v1", "kind": "PersistentVolume", "metadata": ["name": "v"],
                    "spec": [
                        "capacity": ["storage": "2Gi"], "accessModes": ["ReadWriteOnce"], "storageClassName": "hand", "persistentVolumeReclaimPolicy": "Retain",
                        "hostPath": ["path": "/data/v"],
                    ],
                ])
            let bound = try await cluster.object(Resources.claims, namespace: "n", name: "c") { $0["status"]?["phase"] == "Bound" }
            #expect(bound?["spec"]?["volumeName"] == "v")
            #expect(bound?["status"]?["capacity"] == ["storage": "2Gi"])
            let seen2 = try await cluster.object(Resources.volumes, name: "v") { $0["status"]?["phase"] == "Bound" }
            #expect(seen2 != nil)
            let volume: JSON = ["name": "data", "persistentVolumeClaim": ["claimName": "c"]]
            try await cluster.admin.create(
                Resources.pods, namespace: "n",
                [
                    "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "p"],
                    "spec": ["nodeName": "x", "terminationGracePeriodSeconds": 0, "containers": [["name": "c", "image": "i"]], "volumes": [volume]],
                ])
            try await Task.sleep(for: .milliseconds(200))
            try await cluster.admin.delete(Resources.claims, namespace: "n", name: "c")
            try await Task.sleep(for: .milliseconds(500))
            let kept = try await cluster.find(Resources.claims, namespace: "n", name: "c")
            #expect(kept?.isBeingDeleted == true && kept?.finalizers == ["kubernetes.io/pvc-protection"])
            try await cluster.terminate(["metadata": ["name": "p", "namespace": "n"]])
            #expect(try await cluster.isGone(Resources.claims, namespace: "n", name: "c"))
            let seen3 = try await cluster.object(Resources.volumes, name: "v") { $0["status"]?["phase"] == "Released" }
            #expect(seen3 != nil)
            try await cluster.admin.delete(Resources.volumes, name: "v")
            #expect(try await cluster.isGone(Resources.volumes, name: "v"))
        }
    }

    @Test("a claim of the local class gets its volume when its pod has a node, the pod is bound, and the volume goes with the claim") func locally() async throws {
        try await Cluster.run(withScheduler: true, moreAdmission: ["DefaultStorageClass"]) { cluster in
            try await cluster.makeNamespace("n")
            try await cluster.admin.create(Resources.classes, LocalVolumes.storageClass(folder: "/var/lib/kastell/volumes"))
            var node = DaemonSetControllerTests.node("a")
            node[path: "metadata", "labels"] = ["kubernetes.io/hostname": "a"]
            try await cluster.admin.create(Resources.nodes, node)
            try await cluster.admin.create(Resources.claims, namespace: "n", Self.claim("c"))
            let waiting = try await cluster.object(Resources.claims, namespace: "n", name: "c") { $0["status"]?["phase"] == "Pending" }
            #expect(waiting?["spec"]?["storageClassName"] == "local-path")
            #expect(try await cluster.event("n", reason: "WaitForFirstConsumer", about: "c") != nil)
            let volume: JSON = ["name": "data", "persistentVolumeClaim": ["claimName": "c"]]
            try await cluster.admin.create(
                Resources.pods, namespace: "n",
                [
                    "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "p"],
                    "spec": ["terminationGracePeriodSeconds": 0, "containers": [["name": "c", "image": "i"]], "volumes": [volume]],
                ])
            let bound = try await cluster.object(Resources.claims, namespace: "n", name: "c") { $0["status"]?["phase"] == "Bound" }
            let name = "pvc-" + (bound?.uid ?? "")
            #expect(bound?["spec"]?["volumeName"]?.string == name)
            let seen4 = try await cluster.object(Resources.pods, namespace: "n", name: "p") { $0["spec"]?["nodeName"] == "a" }
            #expect(seen4 != nil)
            try await cluster.terminate(["metadata": ["name": "p", "namespace": "n"]])
            try await cluster.admin.delete(Resources.claims, namespace: "n", name: "c")
            #expect(try await cluster.isGone(Resources.volumes, name: name))
        }
    }

    @Test("a quota that comes after its objects counts them") func quota() async throws {
        try await Cluster.run { cluster in
            try await cluster.makeNamespace("n")
            try await cluster.admin.create(Resources.maps, namespace: "n", ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "m"]])
            try await cluster.admin.create(
                Resources.pods, namespace: "n",
                [
                    "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "p"],
                    "spec": ["containers": [["name": "c", "image": "i", "resources": ["requests": ["cpu": "300m"]]]]],
                ])
            try await cluster.admin.create(
                Resources.quotas, namespace: "n",
                [
                    "apiVersion": "v1", "kind": "ResourceQuota", "metadata": ["name": "q"],
                    "spec": ["hard": ["pods": "5", "requests.cpu": "2", "configmaps": "9", "count/jobs.batch": "4"]],
                ])
            let counted = try await cluster.object(Resources.quotas, namespace: "n", name: "q") { $0["status"]?["used"] != nil }
            // The namespace has its root certificate too.
            #expect(counted?["status"]?["used"] == ["pods": "1", "requests.cpu": "300m", "configmaps": "2", "count/jobs.batch": "0"])
        }
    }
}
