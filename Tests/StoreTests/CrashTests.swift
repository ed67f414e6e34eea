import EncryptionAtRest
import Glibc
import StoreCrashWriter
import Testing

@testable import Store

@Suite("a process that is killed")
struct CrashTests {
    static let rounds = 200
    /// A fresh file after so many rounds; in between each round goes on with what the last one left.
    static let roundsPerStore = 20

    @Test(
        "leaves a store with every acknowledged commit, none torn, and revisions that only grow",
        .enabled(if: ChildProcess.sibling("StoreCrashWriter") != nil, "the helper program was not built"))
    func kill() throws {
        let program = try #require(ChildProcess.sibling("StoreCrashWriter"))
        var acknowledged = 0
        var unacknowledged = 0
        for generation in 0..<(Self.rounds / Self.roundsPerStore) {
            var survivor = Survivor()
            for round in 0..<Self.roundsPerStore {
                let seed = generation * Self.roundsPerStore + round
                var random = Seeded(UInt64(seed))
                let starts = survivor.done.map(String.init).joined(separator: ",")
                let child = try #require(ChildProcess(program, [survivor.folder.store, "\(seed)", starts]))
                // One in eight dies while it opens the store.
                if seed % 8 != 7 { child.waitForOutput(milliseconds: 5000) }
                usleep(useconds_t(random.next() % 60_000))
                child.killNow()
                let (lines, wasKilled) = child.finish()
                #expect(wasKilled && !lines.contains { $0.hasPrefix("error") }, "seed \(seed): \(lines.last ?? "")")
                let found = try survivor.check(lines, seed)
                acknowledged += found.acknowledged
                unacknowledged += found.more
            }
        }
        print("\(Self.rounds) kills, \(acknowledged) acknowledged commits found, \(unacknowledged) unacknowledged")
        #expect(acknowledged > Self.rounds)
    }
}

/// A store that is killed again and again, and what is known of it.
private struct Survivor {
    let folder = TemporaryFolder()
    /// How many steps of each writer are in the store.
    var done = [Int](repeating: 0, count: CrashScript.writers)
    private var revision = Revision(1)

    /// Opens what the process left behind and compares it with what the process reported.
    mutating func check(_ lines: [String], _ seed: Int) throws -> (acknowledged: Int, more: Int) {
        var acknowledged = 0
        var reported = done
        var latest = [Revision](repeating: revision, count: CrashScript.writers)
        for line in lines where line != "open" {
            let words = line.split(separator: " ")
            guard words.count == 3, let writer = Int(words[0]), let number = Int(words[1]) else { continue }
            #expect(number == reported[writer], "seed \(seed): writer \(writer) left out a step")
            reported[writer] = number + 1
            guard let made = Int64(words[2]).map({ Revision($0) }) else { continue }
            #expect(made > latest[writer], "seed \(seed): revision \(made) after \(latest[writer])")
            latest[writer] = made
            acknowledged += 1
        }

        let store = try Store(path: folder.store, transformer: ValueTransformer(CrashScript.configuration(turn: 0)))
        defer { store.close() }
        let current = store.currentRevision
        #expect(latest.allSatisfy { $0 <= current }, "seed \(seed): revisions were lost")
        if revision >= store.compactedRevision {
            let made = try store.events(after: revision, limit: .max).events.map(\.revision)
            #expect(zip(made, made.dropFirst()).allSatisfy { $0 <= $1 }, "seed \(seed)")
            #expect(Set(made).count == Int(current.rawValue - revision.rawValue), "seed \(seed): a revision is missing")
        }
        var more = 0
        for writer in 0..<CrashScript.writers {
            var state: [String: [UInt8]] = [:]
            for entry in try store.list(prefix: "/registry/configmaps/w\(writer)/").entries {
                state[entry.key] = try entry.value.get()
            }
            // Each writer waits for one answer at a time: at most one step may be there that nobody was told of.
            if state == CrashScript.state(writer: writer, after: reported[writer]) {
                done[writer] = reported[writer]
            } else if state == CrashScript.state(writer: writer, after: reported[writer] + 1) {
                done[writer] = reported[writer] + 1
                more += 1
            } else {
                Issue.record("seed \(seed): the objects of writer \(writer) are not those of step \(reported[writer])")
            }
        }
        revision = current
        return (acknowledged, more)
    }
}
