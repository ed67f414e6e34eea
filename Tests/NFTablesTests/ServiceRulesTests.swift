import NFTables
import NetworkPolicy
import PolicyWorlds
import Testing

@Suite("the rules of services") struct ServiceRulesTests {
    private static func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }
    private static let own = IPAddress(family: .v4, high: 0, low: 0xAC1F_0001)
    private static let cluster = IPAddress(family: .v4, high: 0, low: 0x0A60_0001)
    private static func pod(_ number: UInt64) -> IPAddress { IPAddress(family: .v4, high: 0, low: 0x0A14_0000 + number) }

    private static func compiler() throws -> RulesetCompiler {
        var node = NodeView(name: "n1", addresses: [own], uplinks: ["uplink"])
        node.podNetworks = [try #require(IPNetwork("10.20.0.0/16"))]
        node.serviceNetworks = [try #require(IPNetwork("10.96.0.0/16"))]
        var (compiler, index) = (RulesetCompiler(node: node), NetworkPolicyIndex())
        for number in [1, 2] as [UInt64] {
            let id = EndpointID.pod(namespace: "shop", name: "p\(number)")
            var endpoint = PolicyEndpoint(id: id, labels: [:], networks: [IPNetwork(pod(number))])
            endpoint.node = "n1"
            index.set(endpoint)
            compiler.attach(PodInterface(id: id, interface: "kst\(number)", addresses: [pod(number)]), index)
        }
        compiler.update(index, index.takeChanges())
        return compiler
    }

    private static func service(_ backends: [ServicePort.Backend]) -> ServicePort {
        var service = ServicePort(name: "shop/web:http", transport: 6, addresses: [cluster], port: 80, backends: backends)
        service.nodePort = 30080
        return service
    }

    private static func backend(_ number: UInt64, isLocal: Bool = true, isLast: Bool = false) -> ServicePort.Backend {
        var backend = ServicePort.Backend(address: pod(number), port: 8080, isLocal: isLocal)
        backend.isLast = isLast
        return backend
    }

    /// Where a packet ends; nil when it is dropped or refused.
    private func end(_ compiler: RulesetCompiler, from source: IPAddress, by interface: String?, to target: IPAddress, _ port: UInt16) -> IPAddress? {
        let packet = Packet(source: source, destination: target, transport: 6, port: port)
        let result = PacketWalk(compiler.ruleset).follow(packet, from: interface)
        return result.outcome == .accepted ? result.packet.destination : nil
    }

    @Test("pods that are about to go answer only where no others do, for each traffic policy apart")
    func last() throws {
        var compiler = try Self.compiler()
        let outside = try Self.address("198.51.100.9")
        var service = Self.service([Self.backend(2, isLast: true), Self.backend(7, isLocal: false)])
        compiler.set(services: [service])
        #expect(end(compiler, from: Self.pod(1), by: "kst1", to: Self.cluster, 80) == Self.pod(7))
        service.isLocalOnly = true
        compiler.set(services: [service])
        #expect(end(compiler, from: outside, by: "uplink", to: Self.own, 30080) == Self.pod(2))
        #expect(end(compiler, from: Self.pod(1), by: "kst1", to: Self.own, 30080) == Self.pod(7))
        service.keepsInternalTrafficLocal = true
        compiler.set(services: [service])
        #expect(end(compiler, from: Self.pod(1), by: "kst1", to: Self.cluster, 80) == Self.pod(2))
        service.backends.removeFirst()
        compiler.set(services: [service])
        #expect(end(compiler, from: Self.pod(1), by: "kst1", to: Self.cluster, 80) == nil)
        #expect(end(compiler, from: outside, by: "uplink", to: Self.own, 30080) == nil)
    }

    @Test("an external address takes no address of the cluster over, and a pod's hostIP none that is not the node's")
    func takeover() throws {
        var compiler = try Self.compiler()
        var thief = ServicePort(name: "evil/x:x", transport: 6, addresses: [try Self.address("10.96.0.66")], port: 80, backends: [Self.backend(2)])
        thief.externalAddresses = [Self.cluster]
        var host = ServicePort(name: "pod evil/y", transport: 6, addresses: [], port: 80, backends: [Self.backend(2)])
        host.hostPort = .address(Self.cluster)
        let good = Self.service([Self.backend(1)])
        for order in [[good, thief, host], [host, thief, good]] {
            compiler.set(services: [])
            for service in order { compiler.update(services: [service], removing: []) }
            #expect(end(compiler, from: Self.pod(2), by: "kst2", to: Self.cluster, 80) == Self.pod(1))
        }
    }

    @Test("of two that want the same place the first has it, and the second when the first is gone")
    func conflict() throws {
        var compiler = try Self.compiler()
        let outside = try Self.address("198.51.100.9")
        var (first, second) = (Self.service([Self.backend(1)]), Self.service([Self.backend(2)]))
        (first.name, second.name) = ("a/z:http", "b/a:http")
        second.addresses = []
        compiler.update(services: [first], removing: [])
        compiler.update(services: [second], removing: [])
        #expect(end(compiler, from: outside, by: "uplink", to: Self.own, 30080) == Self.pod(1))
        // A change of the first is no chance for the second.
        var changed = first
        changed.affinity = 60
        compiler.update(services: [changed], removing: [first])
        #expect(end(compiler, from: outside, by: "uplink", to: Self.own, 30080) == Self.pod(1))
        compiler.update(services: [], removing: [changed])
        #expect(end(compiler, from: outside, by: "uplink", to: Self.own, 30080) == Self.pod(2))
        compiler.update(services: [], removing: [second])
        #expect(end(compiler, from: outside, by: "uplink", to: Self.own, 30080) == Self.own, "the node itself")
    }

    @Test("ranges of a balancer let in whom they name; of the other family nobody")
    func ranges() throws {
        var compiler = try Self.compiler()
        let balancer = try Self.address("203.0.113.1")
        let (friend, stranger) = (try Self.address("198.51.100.9"), try Self.address("192.0.2.1"))
        var service = Self.service([Self.backend(2)])
        service.balancerAddresses = [balancer]
        for (range, reached) in [("198.51.100.0/24", [true, false]), ("0.0.0.0/0", [true, true]), ("fd00::/8", [false, false])] {
            service.sourceRanges = [try #require(IPNetwork(range))]
            compiler.set(services: [service])
            for (source, isReached) in zip([friend, stranger], reached) {
                #expect((end(compiler, from: source, by: "uplink", to: balancer, 80) == Self.pod(2)) == isReached, "\(range) \(source)")
            }
        }
    }

    @Test("edits tell the same as the tables, and a service among many is a few commands", arguments: 0..<60 as Range<UInt64>)
    func edits(seed: UInt64) throws {
        var random = Seeded(seed)
        var compiler = try Self.compiler()
        _ = compiler.takeEdits()
        func some(_ number: UInt64) -> ServicePort {
            var service = ServicePort(
                name: "shop/s\(number)", transport: random.pick([6, 17]), addresses: [IPAddress(family: .v4, high: 0, low: 0x0A60_0100 + number)],
                port: random.pick([80, 81]), backends: [])
            for pod in [1, 2, 7] as [UInt64] where random.pick([true, false]) {
                service.backends.append(Self.backend(pod, isLocal: pod < 3, isLast: random.pick([true, false])))
            }
            if random.pick([true, false]) { service.nodePort = UInt16(30000 + number) }
            if random.pick([true, false]) { service.affinity = 60 }
            service.isLocalOnly = random.pick([true, false])
            if random.pick([true, false]) { service.externalAddresses = [IPAddress(family: .v4, high: 0, low: 0xCB00_7100 + number % 3)] }
            if random.pick([true, false, false]) { service.hostPort = .node }
            return service
        }
        var present = Set<ServicePort>()
        for _ in 0..<30 {
            let former = compiler.ruleset
            let number = UInt64(random.pick(Array(0..<10)))
            let gone = present.filter { $0.name == "shop/s\(number)" }
            let new: Set<ServicePort> = random.pick([true, true, false]) ? [some(number)] : []
            compiler.update(services: new, removing: gone)
            present.subtract(gone.subtracting(new))
            present.formUnion(new)
            let edits = compiler.takeEdits()
            let delta = former.delta(to: compiler.ruleset)
            #expect(former.delta(to: compiler.ruleset, edits: edits) == delta)
            #expect(delta.commands.count < 60)
        }
        compiler.update(services: [], removing: present)
        let (empty, ruleset) = (try Self.compiler().ruleset, compiler.ruleset)
        #expect(ruleset.maps == empty.maps && ruleset.sets == empty.sets && ruleset.chains == empty.chains)
    }
}
