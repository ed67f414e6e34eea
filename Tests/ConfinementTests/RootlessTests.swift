import Confinement
import FoundationEssentials
import Glibc
import JSONValue
import OCIModel
import PolicyModel
import Testing

/// The same decisions on a node without root: an ordinary user, root of a user namespace of its own.
@Suite(
    "confinement on a node without root",
    .enabled(
        if: Runtime.rootlessObstacle == nil, "no node without root can be made here: \(Runtime.rootlessObstacle ?? "")"),
    .serialized)
struct RootlessTests {
    private static let user: UInt32 = 54_321

    /// Becomes a user with subordinate ids, in a mount namespace whose /etc says so, then root of that user's own namespaces.
    private func wrapper(_ runtime: Runtime) throws -> [String] {
        let id = Self.user
        for (name, text) in [
            ("passwd", "root:x:0:0::/root:/bin/sh\nkastell-test:x:\(id):\(id)::/:/bin/sh\n"),
            ("subuid", "kastell-test:300000:200000\n"),
            ("subgid", "kastell-test:300000:200000\n"),
        ] {
            try Data(text.utf8).write(to: URL(filePath: "\(runtime.folder)/\(name)"))
            _ = unsafe chmod("\(runtime.folder)/\(name)", 0o644)
        }
        let binds = ["passwd", "subuid", "subgid"].map { "mount --bind \(runtime.folder)/\($0) /etc/\($0)" }
        let script = binds.joined(separator: " && ") + #" && exec "$@""#
        return ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", script, "sh"]
            + ["/usr/bin/setpriv", "--reuid=\(id)", "--regid=\(id)", "--clear-groups"]
            + [
                "/usr/bin/unshare", "--user", "--map-root-user", "--map-auto", "--net", "--mount", "--pid", "--fork",
                "--mount-proc",
            ]
    }

    private var node: NodeFacts {
        var node = Runtime.node
        node.privilege = .rootless(owns: [.network, .pid, .mount])
        // 200000 subordinate ids: the node's own user and 65536 of them as 0 to 65536, then two blocks for pods.
        node.ownIDs = 65_537
        node.subordinateIDs = [IDRange(first: 65_537, count: 131_072)]
        node.cgroups.writable = []
        node.lowestOOMScoreAdjustment = 0
        node.devices = []
        return node
    }

    private func run(_ spec: JSON, _ script: String, owner: UInt32 = user) throws -> String {
        let runtime = try Runtime()
        defer { runtime.remove() }
        for entry in [runtime.folder]
            + (try FileManager.default.subpathsOfDirectory(atPath: runtime.folder)).map({ "\(runtime.folder)/\($0)" })
        {
            let isImage = entry.hasPrefix("\(runtime.folder)/rootfs")
            guard unsafe lchown(entry, isImage ? owner : Self.user, isImage ? owner : Self.user) == 0 else {
                throw Runtime.Failure(description: "\(entry) keeps its owner")
            }
        }
        let pod: JSON = ["metadata": ["name": "look", "namespace": "default"], "spec": spec]
        var identity = PodIdentity()
        identity.idBlock = 1
        let decision = Confinement.decide(
            pod: pod, container: "c", image: ImageFacts(entrypoint: ["/bin/sh", "-c", Runtime.together(script)]),
            node: node, identity: identity)
        guard let container = decision.container else {
            throw Runtime.Failure(description: "\(decision.refusals.map(\.message))")
        }
        return try runtime.run(container.runtimeSpec(root: "rootfs"), wrapper: wrapper(runtime)).output
    }

    @Test("a pod that says nothing is root of a namespace of an ordinary user") func ordinary() throws {
        let output = try run(
            ["containers": [["name": "c"]]],
            """
            id -u
            cat /proc/self/uid_map | tr -s ' '
            grep -E '^(CapEff|Seccomp):' /proc/self/status
            echo 1 > /proc/sys/kernel/panic
            mount -t tmpfs none /tmp
            """)
        #expect(
            output == """
                0
                 0 54321 1
                 1 300000 199999
                CapEff:\t00000000a80425fb
                Seccomp:\t2
                /bin/sh: can't create /proc/sys/kernel/panic: Read-only file system
                mount: permission denied (are you root?)

                """)
    }

    @Test("the seed's Istio proxy is confined as with root") func istioProxy() throws {
        let context: JSON = [
            "allowPrivilegeEscalation": false, "capabilities": ["drop": ["ALL"]], "privileged": false,
            "readOnlyRootFilesystem": true,
            "runAsGroup": 1337, "runAsNonRoot": true, "runAsUser": 1337,
        ]
        let output = try run(
            ["containers": [["name": "c", "securityContext": context]]],
            """
            id
            grep -E '^(CapBnd|NoNewPrivs|Seccomp):' /proc/self/status
            touch /file
            """)
        #expect(
            output == """
                uid=1337 gid=1337 groups=1337
                CapBnd:\t0000000000000000
                NoNewPrivs:\t1
                Seccomp:\t2
                touch: /file: Read-only file system

                """)
    }

    @Test("privileged and the host's network are the node's, not the machine's") func privileged() throws {
        let output = try run(
            ["hostNetwork": true, "containers": [["name": "c", "securityContext": ["privileged": true]]]],
            """
            grep Seccomp: /proc/self/status
            mount -t tmpfs none /tmp && echo mounted
            busybox ip addr add 10.9.9.9/32 dev lo && echo addressed
            busybox date -s 2030-01-01 2>&1 | head -1
            echo 1 > /proc/sys/kernel/panic
            mknod /disk b 8 0
            """)
        #expect(
            output == """
                Seccomp:\t0
                mounted
                addressed
                date: can't set date: Operation not permitted
                /bin/sh: can't create /proc/sys/kernel/panic: Permission denied
                mknod: /disk: Operation not permitted

                """)
    }

    @Test("a pod with users of its own has a block of the user's subordinate ids") func ownUsers() throws {
        // Seen from the machine, the second block begins at 300000 + 131073 - 1.
        let output = try run(
            ["hostUsers": false, "containers": [["name": "c"]]],
            "cat /proc/self/uid_map | tr -s ' '; id -u; touch /file && stat -c %u /file", owner: 300_000 + 131_072)
        #expect(output == " 0 131073 65536\n0\n0\n")
    }

    @Test("limits that cannot hold are refused before anything is started") func limits() {
        let pod: JSON = ["spec": ["containers": [["name": "c", "resources": ["limits": ["memory": "16Mi"]]]]]]
        let decision = Confinement.decide(
            pod: pod, container: "c", image: ImageFacts(entrypoint: ["/bin/sh"]), node: node, identity: PodIdentity())
        #expect(decision.refusals.map(\.reason) == [.notEnforceable])
        #expect(node.conditions.first { $0.type == "ResourceLimitsEnforced" }?.isTrue == false)
    }
}
