import CertificateAuthority
import Glibc
import JSONValue
import KubeClient
import KubeModel
import LinuxKernel
import Testing

@testable import NodeAgent

@Suite("static pods")
struct StaticPodTests {
    private static let now = Timestamp(seconds: 1_800_000_000)
    private static let plain = """
        apiVersion: v1
        kind: Pod
        metadata: {name: web, labels: {app: web}}
        spec:
          containers:
          - {name: main, image: registry.example/web:1, ports: [{containerPort: 80}]}
        """

    private static func pods(_ text: String, file: String = "web.yaml", node: String = "one") throws -> [JSON] {
        try StaticManifest.pods(Array(text.utf8), file: file, node: node, now: now)
    }

    @Test("a pod of a file is as the API server would have stored it, bound to the node")
    func completes() throws {
        let pod = try #require(try Self.pods(Self.plain).first)
        #expect(pod.name == "web-one")
        #expect(pod.namespace == "default")
        #expect(StaticManifest.isStatic(uid: pod.uid))
        #expect(!StaticManifest.isStatic(uid: "0c1f0f0e-8a5d-4b52-9f6c-3c4b2a1d0e9f"))
        #expect(pod["spec"]?["nodeName"] == "one")
        #expect(pod["spec"]?["restartPolicy"] == "Always")
        #expect(pod["spec"]?["containers"]?[at: 0]?["imagePullPolicy"] == "IfNotPresent")
        #expect(pod["spec"]?["tolerations"] == [["operator": "Exists", "effect": "NoExecute"]])
        let annotations = pod["metadata"]?["annotations"]
        #expect(annotations?["kubernetes.io/config.source"] == "file")
        #expect(annotations?["kubernetes.io/config.hash"]?.string == pod.uid)
        #expect(annotations?["kubernetes.io/config.seen"] == "2027-01-15T08:00:00Z")
        #expect(pod["status"]?["phase"] == "Pending")
    }

    @Test("the uid follows the content, the file and the node, and nothing else")
    func uids() throws {
        let first = try #require(try Self.pods(Self.plain).first).uid
        let json = try #require(try Self.pods(#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","labels":{"app":"web"}},"spec":{"containers":[{"name":"main","image":"registry.example/web:1","ports":[{"containerPort":80}]}]}}"#).first)
        #expect(json.uid == first)
        #expect(try Self.pods(Self.plain, file: "other.yaml").first?.uid != first)
        #expect(try Self.pods(Self.plain, node: "two").first?.uid != first)
        #expect(try Self.pods(Self.plain.replacing("web:1", with: "web:2")).first?.uid != first)
        // Beside another pod it is the same one.
        #expect(try Self.pods(Self.plain + "\n---\n" + Self.plain.replacing("name: web,", with: "name: second,")).first?.uid == first)
    }

