package import LinuxKernel
package import NFTables
package import NetworkPolicy
import Synchronization

/// A packet that a rule dropped or noted, and why.
package struct Flow: Hashable, Sendable {
    /// Why.
    package var note: Note
    /// The packet; nil when its headers could not be read.
    package var packet: Packet?
}

/// Turns the messages of the kernel's packet log into flows. Bounded: who reads too late loses the oldest, and the
/// losses are counted.
package final class FlowLog: Sendable {
    private struct State {
        var notes: [Int: Note] = Ruleset.fixedNotes
        var lost = 0
        var isClosed = false
    }

    /// The flows, for one reader.
    package let flows: AsyncStream<Flow>
    private let continuation: AsyncStream<Flow>.Continuation
    // A lock and not an actor: the reader is a thread that waits in the kernel.
    private let state = Mutex(State())

    /// Starts to read in the namespace. One node reads a namespace's log at a time.
    package init(in namespace: NetworkNamespace, capacity: Int = 4096) throws(SystemError) {
        (flows, continuation) = AsyncStream.makeStream(of: Flow.self, bufferingPolicy: .bufferingNewest(capacity))
        try PacketLogSocket.read(group: Ruleset.logGroup, in: namespace) { [weak self] packets in
            self?.take(packets) ?? false
        }
    }

    deinit { continuation.finish() }

    /// Ends the log; the thread goes within its next look.
    package func close() {
        state.withLock { $0.isClosed = true }
        continuation.finish()
    }

    /// How many flows were lost because nobody read them in time.
    package var lost: Int { state.withLock { $0.lost } }

    /// Learns what numbers that are `new` in a ruleset mean. Numbers of former rulesets stay known for a while: packets
    /// may be under way.
    func learn(_ new: [Int: Note], of all: [Int: Note]) {
        state.withLock { state in
            if state.notes.count > 4 * all.count + 1000 { state.notes = Ruleset.fixedNotes.merging(all) { $1 } }
            state.notes.merge(new) { $1 }
        }
    }

    /// Takes what was read, nil for a loss; false when nobody wants more.
    private func take(_ packets: [LoggedPacket]?) -> Bool {
        let known = state.withLock { state in
            if packets == nil { state.lost += 1 }
            return state.isClosed ? nil : state.notes
        }
        guard let known else { return false }
        for logged in packets ?? [] {
            guard logged.prefix.hasPrefix(Ruleset.logPrefix),
                let number = Int(logged.prefix.dropFirst(Ruleset.logPrefix.count).filter { $0 != " " }),
                let note = known[number]
            else { continue }
            switch continuation.yield(Flow(note: note, packet: logged.packet)) {
            case .dropped: state.withLock { $0.lost += 1 }
            case .enqueued, .terminated: continue
            @unknown default: continue
            }
        }
        return true
    }
}
