import CNetworkProbe
import Foundation
import JSONValue
import LinuxKernel
import NFTables
import NetworkPolicy
import PolicyModel
import PolicyWorlds
import Synchronization
import Testing

@testable import NodeNetwork

@Suite("a node's network", .enabled(if: KernelSupport.isThere, KernelSupport.comment), .serialized) struct NodeTests {
    @Test("a dropped packet is logged with the policy and the rule that decided")
    func flowLog() async throws {
        let cluster = try await SmallCluster()
        let network = try cluster.network
        let end = try SmallCluster.onlyFrom(["web"], to: "db")
        let rules: JSON = [["action": "Deny", "protocol": "TCP", "destination": ["ports": [23]]], ["action": "Allow"]]
        let spec: JSON = ["order": 1, "selector": "all()", "types": ["Egress"], "egress": rules]
        let deny = try policy([
            "apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy", "metadata": ["name": "no-telnet"],
            "spec": spec,
        ])
        try await cluster.lab.update { index in
            index.set(end)
            index.set(deny)
        }
        let flows = Flows(network.log)
        #expect(throws: SystemError.self) { try cluster.connect("shop/tool", to: cluster.db, port: 8081, patience: 50) }
        let first = try await flows.first { $0.packet?.destinationPort == 8081 }
        #expect(first?.note == Note(.ingress, isDenial: true, .endOfTier("default")))
        #expect(throws: SystemError.self) { try cluster.connect("shop/web", to: cluster.db, port: 23, patience: 50) }
        let second = try await flows.first { $0.packet?.destinationPort == 23 }
        var rule = deny.object
        rule.path = "spec.egress[0]"
        #expect(second?.note == Note(.egress, isDenial: true, .rule(rule, tier: "default")))
        #expect(network.log.lost == 0)
    }

    @Test(
        "a table that somebody else changed is noticed and restored",
        arguments: [
            "flush chain inet kastell egress", "delete table inet kastell", "flush set inet kastell pods4",
            "add chain inet kastell other",
            "insert rule inet kastell egress accept; add rule inet kastell guard drop",
            "delete element inet kastell pods { \"kst1\" }",
        ])
    func resync(command: String) async throws {
        let cluster = try await SmallCluster()
        let network = try cluster.network
        #expect(try await network.verify())
        #expect(try await !network.resync())
        let node = try #require(cluster.lab.nodeNamespaces["n1"])
        try node.run { () throws(SystemError) in
            do throws(NFTablesError) { try NFTablesContext().run(command + "\n") } catch {
                throw SystemError(error.text, 1)
            }
        }
        #expect(try await network.resync())
        #expect(try await network.verify())
        #expect(try await !network.resync())
        let listener = try cluster.listen("shop/db")
        _ = try cluster.connect("shop/web", to: cluster.db)
        _ = listener
    }

    @Test("tables of others do not make it restore its own")
    func otherTables() async throws {
        let cluster = try await SmallCluster()
        let network = try cluster.network
        #expect(try await !network.resync())
        let node = try #require(cluster.lab.nodeNamespaces["n1"])
        try node.run { () throws(SystemError) in
            do throws(NFTablesError) { try NFTablesContext().run("add table ip other\n") } catch {
                throw SystemError(error.text, 1)
            }
        }
        #expect(try await !network.resync())
    }

    @Test("a new agent takes over the links that are there, and passes nothing until it knows their rules")
    func restart() async throws {
        let cluster = try await SmallCluster()
        let node = try #require(cluster.lab.nodeNamespaces["n1"])
        let listener = try cluster.listen("shop/db")
        let before = try cluster.connect("shop/web", to: cluster.db)
        let accepted = try cluster.accept(listener)
        let view = try cluster.network.node
        try cluster.network.log.close()
        // The reader of the former log looks up a few times a second.
        try await Task.sleep(for: .milliseconds(500))
        let second = try NodeNetwork(view, podNetworks: [try #require(IPNetwork("10.254.0.0/16"))], in: node)
        let pods = try await second.start()
        #expect(
            pods[.pod(namespace: "shop", name: "web")].map(Set.init) == [
                cluster.web, try #require(IPAddress("fd20::1")),
            ])
        #expect(pods.count == 3)
        #expect(throws: SystemError.self) { try cluster.connect("shop/web", to: cluster.db, port: 8081, patience: 100) }
        // What was established goes on all the while.
        #expect(cluster.send(before) == 5)
        #expect(cluster.receive(accepted) == 5)
        let endpoints = cluster.lab.world.endpoints
        try await second.update { index in for endpoint in endpoints { index.set(endpoint) } }
        _ = try cluster.connect("shop/web", to: cluster.db)
    }

    @Test("a pod that goes takes its link, its rules and its addresses along")
    func detach() async throws {
        let cluster = try await SmallCluster()
        let network = try cluster.network
        let before = await network.ruleset
        let namespace = try NetworkNamespace.make()
        let id = EndpointID.pod(namespace: "shop", name: "guest")
        let addresses = try await network.attach(
            .init(endpoint: PolicyEndpoint(id: id, labels: [:], networks: []), namespace: namespace))
        #expect(addresses.count == 1)
        let guest = try #require(addresses.first)
        let port = try SmallCluster.listenIn(namespace)
        _ = try cluster.connect("shop/web", to: guest)
        _ = port
        try await network.detach(id)
        #expect(throws: SystemError.self) { try cluster.connect("shop/web", to: guest, patience: 100) }
        let after = await network.ruleset
        #expect(after.sets == before.sets)
        #expect(after.maps == before.maps)
        #expect(try await network.verify())
        let again = try await network.attach(
            .init(endpoint: PolicyEndpoint(id: id, labels: [:], networks: []), namespace: try NetworkNamespace.make()))
        #expect(again != addresses, "an address is not given out again at once")
    }

    @Test("everything is gone after the network was removed")
    func removal() async throws {
        let cluster = try await SmallCluster()
        let node = try #require(cluster.lab.nodeNamespaces["n1"])
        try await cluster.network.removeAll()
        let links = try node.run { () throws(SystemError) in try RouteSocket().links().map(\.name) }
        let tables = try node.run { () throws(SystemError) in
            do throws(NFTablesError) {
                return try NFTablesContext().run("list tables\n")
            } catch {
                throw SystemError(error.text, 1)
            }
        }
        #expect(Set(links) == ["lo", "uplink"])
        #expect(!tables.contains("kastell"))
    }
}

extension SmallCluster {
    static func listenIn(_ namespace: NetworkNamespace, port: UInt16 = 8080) throws(SystemError) -> OwnedDescriptor {
        let number = namespace.number
        return try NetworkNamespace.current().run { () throws(SystemError) in
            let result = knp_listen(number, 6, port)
            if result < 0 { throw SystemError("listen", -result) }
            return OwnedDescriptor(result)
        }
    }

    @Test("a pod that has been attached sends and hears its first datagrams, in both families, while other links come and go")
    func firstDatagrams() async throws {
        let cluster = try await SmallCluster()
        let network = try cluster.network
        let db = try cluster.lab.pod("shop/db").number
        let others = [cluster.db, try #require(IPAddress("fd20::2"))]
        let load = LinkLoad()
        defer { load.end() }
        var lost: [String] = []
        for number in 0..<40 {
            let namespace = try NetworkNamespace.make()
            let own = [
                IPAddress(family: .v4, high: 0, low: 0x0A14_2000 + UInt64(number)),
                IPAddress(family: .v6, high: 0xFD20_0000_0000_0000, low: 0x2000 + UInt64(number)),
            ]
            let id = EndpointID.pod(namespace: "shop", name: "p\(number)")
            var request = NodeNetwork.PodRequest(endpoint: PolicyEndpoint(id: id, labels: ["app": "p"], networks: []), namespace: namespace)
            request.addresses = own
            _ = try await network.attach(request)
            for (pod, other) in zip(own, others).reversed() {
                for (from, source, destination) in [(db, other, pod), (namespace.number, pod, other)] where try !Self.arrives(from, source, destination) {
                    lost.append("\(number): \(source) > \(destination)")
                }
            }
            try await network.detach(id)
        }
        #expect(lost == [])
    }

    /// Whether a datagram to a port that nobody has is answered so: it arrived.
    private static func arrives(_ from: Int32, _ source: IPAddress, _ destination: IPAddress) throws -> Bool {
        var probe = knp_probe()
        probe.from = from
        probe.family = source.family.rawValue
        probe.transport = 17
        probe.source_port = 40_000
        probe.destination_port = 53
        probe.expected = 1
        unsafe withUnsafeMutableBytes(of: &probe.source) { unsafe $0.copyBytes(from: source.bytes) }
        unsafe withUnsafeMutableBytes(of: &probe.destination) { unsafe $0.copyBytes(from: destination.bytes) }
        let result = unsafe knp_run(&probe, 1, [from], 1, 300, 40)
        if result < 0 { throw SystemError("probe", -result) }
        return probe.arrived != 0
    }
}

/// Makes links and takes them away, so that the kernel's work on links has to queue.
private final class LinkLoad: Sendable {
    private let isOver = Atomic<Bool>(false)

    init() {
        for _ in 0..<4 {
            Thread.detachNewThread { [self] in
                while !isOver.load(ordering: .relaxed) {
                    guard let one = try? NetworkNamespace.make(), let two = try? NetworkNamespace.make() else { continue }
                    try? one.run { () throws(SystemError) in
                        let (own, other): ([UInt8], [UInt8]) = ([2, 0, 0, 0, 8, 1], [2, 0, 0, 0, 8, 2])
                        try RouteSocket().addPair("load", hardware: own, peer: "load", peerHardware: other, in: two, mtu: 1500)
                    }
                }
            }
        }
    }

    func end() { isOver.store(true, ordering: .relaxed) }
}
