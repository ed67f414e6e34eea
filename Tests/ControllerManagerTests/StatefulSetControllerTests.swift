import JSONValue
import KubeClient
import KubeModel
import Testing

@Suite("stateful sets in a cluster")
struct StatefulSetControllerTests {
    @Test("pods come in order with their claims, are updated from the top, and the claims of a set go with it") func lifecycle() async throws {
        try await Cluster.run { cluster in
            try await cluster.makeNamespace("n")
            let claim: JSON = [
                "metadata": ["name": "data"],
                "spec": ["storageClassName": "none", "accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]]],
            ]
            func template(_ image: String) -> JSON {
                [
                    "metadata": ["labels": ["app": "s"]],
                    "spec": ["terminationGracePeriodSeconds": 0, "containers": [["name": "c", "image": .string(image)]]],
                ]
            }
            try await cluster.admin.create(
                Resources.statefulSets, namespace: "n",
                [
                    "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": ["name": "web"],
                    "spec": [
                        "replicas": 2, "serviceName": "svc", "selector": ["matchLabels": ["app": "s"]], "template": template("one"),
                        "volumeClaimTemplates": [claim], "persistentVolumeClaimRetentionPolicy": ["whenDeleted": "Delete", "whenScaled": "Retain"],
                    ],
                ])
            for count in 1...2 {
                let pods = try #require(try await cluster.pods("n", count: count))
                try await cluster.report(pods[count - 1], phase: "Running", ready: true)
            }
            let ready = try await cluster.object(Resources.statefulSets, namespace: "n", name: "web") { $0["status"]?["readyReplicas"]?.int == 2 }
            #expect(ready?["status"]?["currentReplicas"]?.int == 2)
            #expect(try await cluster.event("n", reason: "SuccessfulCreate", about: "web") != nil)
            try await cluster.admin.patch(Resources.statefulSets, namespace: "n", name: "web", ["spec": ["template": template("two")]])
            for name in ["web-1", "web-0"] {
                let pod = try await cluster.object(Resources.pods, namespace: "n", name: name) {
                    $0["spec"]?["containers"]?[at: 0]?["image"] == "two" && !$0.isBeingDeleted
                }
                try await cluster.report(try #require(pod), phase: "Running", ready: true)
            }
            let done = try await cluster.object(Resources.statefulSets, namespace: "n", name: "web") {
                $0["status"]?["currentRevision"] == $0["status"]?["updateRevision"] && $0["status"]?["updatedReplicas"]?.int == 2
                    && $0["status"]?["readyReplicas"]?.int == 2
            }
            #expect(done?["status"]?["observedGeneration"]?.int == 2)
            let claims = try await cluster.admin.list(Resources.claims, namespace: "n").items
            #expect(Set(claims.map(\.name)) == ["data-web-0", "data-web-1"])
            let areOwned = claims.allSatisfy { $0.owners.first?.kind == "StatefulSet" }
            #expect(areOwned)
            try await cluster.admin.delete(Resources.statefulSets, namespace: "n", name: "web")
            let isEmpty = try await cluster.eventually { () -> Bool? in
                let claims = try await cluster.admin.list(Resources.claims, namespace: "n").items
                return try await cluster.pods("n").isEmpty && claims.allSatisfy(\.isBeingDeleted) ? true : nil
            }
            #expect(isEmpty == true)
        }
    }
}
