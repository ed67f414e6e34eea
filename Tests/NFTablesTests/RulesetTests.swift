import JSONValue
import NFTables
import NetworkPolicy
import PolicyModel
import PolicyWorlds
import Testing

@Suite("a ruleset") struct RulesetTests {
    private func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

    private func compiler(services: [String] = []) throws -> RulesetCompiler {
        var node = NodeView(name: "n1", addresses: [try address("172.31.0.1")], uplinks: ["uplink"])
        node.serviceNetworks = services.compactMap { IPNetwork($0) }
        return RulesetCompiler(node: node)
    }

    private func pod(_ name: String, _ text: String) throws -> (PolicyEndpoint, PodInterface) {
        let id = EndpointID.pod(namespace: "shop", name: name)
        let own = try address(text)
        var endpoint = PolicyEndpoint(id: id, labels: ["app": name], networks: [IPNetwork(own)])
        endpoint.node = "n1"
        return (endpoint, PodInterface(id: id, interface: "kst-\(name)", addresses: [own]))
    }

    /// A node with the pods web and db, and an index that knows them.
    private func node(services: [String] = []) throws -> (RulesetCompiler, NetworkPolicyIndex) {
        var (compiler, index) = (try compiler(services: services), NetworkPolicyIndex())
        for (name, text) in [("web", "10.20.0.1"), ("db", "10.20.0.2")] {
            let (endpoint, link) = try pod(name, text)
            index.set(endpoint)
            compiler.attach(link, index)
        }
        compiler.update(index, index.takeChanges())
        return (compiler, index)
    }

    private func follow(
        _ compiler: RulesetCompiler, _ from: String, _ to: String, _ interface: String?, port: UInt16 = 80,
        choice: Int = 0
    ) throws -> PacketWalk.Result {
        let packet = Packet(source: try address(from), destination: try address(to), transport: 6, port: port)
        return PacketWalk(compiler.ruleset).follow(packet, from: interface, choice: choice)
    }

    @Test("a pod passes nothing before the index knows it")
    func unknownPod() throws {
        var compiler = try compiler()
        let index = NetworkPolicyIndex()
        for (name, text) in [("web", "10.20.0.1"), ("db", "10.20.0.2")] {
            compiler.attach(try pod(name, text).1, index)
        }
        let result = try follow(compiler, "10.20.0.1", "10.20.0.2", "kst-web")
        #expect(result.outcome == .dropped)
        #expect(result.notes.last == Note(.egress, isDenial: true, .noProfile))
    }

    @Test(
        "a source address and an interface that do not agree are dropped",
        arguments: [
            ("10.20.0.2", "kst-web", Note.Ground.foreignSource), ("198.51.100.9", "kst-web", .foreignSource),
            ("10.20.0.1", "uplink", .foreignSource), ("172.31.0.1", "uplink", .foreignSource),
            ("10.20.0.1", "eth7", .unknownInterface),
        ])
    func foreignSource(source: String, interface: String, ground: Note.Ground) throws {
        let (compiler, _) = try node()
        let result = try follow(compiler, source, "10.20.0.2", interface)
        #expect(result.outcome == .dropped)
        #expect(result.notes.last?.ground == ground)
        #expect(try follow(compiler, "10.20.0.1", "10.20.0.2", "kst-web").outcome == .accepted)
    }

    @Test("interfaces of others are left alone where the node says so, and still do not reach pods")
    func tolerance() throws {
        var view = NodeView(name: "n1", addresses: [try address("172.31.0.1")], uplinks: ["uplink"])
        view.toleratesOtherInterfaces = true
        var (compiler, index) = (RulesetCompiler(node: view), NetworkPolicyIndex())
        let (endpoint, link) = try pod("db", "10.20.0.2")
        index.set(endpoint)
        compiler.attach(link, index)
        compiler.update(index, index.takeChanges())
        #expect(try follow(compiler, "192.0.2.7", "198.51.100.9", "docker0").outcome == .accepted)
        #expect(try follow(compiler, "192.0.2.7", "10.20.0.2", "docker0").outcome == .dropped)
    }

