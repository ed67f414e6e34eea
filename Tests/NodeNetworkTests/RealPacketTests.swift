import JSONValue
import NetworkPolicy
import PolicyModel
import PolicyWorlds
import Testing

@testable import NodeNetwork

/// Every packet here is sent through the kernel, from one namespace to another.
@Suite("real packets", .enabled(if: KernelSupport.isThere, KernelSupport.comment), .serialized) struct RealPacketTests {
    @Test(
        "go as the evaluator says, in random worlds with random policies",
        arguments: 0..<(Rootless.isOutside ? 120 : 20) as Range<UInt64>)
    func random(seed: UInt64) async throws {
        let random = RandomWorld(seed: seed)
        let externals = random.places.filter { !$0.contains("/") && !$0.hasPrefix("host:") }.compactMap {
            IPAddress($0)
        }
        let lab = try await Lab(random.world, externals: externals)
        let policies = try random.policies.map { try policy($0) }
        try await lab.update { index in for policy in policies { index.set(policy) } }
        let evaluator = try #require(await lab.nodes.values.first?.evaluator)
        let packets = random.packets()
        let expected = packets.map { evaluator.decide($0.packet).decision.isAllowed }
        let arrived = try lab.send(zip(packets, expected).map { ($0.packet, $1) })
        var differences: [String] = []
        for (index, (from, to, packet)) in packets.enumerated() where arrived[index] != expected[index] {
            differences.append("\(from) > \(to) \(packet): evaluator says \(expected[index])")
        }
        #expect(differences.prefix(5) == [], "seed \(seed): \(differences.count) of \(packets.count)")
        Tally.add(packets.count, denied: expected.filter { !$0 }.count)
    }
}

/// What was sent, for the report.
enum Tally {
    static func add(_ packets: Int, denied: Int) { print("packets sent: \(packets), of them denied: \(denied)") }
}
