import JSONValue
import NetworkPolicy
import PolicyModel
import Testing

@Suite("the recorded tables", .enabled(if: Corpus.isPresent, "KASTELL_CORPORA names no folder with policy/netpol"))
struct CorpusTests {
    @Test("each recorded selector is read, written and matched as Calico does")
    func selectors() throws {
        let rows = try Corpus.lines("calico_selectors.jsonl")
        let labels = rows[0]["labels"]?.array?.map(\.stringMap) ?? []
        var failures: [String] = []
        for row in rows.dropFirst() {
            let text = row["selector"]?.string ?? ""
            do {
                let selector = try EndpointSelector(parsing: text)
                let match = labels.map { selector.matches($0) ? "1" : "0" }.joined()
                if row["valid"]?.bool != true || row["canonical"]?.string != selector.description || row["match"]?.string != match {
                    failures.append("\(text): \(selector) \(match)")
                }
            } catch {
                if row["calicoError"]?.string != "\(error)" { failures.append("\(text): \(error)") }
            }
        }
        print("corpus calico_selectors: \(rows.count - 1 - failures.count) passed, \(failures.count) failed")
        #expect(failures == [])
    }

    @Test("every probe is decided as recorded", arguments: [("networkpolicy", "worlds"), ("clusterpolicy", "clusterpolicy_worlds")])
    func tables(file: String, worlds: String) throws {
        let worlds = try Corpus.json(worlds + ".json")
        var failures: [String] = []
        var probes = 0
        let rows = try Corpus.lines(file + ".jsonl")
        for row in rows {
            let id = row["id"]?.string ?? ""
            let description = row["world"]?.string.flatMap { worlds[$0] } ?? row["world"] ?? .null
            // The tables of cluster policies were made without the rule that a pod and its own node always reach each
            // other, of which only the documentation of NetworkPolicy speaks.
            let world = World(description, knowsNodes: file == "networkpolicy")
            var index = world.index
            for json in row["policies"]?.array ?? [] { index.set(try policy(json)) }
            let evaluator = NetworkPolicyEvaluator(index)
            func probe(_ from: String, _ to: String, _ transport: String, _ port: Int64, _ family: IPAddress.Family, _ expect: Bool) {
                guard let source = world.address(from, family), let destination = world.address(to, family) else { return }
                probes += 1
                let packet = Packet(source: source, destination: destination, transport: transports[transport] ?? 0, port: UInt16(port))
                let answer = evaluator.decide(packet)
                if answer.decision.isAllowed != expect {
                    failures.append("\(id): \(from) > \(to) \(transport) \(port): \(answer.deciding.map(Self.ground) ?? "ungoverned")")
                }
            }
            for table in row["tables"]?.array ?? [] {
                let family: IPAddress.Family = table["family"]?.int == 6 ? .v6 : .v4
                let names = description[family == .v6 ? "endpoints6" : "endpoints"]?.strings ?? []
                for (from, line) in zip(names, table["m"]?.strings ?? []) {
                    for (to, cell) in zip(names, line) where cell != "-" {
                        probe(from, to, table["protocol"]?.string ?? "", table["port"]?.int ?? 0, family, cell == ".")
                    }
                }
            }
            for entry in row["probes"]?.array ?? [] {
                probe(
                    entry["from"]?.string ?? "", entry["to"]?.string ?? "", entry["protocol"]?.string ?? "", entry["port"]?.int ?? 0,
                    .v4, entry["expect"] == "allow")
            }
        }
        print("corpus \(file): \(rows.count) rows, \(probes - failures.count) probes passed, \(failures.count) failed")
        #expect(probes > 0)
        #expect(failures.prefix(20) == [])
    }

    @Test("every Calico probe is decided as recorded, by the recorded rule")
    func calico() throws {
        let world = World(try Corpus.json("calico_world.json"))
        var failures: [String] = []
        var probes = 0
        for row in try Corpus.lines("calico.jsonl") {
            var index = world.index
            for json in row["policies"]?.array ?? [] { index.set(try policy(json)) }
            let evaluator = NetworkPolicyEvaluator(index)
            for entry in row["probes"]?.array ?? [] {
                let family: IPAddress.Family = entry["family"]?.int == 6 ? .v6 : .v4
                let (from, to) = (entry["from"]?.string ?? "", entry["to"]?.string ?? "")
                let source = try #require(world.address(from, family))
                let destination = try #require(world.address(to, family))
                var packet = Packet(
                    source: source, destination: destination, transport: transports[entry["protocol"]?.string ?? ""] ?? 0,
                    port: UInt16(entry["port"]?.int ?? 0))
                packet.sourcePort = UInt16(entry["srcPort"]?.int ?? 40000)
                if let type = entry["icmpType"]?.int { packet.icmp = (UInt8(type), UInt8(entry["icmpCode"]?.int ?? 0)) }
                let isIn = to.hasPrefix("host:")
                let answer =
                    entry["forwarded"]?.bool == true
                    ? evaluator.decide(packet, forwardedThrough: String((isIn ? to : from).dropFirst(5)), isIn ? .ingress : .egress)
                    : evaluator.decide(packet)
                probes += 1
                let by = answer.deciding.map(Self.ground) ?? ""
                let expected = (entry["by"]?.string ?? "").replacing("profile kns.", with: "profile ").split(separator: " ")
                let got = by.split(separator: " ")
                let isSame = by == entry["by"]?.string || (expected.first == "ingress:profile" || expected.first == "egress:profile") && got.first == expected.first
                if answer.decision.isAllowed != (entry["expect"] == "allow") || !isSame {
                    failures.append("\(row["id"]?.string ?? "") \(from) > \(to) \(entry["by"]?.string ?? ""): \(by)")
                }
            }
        }
        print("corpus calico: \(probes - failures.count) probes passed, \(failures.count) failed")
        #expect(failures.prefix(20) == [])
    }

    private static func ground(_ verdict: TrafficVerdict) -> String {
        let text: String
        switch verdict.ground {
        case .rule(let rule, let tier, let stage):
            let place = rule.path.rawValue.drop { $0 != "[" }
            text = "\(tier)/\(rule.name)\(place)" + (stage == .untracked ? " untracked" : stage == .beforeDNAT ? " preDNAT" : "")
        case .endOfTier(let tier): text = "end-of-tier \(tier)"
        case .profile(let name): text = "profile \(name)"
        case .failsafe: text = "failsafe"
        case .hostDefault: text = "host-endpoint-default"
        case .forwardDefault: text = "forward-default"
        case .noProfile: text = "no-profile"
        case .loopback: text = "loopback"
        case .ownNode: text = "own-node"
        }
        return "\(verdict.direction.rawValue):\(text)"
    }
}
