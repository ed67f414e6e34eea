package import JSONValue
package import NetworkPolicy

/// A small cluster with policies of every kind, made from a seed: two namespaces, three to six pods on two nodes, places
/// outside, and one to six policies whose selectors, networks and ports hit them often.
package struct RandomWorld: Sendable {
    package let seed: UInt64
    package let json: JSON
    package let policies: [JSON]
    /// The names of all places.
    package let places: [String]
    private var random: Seeded

    package init(seed: UInt64) {
        self.seed = seed
        var random = Seeded(seed)
        (json, places) = Self.world(&random)
        var maker = PolicyMaker(random: random)
        let count = Int(maker.random.next() % 6) + 1
        policies = (0..<count).map { maker.policy($0) }
        self.random = maker.random
    }

    package var world: World { World(json) }

    private static func world(_ random: inout Seeded) -> (JSON, [String]) {
        var pods: [JSON] = []
        var places: [String] = []
        for number in 1...(3 + Int(random.next() % 4)) {
            let namespace = random.pick(["red", "blue"])
            let name = "p\(number)"
            places.append(namespace + "/" + name)
            pods.append([
                "ns": .string(namespace), "name": .string(name), "node": .string(random.pick(["n1", "n1", "n2"])),
                "ips": [.string("10.10.0.\(number)"), .string("fd10::\(number)")],
                "labels": [
                    "app": .string(random.pick(["web", "db", "tool"])),
                    "tier": .string(random.pick(["front", "back"])),
                ],
                "serviceAccount": .string(random.pick(["default", "builder"])),
                "ports": [
                    ["name": "http", "containerPort": .int(random.pick([80, 8080])), "protocol": "TCP"],
                    ["name": "dns", "containerPort": 53, "protocol": .string(random.pick(["TCP", "UDP"]))],
                ],
            ])
        }
        let world: JSON = [
            "namespaces": ["red": ["team": "red"], "blue": ["team": "blue", "open": "yes"]],
            "serviceAccounts": [
                "red/builder": ["role": "ci"], "blue/builder": [:], "red/default": [:], "blue/default": [:],
            ],
            "nodes": ["n1": ["172.31.0.1", "fd31::1"], "n2": ["172.31.0.2", "fd31::2"]],
            "pods": .array(pods),
            "networkSets": [
                [
                    "name": "partners", "labels": ["set": "partner"],
                    "nets": ["198.51.100.0/25", "203.0.113.7/32", "fd99::/64"],
                ],
                ["ns": "red", "name": "vendors", "labels": ["set": "vendor"], "nets": ["203.0.113.0/28"]],
            ],
            "tiers": [["name": "security", "order": 100], ["name": "audit", "order": 200, "defaultAction": "Pass"]],
        ]
        return (world, places + ["host:n1", "host:n2", "198.51.100.9", "203.0.113.7", "fd99::9"])
    }

    /// Packets between all places, over the protocols and ports that the policies speak of.
    package func packets() -> [(from: String, to: String, packet: Packet)] {
        let world = world
        var random = random
        var packets: [(String, String, Packet)] = []
        for from in places {
            for to in places where from != to {
                // What goes past all pods is nobody's business here.
                guard from.contains("/") || to.contains("/") else { continue }
                for family in [IPAddress.Family.v4, .v6] {
                    guard let source = world.address(from, family), let destination = world.address(to, family) else {
                        continue
                    }
                    var kinds: [(UInt8, UInt16)] = [(6, 80), (6, random.pick([8080, 443])), (17, 53)]
                    kinds.append(random.pick([(6, 53), (6, 90), (17, 80), (132, 80)]))
                    for (transport, port) in kinds {
                        var packet = Packet(source: source, destination: destination, transport: transport, port: port)
                        packet.sourcePort = random.pick([1234, 40000])
                        packets.append((from, to, packet))
                    }
                    var ping = Packet(source: source, destination: destination, transport: family == .v4 ? 1 : 58)
                    ping.icmp = (family == .v4 ? random.pick([8, 13]) : 128, 0)
                    packets.append((from, to, ping))
                }
            }
        }
        return packets
    }
}

/// Makes policies from random choices.
private struct PolicyMaker {
    var random: Seeded

    mutating func policy(_ number: Int) -> JSON {
        switch random.next() % 8 {
        case 0...3: kubernetes(number)
        case 4: cluster(number)
        case 5, 6: calico(number, isGlobal: false)
        default: calico(number, isGlobal: true)
        }
    }

    // MARK: Kubernetes

