// Writes to a store until it is killed, and reports every acknowledged step in a line: writer, step, revision.
// Arguments: the store's path, a number that chooses what else goes on, and the first step of each writer.

import EncryptionAtRest
import Glibc
import Store

func report(_ line: String) {
    let bytes = Array(line.utf8)
    // One call: what was acknowledged is in the pipe even when the kill comes next.
    _ = unsafe write(1, bytes, bytes.count)
}

let arguments = CommandLine.arguments
guard arguments.count == 4, let seed = Int(arguments[2]) else {
    report("usage\n")
    exit(2)
}
let starts = arguments[3].split(separator: ",").compactMap { Int($0) }
do {
    let transformer = ValueTransformer(CrashScript.configuration(turn: 0))
    let store = try Store(path: arguments[1], transformer: transformer)
    report("open\n")
    try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 0..<CrashScript.writers {
            group.addTask {
                for number in starts[writer]... {
                    let mutations = CrashScript.step(writer: writer, number: number).map { key, value in
                        Mutation(
                            resource: CrashScript.resource, key: key, change: value.map { .put($0) } ?? .delete,
                            expect: .any)
                    }
                    var revision: Revision?
                    do throws(StoreError) {
                        revision = try await store.commit(mutations)
                    } catch {
                        // Deleting what is not there is part of the script.
                        guard case .conflict(_, actual: nil) = error else { throw error }
                    }
                    report("\(writer) \(number) \(revision.map { "\($0)" } ?? "-")\n")
                }
            }
        }
        group.addTask {
            switch seed % 4 {
            case 0: while true { try await store.compact(to: store.currentRevision, batch: 8) }
            case 1:
                for turn in 1... {
                    transformer.replace(with: CrashScript.configuration(turn: turn))
                    _ = try await store.rewrite(batch: 8)
                }
            case 2: for number in 0... { _ = try await store.snapshot(to: arguments[1] + ".snapshot\(seed)-\(number)") }
            default: break
            }
        }
        try await group.waitForAll()
    }
} catch {
    report("error \(error)\n")
    exit(1)
}
