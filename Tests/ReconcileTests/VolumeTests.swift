import JSONValue
import KubeModel
import Reconcile
import Testing

/// Claims, volumes and classes: plans are carried out on values.
private struct VolumeWorld {
    var claims: [String: JSON] = [:]
    var volumes: [String: JSON] = [:]
    var classes: [String: JSON] = [:]
    var notices: [Notice] = []

    mutating func put(claim name: String, _ spec: JSON = [:], annotations: JSON = [:]) {
        var whole: JSON = ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "5Gi"]], "storageClassName": "c"]
        for (key, value) in spec.object ?? [:] { whole[key] = value }
        claims["d/" + name] = ["metadata": ["name": .string(name), "namespace": "d", "uid": .string("uid-" + name), "annotations": annotations], "spec": whole]
    }

    mutating func put(volume name: String, size: String = "10Gi", _ spec: JSON = [:], labels: JSON = [:]) {
        var whole: JSON = [
            "accessModes": ["ReadWriteOnce"], "capacity": ["storage": .string(size)], "storageClassName": "c", "persistentVolumeReclaimPolicy": "Retain",
        ]
        for (key, value) in spec.object ?? [:] { whole[key] = value }
        volumes[name] = ["metadata": ["name": .string(name), "uid": .string("uid-" + name), "labels": labels], "spec": whole]
    }

    mutating func put(class name: String, waits: Bool, provisioner: String = LocalVolumes.provisioner) {
        var made = LocalVolumes.storageClass(folder: "/data/")
        made[path: "metadata", "name"] = .string(name)
        made["provisioner"] = .string(provisioner)
        made["volumeBindingMode"] = waits ? "WaitForFirstConsumer" : "Immediate"
        classes[name] = made
    }

    func phase(claim name: String) -> String? { claims["d/" + name]?["status"]?["phase"]?.string }
    func phase(_ name: String) -> String? { volumes[name]?["status"]?["phase"]?.string }
    func volume(of name: String) -> String? { claims["d/" + name]?["spec"]?["volumeName"]?.string }

    /// Looks at everything until there is nothing to do.
    mutating func settle(provisions: Bool = true) {
        for _ in 0..<60 where !look(provisions) { return }
        fatalError("it never comes to rest")
    }

    private mutating func look(_ provisions: Bool) -> Bool {
        for (_, volume) in volumes.sorted(by: { $0.key < $1.key }) {
            if carryOut(Volumes.plan(volume, claim: Volumes.claimKey(volume).flatMap { claims[$0] })) { return true }
        }
        for (_, claim) in claims.sorted(by: { $0.key < $1.key }) {
            let className = VolumeClaims.className(claim)
            let node: JSON = ["metadata": ["name": "n", "labels": ["kubernetes.io/hostname": "host-n"]]]
            let plan = VolumeClaims.plan(
                claim, named: volumes[claim["spec"]?["volumeName"]?.string ?? ""],
                candidates: { [volumes] in volumes.values.filter { VolumeClaims.className($0) == className } }, storageClass: classes[className],
                node: { $0 == "n" ? node : nil }, provisions: provisions)
            if carryOut(plan) { return true }
        }
        return false
    }

    private mutating func carryOut(_ plan: Plan) -> Bool {
        for change in plan.changes {
            switch change {
            case .create(_, let object): volumes[object.name] = object
            case .replace(let target, let object):
                if target.resource == VolumeClaims.volumes { volumes[object.name] = object } else { claims["d/" + object.name] = object }
            case .delete(let target, _, _): volumes[target.name] = nil
            case .patch, .deleteCollection: break
            }
        }
        for notice in plan.notices where !notices.contains(notice) { notices.append(notice) }
        return !plan.changes.isEmpty
    }
}

@Suite struct VolumeTests {
    @Test("a claim gets the smallest volume that will do, and both say so") func binds() {
        var world = VolumeWorld()
        for (name, size) in [("small", "4Gi"), ("big", "20Gi"), ("snug", "6Gi")] { world.put(volume: name, size: size) }
        world.put(volume: "other", size: "5Gi", ["storageClassName": "x"])
        world.put(volume: "shared", size: "5Gi", ["accessModes": ["ReadOnlyMany"]])
        world.put(volume: "block", size: "5Gi", ["volumeMode": "Block"])
        world.put(claim: "a")
        world.settle()
        #expect(world.volume(of: "a") == "snug")
        #expect(world.phase(claim: "a") == "Bound" && world.phase("snug") == "Bound")
        #expect(world.claims["d/a"]?["status"]?["capacity"] == ["storage": "6Gi"])
        #expect(world.claims["d/a"]?["status"]?["accessModes"] == ["ReadWriteOnce"])
        #expect(world.claims["d/a"]?.annotations["pv.kubernetes.io/bind-completed"] == "yes")
        #expect(world.volumes["snug"]?["spec"]?["claimRef"]?["uid"] == "uid-a")
        #expect(["small", "big", "other", "shared", "block"].allSatisfy { world.phase($0) == "Available" })
        // A second claim gets the next, and never the same.
        world.put(claim: "b")
        world.settle()
        #expect(world.volume(of: "b") == "big")
        world.put(claim: "e")
        world.settle()
        #expect(world.volume(of: "e") == nil && world.phase(claim: "e") == "Pending")
    }

