import CNetworkProbe
import LinuxKernel
import NFTables
import NetworkPolicy
import PolicyModel
import PolicyWorlds
import Testing

@testable import NodeNetwork

@Suite("services", .enabled(if: KernelSupport.isThere, KernelSupport.comment), .serialized) struct ServiceTests {
    private let network = IPNetwork("10.96.0.0/16")
    private let address = IPAddress("10.96.0.10")

    private func cluster() async throws -> SmallCluster { try await SmallCluster(services: [try #require(network)]) }

    private func service(_ cluster: SmallCluster, _ backends: [IPAddress]) throws -> ServicePort {
        ServicePort(
            name: "shop/db:sql", transport: 6, addresses: [try #require(address)], port: 80,
            backends: backends.map { .init(address: $0, port: 8080) })
    }

    @Test("a connection to the cluster's address reaches a pod that is ready, and both of two")
    func clusterAddress() async throws {
        let cluster = try await cluster()
        let listeners = [try cluster.listen("shop/db"), try cluster.listen("shop/web")]
        let service = try service(cluster, [cluster.db, cluster.web])
        try await cluster.network.set(services: [service])
        var reached = Set<Int>()
        for _ in 0..<40 where reached.count < 2 {
            _ = try cluster.connect("shop/tool", to: service.addresses[0], port: 80)
            for (number, listener) in listeners.enumerated() where (try? cluster.accept(listener, patience: 5)) != nil {
                reached.insert(number)
            }
        }
        #expect(reached == [0, 1])
        // The node itself is served too.
        let node = try #require(cluster.lab.nodeNamespaces["n1"])
        _ = try SmallCluster.connect(from: node, to: service.addresses[0], port: 80)
    }

    @Test("a policy judges the pod behind the service, by the port of the pod")
    func policyBehind() async throws {
        let cluster = try await cluster()
        let listener = try cluster.listen("shop/db")
        let service = try service(cluster, [cluster.db])
        try await cluster.network.set(services: [service])
        let policy = try SmallCluster.onlyFrom(["web"], to: "db")
        try await cluster.lab.update { $0.set(policy) }
        _ = try cluster.connect("shop/web", to: service.addresses[0], port: 80)
        #expect(throws: SystemError.self) {
            try cluster.connect("shop/tool", to: service.addresses[0], port: 80, patience: 100)
        }
        _ = listener
    }

    @Test("a service without pods, and an address without a service, refuse at once")
    func refusal() async throws {
        let cluster = try await cluster()
        let service = try service(cluster, [])
        try await cluster.network.set(services: [service])
        let error = #expect(throws: SystemError.self) {
            try cluster.connect("shop/tool", to: service.addresses[0], port: 80, patience: 1000)
        }
        #expect(error?.code == 111)
    }

    @Test("a pod reaches itself through its service")
    func loop() async throws {
        let cluster = try await cluster()
        let listener = try cluster.listen("shop/db")
        let service = try service(cluster, [cluster.db])
        try await cluster.network.set(services: [service])
        // Even where nobody may come in.
        let policy = try SmallCluster.onlyFrom([], to: "db")
        try await cluster.lab.update { $0.set(policy) }
        _ = try cluster.connect("shop/db", to: service.addresses[0], port: 80)
        _ = listener
    }

    @Test("a client stays with its pod for as long as the service says, also when pods come")
    func affinity() async throws {
        let cluster = try await cluster()
        let listeners = [try cluster.listen("shop/db"), try cluster.listen("shop/web")]
        var service = try service(cluster, [cluster.db, cluster.web])
        service.affinity = 100
        try await cluster.network.set(services: [service])
        func reached() throws -> Int? {
            _ = try cluster.connect("shop/tool", to: service.addresses[0], port: 80)
            return listeners.firstIndex { (try? cluster.accept($0, patience: 30)) != nil }
        }
        let first = try reached()
        for _ in 0..<10 { #expect(try reached() == first) }
        let port = ServicePort.Backend(address: cluster.tool, port: 8080)
        service.backends.append(port)
        try await cluster.network.set(services: [service])
        for _ in 0..<10 { #expect(try reached() == first) }
    }

    @Test("a port of the node leads to the pod, from outside, with the client's own address")
    func nodePort() async throws {
        let cluster = try await cluster()
        let listener = try cluster.listen("shop/db")
        var service = try service(cluster, [cluster.db])
        service.nodePort = 30080
        try await cluster.network.set(services: [service])
        _ = try SmallCluster.connect(from: cluster.lab.outside, to: cluster.node, port: 30080)
        let accepted = try cluster.accept(listener)
        var peer = [UInt8](repeating: 0, count: 4)
        _ = unsafe knp_peer(accepted.number, &peer)
        #expect(IPAddress(bytes: peer) == cluster.outside)
        try await cluster.network.set(services: [])
        #expect(throws: SystemError.self) {
            try SmallCluster.connect(from: cluster.lab.outside, to: cluster.node, port: 30080, patience: 200)
        }
    }
}