    @Test("a service leads to each of its pods; without pods it refuses, and so does an address without a service")
    func services() throws {
        var (compiler, _) = try node(services: ["10.96.0.0/16"])
        var service = ServicePort(
            name: "shop/db:sql", transport: 6, addresses: [try address("10.96.0.10")], port: 80,
            backends: [
                .init(address: try address("10.20.0.2"), port: 5432),
                .init(address: try address("10.20.0.1"), port: 5432),
            ])
        compiler.set(services: [service])
        let first = try follow(compiler, "10.20.0.1", "10.96.0.10", "kst-web")
        let db = try address("10.20.0.2")
        #expect(first.outcome == .accepted)
        #expect(first.packet.destination == db && first.packet.destinationPort == 5432)
        let own = try follow(compiler, "10.20.0.1", "10.96.0.10", "kst-web", choice: 1)
        #expect(own.outcome == .accepted && own.isMasqueraded, "a pod that reaches itself must not see its own address")
        #expect(try follow(compiler, "10.20.0.1", "10.96.0.10", "kst-web", port: 81).outcome == .rejected)
        service.backends = []
        compiler.set(services: [service])
        #expect(try follow(compiler, "10.20.0.1", "10.96.0.10", "kst-web").outcome == .rejected)
    }

    @Test(
        "a pod of another node is reached through a node's port by the node's own address, one of this node by the client's"
    )
    func nodePorts() throws {
        var (compiler, _) = try node()
        var service = ServicePort(
            name: "shop/db:sql", transport: 6, addresses: [], port: 80,
            backends: [.init(address: try address("10.20.0.2"), port: 5432)])
        service.nodePort = 30080
        compiler.set(services: [service])
        let local = try follow(compiler, "198.51.100.9", "172.31.0.1", "uplink", port: 30080)
        #expect(local.outcome == .accepted && !local.isMasqueraded && local.packet.destinationPort == 5432)
        service.backends = [.init(address: try address("10.20.9.2"), port: 5432, isLocal: false)]
        compiler.set(services: [service])
        #expect(try follow(compiler, "198.51.100.9", "172.31.0.1", "uplink", port: 30080).isMasqueraded)
        service.isLocalOnly = true
        compiler.set(services: [service])
        let none = try follow(compiler, "198.51.100.9", "172.31.0.1", "uplink", port: 30080)
        let nodeAddress = try address("172.31.0.1")
        #expect(none.packet.destination == nodeAddress)
    }

    @Test("what is changed and changed back needs no transaction")
    func noDelta() throws {
        var (compiler, index) = try node()
        let before = compiler.ruleset
        #expect(before.delta(to: compiler.ruleset).isEmpty)
        let deny = try policy(["metadata": ["name": "deny", "namespace": "shop"], "spec": ["podSelector": [:]]])
        index.set(deny)
        compiler.update(index, index.takeChanges())
        let with = compiler.ruleset
        #expect(!before.delta(to: with).isEmpty)
        // The same policy again: nothing to tell the kernel.
        index.set(deny)
        compiler.update(index, index.takeChanges())
        #expect(with.delta(to: compiler.ruleset).isEmpty)
    }

    @Test("a change costs what it touches: a pod more among a hundred is a few elements and no chain")
    func deltaIsSmall() throws {
        var (compiler, index) = (try compiler(), NetworkPolicyIndex())
        let peers: JSON = [["from": [["podSelector": ["matchLabels": ["app": "web"]]]]]]
        let only = try policy([
            "metadata": ["name": "only", "namespace": "shop"], "spec": ["podSelector": [:], "ingress": peers],
        ])
        index.set(only)
        func attach(_ number: Int) throws {
            var (endpoint, link) = try pod("web", "10.20.1.\(number)")
            endpoint.id = .pod(namespace: "shop", name: "web-\(number)")
            link = PodInterface(id: endpoint.id, interface: "kst\(number)", addresses: link.addresses)
            index.set(endpoint)
            compiler.attach(link, index)
            compiler.update(index, index.takeChanges())
        }
        for number in 1...100 { try attach(number) }
        let before = compiler.ruleset
        try attach(101)
        let delta = before.delta(to: compiler.ruleset)
        #expect(delta.changedChains == [])
        #expect(delta.changedElements == 8)
        #expect(delta.commands.count == 8)
    }

