import JSONValue
import NetworkPolicy
import PolicyModel
import PolicyWorlds
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
                probes += 1
                guard let source = world.address(from, family), let destination = world.address(to, family) else {
                    failures.append("\(id): \(from) or \(to) has no address")
                    return
                }
                let packet = Packet(source: source, destination: destination, transport: transports[transport] ?? 0, port: UInt16(port))
                let answer = evaluator.decide(packet)
                if answer.decision.isAllowed != expect {
                    failures.append("\(id): \(from) > \(to) \(transport) \(port): \(answer.deciding?.shownGround ?? "ungoverned")")
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
                let answer = try Probe(entry).answer(evaluator, in: world)
                probes += 1
                var by = answer.deciding?.shownGround ?? ""
                // The tables do not name the profile of a host endpoint.
                let isUnnamed = entry["by"]?.string?.hasSuffix(":profile") == true
                if isUnnamed, let end = by.firstIndex(of: " ") { by = String(by[..<end]) }
                if answer.decision.isAllowed != (entry["expect"] == "allow") || by != entry["by"]?.string {
                    failures.append("\(row["id"]?.string ?? "") \(entry["by"]?.string ?? ""): \(by)")
                }
            }
        }
        print("corpus calico: \(probes - failures.count) probes passed, \(failures.count) failed")
        #expect(failures.prefix(20) == [])
    }

    @Test("every NetworkPolicy that the API server accepts is read, and means what it stores")
    func acceptedIsRead() throws {
        var accepted = 0
        for row in try Corpus.lines("networkpolicy_validation.jsonl") where row["expect"]?["valid"]?.bool == true {
            let object = try #require(row["object"])
            accepted += 1
            let read = try KubernetesPolicy.read(object)
            // What the server stores means what was sent.
            var stored = try #require(object.object)
            stored["spec"] = row["expect"]?["spec"]
            #expect(try KubernetesPolicy.read(.object(stored)) == read)
        }
        #expect(accepted > 0)
    }
}