    private mutating func labels() -> JSON {
        switch random.next() % 6 {
        case 0: return [:]
        case 1:
            return [
                "matchExpressions": [
                    ["key": "app", "operator": .string(random.pick(["In", "NotIn"])), "values": ["web", "db"]]
                ]
            ]
        case 2:
            return [
                "matchExpressions": [
                    [
                        "key": .string(random.pick(["tier", "none"])),
                        "operator": .string(random.pick(["Exists", "DoesNotExist"])),
                    ]
                ]
            ]
        case 3: return ["matchLabels": ["tier": .string(random.pick(["front", "back"]))]]
        default: return ["matchLabels": ["app": .string(random.pick(["web", "db", "tool"]))]]
        }
    }

    private mutating func namespaces() -> JSON {
        random.oneIn(3) ? [:] : ["matchLabels": ["team": .string(random.pick(["red", "blue", "green"]))]]
    }

    private mutating func block() -> JSON {
        switch random.next() % 5 {
        case 0: ["cidr": "0.0.0.0/0", "except": ["10.10.0.2/32", "198.51.100.0/24"]]
        case 1: ["cidr": "10.10.0.0/29", "except": ["10.10.0.4/30"]]
        case 2: ["cidr": "::/0", "except": ["fd10::2/128"]]
        case 3: ["cidr": "198.51.100.0/24"]
        default: ["cidr": "172.31.0.0/24"]
        }
    }

    private mutating func peers() -> JSON {
        .array(
            (0..<(1 + random.next() % 2)).map { _ in
                switch random.next() % 4 {
                case 0: ["podSelector": labels()]
                case 1: ["namespaceSelector": namespaces()]
                case 2: ["namespaceSelector": namespaces(), "podSelector": labels()]
                default: ["ipBlock": block()]
                }
            })
    }

    private mutating func kubernetesPorts() -> JSON {
        .array(
            (0..<(1 + random.next() % 2)).map { _ in
                switch random.next() % 7 {
                case 0: ["port": 80]
                case 1: ["port": 79, "endPort": 90]
                case 2: ["port": "http"]
                case 3: ["port": "dns", "protocol": .string(random.pick(["TCP", "UDP"]))]
                case 4: ["protocol": "UDP", "port": 53]
                case 5: ["protocol": "SCTP"]
                default: ["protocol": .string(random.pick(["TCP", "UDP"]))]
                }
            })
    }

    private mutating func kubernetes(_ number: Int) -> JSON {
        var spec: [String: JSON] = ["podSelector": labels()]
        let types = random.pick([["Ingress"], ["Egress"], ["Ingress", "Egress"]])
        spec["policyTypes"] = .array(types.map { .string($0) })
        for type in types {
            let rules: [JSON] = (0..<(random.next() % 3)).map { _ in
                var rule: [String: JSON] = [:]
                if !random.oneIn(4) { rule[type == "Ingress" ? "from" : "to"] = peers() }
                if !random.oneIn(3) { rule["ports"] = kubernetesPorts() }
                return Self.object(rule)
            }
            spec[type.lowercased()] = .array(rules)
        }
        return Self.object([
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": ["name": .string("np\(number)"), "namespace": .string(random.pick(["red", "blue"]))],
            "spec": Self.object(spec),
        ])
    }

    private static func object(_ members: [String: JSON]) -> JSON {
        var object: JSON = [:]
        for (key, value) in members.sorted(by: { $0.key < $1.key }) { object[key] = value }
        return object
    }

    // MARK: ClusterNetworkPolicy

    private mutating func subject() -> JSON {
        random.oneIn(2)
            ? ["namespaces": namespaces()] : ["pods": ["namespaceSelector": namespaces(), "podSelector": labels()]]
    }

    private mutating func cluster(_ number: Int) -> JSON {
        var spec: [String: JSON] = [
            "tier": .string(random.pick(["Admin", "Baseline"])), "priority": .int(Int64(random.next() % 20)),
            "subject": subject(),
        ]
        for (field, peers) in [("ingress", "from"), ("egress", "to")] where random.oneIn(2) {
            let rules: [JSON] = (0..<(1 + random.next() % 2)).map { _ in
                var peer = subject()
                if field == "egress", random.oneIn(3) {
                    peer = ["networks": [.string(random.pick(["198.51.100.0/24", "0.0.0.0/0", "fd99::/16"]))]]
                }
                var rule: [String: JSON] = ["action": .string(random.pick(["Accept", "Deny", "Pass"])), peers: [peer]]
                if random.oneIn(2) {
                    rule["protocols"] = [
                        random.pick(
                            [
                                ["tcp": ["destinationPort": ["number": 80]]],
                                ["tcp": ["destinationPort": ["range": ["start": 80, "end": 500]]]],
                                ["udp": ["destinationPort": ["number": 53]]], ["destinationNamedPort": "http"],
                            ] as [JSON])
                    ]
                }
                return Self.object(rule)
            }
            spec[field] = .array(rules)
        }
        return Self.object([
            "apiVersion": "policy.networking.k8s.io/v1alpha2", "kind": "ClusterNetworkPolicy",
            "metadata": ["name": .string("cnp\(number)")], "spec": Self.object(spec),
        ])
    }

