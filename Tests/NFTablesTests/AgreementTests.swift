import JSONValue
import NFTables
import NetworkPolicy
import PolicyModel
import PolicyWorlds
import Testing

@Suite("the compiled rules and the evaluator") struct AgreementTests {
    @Test(
        "agree about every packet of a random world, and about the reason of a denial",
        arguments: 0..<300 as Range<UInt64>)
    func random(seed: UInt64) throws {
        let random = RandomWorld(seed: seed)
        var compiled = CompiledWorld(random.world)
        for json in random.policies {
            let policy = try policy(json)
            compiled.change { $0.set(policy) }
        }
        try compare(compiled, random)
        // Taken out again in another order, nothing is left over.
        for json in random.policies.reversed() {
            let object = try policy(json).object
            compiled.change { $0.remove(policy: object) }
        }
        #expect(compiled.wrongEdits.prefix(1) == [])
        let empty = CompiledWorld(random.world)
        for (node, compiler) in compiled.compilers {
            #expect(compiler.ruleset.sets == empty.compilers[node]?.ruleset.sets)
            #expect(compiler.ruleset.chains.count == empty.compilers[node]?.ruleset.chains.count)
            #expect(compiler.ruleset.notes.count == empty.compilers[node]?.ruleset.notes.count)
        }
    }

    private func compare(_ compiled: CompiledWorld, _ random: RandomWorld) throws {
        let evaluator = NetworkPolicyEvaluator(compiled.index)
        var differences: [String] = []
        var denied = 0
        let packets = random.packets()
        for (from, to, packet) in packets {
            let answer = evaluator.decide(packet)
            let result = compiled.follow(packet)
            let isAllowed = answer.decision.isAllowed
            denied += isAllowed ? 0 : 1
            if (result.outcome == .accepted) != isAllowed {
                differences.append(
                    "\(from) > \(to) \(packet): evaluator \(answer.deciding?.shownGround ?? "none"), table \(result)")
            } else if !isAllowed, let deciding = answer.deciding, let note = result.notes.last,
                !Self.isSame(note, deciding)
            {
                differences.append("\(from) > \(to) \(packet): evaluator \(deciding.shownGround), table says \(note)")
            }
        }
        #expect(differences.prefix(3) == [], "seed \(random.seed): \(differences.count) of \(packets.count) packets")
    }

    private static func isSame(_ note: Note, _ verdict: TrafficVerdict) -> Bool {
        guard note.isDenial, note.direction == verdict.direction else { return false }
        return switch (note.ground, verdict.ground) {
        case (.rule(let one, let tier), .rule(let other, let otherTier, _)): one == other && tier == otherTier
        case (.endOfTier(let one), .endOfTier(let other)): one == other
        case (.noProfile, .noProfile): true
        default: false
        }
    }

    @Test("agree after pods change their labels, come and go", arguments: 0..<60 as Range<UInt64>)
    func churn(seed: UInt64) throws {
        let random = RandomWorld(seed: seed)
        var compiled = CompiledWorld(random.world)
        for json in random.policies {
            let policy = try policy(json)
            compiled.change { $0.set(policy) }
        }
        var choice = Seeded(seed &+ 77)
        let pods = random.world.endpoints.filter { if case .pod = $0.id { true } else { false } }
        for _ in 0..<8 {
            var pod = choice.pick(pods)
            pod.labels = ["app": choice.pick(["web", "db", "tool"]), "tier": choice.pick(["front", "back"])]
            compiled.change { $0.set(pod) }
            compiled.change { $0.setNamespace("red", labels: ["team": choice.pick(["red", "blue"])]) }
        }
        #expect(compiled.wrongEdits.prefix(1) == [])
        try compare(compiled, random)
        // The same world, put together at once, is the same table but for the numbers in the names.
        var fresh = CompiledWorld(random.world)
        for json in random.policies {
            let policy = try policy(json)
            fresh.change { $0.set(policy) }
        }
        let endpoints = compiled.index.endpoints
        let red = compiled.index
        fresh.change { index in
            for pod in endpoints.values { index.set(pod) }
            index.setNamespace("red", labels: Self.team(of: red))
        }
        for (node, compiler) in compiled.compilers {
            #expect(compiler.ruleset.ruleCount == fresh.compilers[node]?.ruleset.ruleCount)
            #expect(compiler.ruleset.sets.count == fresh.compilers[node]?.ruleset.sets.count)
        }
    }

    /// The label that the namespace red has now, found by asking.
    private static func team(of index: NetworkPolicyIndex) -> [String: String] {
        var index = index
        let isRed = try? policy([
            "apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy", "metadata": ["name": "ask"],
            "spec": ["selector": "projectcalico.org/namespace == \"red\" && pcns.team == \"red\""],
        ])
        guard let isRed else { return [:] }
        index.set(isRed)
        let found = index.sets[SelectorSetKey(isRed.subject)]?.members.isEmpty == false
        return ["team": found ? "red" : "blue"]
    }

    @Test(
        "agree over the recorded tables",
        .enabled(if: Corpus.isPresent, "KASTELL_CORPORA names no folder with policy/netpol"))
    func recorded() throws {
        let worlds = try Corpus.json("worlds.json")
        var failures: [String] = []
        var probes = 0
        for row in try Corpus.lines("networkpolicy.jsonl") {
            let description = row["world"]?.string.flatMap { worlds[$0] } ?? row["world"] ?? .null
            let world = World(description)
            // Some rows speak of pods of no node; they have no table.
            guard world.endpoints.allSatisfy({ if case .pod = $0.id { $0.node != nil } else { true } }) else {
                continue
            }
            var compiled = CompiledWorld(world)
            for json in row["policies"]?.array ?? [] {
                let policy = try policy(json)
                compiled.change { $0.set(policy) }
            }
            for table in row["tables"]?.array ?? [] {
                let family: IPAddress.Family = table["family"]?.int == 6 ? .v6 : .v4
                let names = description[family == .v6 ? "endpoints6" : "endpoints"]?.strings ?? []
                for (from, line) in zip(names, table["m"]?.strings ?? []) {
                    for (to, cell) in zip(names, line) where cell != "-" && from != to {
                        guard let source = world.address(from, family), let destination = world.address(to, family)
                        else { continue }
                        let transport = transports[table["protocol"]?.string ?? ""] ?? 0
                        let packet = Packet(
                            source: source, destination: destination, transport: transport,
                            port: UInt16(table["port"]?.int ?? 0))
                        probes += 1
                        let result = compiled.follow(packet)
                        if (result.outcome == .accepted) != (cell == ".") {
                            failures.append("\(row["id"]?.string ?? ""): \(from) > \(to) \(packet) \(result)")
                        }
                    }
                }
            }
        }
        print("corpus networkpolicy, compiled: \(probes - failures.count) probes passed, \(failures.count) failed")
        #expect(probes > 10_000)
        #expect(failures.prefix(10) == [])
    }
}
