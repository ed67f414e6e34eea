import CNetworkProbe
import ClusterNetwork
import Glibc
import JSONValue
import KubeClient
import KubeModel
import LinuxKernel
import Logging
import NFTables
import NetworkPolicy
import NodeNetwork
import Testing

/// Whether this machine lets us make network namespaces and rules; the reason when it does not.
enum KernelSupport {
    static let refusal: String? = {
        knp_raise_limits()
        do {
            let namespace = try NetworkNamespace.make()
            try namespace.run { () throws(SystemError) in try Sysctl.write("net/ipv4/ip_forward", "1") }
            return nil
        } catch {
            return "\(error)"
        }
    }()
    static var isThere: Bool { refusal == nil }
    static var comment: Comment { "this machine gives no network namespaces: \(refusal ?? "it does")" }
}

/// The node n1 in a namespace of its own, with its network and what follows the cluster for it.
final class NodeLab: Sendable {
    static let address = IPAddress(family: .v4, high: 0, low: 0xAC1F_0001)

    let cluster: Cluster
    let namespace: NetworkNamespace
    let network: NodeNetwork
    let follower: ClusterNetwork

    init(_ cluster: Cluster) async throws {
        self.cluster = cluster
        namespace = try NetworkNamespace.make()
        try namespace.run { () throws(SystemError) in
            let route = try RouteSocket()
            guard let loopback = try route.link("lo") else { throw SystemError("look up lo", 19) }
            try route.addAddress(IPNetwork(Self.address), Self.address, to: loopback)
            try route.setUp(loopback)
        }
        var view = NodeView(name: "n1", addresses: [Self.address], uplinks: ["uplink"])
        view.podNetworks = [try #require(IPNetwork("10.244.0.0/16"))]
        view.serviceNetworks = [try #require(IPNetwork("10.96.0.0/16"))]
        network = try NodeNetwork(view, podNetworks: [try #require(IPNetwork("10.244.0.0/24"))], in: namespace)
        _ = try await network.start()
        follower = ClusterNetwork(
            client: cluster.client("system:node:n1", ["system:nodes"]), network: network, nodeName: "n1", nodeAddresses: [Self.address],
            clock: Cluster.clock, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// A cluster with one node that follows it.
    static func run(installingCalico: Bool = true, _ body: (NodeLab) async throws -> Void) async throws {
        try await Cluster.run { cluster in
            if installingCalico { try await cluster.installCalico() }
            try await cluster.openForNodes()
            try await cluster.apply(["apiVersion": "v1", "kind": "Node", "metadata": ["name": "n1"]])
            let lab = try await NodeLab(cluster)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await lab.follower.run() }
                await lab.follower.waitUntilReady()
                try await body(lab)
                group.cancelAll()
            }
            try await lab.network.removeAll()
        }
    }

    /// A pod as the node makes it: its object, its namespace, its link, and its addresses in its status.
    @discardableResult
    func start(_ namespace: String, _ name: String, labels: JSON = [:], ports: JSON = []) async throws -> LabPod {
        let pods = GroupVersionResource("v1", "pods")
        try await eventually("\(namespace) has its service account") {
            (try? await cluster.admin.get(GroupVersionResource("v1", "serviceaccounts"), namespace: namespace, name: "default")) != nil
        }
        let pod = try await cluster.apply([
            "apiVersion": "v1", "kind": "Pod", "metadata": ["name": .string(name), "namespace": .string(namespace), "labels": labels],
            "spec": ["nodeName": "n1", "containers": [["name": "main", "image": "example.invalid/none", "ports": ports]]],
        ])
        let inside = try NetworkNamespace.make()
        var request = NodeNetwork.PodRequest(endpoint: follower.endpoint(of: pod), namespace: inside)
        request.hostPorts = follower.hostPorts(of: pod)
        let addresses = try await network.attach(request)
        let address = try #require(addresses.first)
        try await cluster.client("system:node:n1", ["system:nodes"]).patch(
            pods, namespace: namespace, name: name, subresource: "status", form: .merge,
            [
                "status": [
                    "phase": "Running", "podIP": .string("\(address)"), "podIPs": [["ip": .string("\(address)")]],
                    "conditions": [["type": "Ready", "status": "True"]],
                ]
            ])
        return LabPod(namespace: inside, address: address)
    }

    /// Runs a program of busybox in a network namespace; whether it ended well.
    static func busybox(_ arguments: [String], in namespace: NetworkNamespace) async throws -> Bool {
        let entry = "--net=/proc/\(getpid())/fd/\(namespace.number)"
        let program = Program("/usr/bin/nsenter", [entry, "busybox"] + arguments)
        let end = try await Subprocess.run(program, seconds: 10)
        if !end.errors.isEmpty, !end.complaint.contains("timed out") { print("busybox \(arguments): \(end.complaint)") }
        return end.status.isSuccess
    }

    /// Whether an echo request is answered.
    static func ping(_ target: IPAddress, from namespace: NetworkNamespace) async throws -> Bool {
        try await busybox(["ping", "-c", "1", "-W", "1", "\(target)"], in: namespace)
    }

    /// Whether a connection comes about within a second.
    static func connects(_ target: IPAddress, _ port: UInt16 = 80, from namespace: NetworkNamespace, patience: Int32 = 500) throws -> Bool {
        let (number, bytes) = (namespace.number, target.bytes)
        let result = try NetworkNamespace.current().run { () throws(SystemError) in unsafe knp_connect(number, 6, bytes, port, patience) }
        if result >= 0 { close(result) }
        return result >= 0
    }
}

/// A pod of a lab.
struct LabPod: Sendable {
    let namespace: NetworkNamespace
    let address: IPAddress

    /// A socket that takes connections.
    func listen(_ port: UInt16 = 80) throws(SystemError) -> OwnedDescriptor {
        let number = namespace.number
        return try NetworkNamespace.current().run { () throws(SystemError) in
            let result = knp_listen(number, 6, port)
            if result < 0 { throw SystemError("listen", -result) }
            return OwnedDescriptor(result)
        }
    }
}
