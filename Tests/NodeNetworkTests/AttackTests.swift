import CNetworkProbe
import LinuxKernel
import NFTables
import NetworkPolicy
import PolicyModel
import PolicyWorlds
import Testing

@testable import NodeNetwork

@Suite("attacks from a pod", .enabled(if: KernelSupport.isThere, KernelSupport.comment), .serialized) struct AttackTests
{
    @Test(
        "a packet with another pod's address as its source is dropped, and said to be that",
        arguments: [6, 17] as [UInt8])
    func foreignSource(transport: UInt8) async throws {
        let cluster = try await SmallCluster()
        let policy = try SmallCluster.onlyFrom(["web"], to: "db")
        try await cluster.lab.update { $0.set(policy) }
        let network = try cluster.network
        let tool = try cluster.lab.pod("shop/tool").number
        let (from, to) = (cluster.web.bytes, cluster.db.bytes)
        let flows = Flows(network.log)
        try SmallCluster.inside("send") { unsafe knp_send_forged(tool, from, to, transport, 9001) }
        let flow = try await flows.first { $0.packet?.destinationPort == 9001 }
        #expect(flow?.note.ground == .foreignSource)
        #expect(flow?.packet?.source == cluster.web)
    }

    @Test("a forged source reaches nobody: not the pod that it speaks to, and not over IPv6")
    func forgedIsNotHeard() async throws {
        let cluster = try await SmallCluster()
        let listener = try cluster.listen("shop/db", 17, port: 9000)
        let tool = try cluster.lab.pod("shop/tool").number
        let to = cluster.db.bytes
        for source in [cluster.web, cluster.outside, cluster.node] {
            let from = source.bytes
            try SmallCluster.inside("send") { unsafe knp_send_forged(tool, from, to, 17, 9000) }
        }
        #expect(cluster.receive(listener, patience: 200) == 0)
        let own = cluster.tool.bytes
        try SmallCluster.inside("send") { unsafe knp_send_forged(tool, own, to, 17, 9000) }
        // A datagram without content was asked for: it is there, and has no bytes.
        #expect(cluster.receive(listener, patience: 500) == -1000)

        let network = try cluster.network
        let flows = Flows(network.log)
        let (source6, to6) = (try #require(IPAddress("fd20::1")), try #require(IPAddress("fd20::2")))
        let (from6, target6) = (source6.bytes, to6.bytes)
        try SmallCluster.inside("send") { unsafe knp_send_forged6(tool, from6, target6, 9002) }
        let flow = try await flows.first { $0.packet?.source == source6 }
        #expect(flow?.note.ground == .foreignSource)
    }

    @Test("a claim by ARP to be another pod changes nothing")
    func arp() async throws {
        let cluster = try await SmallCluster()
        let tool = try cluster.lab.pod("shop/tool").number
        let claims = [cluster.web.bytes, cluster.db.bytes, PodLink.router4.bytes, cluster.node.bytes]
        for claim in claims { try SmallCluster.inside("claim") { unsafe knp_send_arp_claim(tool, "eth0", claim) } }
        let listener = try cluster.listen("shop/db")
        let connection = try cluster.connect("shop/web", to: cluster.db)
        let accepted = try cluster.accept(listener)
        #expect(cluster.send(connection) == 5)
        #expect(cluster.receive(accepted) == 5)
        let node = try #require(cluster.lab.nodeNamespaces["n1"])
        try node.run { () throws(SystemError) in
            let route = try RouteSocket()
            for link in try route.links() {
                guard let pod = PodLink.read(link) else { continue }
                let known = try route.neighbours(on: link)
                // Only the pod's own addresses, at the hardware that the node gave it.
                for (address, hardware) in known where address.family == .v4 {
                    #expect(
                        try route.routes(on: link).contains(IPNetwork(address)),
                        "\(pod.name) is believed to have \(address)")
                    #expect(hardware.first == 0x0A)
                }
            }
        }
    }

    @Test(
        "an established connection ends when a new policy denies it, also when the answering side speaks first",
        arguments: [true, false])
    func cut(clientSpeaks: Bool) async throws {
        let cluster = try await SmallCluster()
        let listener = try cluster.listen("shop/db")
        let connection = try cluster.connect("shop/tool", to: cluster.db)
        let accepted = try cluster.accept(listener)
        #expect(cluster.send(connection) == 5)
        #expect(cluster.receive(accepted) == 5)
        #expect(cluster.send(accepted) == 5)
        #expect(cluster.receive(connection) == 5)
        let policy = try SmallCluster.onlyFrom(["web"], to: "db")
        let reports = try await cluster.lab.update { $0.set(policy) }
        #expect(reports["n1"]?.cut == 1)
        for round in 0..<3 {
            let (speaker, hearer) = clientSpeaks != (round == 1) ? (connection, accepted) : (accepted, connection)
            _ = cluster.send(speaker)
            #expect(cluster.receive(hearer, patience: 250) == 0)
        }
        // Others are not touched, and the policy can be taken back.
        let other = try cluster.connect("shop/web", to: cluster.db)
        _ = other
        let object = policy.object
        try await cluster.lab.update { $0.remove(policy: object) }
        _ = try cluster.connect("shop/tool", to: cluster.db)
    }

    @Test("a connection that the new policy still allows goes on")
    func notCut() async throws {
        let cluster = try await SmallCluster()
        let listener = try cluster.listen("shop/db")
        let connection = try cluster.connect("shop/web", to: cluster.db)
        let accepted = try cluster.accept(listener)
        let policy = try SmallCluster.onlyFrom(["web"], to: "db")
        let reports = try await cluster.lab.update { $0.set(policy) }
        #expect(reports["n1"]?.cut == 0)
        #expect(cluster.send(connection) == 5)
        #expect(cluster.receive(accepted) == 5)
    }

    @Test("a pod that sends from its first moment sends nothing past its rules", arguments: 0..<5)
    func beforeRules(round: Int) async throws {
        let cluster = try await SmallCluster()
        let network = try cluster.network
        let policy = try SmallCluster.onlyFrom(["web"], to: "db")
        try await cluster.lab.update { $0.set(policy) }
        let listener = try cluster.listen("shop/db", 17, port: 9000)
        let late = try NetworkNamespace.make()
        let address = try #require(IPAddress("10.20.0.77"))
        var request = NodeNetwork.PodRequest(
            endpoint: PolicyEndpoint(id: .pod(namespace: "shop", name: "late"), labels: ["app": "late"], networks: []),
            namespace: late)
        request.addresses = [address]
        // Sends as fast as it can while the link comes up.
        let (number, from, to) = (late.number, address.bytes, cluster.db.bytes)
        async let sent: Int = Self.flood { unsafe knp_send_forged(number, from, to, 17, 9000) }
        _ = try await network.attach(request)
        #expect(await sent > 0)
        #expect(cluster.receive(listener, patience: 20) == 0)
    }

    /// Sends until it went through for a while; how often it did.
    @concurrent private static func flood(_ limit: Int = 200, _ send: @Sendable () -> Int32) async -> Int {
        var count = 0
        let start = ContinuousClock.now
        while count < limit, ContinuousClock.now - start < .seconds(2) {
            let result = try? NetworkNamespace.current().run { () throws(SystemError) in send() }
            if result == 0 { count += 1 }
        }
        return count
    }

    @Test("0 packets pass outside policy in 500 pod starts while policies change")
    func churn() async throws {
        let cluster = try await SmallCluster()
        let network = try cluster.network
        let policy = try SmallCluster.onlyFrom(["web"], to: "db")
        try await cluster.lab.update { $0.set(policy) }
        let listener = try cluster.listen("shop/db", 17, port: 9000)
        let to = cluster.db.bytes
        var (sent, starts) = (0, 0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var round = 0
                while !Task.isCancelled {
                    let other = try SmallCluster.onlyFrom(["web", "a\(round % 7)"], to: "tool")
                    round += 1
                    try await network.update { $0.set(other) }
                    try await Task.sleep(for: .milliseconds(3))
                }
            }
            defer { group.cancelAll() }
            for number in 0..<(Rootless.isOutside ? 500 : 50) {
                let id = EndpointID.pod(namespace: "shop", name: "p\(number)")
                let namespace = try NetworkNamespace.make()
                let address = IPAddress(family: .v4, high: 0, low: 0x0A14_1000 + UInt64(number))
                var request = NodeNetwork.PodRequest(
                    endpoint: PolicyEndpoint(id: id, labels: ["app": "p"], networks: []), namespace: namespace)
                request.addresses = [address]
                let (source, from) = (namespace.number, address.bytes)
                async let count: Int = Self.flood(20) { unsafe knp_send_forged(source, from, to, 17, 9000) }
                _ = try await network.attach(request)
                sent += await count
                try await network.detach(id)
                starts += 1
            }
        }
        print("pod starts: \(starts), packets sent at once: \(sent)")
        #expect(sent >= starts && starts >= 50)
        #expect(cluster.receive(listener, patience: 50) == 0)
        // The way is open for whom the policy names.
        let web = try cluster.lab.pod("shop/web").number
        let own = cluster.web.bytes
        try SmallCluster.inside("send") { unsafe knp_send_forged(web, own, to, 17, 9000) }
        #expect(cluster.receive(listener, patience: 500) == -1000)
    }

    @Test("what comes by an interface that nobody announced is dropped")
    func unknownInterface() async throws {
        let cluster = try await SmallCluster()
        let network = try cluster.network
        let node = try #require(cluster.lab.nodeNamespaces["n1"])
        let stranger = try NetworkNamespace.make()
        let (hardware, other): ([UInt8], [UInt8]) = ([2, 0, 0, 0, 9, 1], [2, 0, 0, 0, 9, 2])
        let router = PodLink.router4
        let zero = IPNetwork(IPAddress(family: .v4, high: 0, low: 0), prefixLength: 0)
        let own = try #require(IPAddress("10.20.0.99"))
        try node.run { () throws(SystemError) in
            let route = try RouteSocket()
            try route.addPair("stray0", hardware: hardware, peer: "eth0", peerHardware: other, in: stranger, mtu: 1500)
            if let link = try route.link("stray0") {
                try route.setUp(link)
                try route.addRoute(IPNetwork(own), on: link)
            }
        }
        try stranger.run { () throws(SystemError) in
            let route = try RouteSocket()
            if let link = try route.link("eth0") {
                try route.addAddress(IPNetwork(own), own, to: link)
                try route.setUp(link)
                try route.setNeighbour(router, hardware, on: link)
                try route.addRoute(zero, by: router, on: link)
            }
        }
        let flows = Flows(network.log)
        let (number, from, to) = (stranger.number, own.bytes, cluster.db.bytes)
        try SmallCluster.inside("send") { unsafe knp_send_forged(number, from, to, 17, 9000) }
        let flow = try await flows.first { $0.packet?.source == own }
        #expect(flow?.note.ground == .unknownInterface)
    }
}

/// Waits for flows of a log.
struct Flows {
    let log: FlowLog
    init(_ log: FlowLog) { self.log = log }

    /// The first flow that is so; nil when none comes in two seconds.
    func first(where isWanted: @escaping @Sendable (Flow) -> Bool) async throws -> Flow? {
        try await withThrowingTaskGroup(of: Flow?.self) { group in
            let flows = log.flows
            group.addTask {
                for await flow in flows where isWanted(flow) { return flow }; return nil
            }
            group.addTask {
                try await Task.sleep(for: .seconds(2))
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }
}