    // MARK: Calico

    private mutating func selector() -> JSON {
        .string(
            random.pick([
                "all()", "app == \"web\"", "app != \"web\"", "has(tier)", "!has(set)", "app in {\"web\", \"db\"}",
                "app not in {\"tool\"}",
                "tier == \"front\" && app == \"db\"", "set == \"partner\"", "set == \"vendor\" || app == \"tool\"",
                "app starts with \"t\"",
                "pcns.team == \"red\"",
            ]))
    }

    private mutating func entity(hasPorts: Bool) -> JSON {
        var entity: [String: JSON] = [:]
        if random.oneIn(2) { entity["selector"] = selector() }
        if random.oneIn(5) { entity["notSelector"] = selector() }
        if random.oneIn(4) {
            entity["namespaceSelector"] = .string(
                random.pick(["all()", "team == \"red\"", "open == \"yes\"", "global()"]))
        }
        if random.oneIn(6) {
            entity["serviceAccounts"] = random.oneIn(2) ? ["names": ["builder"]] : ["selector": "role == \"ci\""]
        }
        if random.oneIn(6) {
            entity["nets"] = .array(
                random.some(["10.10.0.0/30", "10.10.0.0/28", "198.51.100.0/24", "fd10::/64"]).map { .string($0) })
        }
        if random.oneIn(6) {
            entity["notNets"] = .array(
                random.some(["10.10.0.2/32", "203.0.113.0/24", "fd10::3/128"]).map { .string($0) })
        }
        if hasPorts, random.oneIn(2) {
            entity["ports"] = .array(random.some([80, "79:90", "http", 53, "dns"] as [JSON]))
        } else if hasPorts, random.oneIn(4) {
            entity["notPorts"] = .array(random.some([80, "http", "8000:9000", 1234] as [JSON]))
        }
        return Self.object(entity)
    }

    private mutating func rule() -> JSON {
        var rule: [String: JSON] = ["action": .string(random.pick(["Allow", "Allow", "Deny", "Pass", "Log"]))]
        var hasPorts = false
        switch random.next() % 6 {
        case 0, 1:
            rule["protocol"] = random.pick(["TCP", "UDP", "SCTP", 6] as [JSON])
            hasPorts = true
        case 2:
            rule["protocol"] = "ICMP"
            if random.oneIn(2) {
                rule["icmp"] = random.pick([["type": 8], ["type": 8, "code": 0], ["type": 13]] as [JSON])
            }
            if random.oneIn(3) {
                rule["notICMP"] = random.pick(
                    [["type": 8], ["type": 13, "code": 0], ["type": 13, "code": 1]] as [JSON])
            }
        case 3: rule["notProtocol"] = random.pick(["TCP", "ICMP", "UDP"] as [JSON])
        default: break
        }
        if random.oneIn(5) { rule["ipVersion"] = random.pick([4, 6] as [JSON]) }
        if random.oneIn(2) { rule["source"] = entity(hasPorts: hasPorts) }
        if random.oneIn(2) { rule["destination"] = entity(hasPorts: hasPorts) }
        return Self.object(rule)
    }

    private mutating func calico(_ number: Int, isGlobal: Bool) -> JSON {
        var spec: [String: JSON] = ["selector": selector(), "order": .int(Int64(random.pick([100, 900, 1000, 1100])))]
        if random.oneIn(3) { spec["tier"] = .string(random.pick(["security", "audit"])) }
        if random.oneIn(5) { spec["serviceAccountSelector"] = "role == \"ci\"" }
        if isGlobal, random.oneIn(3) { spec["namespaceSelector"] = "team == \"blue\"" }
        let types = random.pick([["Ingress"], ["Egress"], ["Ingress", "Egress"]])
        spec["types"] = .array(types.map { .string($0) })
        for type in types { spec[type.lowercased()] = .array((0..<(random.next() % 4)).map { _ in rule() }) }
        var metadata: [String: JSON] = ["name": .string("cal\(number)")]
        if !isGlobal { metadata["namespace"] = .string(random.pick(["red", "blue"])) }
        return Self.object([
            "apiVersion": "projectcalico.org/v3", "kind": .string(isGlobal ? "GlobalNetworkPolicy" : "NetworkPolicy"),
            "metadata": Self.object(metadata), "spec": Self.object(spec),
        ])
    }
}
