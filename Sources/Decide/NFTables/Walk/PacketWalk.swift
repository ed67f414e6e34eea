public import NetworkPolicy

/// What becomes of the first packet of a connection on its way through a table, without a kernel: an interpreter of the
/// chains that ``RulesetCompiler`` writes. It knows the table and nothing else, so that it can be held against the
/// policies' evaluator, and against the kernel.
public struct PacketWalk: Sendable {
    /// What became of a packet.
    public enum Outcome: Hashable, Sendable {
        case accepted
        case dropped
        case rejected
    }

    /// The end of a walk.
    public struct Result: Hashable, Sendable {
        /// What became of the packet.
        public var outcome: Outcome
        /// What the flow log got, in order; on a denial the last one says why.
        public var notes: [Note]
        /// The packet as it left, with the addresses of a backend where it went to a service.
        public var packet: Packet
        /// Whether it left with the node's address as its source.
        public var isMasqueraded: Bool

        /// The end of a walk.
        public init(outcome: Outcome, notes: [Note], packet: Packet, isMasqueraded: Bool = false) {
            self.outcome = outcome
            self.notes = notes
            self.packet = packet
            self.isMasqueraded = isMasqueraded
        }
    }

    private let ruleset: Ruleset
    private let hooks: [(hook: Chain.Hook, name: String)]
    private let interfaces: [IPAddress: String]

    /// A walk through `ruleset`.
    public init(_ ruleset: Ruleset) {
        self.ruleset = ruleset
        hooks = ruleset.chains.compactMap { name, chain in chain.hook.map { ($0, name) } }
            .sorted { $0.0.priority < $1.0.priority }
        var interfaces: [IPAddress: String] = [:]
        for family in [IPAddress.Family.v4, .v6] {
            for element in ruleset.sets[BaseChains.Name.addresses(family)]?.elements ?? [] {
                if case .interface(let name) = element[0], case .address(let address) = element[1] {
                    interfaces[address] = name
                }
            }
        }
        self.interfaces = interfaces
    }

    /// Follows a packet that comes in by an interface; nil for one of the node's own. `choice` stands for chance where a
    /// service has several backends.
    public func follow(_ packet: Packet, from interface: String?, choice: Int = 0) -> Result {
        var state = WalkState(packet: packet, inInterface: interface, choice: choice)
        let before: [(Chain.Hook.Place)] = interface == nil ? [.output] : [.prerouting]
        var places = before
        if let early = run(places, &state) { return result(early, state) }
        let isLocal = contains(
            BaseChains.Name.nodeAddresses(packet.source.family), [.address(state.packet.destination)])
        if interface != nil { places = isLocal ? [.input] : [.forward] } else { places = [] }
        if !isLocal {
            state.outInterface =
                interfaces[state.packet.destination]
                ?? ruleset.sets[BaseChains.Name.uplinks]?.elements
                .compactMap { if case .interface(let name) = $0[0] { name } else { nil } }.min()
            places.append(.postrouting)
        }
        return result(run(places, &state) ?? .accepted, state)
    }

    private func result(_ outcome: Outcome, _ state: WalkState) -> Result {
        Result(outcome: outcome, notes: state.notes, packet: state.packet, isMasqueraded: state.isMasqueraded)
    }

    /// Asks the chains of the places; nil when all let the packet through.
    private func run(_ places: [Chain.Hook.Place], _ state: inout WalkState) -> Outcome? {
        for place in places {
            for (hook, name) in hooks where hook.place == place {
                switch walk(name, &state) {
                case .accept: continue
                case .drop: return .dropped
                case .reject: return .rejected
                case .goOn: if !hook.accepts { return .dropped }
                }
            }
        }
        return nil
    }

    private enum Step { case accept, drop, reject, goOn }