    @Test("a selector chooses by labels") func selector() {
        var world = VolumeWorld()
        world.put(volume: "plain", size: "5Gi")
        world.put(volume: "gold", size: "50Gi", labels: ["tier": "gold"])
        world.put(claim: "a", ["selector": ["matchLabels": ["tier": "gold"]]])
        world.settle()
        #expect(world.volume(of: "a") == "gold")
    }

    @Test("a claim that names a volume, and a volume that names a claim, have each other") func named() {
        var world = VolumeWorld()
        world.put(volume: "kept", size: "100Gi", ["claimRef": ["namespace": "d", "name": "late"]])
        world.put(volume: "wanted", size: "50Gi")
        world.put(volume: "small", size: "1Gi")
        world.put(claim: "a", ["volumeName": "wanted"])
        world.put(claim: "b")
        world.put(claim: "tiny", ["volumeName": "small"])
        world.settle()
        #expect(world.volume(of: "a") == "wanted" && world.phase(claim: "a") == "Bound")
        #expect(world.phase(claim: "b") == "Pending")
        #expect(world.notices.contains { $0.message == "Cannot bind to requested volume \"small\": requested PV is too small" })
        world.put(claim: "late")
        world.settle()
        #expect(world.volume(of: "late") == "kept" && world.phase("kept") == "Bound")
    }

    @Test("a volume whose claim is gone is released, and goes only if it was made for the claim") func release() {
        var world = VolumeWorld()
        world.put(volume: "kept")
        world.put(claim: "a")
        world.settle()
        world.claims["d/a"] = nil
        world.settle()
        #expect(world.phase("kept") == "Released")
        // Another claim of the name does not get its data.
        world.put(claim: "a")
        world.claims["d/a"]?[path: "metadata", "uid"] = "another"
        world.settle()
        #expect(world.phase(claim: "a") == "Pending")
        world.put(volume: "strange", ["persistentVolumeReclaimPolicy": "Delete"])
        world.settle()
        world.claims["d/a"] = nil
        world.settle()
        #expect(world.phase("strange") == "Failed")
        #expect(world.notices.contains { $0.reason == "VolumeFailedDelete" })
    }

    @Test("a claim that lost its volume says so") func lost() {
        var world = VolumeWorld()
        world.put(volume: "v")
        world.put(claim: "a")
        world.settle()
        world.volumes["v"] = nil
        world.settle()
        #expect(world.phase(claim: "a") == "Lost")
        #expect(world.notices.contains { $0.reason == "ClaimLost" })
    }

    @Test("a claim waits for its first pod, and then gets a folder on the pod's node that goes with it") func local() {
        var world = VolumeWorld()
        world.put(class: "c", waits: true)
        world.put(volume: "free")
        world.put(claim: "a")
        world.settle()
        #expect(world.phase(claim: "a") == "Pending" && world.volume(of: "a") == nil)
        #expect(world.notices.map(\.reason) == ["WaitForFirstConsumer"])
        world.claims["d/a"]?[path: "metadata", "annotations", "volume.kubernetes.io/selected-node"] = "n"
        world.volumes["free"] = nil
        world.settle()
        #expect(world.phase(claim: "a") == "Bound")
        let volume = world.volumes["pvc-uid-a"]
        #expect(volume?["spec"]?["hostPath"] == ["path": "/data/pvc-uid-a", "type": "DirectoryOrCreate"])
        let terms = volume?[path: "spec", "nodeAffinity", "required", "nodeSelectorTerms"]
        #expect(terms == [["matchExpressions": [["key": "kubernetes.io/hostname", "operator": "In", "values": ["host-n"]]]]])
        world.claims["d/a"] = nil
        world.settle()
        #expect(world.volumes.isEmpty)
    }

    @Test("what the local provisioner cannot make it refuses, saying why", arguments: [
        (["accessModes": ["ReadWriteMany"]], "access modes"), (["volumeMode": "Block"], "Block"), (["selector": ["matchLabels": ["a": "b"]]], "selector"),
    ] as [(JSON, String)]) func refused(spec: JSON, word: String) {
        var world = VolumeWorld()
        world.put(class: "c", waits: true)
        world.put(claim: "a", spec, annotations: ["volume.kubernetes.io/selected-node": "n"])
        world.settle()
        #expect(world.volumes.isEmpty)
        #expect(world.notices.contains { $0.reason == "ProvisioningFailed" && $0.message.contains(word) })
    }

