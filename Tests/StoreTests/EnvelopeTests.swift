import EncryptionAtRest
import KubeModel
import Synchronization
import Testing

@testable import Store

@Suite("stored values")
struct EnvelopeTests {
    let folder = TemporaryFolder()

    @Test("are encrypted in the file, and told by their envelopes")
    func envelopes() async throws {
        let store = try Store(path: folder.store, transformer: ValueTransformer(encrypted("key1")))
        try await store.commit([put("/registry/secrets/a/b", "topsecret", resource: secrets)])
        let raw = try store.rawEnvelope(key: "/registry/secrets/a/b") ?? []
        #expect(raw.starts(with: "k8s:enc:aesgcm:v1:key1:".utf8))
        #expect(try store.rawEnvelope(key: "/none") == nil)
        var facts: [EnvelopeFacts] = []
        try store.forEachEnvelope { facts.append($0) }
        #expect(facts.count == 1)
        #expect(facts.first?.resource == secrets && facts.first?.revision == Revision(2) && facts.first?.isLive == true)
        #expect(facts.first?.status == .encrypted(.aesgcm, keyName: "key1"))
        #expect(facts.first?.prefix == "k8s:enc:aesgcm:v1:key1:")
        #expect((facts.first?.writtenAt ?? 0) > 1_700_000_000)
        store.close()
        #expect(!folder.bytes("store.db").contains("topsecret"))
    }

    @Test("sealed before the configuration changed and written after it are under the new key")
    func sealedBefore() async throws {
        let transformer = ValueTransformer(encrypted("a"))
        let store = try Store(path: folder.store, transformer: transformer)
        let (isHeld, mayGo) = (Answer<Bool>(), Answer<Bool>())
        let holder = try Thread {
            _ = try? store.onWriter { _ throws(SQLiteFailure) in
                isHeld.give(true)
                return mayGo.wait()
            }
        }
        #expect(isHeld.wait())
        let outcome = Answer<Result<Revision, StoreError>>()
        store.commit([put("/a", "1")], completion: outcome.give)
        transformer.replace(with: encrypted("b"))
        mayGo.give(true)
        #expect(outcome.wait() == .success(Revision(2)))
        holder.join()
        #expect(
            try store.rawEnvelope(key: "/a").map { EncryptionStatus(envelope: $0) } == .encrypted(.aesgcm, keyName: "b")
        )
    }

    @Test("that no key opens concern only themselves, and can be removed")
    func unreadable() async throws {
        let transformer = ValueTransformer(encrypted("old"))
        let store = try Store(path: folder.store, transformer: transformer)
        try await store.commit([put("/a", "1")])
        transformer.replace(with: encrypted("new"))
        try await store.commit([put("/b", "2")])
        let entries = try store.list(prefix: "/").entries
        #expect(entries.map(\.text) == [nil, "2"])
        let failure = EncryptionError(key: "/a", cause: .noKey(.encrypted(.aesgcm, keyName: "old")))
        #expect(throws: StoreError.encryption(failure)) { try store.events(after: Revision(1)) }
        let progress = try await store.rewrite()
        #expect(
            progress == RewriteProgress(seen: 2, rewritten: 0, unreadable: 1, unreadableKey: "/a", isLogClean: true))
        try await store.commit([delete("/a")])
        #expect(try store.contents() == ["/b": "2"])
    }

    @Test("are rewritten under the new key beside writers, history too, with no revision or event")
    func rewrite() async throws {
        let transformer = ValueTransformer()
        let sink = Collector()
        let store = try Store(path: folder.store, transformer: transformer, sink: sink.take)
        for number in 0..<30 { try await store.commit([put("/k\(number % 10)", "plaintext-\(number)")]) }
        let before = try store.contents()
        let events = try store.events(after: Revision(1)).events

        transformer.replace(with: encrypted("a"))
        let reports = Mutex<[RewriteProgress]>([])
        let first = try await store.rewrite(batch: 7) { report in reports.withLock { $0.append(report) } }
        #expect(first.rewritten == 30 && first.unreadable == 0)
        #expect(reports.withLock { $0.last?.rewritten } == 30 && reports.withLock { $0.count } == 5)
        #expect(first.isLogClean)
        #expect(store.currentRevision == Revision(31) && sink.events.count == 30)
        #expect(try store.contents() == before)
        #expect(try store.events(after: Revision(1)).events == events)
        // Nothing is left of what was stored in the clear, in the file or in its log.
        for name in ["store.db", "store.db-wal"] { #expect(!folder.bytes(name).contains("plaintext-"), "\(name)") }

        // A second rotation while eight writers are at work; afterwards the old key is not needed.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask { for number in 0..<40 { try await store.commit([put("/w\(writer)", "\(number)")]) } }
            }
            group.addTask {
                transformer.replace(with: encrypted("b", "a"))
                _ = try await store.rewrite(batch: 3)
            }
            try await group.waitForAll()
        }
        var keys: Set<EncryptionStatus> = []
        try store.forEachEnvelope(history: true) { keys.insert($0.status) }
        #expect(keys == [.encrypted(.aesgcm, keyName: "b")])
        transformer.replace(with: encrypted("b"))
        #expect(try store.contents(prefix: "/k") == before)
        #expect(try store.contents(prefix: "/w").values.allSatisfy { $0 == "39" })
        #expect(try await store.rewrite().rewritten == 0)
    }
}

extension [UInt8] {
    fileprivate func contains(_ text: String) -> Bool {
        let part = Array(text.utf8)
        guard count >= part.count else { return false }
        return (0...(count - part.count)).contains {
            self[$0] == part[0] && self[$0..<($0 + part.count)].elementsEqual(part)
        }
    }
}
