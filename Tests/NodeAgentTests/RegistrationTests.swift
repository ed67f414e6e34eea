import CertificateAuthority
import JSONValue
import KubeClient
import KubeModel
import LinuxKernel
import Logging
import Testing

@testable import NodeAgent

@Suite("registration of a node")
struct RegistrationTests {
    private static let nodes = GroupVersionResource("v1", "nodes")

    private static func object(problem: String? = nil) -> NodeObject {
        NodeObject(
            name: "one", host: HostFacts.read(), addresses: ["192.0.2.1"], podNetworks: ["10.244.0.0/24"], runtimeVersion: "runc://1.1.5",
            agentVersion: "v1.36.0+kastell", problem: problem)
    }

    private static func heartbeat(_ client: KubeClient, problem: String? = nil) -> NodeHeartbeat {
        NodeHeartbeat(client: client, object: { object(problem: problem) }, clock: Cluster.clock, log: Logger(label: "test"))
    }

    @Test("a bootstrap token buys a certificate, which is kept and asks for its own renewal")
    func certificate() async throws {
        try await Cluster.run { cluster in
            try await cluster.openForNodes()
            let folder = cluster.folder + "/pki"
            let credentials = NodeCredentials(node: "one", folder: folder, clock: Cluster.clock)
            #expect(try credentials.present() == nil)
            let pair = try await credentials.request(cluster.client("system:bootstrap:abcdef", ["system:bootstrappers"]))
            let leaf = try #require(try PeerCertificate.chain(pem: String(decoding: pair.certificate, as: UTF8.self)).first)
            #expect(leaf.commonName == "system:node:one")
            #expect(leaf.organizations == ["system:nodes"])
            #expect(try credentials.present()?.certificate == pair.certificate)
            #expect(SecureFile.mode(folder + "/node.key").map { $0 & 0o777 } == 0o600)
            #expect(!credentials.isDue(pair))
            // The certificate of another node is not taken for this one's.
            #expect(try NodeCredentials(node: "two", folder: folder, clock: Cluster.clock).present() == nil)
            let middle = (pair.notBefore.seconds + pair.notAfter.seconds) / 2 + 1
            #expect(NodeCredentials(node: "one", folder: folder, clock: { Timestamp(seconds: middle) }).isDue(pair))
            let renewed = try await credentials.request(cluster.client("system:node:one", ["system:nodes"]))
            #expect(renewed.certificate != pair.certificate)
        }
    }

    @Test("who may not ask gets no certificate, and nothing is left on the disk")
    func refused() async throws {
        try await Cluster.run { cluster in
            let credentials = NodeCredentials(node: "one", folder: cluster.folder + "/pki", clock: Cluster.clock)
            await #expect(throws: StatusError.self) {
                try await credentials.request(cluster.client("system:bootstrap:abcdef", ["system:bootstrappers"]))
            }
            #expect(!SecureFile.exists(cluster.folder + "/pki"))
        }
    }

    @Test("the node shows itself with its own identity, and says that it is there")
    func registers() async throws {
        try await Cluster.run { cluster in
            let client = cluster.client("system:node:one", ["system:nodes"])
            let heartbeat = Self.heartbeat(client)
            let uid = try await heartbeat.register()
            #expect(!uid.isEmpty)
            let node = try await cluster.admin.get(Self.nodes, name: "one")
            #expect(node["metadata"]?["labels"]?["kubernetes.io/hostname"] == "one")
            #expect(node["spec"]?["podCIDR"] == "10.244.0.0/24")
            #expect(node["status"]?["addresses"]?[at: 0]?["address"] == "192.0.2.1")
            #expect(try await ready(cluster)?["status"] == "True")
            // A second registration takes the node over.
            #expect(try await heartbeat.register() == uid)
            // What has not changed is not written again.
            #expect(try await heartbeat.report() == false)
            #expect(try await Self.heartbeat(client, problem: "the runtime does not answer").report())
            #expect(try await ready(cluster)?["status"] == "False")
            #expect(try await ready(cluster)?["message"] == "the runtime does not answer")
            let beating = Task { await heartbeat.run(uid: uid) }
            defer { beating.cancel() }
            var lease: JSON?
            for _ in 0..<200 where lease == nil {
                lease = try? await cluster.admin.get(
                    GroupVersionResource("coordination.k8s.io/v1", "leases"), namespace: "kube-node-lease", name: "one")
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(lease?["spec"]?["holderIdentity"] == "one")
            #expect(lease?["metadata"]?["ownerReferences"]?[at: 0]?["uid"]?.string == uid)
        }
    }

    private func ready(_ cluster: Cluster) async throws -> JSON? {
        try await cluster.admin.get(Self.nodes, name: "one")["status"]?["conditions"]?.array?.first { $0["type"] == "Ready" }
    }

    @Test("a node can show nobody but itself")
    func others() async throws {
        try await Cluster.run { cluster in
            let heartbeat = Self.heartbeat(cluster.client("system:node:two", ["system:nodes"]))
            await #expect(throws: StatusError.self) { try await heartbeat.register() }
        }
    }

    @Test(
        "microseconds have six digits",
        arguments: [(0, "000000"), (7_000, "000007"), (999_999_999, "999999")] as [(Int32, String)])
    func microTime(_ nanoseconds: Int32, _ digits: String) {
        let text = NodeHeartbeat.microTime(Timestamp(seconds: 1_800_000_000, nanoseconds: nanoseconds))
        #expect(text == "2027-01-15T08:00:00.\(digits)Z")
    }
}
