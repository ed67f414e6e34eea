import JSONValue
import NetworkPolicy
import PolicyModel
import PolicyWorlds
import Testing

@testable import NodeNetwork

@Suite(
    "recorded tables with real packets", .enabled(if: KernelSupport.isThere, KernelSupport.comment),
    .enabled(if: Corpus.isPresent, "KASTELL_CORPORA names no folder with policy/netpol"), .serialized)
struct RecordedTests {
    @Test("a packet arrives exactly where the table says so")
    func tables() async throws {
        let worlds = try Corpus.json("worlds.json")
        var labs: [String: Lab] = [:]
        var (rows, packets) = (0, 0)
        var failures: [String] = []
        for (number, row) in try Corpus.lines("networkpolicy.jsonl").enumerated() {
            // One in three of the many that share a world; the small worlds all.
            let name = row["world"]?.string
            if name != nil, number % 3 != 0 { continue }
            let description = name.flatMap { worlds[$0] } ?? row["world"] ?? .null
            let world = World(description)
            let externals = (description["externals"]?.strings ?? []).compactMap { IPAddress($0) }
            let lab: Lab
            if let name, let present = labs[name] {
                lab = present
            } else {
                lab = try await Lab(world, externals: externals)
                if let name { labs[name] = lab }
            }
            let policies = try (row["policies"]?.array ?? []).map { try policy($0) }
            try await lab.update { index in
                for former in index.policies.keys { index.remove(policy: former) }
                for policy in policies { index.set(policy) }
            }
            var probes: [(packet: Packet, expected: Bool)] = []
            var names: [String] = []
            // Two of the tables of a row: the others differ from them by a port.
            for table in (row["tables"]?.array ?? []).prefix(2) {
                let family: IPAddress.Family = table["family"]?.int == 6 ? .v6 : .v4
                let places = description[family == .v6 ? "endpoints6" : "endpoints"]?.strings ?? []
                for (from, line) in zip(places, table["m"]?.strings ?? []) {
                    for (to, cell) in zip(places, line) where cell != "-" && from != to {
                        guard let source = world.address(from, family), let destination = world.address(to, family),
                            source != destination
                        else { continue }
                        let transport = transports[table["protocol"]?.string ?? ""] ?? 0
                        probes.append(
                            (
                                Packet(
                                    source: source, destination: destination, transport: transport,
                                    port: UInt16(table["port"]?.int ?? 0)), cell == "."
                            ))
                        names.append("\(from) > \(to)")
                    }
                }
            }
            let arrived = try lab.send(probes)
            for (index, probe) in probes.enumerated() where arrived[index] != probe.expected {
                failures.append(
                    "\(row["id"]?.string ?? "") \(names[index]) \(probe.packet): recorded \(probe.expected)")
            }
            rows += 1
            packets += probes.count
        }
        print(
            "corpus networkpolicy, real packets: \(rows) rows, \(packets - failures.count) passed, \(failures.count) failed"
        )
        #expect(rows >= 200)
        #expect(failures.prefix(10) == [])
    }

    @Test("a packet arrives exactly when the recorded Calico policies allow it")
    func calico() async throws {
        // The tables have host endpoints at addresses of nodes; packets from and to them are left out.
        let world = World(try Corpus.json("calico_world.json"))
        var pods = world
        pods.endpoints.removeAll { if case .host = $0.id { true } else { false } }
        var (rows, packets) = (0, 0)
        var failures: [String] = []
        var lab: Lab?
        let all = try Corpus.lines("calico.jsonl")
        var outside = Set<IPAddress>()
        for probe in all.flatMap({ $0["probes"]?.array ?? [] }).map(Probe.init) {
            for place in [probe.from, probe.to] { if let address = IPAddress(place) { outside.insert(address) } }
        }
        for row in all {
            let probes = (row["probes"]?.array ?? []).map(Probe.init).filter(Self.canBeSent)
            if probes.isEmpty { continue }
            let policies = try (row["policies"]?.array ?? []).map { try policy($0) }
            if lab == nil { lab = try await Lab(pods, externals: Array(outside)) }
            guard let lab else { continue }
            try await lab.update { index in
                for former in index.policies.keys { index.remove(policy: former) }
                for policy in policies { index.set(policy) }
            }
            let sent = try probes.map { (packet: try $0.packet(in: world), expected: $0.json["expect"] == "allow") }
            let arrived = try lab.send(sent)
            for (index, probe) in probes.enumerated() where arrived[index] != sent[index].expected {
                failures.append("\(row["id"]?.string ?? "") \(probe.json)")
            }
            rows += 1
            packets += sent.count
        }
        print("corpus calico, real packets: \(rows) rows, \(packets - failures.count) passed, \(failures.count) failed")
        #expect(rows >= 50)
        #expect(failures.prefix(10) == [])
    }

    /// Whether a probe is a packet between pods and places outside that opens a connection.
    private static func canBeSent(_ probe: Probe) -> Bool {
        if probe.from.hasPrefix("host:") || probe.to.hasPrefix("host:") || probe.json["forwarded"] != nil
            || probe.from == probe.to
        {
            return false
        }
        let name = probe.json["protocol"]?.string ?? "TCP"
        // An answer to nothing (echo reply, unreachable) opens no connection: the kernel tracks none, and drops it.
        if name == "ICMP", let type = probe.json["icmpType"]?.int { return [8, 13, 15, 17].contains(type) }
        return ["TCP", "UDP", "SCTP", "ICMP", "ICMPv6"].contains(name)
    }
}