    @Test("without a node of ours, or for another provisioner, the claim is handed to whoever makes its volumes", arguments: [LocalVolumes.provisioner, "ebs.csi.aws.com"])
    func external(provisioner: String) {
        var world = VolumeWorld()
        world.put(class: "c", waits: false, provisioner: provisioner)
        world.put(claim: "a")
        world.settle(provisions: false)
        #expect(world.claims["d/a"]?.annotations["volume.kubernetes.io/storage-provisioner"] == provisioner)
        #expect(world.notices.contains { $0.reason == "ExternalProvisioning" })
        var without = VolumeWorld()
        without.put(claim: "a", ["storageClassName": ""])
        without.put(claim: "b", ["storageClassName": "none"])
        without.settle()
        #expect(without.notices.map(\.message).sorted() == [
            "no persistent volumes available for this claim and no storage class is set", "storageclass.storage.k8s.io \"none\" not found",
        ])
    }

    @Test("claims and volumes in use stay until they are not") func protection() {
        var claim: JSON = ["metadata": ["name": "a", "namespace": "d"]]
        guard case .replace(_, let kept)? = VolumeProtection.plan(claim: claim, pods: []) else { return #expect(Bool(false), "not protected") }
        #expect(kept.finalizers == ["kubernetes.io/pvc-protection"])
        #expect(VolumeProtection.plan(claim: kept, pods: []) == nil)
        claim = kept
        claim[path: "metadata", "deletionTimestamp"] = "2026-01-01T00:00:00Z"
        #expect(VolumeProtection.plan(claim: claim, pods: [Samples.pod("p", node: "n")]) == nil)
        for pod in [Samples.pod("p", node: "n", phase: "Succeeded"), Samples.pod("p")] {
            guard case .replace(_, let free)? = VolumeProtection.plan(claim: claim, pods: [pod]) else { return #expect(Bool(false), "kept") }
            #expect(free.finalizers.isEmpty)
        }
        var volume: JSON = ["metadata": ["name": "v", "deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["kubernetes.io/pv-protection"]], "status": ["phase": "Bound"]]
        #expect(VolumeProtection.plan(volume: volume) == nil)
        volume[path: "status", "phase"] = "Released"
        #expect(VolumeProtection.plan(volume: volume) != nil)
    }

    @Test("a quota counts what is there, in its scopes, and keeps a count that could not be made") func quotas() {
        func pod(_ cpu: String, phase: String = "Running", deadline: Bool = false) -> JSON {
            var pod: JSON = ["spec": ["containers": [["name": "c", "resources": ["requests": ["cpu": .string(cpu)]]]]], "status": ["phase": .string(phase)]]
            if deadline { pod[path: "spec", "activeDeadlineSeconds"] = 5 }
            return pod
        }
        var quota: JSON = [
            "metadata": ["name": "q", "namespace": "d"],
            "spec": ["hard": ["pods": "10", "requests.cpu": "4", "count/configmaps": "5", "count/deployments.apps": "3"]],
        ]
        #expect(ResourceQuotas.isStale(quota))
        #expect(ResourceQuotas.counted(quota) == [
            GroupResource(group: "", resource: "pods"), GroupResource(group: "", resource: "configmaps"), GroupResource(group: "apps", resource: "deployments"),
        ])
        let objects: [GroupResource: [JSON]] = [
            GroupResource(group: "", resource: "pods"): [pod("500m"), pod("1"), pod("7", phase: "Succeeded"), pod("250m", deadline: true)],
            GroupResource(group: "", resource: "configmaps"): [[:], [:]],
        ]
        let plan = ResourceQuotas.plan(quota, objects: objects)
        #expect(plan.status?["used"] == ["pods": "3", "requests.cpu": "1750m", "count/configmaps": "2"])
        #expect(plan.status?["hard"] == quota["spec"]?["hard"])
        #expect(plan.again == 300)
        quota[path: "spec", "scopes"] = ["Terminating"]
        #expect(ResourceQuotas.plan(quota, objects: objects).status?["used"]?["requests.cpu"] == "250m")
        quota["spec"]?["hard"] = ["pods": "10"]
        quota["status"] = ["hard": ["pods": "10"], "used": ["pods": "1"]]
        #expect(!ResourceQuotas.isStale(quota))
        #expect(ResourceQuotas.plan(quota, objects: objects).changes.isEmpty)
    }
}
