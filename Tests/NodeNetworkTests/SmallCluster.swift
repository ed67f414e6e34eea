import CNetworkProbe
import JSONValue
import LinuxKernel
import NFTables
import NetworkPolicy
import PolicyModel
import PolicyWorlds
import Testing

@testable import NodeNetwork

/// One node with the pods web, db and tool in the namespace shop, for tests that look at single packets.
struct SmallCluster {
    let lab: Lab
    let web: IPAddress
    let db: IPAddress
    let tool: IPAddress
    let outside: IPAddress
    let node: IPAddress

    static let world: JSON = [
        "namespaces": ["shop": [:]], "nodes": ["n1": ["172.31.0.1", "fd31::1"]],
        "pods": [
            [
                "ns": "shop", "name": "web", "node": "n1", "ips": ["10.20.0.1", "fd20::1"], "labels": ["app": "web"],
                "ports": [],
            ],
            [
                "ns": "shop", "name": "db", "node": "n1", "ips": ["10.20.0.2", "fd20::2"], "labels": ["app": "db"],
                "ports": [],
            ],
            [
                "ns": "shop", "name": "tool", "node": "n1", "ips": ["10.20.0.3", "fd20::3"], "labels": ["app": "tool"],
                "ports": [],
            ],
        ],
    ]

    init(services: [IPNetwork] = []) async throws {
        outside = try #require(IPAddress("198.51.100.9"))
        web = try #require(IPAddress("10.20.0.1"))
        db = try #require(IPAddress("10.20.0.2"))
        tool = try #require(IPAddress("10.20.0.3"))
        node = try #require(IPAddress("172.31.0.1"))
        lab = try await Lab(World(Self.world), externals: [outside], services: services)
    }

    var network: NodeNetwork {
        get throws { try #require(lab.nodes["n1"]) }
    }

    /// A policy of the namespace shop for the pods of an app; only these apps may come in.
    static func onlyFrom(_ apps: [String], to app: String) throws -> TrafficPolicy {
        let peers = apps.map { JSON.object(["podSelector": ["matchLabels": ["app": .string($0)]]]) }
        return try policy([
            "metadata": ["name": .string("guard-\(app)"), "namespace": "shop"],
            "spec": [
                "podSelector": ["matchLabels": ["app": .string(app)]], "policyTypes": ["Ingress"],
                "ingress": peers.isEmpty ? [] : [["from": .array(peers)]],
            ],
        ])
    }

    func listen(_ pod: String, _ transport: Int32 = 6, port: UInt16 = 8080) throws -> OwnedDescriptor {
        let number = try lab.pod(pod).number
        return try Self.opened("listen in \(pod)") { knp_listen(number, transport, port) }
    }

    func connect(
        _ pod: String, to address: IPAddress, _ transport: Int32 = 6, port: UInt16 = 8080, patience: Int32 = 3000
    ) throws -> OwnedDescriptor {
        try Self.connect(from: lab.pod(pod), to: address, transport, port: port, patience: patience)
    }

    static func connect(
        from namespace: NetworkNamespace, to address: IPAddress, _ transport: Int32 = 6, port: UInt16 = 8080,
        patience: Int32 = 3000
    ) throws -> OwnedDescriptor {
        let (number, bytes) = (namespace.number, address.bytes)
        return try opened("connect to \(address)") { unsafe knp_connect(number, transport, bytes, port, patience) }
    }

    func accept(_ listener: OwnedDescriptor, patience: Int32 = 3000) throws -> OwnedDescriptor {
        let number = listener.number
        return try Self.opened("accept") { knp_accept(number, patience) }
    }

    /// How many bytes come; negative for an error.
    func receive(_ socket: OwnedDescriptor, patience: Int32 = 3000) -> Int32 { knp_receive(socket.number, patience) }

    func send(_ socket: OwnedDescriptor) -> Int32 { knp_send(socket.number) }

    /// Does what enters namespaces, on a thread of its own.
    static func inside(_ action: String, _ body: @Sendable () -> Int32) throws(SystemError) {
        try NetworkNamespace.current().run { () throws(SystemError) in
            let result = body()
            if result < 0 { throw SystemError(action, -result) }
        }
    }

    private static func opened(_ action: String, _ body: @Sendable () -> Int32) throws(SystemError) -> OwnedDescriptor {
        try NetworkNamespace.current().run { () throws(SystemError) in
            let result = body()
            if result < 0 { throw SystemError(action, -result) }
            return OwnedDescriptor(result)
        }
    }
}