    // libnftables reads every set of intervals back before it changes an element of any set.
    @Test("a rule for a few networks and ranges of ports has no set of intervals of its own")
    func intervals() throws {
        var (compiler, index) = (try compiler(), NetworkPolicyIndex())
        let (endpoint, link) = try pod("web", "10.20.1.1")
        index.set(endpoint)
        compiler.attach(link, index)
        let peer: JSON = ["ipBlock": ["cidr": "192.0.2.0/24", "except": ["192.0.2.0/26", "192.0.2.128/26"]]]
        let ports: JSON = [["port": 80], ["port": 443], ["port": 9000, "endPort": 9100], ["port": 9200, "endPort": 9300]]
        index.set(
            try policy([
                "metadata": ["name": "only", "namespace": "shop"],
                "spec": ["podSelector": [:], "ingress": [["from": [peer, ["ipBlock": ["cidr": "198.51.100.0/24"]]], "ports": ports]]],
            ]))
        let before = compiler.ruleset
        compiler.update(index, index.takeChanges())
        let rules = before.delta(to: compiler.ruleset).commands.filter { $0.contains("9000-9100") || $0.contains("192.0.2") || $0.contains("443") }
        // For each of the two networks: both single ports at once, and each range.
        #expect(rules.filter { $0.contains("accept") }.count == 6)
        for rule in rules {
            let choices = rule.split(separator: "{").dropFirst().map { $0.prefix { $0 != "}" } }
            #expect(choices.allSatisfy { !$0.contains("-") && !$0.contains("/") }, "\(rule)")
        }
    }

    @Test("no name of an object ends a string in the text that the kernel's tool reads")
    func quoting() throws {
        var (compiler, index) = try node()
        let match = TrafficMatch()
        var hostile = TrafficPolicy(
            object: RuleReference(kind: "NetworkPolicy", namespace: "shop", name: "a\"; }\nflush ruleset\n#\\"),
            tier: "default", order: nil,
            subject: .all)
        var set = match
        set.source.sets = [SelectorSetKey(.equals("x\"} ; flush ruleset", "\n'\u{e9}"))]
        hostile.ingress = [TrafficRule(action: .deny, matches: [set], path: "spec.ingress[0]")]
        index.set(hostile)
        compiler.update(index, index.takeChanges())
        let text = compiler.ruleset.replacement.text
        #expect(!text.contains("\nflush ruleset"))
        for line in text.split(separator: "\n") {
            #expect(line.filter { $0 == "\"" }.count % 2 == 0, "\(line)")
            #expect(line.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "\(line)")
        }
    }

    @Test(
        "the commands name what they use after it was made, and take away what nobody uses any more",
        arguments: 0..<40 as Range<UInt64>)
    func order(seed: UInt64) throws {
        let random = RandomWorld(seed: seed)
        var compiled = CompiledWorld(random.world)
        for json in random.policies {
            let policy = try policy(json)
            let before = compiled.compilers.mapValues(\.ruleset)
            compiled.change { $0.set(policy) }
            for (node, compiler) in compiled.compilers {
                let former = before[node] ?? Ruleset()
                var known = Set(former.chains.keys).union(former.sets.keys).union(former.maps.keys)
                for command in former.delta(to: compiler.ruleset).commands {
                    let words = command.split(separator: " ").map(String.init)
                    let name = words[4]
                    switch (words[0], words[1]) {
                    case ("add", "chain"), ("add", "set"), ("add", "map"): known.insert(name)
                    case ("delete", "chain"), ("delete", "set"), ("delete", "map"): #expect(known.remove(name) != nil)
                    default:
                        #expect(known.contains(name), "seed \(seed): \(command)")
                        let used = words.filter { $0.hasPrefix("@s") || $0.hasPrefix("@n") || $0.hasPrefix("@p") }.map {
                            String($0.dropFirst())
                        }
                        for name in used { #expect(known.contains(name), "seed \(seed): \(command)") }
                        for (verb, target) in zip(words, words.dropFirst()) where verb == "jump" || verb == "goto" {
                            let chain = target.filter { $0 != "," }
                            #expect(known.contains(chain), "seed \(seed): \(command)")
                        }
                    }
                }
                #expect(
                    known
                        == Set(compiler.ruleset.chains.keys).union(compiler.ruleset.sets.keys).union(
                            compiler.ruleset.maps.keys))
            }
        }
    }
}
