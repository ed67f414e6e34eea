import Confinement
import FoundationEssentials
import JSONValue
import OCIModel
import PolicyModel
import Testing
import YAMLValue

/// The decision carried out: a real runtime makes the container, and a shell inside says what it sees.
@Suite(
    "confinement, seen from inside",
    .enabled(if: Runtime.obstacle == nil, "no container can be run here: \(Runtime.obstacle ?? "")"), .serialized)
struct InsideTests {
    /// One file under `Inside`: a pod, a script, and what the script prints.
    struct Look: CustomTestStringConvertible, Sendable {
        var name: String
        var content: JSON
        var testDescription: String { name }

        static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Inside").path

        static func all() throws -> [Look] {
            try FileManager.default.contentsOfDirectory(atPath: root).sorted().map { file in
                let data = try Data(contentsOf: URL(filePath: "\(root)/\(file)"))
                return Look(name: String(file.split(separator: ".")[0]), content: try YAML.document(Array(data)).value)
            }
        }
    }

    @Test("the container sees what its file says", arguments: try Look.all())
    func seen(_ look: Look) throws {
        let runtime = try Runtime()
        defer { runtime.remove() }
        var pod = look.content["pod"] ?? [:]
        pod["spec"] = look.content["spec"]
        pod[path: "metadata", "name"] = "look"
        pod[path: "metadata", "namespace"] = "default"
        let name = pod["spec"]?["containers"]?[at: 0]?["name"]?.string ?? ""
        let script = look.content["script"]?.string ?? ""
        let accounts = ImageAccounts(
            passwd: look.content["image"]?["passwd"]?.string ?? "root:x:0:0:root:/root:/bin/sh",
            group: look.content["image"]?["group"]?.string ?? "")
        let image = ImageFacts(
            user: look.content["image"]?["user"]?.string ?? "",
            entrypoint: ["/bin/sh", "-c", Runtime.together(script)], accounts: accounts)
        var node = Runtime.node
        for (name, profile) in look.content["profiles"]?.object ?? [:] { node.seccompProfiles[name] = profile }
        var identity = PodIdentity()
        identity.idBlock = 1
        identity.volumes["v"] = VolumeFacts(path: "\(runtime.folder)/volume")
        if pod["spec"]?["hostUsers"]?.bool == false {
            // The image's files belong to the pod's root, as the node would have them.
            let first = UserNamespaceRanges(node).mapping(block: 1)?.hostID ?? 0
            try runtime.own(first)
        }
        let decision = Confinement.decide(pod: pod, container: name, image: image, node: node, identity: identity)
        guard let container = decision.container else {
            Issue.record("refused: \(decision.refusals.map(\.message))")
            return
        }
        let (output, code) = try runtime.run(container.runtimeSpec(root: "rootfs"))
        let expected = look.content["prints"]?.string ?? ""
        #expect(output == expected)
        #expect(Int64(code) == look.content["code"]?.int ?? 0)
    }

    @Test("containers of a pod join its namespaces", arguments: [true, false])
    func joined(hostUsers: Bool) throws {
        let (holder, guest) = (try Runtime(), try Runtime())
        defer {
            holder.end()
            holder.remove()
            guest.remove()
        }
        let pod: JSON = [
            "metadata": ["name": "look", "namespace": "default"],
            "spec": [
                "hostUsers": .bool(hostUsers), "shareProcessNamespace": true,
                "containers": [["name": "c"], ["name": "d"]],
                "securityContext": ["sysctls": [["name": "net.ipv4.ip_local_port_range", "value": "1024 2048"]]],
            ],
        ]
        let node = Runtime.node
        if !hostUsers, let users = UserNamespaceRanges(node).mapping(block: 0) {
            try holder.own(users.hostID)
            try guest.own(users.hostID)
        }
        var identity = PodIdentity()
        identity.idBlock = 0
        func decide(_ name: String, _ script: String) -> ConfinementDecision {
            let image = ImageFacts(entrypoint: ["/bin/sh", "-c", Runtime.together(script)])
            return Confinement.decide(pod: pod, container: name, image: image, node: node, identity: identity)
        }
        let first = try #require(decide("c", "busybox sleep 60").container)
        let process = try holder.start(first.runtimeSpec(root: "rootfs"))
        for kind in [RuntimeNamespace.Kind.network, .ipc, .uts, .pid] + (hostUsers ? [] : [.user]) {
            let file = [.network: "net"][kind] ?? kind.rawValue
            identity.namespaces[kind] = "/proc/\(process)/ns/\(file)"
        }
        let script = """
            cat /proc/sys/net/ipv4/ip_local_port_range | tr '\\t' ' '
            hostname
            cat /proc/1/cmdline | tr '\\0' ' ' | grep -c sleep
            read inside outside size < /proc/self/uid_map; echo $inside $outside
            grep -E '^(CapEff|Seccomp):' /proc/self/status
            mount | grep -E ' on /sys ' | cut -d' ' -f5
            touch /sys/x
            """
        let second = try #require(decide("d", script).container)
        #expect(second.hostname == nil && second.linux.sysctl.isEmpty)
        let (output, _) = try guest.run(second.runtimeSpec(root: "rootfs"))
        #expect(
            output == """
                1024 2048
                look
                1
                0 \(hostUsers ? 0 : 1_000_000)
                CapEff:\t00000000a80425fb
                Seccomp:\t2
                sysfs
                touch: /sys/x: Read-only file system

                """)
    }
}
