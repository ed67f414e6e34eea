import NFTables
import NetworkPolicy
import PolicyWorlds

/// A world's nodes, each with the table that its agent would hold.
struct CompiledWorld {
    let world: World
    private(set) var index: NetworkPolicyIndex
    private(set) var compilers: [String: RulesetCompiler] = [:]
    private var walks: [String: PacketWalk] = [:]
    /// Changes of which the edits of the compiler told another story than the tables.
    private(set) var wrongEdits: [String] = []

    /// Tables for the nodes, with a link for each pod of theirs.
    init(_ world: World) {
        self.world = world
        index = world.index
        for endpoint in world.endpoints {
            guard case .node(let name) = endpoint.id else { continue }
            compilers[name] = RulesetCompiler(
                node: NodeView(name: name, addresses: endpoint.networks.map(\.address), uplinks: ["uplink"]))
        }
        for endpoint in world.endpoints {
            guard case .pod = endpoint.id, let node = endpoint.node else { continue }
            compilers[node]?.attach(Self.link(endpoint), index)
        }
        follow()
    }

    static func link(_ endpoint: PolicyEndpoint) -> PodInterface {
        PodInterface(
            id: endpoint.id, interface: "kst\(endpoint.networks[0].address.low)",
            addresses: endpoint.networks.map(\.address))
    }

    /// Changes the index and lets every node follow.
    mutating func change(_ body: (inout NetworkPolicyIndex) -> Void) {
        body(&index)
        follow()
    }

    private mutating func follow() {
        let changes = index.takeChanges()
        for node in compilers.keys {
            let former = compilers[node]?.ruleset
            let isFirst = walks[node] == nil
            compilers[node]?.update(index, changes)
            guard let edits = compilers[node]?.takeEdits(), let former, let now = compilers[node]?.ruleset else { continue }
            if !isFirst, former.delta(to: now, edits: edits) != former.delta(to: now) { wrongEdits.append("\(node): \(edits)") }
            walks[node] = compilers[node].map { PacketWalk($0.ruleset) }
        }
    }

    /// What becomes of a packet on the whole of its way: through the sender's node, and the receiver's.
    func follow(_ packet: Packet) -> PacketWalk.Result {
        let (from, to) = (node(of: packet.source), node(of: packet.destination))
        var way: [(node: String, interface: String?)] = []
        if let from { way.append((from.node, from.interface)) }
        if let to, to.node != from?.node { way.append((to.node, "uplink")) }
        var result = PacketWalk.Result(outcome: .accepted, notes: [], packet: packet, isMasqueraded: false)
        for (node, interface) in way {
            guard let next = walks[node]?.follow(packet, from: interface) else { continue }
            result = .init(
                outcome: next.outcome, notes: result.notes + next.notes, packet: next.packet, isMasqueraded: false)
            if next.outcome != .accepted { break }
        }
        return result
    }

    /// The node of an address, and the interface by which the node hears of it; nil for the outside.
    private func node(of address: IPAddress) -> (node: String, interface: String?)? {
        for endpoint in world.endpoints
        where endpoint.networks.contains(where: { $0.isSingle && $0.address == address }) {
            if case .node(let name) = endpoint.id { return (name, nil) }
            if case .pod = endpoint.id, let node = endpoint.node { return (node, Self.link(endpoint).interface) }
        }
        return nil
    }
}
