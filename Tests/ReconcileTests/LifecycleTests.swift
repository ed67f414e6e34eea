import JSONValue
import KubeModel
import Reconcile
import Testing

@Suite struct LifecycleTests {
    static let maps = GroupVersionResource(group: "", version: "v1", resource: "configmaps")

    static func object(_ name: String, owners: [String] = [], finalizers: [String] = [], deleting: Bool = false, blocks: Bool = true) -> JSON {
        var object: JSON = ["metadata": ["name": .string(name), "namespace": "d", "uid": .string(name), "resourceVersion": "1"]]
        object[path: "metadata", "ownerReferences"] = .array(owners.map {
            OwnerReference(apiVersion: "v1", kind: "ConfigMap", name: $0, uid: $0, blocksDeletion: blocks).json
        })
        object[path: "metadata", "finalizers"] = JSON(finalizers)
        if deleting { object[path: "metadata", "deletionTimestamp"] = "2026-01-01T00:00:00Z" }
        return object
    }

    @Test("objects that nobody owns leave no trace in the graph") func lean() {
        var graph = OwnerGraph()
        for index in 0..<100 { #expect(graph.observe(Self.object("o\(index)"), of: Self.maps).isEmpty) }
        #expect(graph.count == 0)
    }

    @Test("when an owner goes, its dependents are looked at and nothing else") func gone() {
        var graph = OwnerGraph()
        _ = graph.observe(Self.object("a", owners: ["owner"]), of: Self.maps)
        _ = graph.observe(Self.object("b", owners: ["other"]), of: Self.maps)
        #expect(graph.remove("owner") == [.examine("a")])
        #expect(graph.state(ofOwner: "owner") == .absent)
        _ = graph.remove("a")
        #expect(graph.count == 1)
    }

    @Test("a foreground deletion looks at the dependents, and ends with the last that blocks it") func foreground() {
        var graph = OwnerGraph()
        _ = graph.observe(Self.object("child", owners: ["owner"]), of: Self.maps)
        let owner = Self.object("owner", finalizers: ["foregroundDeletion"], deleting: true)
        #expect(graph.observe(owner, of: Self.maps) == [.examine("child"), .examine("owner")])
        let target = Target(Self.maps, owner)
        let held = GarbageCollection.release(owner, at: target, dependents: graph.dependents(of: "owner"))
        #expect(held.change == nil)
        #expect(held.examine == ["child"])
        #expect(graph.remove("child") == [.examine("owner")])
        #expect(GarbageCollection.release(owner, at: target, dependents: graph.dependents(of: "owner")).change != nil)
    }

    /// How the owners stand, and what becomes of the object.
    @Test("the owners decide what becomes of an object", arguments: [
        ([GarbageCollection.Owner.solid], "stays"), ([.dangling], "Background"), ([.waiting], "Background"), ([.solid, .dangling], "loses an owner"),
        ([.dangling, .dangling], "Background"), ([], "stays"),
    ]) func fate(owners: [GarbageCollection.Owner], fate: String) {
        let names = owners.indices.map { "owner\($0)" }
        let object = Self.object("x", owners: names)
        let changes = GarbageCollection.decide(
            object, at: Target(Self.maps, object), owners: zip(object.owners, owners).map { (reference: $0, state: $1) }, dependents: [])
        switch changes.first {
        case nil: #expect(fate == "stays")
        case .delete(_, _, let policy): #expect(fate == policy)
        case .patch: #expect(fate == "loses an owner")
        case .create, .replace, .deleteCollection: #expect(Bool(false), "no such change is expected")
        }
    }

    static let namespace: JSON = [
        "metadata": ["name": "n", "deletionTimestamp": "2026-01-01T00:00:00Z"], "spec": ["finalizers": ["kubernetes"]], "status": ["phase": "Terminating"],
    ]

    @Test("a namespace with content says what is left, one without ends") func namespace() {
        var content = NamespaceDeletion.Content()
        content.add([Self.object("s", finalizers: ["example.com/x"])], of: GroupResource(group: "", resource: "secrets"))
        let held = NamespaceDeletion.plan(namespace: Self.namespace, content: content, now: Samples.now)
        #expect(
            held.status?["conditions"]?.array?.map { $0["message"]?.string } == [
                "All resources successfully discovered", "All legacy kube types successfully parsed",
                "All content successfully deleted, may be waiting on finalization", "Some resources are remaining: secrets. has 1 resource instances",
                "Some content in the namespace has finalizers remaining: example.com/x in 1 resource instances",
            ])
        let empty = NamespaceDeletion.plan(namespace: Self.namespace, content: .init(), now: Samples.now)
        guard case .replace(let target, let object) = empty.changes.first else { return #expect(Bool(false), "the end is written") }
        #expect(target.subresource == "finalize")
        #expect(object["spec"]?["finalizers"]?.array == [])
    }

    @Test("requests are kept as long as upstream keeps them", arguments: [
        ("Approved", true, 3500, false), ("Approved", true, 3700, true), ("Approved", false, 3700, false), ("Denied", false, 3700, true),
        ("Failed", false, 3700, true),
    ]) func cleaning(condition: String, signed: Bool, age: Int64, goes: Bool) {
        var request: JSON = ["metadata": ["name": "r", "uid": "u", "creationTimestamp": .string(Samples.now.adding(seconds: -age).description)]]
        request["status"] = ["conditions": [["type": .string(condition), "lastUpdateTime": .string(Samples.now.adding(seconds: -age).description)]]]
        if signed { request[path: "status", "certificate"] = "YQ==" }
        #expect(SigningRequests.cleanUp(request, certificateEnd: nil, now: Samples.now).changes.isEmpty != goes)
    }
}