    private func walk(_ chain: String, _ state: inout WalkState) -> Step {
        for rule in ruleset.chains[chain]?.rules ?? [] where rule.conditions.allSatisfy({ holds($0, state) }) {
            for statement in rule.statements {
                switch statement {
                case .log(let number): if let note = ruleset.notes[number] { state.notes.append(note) }
                case .mark(let bit): state.mark |= bit.rawValue
                case .unmark(let bit): state.mark &= ~bit.rawValue
                case .dispatch(let fields, let map):
                    guard let key = state.values(fields), let next = ruleset.maps[map]?.elements[key] else { continue }
                    return walk(next, &state)
                case .accept: return .accept
                case .drop: return .drop
                case .return: return .goOn
                case .reject: return .reject
                case .jump(let next):
                    let step = walk(next, &state)
                    if step != .goOn { return step }
                case .goto(let next): return walk(next, &state)
                case .remember: continue
                case .masquerade:
                    state.isMasqueraded = true
                    return .accept
                case .toBackend(_, let backends):
                    let backend = backends[state.choice % backends.count]
                    state.packet.destination = backend.address
                    state.packet.destinationPort = backend.port
                    return .accept
                }
            }
        }
        return .goOn
    }

    private func holds(_ condition: Condition, _ state: WalkState) -> Bool {
        switch condition {
        case .among(let field, let values):
            state.value(field).map { value in values.contains { $0.holds(value) } } ?? false
        case .notAmong(let field, let values):
            state.value(field).map { value in !values.contains { $0.holds(value) } } ?? false
        case .isIn(let fields, let set): state.values(fields).map { contains(set, $0) } ?? false
        case .isNotIn(let fields, let set): state.values(fields).map { !contains(set, $0) } ?? false
        // The first packet of a connection, and a proper one.
        case .isEstablished, .isInvalid, .continuesUnknownConnection: false
        case .isMarked(let bit): state.mark & bit.rawValue != 0
        case .oneIn(let count): state.choice % count == 0
        }
    }

    private func contains(_ name: String, _ values: [FieldValue]) -> Bool {
        guard let set = ruleset.sets[name] else { return false }
        return set.isInterval
            ? set.elements.contains { $0.count == 1 && $0[0].holds(values[0]) } : set.elements.contains(values)
    }
}

/// A packet under way.
private struct WalkState {
    var packet: Packet
    var inInterface: String?
    var outInterface: String?
    var choice: Int
    var mark: UInt32 = 0
    var notes: [Note] = []
    var isMasqueraded = false

    init(packet: Packet, inInterface: String?, choice: Int) {
        self.packet = packet
        self.inInterface = inInterface
        self.choice = choice
    }

    func values(_ fields: [PacketField]) -> [FieldValue]? {
        var values: [FieldValue] = []
        for field in fields {
            guard let value = value(field) else { return nil }
            values.append(value)
        }
        return values
    }

    /// The value of a field; nil where the packet has none, so that no condition on it holds.
    func value(_ field: PacketField) -> FieldValue? {
        let hasPorts = MatchCompiler.withPorts.contains(.number(UInt16(packet.transport)))
        switch field {
        case .inInterface: return inInterface.map { .interface($0) }
        case .outInterface: return outInterface.map { .interface($0) }
        case .source(let family): return packet.source.family == family ? .address(packet.source) : nil
        case .destination(let family): return packet.destination.family == family ? .address(packet.destination) : nil
        case .family: return .number(UInt16(packet.source.family.rawValue))
        case .transport: return .number(UInt16(packet.transport))
        case .sourcePort: return hasPorts ? .number(packet.sourcePort) : nil
        case .destinationPort: return hasPorts ? .number(packet.destinationPort) : nil
        case .icmpType: return packet.icmp.map { .number(UInt16($0.type)) }
        case .icmpCode: return packet.icmp.map { .number(UInt16($0.code)) }
        case .hopLimit: return .number(64)
        }
    }
}

extension FieldValue {
    /// Whether a value of a packet is this one, or lies in it.
    fileprivate func holds(_ value: FieldValue) -> Bool {
        switch (self, value) {
        case (.network(let network), .address(let address)): network.contains(address)
        case (.range(let range), .number(let number)): range.contains(number)
        default: self == value
        }
    }
}
