package import KubeModel
import Logging
package import NFTables
package import NetworkPolicy
import NodeNetwork
import PolicyModel
import Synchronization

/// A packet that a rule dropped or noted, with the pods at its ends.
package struct RecordedFlow: Hashable, Sendable {
    /// When it was read.
    package var time: Timestamp
    /// What decided.
    package var note: Note
    /// The packet; nil when its headers could not be read.
    package var packet: Packet?
    /// The pod that sent it, `namespace/name`; nil for an address of nobody that we know.
    package var source: String?
    /// The pod that it went to.
    package var destination: String?
}

/// Keeps the newest flows, and logs them: a line each, as long as they are not too many.
final class FlowRecorder: Sendable {
    private struct State {
        var flows: [RecordedFlow] = []
        var next = 0
        var pace = LinePace()
    }

    private let clock: @Sendable () -> Timestamp
    private let log: Logger
    private let state = Mutex(State())
    private static let capacity = 1024

    init(clock: @escaping @Sendable () -> Timestamp, log: Logger) {
        self.clock = clock
        self.log = log
    }

    /// The flows, the oldest first.
    var recent: [RecordedFlow] { state.withLock { Array($0.flows[$0.next...] + $0.flows[..<$0.next]) } }

    func record(_ flow: Flow, source: String?, destination: String?) {
        let recorded = RecordedFlow(time: clock(), note: flow.note, packet: flow.packet, source: source, destination: destination)
        let unsaid = state.withLock { state -> Int? in
            if state.flows.count < Self.capacity {
                state.flows.append(recorded)
            } else {
                state.flows[state.next] = recorded
                state.next = (state.next + 1) % Self.capacity
            }
            return state.pace.take(at: recorded.time.seconds)
        }
        guard let unsaid else { return }
        var metadata = Self.metadata(recorded)
        if unsaid > 0 { metadata["flows-not-logged"] = "\(unsaid)" }
        if flow.note.isDenial {
            log.notice("packet denied", metadata: metadata)
        } else {
            log.info("packet noted", metadata: metadata)
        }
    }

    static func metadata(_ flow: RecordedFlow) -> Logger.Metadata {
        var metadata: Logger.Metadata = ["decision": "\(flow.note)"]
        switch flow.note.ground {
        case .rule(let rule, let tier):
            metadata["policy"] = "\(rule.kind) \(rule.namespace.isEmpty ? "" : rule.namespace + "/")\(rule.name)"
            metadata["rule"] = "\(rule.path)"
            metadata["tier"] = "\(tier)"
        case .endOfTier(let tier): metadata["tier"] = "\(tier)"
        case .profile(let name): metadata["profile"] = "\(name)"
        case .noProfile, .foreignSource, .unknownInterface, .unknownDestination: break
        }
        if let direction = flow.note.direction { metadata["direction"] = "\(direction.rawValue)" }
        guard let packet = flow.packet else { return metadata }
        metadata["source"] = "\(packet.source)"
        metadata["destination"] = "\(packet.destination)"
        metadata["protocol"] = "\(packet.transport)"
        if packet.destinationPort != 0 { metadata["port"] = "\(packet.destinationPort)" }
        if let icmp = packet.icmp { metadata["icmp-type"] = "\(icmp.type)" }
        if let source = flow.source { metadata["source-pod"] = "\(source)" }
        if let destination = flow.destination { metadata["destination-pod"] = "\(destination)" }
        return metadata
    }
}

/// How many lines a second are logged: a pod that knocks on every door does not fill the disk.
struct LinePace: Hashable {
    static let linesPerSecond = 50
    private var second: Int64 = 0
    private var lines = 0
    private var unsaid = 0

    /// How many lines were left out since the last one; nil when this one is left out too.
    mutating func take(at now: Int64) -> Int? {
        if now != second { (second, lines) = (now, 0) }
        if lines >= Self.linesPerSecond {
            unsaid += 1
            return nil
        }
        lines += 1
        defer { unsaid = 0 }
        return unsaid
    }
}
