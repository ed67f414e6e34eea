import CNetworkProbe
import JSONValue
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

    @Test("a sender of datagrams that never pauses follows its service to another pod")
    func datagrams() async throws {
        let cluster = try await cluster()
        let listeners = [try cluster.listen("shop/db", 17), try cluster.listen("shop/web", 17)]
        func service(_ pod: IPAddress) throws -> ServicePort {
            ServicePort(
                name: "shop/dns:dns", transport: 17, addresses: [try #require(address)], port: 53, backends: [.init(address: pod, port: 8080)])
        }
        let (first, second) = (try service(cluster.db), try service(cluster.web))
        try await cluster.network.update([.services(gone: [], new: [first])])
        let sender = try cluster.connect("shop/tool", to: first.addresses[0], 17, port: 53)
        #expect(cluster.send(sender) == 5)
        #expect(cluster.receive(listeners[0]) == 5)
        try await cluster.network.update([.services(gone: [first], new: [second])])
        #expect(cluster.send(sender) == 5)
        #expect(cluster.receive(listeners[1], patience: 500) == 5)
        #expect(cluster.receive(listeners[0], patience: 20) == 0)
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

    @Test("the API's service leads to a listener of the node itself, whatever NetworkPolicy says about egress")
    func nodeBehind() async throws {
        let cluster = try await cluster()
        let node = try #require(cluster.lab.nodeNamespaces["n1"])
        let listener = try SmallCluster.listenIn(node, port: 6443)
        let api = ServicePort(
            name: "default/kubernetes:https", transport: 6, addresses: [try #require(IPAddress("10.96.0.1"))], port: 443,
            backends: [.init(address: cluster.node, port: 6443)])
        try await cluster.network.set(services: [api])
        _ = try cluster.connect("shop/tool", to: api.addresses[0], port: 443)
        let accepted = try cluster.accept(listener)
        var peer = [UInt8](repeating: 0, count: 4)
        _ = unsafe knp_peer(accepted.number, &peer)
        #expect(IPAddress(bytes: peer) == cluster.tool)
        _ = try SmallCluster.connect(from: node, to: api.addresses[0], port: 443)
        _ = try cluster.accept(listener)
        // Traffic to the own node escapes NetworkPolicy; a Calico policy holds it.
        let closed = try policy([
            "metadata": ["name": "none", "namespace": "shop"], "spec": ["podSelector": [:], "policyTypes": ["Egress"]],
        ])
        try await cluster.lab.update { $0.set(closed) }
        _ = try cluster.connect("shop/tool", to: api.addresses[0], port: 443)
        _ = try cluster.accept(listener)
        let global = try policy([
            "apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy", "metadata": ["name": "none"],
            "spec": ["selector": "app == 'tool'", "types": ["Egress"]],
        ])
        try await cluster.lab.update { $0.set(global) }
        #expect(throws: SystemError.self) {
            try cluster.connect("shop/tool", to: api.addresses[0], port: 443, patience: 100)
        }
    }

    @Test("hostPort: a port of the node, or of one of its addresses, leads to the pod while it has a link")
    func hostPort() async throws {
        let cluster = try await cluster()
        let node = try #require(cluster.lab.nodeNamespaces["n1"])
        let db = EndpointID.pod(namespace: "shop", name: "db")
        let listener = try cluster.listen("shop/db")
        let anywhere = HostPort(address: nil, transport: 6, port: 9999, podPort: 8080)
        let here = HostPort(address: cluster.node, transport: 6, port: 9998, podPort: 8080)
        let elsewhere = HostPort(address: address, transport: 6, port: 9997, podPort: 8080)
        try await cluster.network.update([.hostPorts(db, [anywhere, here, elsewhere])])
        for (from, port) in [(cluster.lab.outside, 9999), (cluster.lab.outside, 9998), (node, 9999)] as [(NetworkNamespace, UInt16)] {
            _ = try SmallCluster.connect(from: from, to: cluster.node, port: port)
            _ = try cluster.accept(listener)
        }
        _ = try cluster.connect("shop/tool", to: cluster.node, port: 9999)
        _ = try cluster.accept(listener)
        // The pod itself, by its node's port.
        _ = try cluster.connect("shop/db", to: cluster.node, port: 9999)
        // An address that is not the node's is not taken over.
        #expect(throws: SystemError.self) {
            try cluster.connect("shop/tool", to: try #require(address), port: 9997, patience: 100)
        }
        // A policy judges who comes.
        let only = try SmallCluster.onlyFrom(["web"], to: "db")
        try await cluster.lab.update { $0.set(only) }
        _ = try cluster.connect("shop/web", to: cluster.node, port: 9999)
        #expect(throws: SystemError.self) { try cluster.connect("shop/tool", to: cluster.node, port: 9999, patience: 100) }
        try await cluster.network.detach(db)
        #expect(try await cluster.network.ruleset.maps["hostports4"]?.elements.isEmpty == true)
        #expect(try await cluster.network.ruleset.maps["services4"]?.elements.isEmpty == true)
        #expect(try await cluster.network.verify())
    }

    @Test("an external address leads in, a balancer's only whom it may, and without pods they refuse, for the node too")
    func external() async throws {
        let cluster = try await cluster()
        let node = try #require(cluster.lab.nodeNamespaces["n1"])
        let listener = try cluster.listen("shop/db")
        let (external, balancer) = (try #require(IPAddress("203.0.113.1")), try #require(IPAddress("203.0.113.2")))
        try cluster.lab.outside.run { () throws(SystemError) in
            let route = try RouteSocket()
            guard let link = try route.link("node0") else { throw SystemError("look up node0", 19) }
            for address in [external, balancer] {
                try route.setNeighbour(address, [2, 0, 0, 0, 1, 0], on: link)
                try route.addRoute(IPNetwork(address), on: link)
            }
        }
        var service = try service(cluster, [cluster.db])
        service.externalAddresses = [external]
        service.balancerAddresses = [balancer]
        service.sourceRanges = [try #require(IPNetwork("10.20.0.0/16"))]
        try await cluster.network.set(services: [service])
        _ = try SmallCluster.connect(from: cluster.lab.outside, to: external, port: 80)
        _ = try cluster.accept(listener)
        _ = try cluster.connect("shop/web", to: balancer, port: 80)
        _ = try cluster.accept(listener)
        #expect(throws: SystemError.self) {
            try SmallCluster.connect(from: cluster.lab.outside, to: balancer, port: 80, patience: 150)
        }
        service.backends = []
        try await cluster.network.set(services: [service])
        for address in [external, service.addresses[0]] {
            let error = #expect(throws: SystemError.self) { try SmallCluster.connect(from: node, to: address, port: 80, patience: 1000) }
            #expect(error?.code == 111)
        }
        let error = #expect(throws: SystemError.self) { try cluster.connect("shop/web", to: external, port: 80, patience: 1000) }
        #expect(error?.code == 111)
    }

    @Test("with the traffic policy Local, who comes from outside reaches only pods of this node, and who is inside all")
    func local() async throws {
        let cluster = try await cluster()
        let listener = try cluster.listen("shop/db")
        var service = try service(cluster, [])
        service.nodePort = 30080
        service.isLocalOnly = true
        service.backends = [.init(address: cluster.db, port: 8080, isLocal: false)]
        try await cluster.network.set(services: [service])
        #expect(throws: SystemError.self) {
            try SmallCluster.connect(from: cluster.lab.outside, to: cluster.node, port: 30080, patience: 150)
        }
        let node = try #require(cluster.lab.nodeNamespaces["n1"])
        _ = try SmallCluster.connect(from: node, to: cluster.node, port: 30080)
        _ = try cluster.accept(listener)
        _ = try cluster.connect("shop/tool", to: service.addresses[0], port: 80)
        _ = try cluster.accept(listener)
        service.keepsInternalTrafficLocal = true
        try await cluster.network.set(services: [service])
        #expect(throws: SystemError.self) {
            try cluster.connect("shop/tool", to: service.addresses[0], port: 80, patience: 150)
        }
        service.backends = [.init(address: cluster.db, port: 8080)]
        try await cluster.network.set(services: [service])
        _ = try SmallCluster.connect(from: cluster.lab.outside, to: cluster.node, port: 30080)
        _ = try cluster.connect("shop/tool", to: service.addresses[0], port: 80)
    }
}