    @Test(
        "several documents, lists and empty documents are read",
        arguments: [
            (plain + "\n---\n\n---\n" + plain.replacing("name: web,", with: "name: second,"), ["web-one", "second-one"]),
            ("apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: c, image: i}]}}", ["a-one"]),
            ("apiVersion: v1\nkind: PodList\nitems:\n- {metadata: {name: a}, spec: {containers: [{name: c, image: i}]}}", ["a-one"]),
            ("", []), ("# nothing yet\n", []),
        ])
    func several(text: String, names: [String]) throws { #expect(try Self.pods(text).map(\.name) == names) }

    @Test(
        "what is no pod, or one that the API server would refuse, is refused with the reason",
        arguments: [
            ("{", "neither YAML nor JSON"),
            ("apiVersion: v1\nkind: Secret\nmetadata: {name: a}", "no Pod of v1"),
            ("apiVersion: v1\nkind: Pod\nspec: {}", "metadata.name: Required value"),
            ("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: []}", "spec.containers: Required value"),
            ("apiVersion: v1\nkind: Pod\nmetadata: {name: a, name: b}\nspec: {containers: [{name: c, image: i}]}", "twice"),
            ("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, image: i, securityContex: {}}]}", "unknown field \"spec.containers[0].securityContex\""),
            ("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: 5}", "cannot"),
            ("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {serviceAccountName: s, containers: [{name: c, image: i}]}", "a service account"),
            ("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {serviceAccount: s, containers: [{name: c, image: i}]}", "a service account"),
            ("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, image: i, envFrom: [{secretRef: {name: s}}]}]}", "secrets"),
            ("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, image: i}], volumes: [{name: v, configMap: {name: m}}]}", "configmaps"),
            (
                "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, image: i}], volumes: [{name: v, projected: {sources: [{serviceAccountToken: {path: t}}]}}]}",
                "tokens of a service account"
            ),
        ])
    func refuses(text: String, reason: String) {
        let fault = #expect(throws: ManifestFault.self) { try Self.pods(text) }
        #expect(fault?.message.contains(reason) == true, "\(fault?.message ?? "")")
        #expect(fault?.place == "web.yaml")
    }

    @Test("a file does not choose its uid, its node, its owner or whose mirror it is")
    func claims() throws {
        let text = """
            apiVersion: v1
            kind: Pod
            metadata: {name: a, uid: mine, annotations: {kubernetes.io/config.mirror: x, kubernetes.io/config.hash: other, own: kept}, finalizers: [example.com/f], ownerReferences: [{apiVersion: v1, kind: Node, name: node, uid: u}]}
            spec: {nodeName: elsewhere, containers: [{name: c, image: i}]}
            """
        let pod = try #require(try Self.pods(text).first)
        #expect(!MirrorPod.isMirror(pod))
        #expect(pod.uid != "mine")
        #expect(pod["spec"]?["nodeName"] == "one")
        #expect(pod["metadata"]?["ownerReferences"] == nil)
        #expect(pod["metadata"]?["finalizers"] == nil)
        #expect(pod["metadata"]?["annotations"]?["own"] == "kept")
        #expect(pod["metadata"]?["annotations"]?["kubernetes.io/config.hash"]?.string == pod.uid)
    }

    @Test("a folder is read as it changes: a bad file is told once, leaves its pods, and hinders no other")
    func folder() throws {
        let folder = "/tmp/kst-manifests-" + String(UInt32.random(in: 0 ... .max), radix: 36)
        unsafe mkdir(folder, 0o700)
        defer { try? FileTree.remove(folder) }
        func write(_ name: String, _ text: String) throws {
            let bytes = Array(text.utf8)
            try SecureFile.write(folder + "/" + name, bytes)
        }
        var reader = ManifestReader(node: "one")
        #expect(reader.read(folder, now: Self.now) == [])
        #expect(reader.pods.isEmpty)
        try write("web.yaml", Self.plain)
        try write(".hidden.yaml", Self.plain.replacing("name: web,", with: "name: hidden,"))
        #expect(reader.read(folder, now: Self.now) == [])
        #expect(reader.pods.keys.sorted() == ["default/web-one"])
        let first = reader.pods["default/web-one"]
        // The same file later is the same pod, the moment included.
        try write("bad.yaml", "kind: Pod")
        let faults = reader.read(folder, now: Self.now.adding(seconds: 60))
        #expect(faults.map(\.place) == ["bad.yaml"])
        #expect(reader.pods["default/web-one"] == first)
        #expect(reader.read(folder, now: Self.now) == [])
        // The pod of a file that goes bad goes on.
        try write("web.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {container")
        #expect(reader.read(folder, now: Self.now).map(\.place) == ["web.yaml"])
        #expect(reader.pods["default/web-one"] == first)
        // Mended, it is another pod of the same name.
        try write("web.yaml", Self.plain.replacing("web:1", with: "web:2"))
        #expect(reader.read(folder, now: Self.now) == [])
        #expect(reader.pods["default/web-one"]?.uid != first?.uid)
        try write("zweb.yaml", Self.plain)
        #expect(reader.read(folder, now: Self.now).first?.message.contains("another file has the pod default/web-one") == true)
        unsafe chmod(folder + "/zweb.yaml", 0o666)
        #expect(reader.read(folder, now: Self.now).first?.message.contains("chmod go-w") == true)
        unsafe unlink(folder + "/zweb.yaml")
        unsafe unlink(folder + "/web.yaml")
        _ = reader.read(folder, now: Self.now)
        #expect(reader.pods.isEmpty)
        // Whose folder others may write, his pods are none of ours.
        try write("web.yaml", Self.plain)
        unsafe chmod(folder, 0o777)
        #expect(reader.read(folder, now: Self.now).count == 1)
        #expect(reader.pods.isEmpty)
    }

    @Test("a mirror is made, made anew when somebody deletes it, and taken away with the file")
    func steps() throws {
        let pod = try #require(try Self.pods(Self.plain).first)
        let key = Informer.key(pod)
        var mirror = MirrorPod.of(pod, node: "one", nodeUID: "u")
        mirror[path: "metadata", "uid"] = "of-the-server"
        #expect(MirrorPod.isMirror(mirror) && MirrorPod.original(of: mirror) == pod.uid)
        #expect(MirrorPod.steps(pods: [key: pod], ending: [], present: [:]) == [.create(pod)])
        #expect(MirrorPod.steps(pods: [key: pod], ending: [], present: [key: mirror]) == [])
        var deleted = mirror
        deleted[path: "metadata", "deletionTimestamp"] = "2027-01-15T08:00:00Z"
        #expect(MirrorPod.steps(pods: [key: pod], ending: [], present: [key: deleted]) == [.remove(deleted)])
        #expect(MirrorPod.steps(pods: [:], ending: [], present: [key: mirror]) == [.remove(mirror)])
        // While the pod still ends, it can be seen.
        #expect(MirrorPod.steps(pods: [:], ending: [pod.uid], present: [key: mirror]) == [])
        var changed = pod
        changed[path: "metadata", "uid"] = "ffffffffffffffffffffffffffffffff"
        #expect(MirrorPod.steps(pods: [key: changed], ending: [pod.uid], present: [key: mirror]) == [.remove(mirror)])
        // A pod of the API that has the name is nobody's mirror and stays.
        #expect(MirrorPod.steps(pods: [key: pod], ending: [], present: [key: pod]) == [])
    }

    @Test("the API server takes the mirror from its node, and from no other")
    func admitted() async throws {
        try await Cluster.run { cluster in
            let pods = GroupVersionResource("v1", "pods")
            let nodes = GroupVersionResource("v1", "nodes")
            let client = cluster.client("system:node:one", ["system:nodes"])
            let made = try await client.create(nodes, ["apiVersion": "v1", "kind": "Node", "metadata": ["name": "one"]])
            let pod = try #require(try Self.pods(Self.plain, node: "one").first)
            let mirror = MirrorPod.of(pod, node: "one", nodeUID: made.uid)
            let other = cluster.client("system:node:two", ["system:nodes"])
            await #expect(throws: StatusError.self) { try await other.create(pods, namespace: "default", mirror) }
            let stored = try await client.create(pods, namespace: "default", mirror)
            #expect(stored["spec"] == pod["spec"])
            #expect(MirrorPod.original(of: stored) == pod.uid)
            try await client.delete(pods, namespace: "default", name: stored.name, options: ["kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 0])
        }
    }
}
