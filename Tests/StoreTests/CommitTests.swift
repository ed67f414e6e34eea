import EncryptionAtRest
import KubeModel
import Synchronization
import Testing

@testable import Store

@Suite("a commit")
struct CommitTests {
    let folder = TemporaryFolder()

    @Test("makes the next revision, the first one greater than 1, and is found after a restart")
    func revisions() async throws {
        var store = try Store(path: folder.store, transformer: ValueTransformer())
        #expect(store.currentRevision == Revision(1))
        #expect(try await store.commit([put("/registry/pods/a/x", "one", .absent)]) == Revision(2))
        #expect(try await store.commit([put("/registry/pods/a/x", "two", .revision(Revision(2)))]) == Revision(3))
        #expect(try await store.commit([delete("/registry/pods/a/x", .revision(Revision(3)))]) == Revision(4))
        #expect(try await store.commit([put("/registry/pods/a/y", "three")]) == Revision(5))
        store.close()
        store = try Store(path: folder.store, transformer: ValueTransformer())
        #expect(store.currentRevision == Revision(5))
        #expect(try store.contents() == ["/registry/pods/a/y": "three"])
        #expect(try await store.commit([put("/registry/pods/a/y", "four")]) == Revision(6))
    }

    @Test("whose expectation fails says the actual revision and changes nothing")
    func conflicts() async throws {
        let sink = Collector()
        let store = try Store(path: folder.store, transformer: ValueTransformer(), sink: sink.take)
        let first = try await store.commit([put("/a", "1")])
        let wrong: [(Mutation, StoreError)] = [
            (put("/a", "2", .absent), .conflict(key: "/a", actual: first)),
            (put("/a", "2", .revision(Revision(99))), .conflict(key: "/a", actual: first)),
            (delete("/a", .revision(Revision(99))), .conflict(key: "/a", actual: first)),
            (put("/b", "2", .revision(first)), .conflict(key: "/b", actual: nil)),
            (delete("/b"), .conflict(key: "/b", actual: nil)),
        ]
        for (mutation, error) in wrong {
            await #expect(throws: error) { try await store.commit([mutation]) }
            // Together with one that would hold, too.
            await #expect(throws: error) { try await store.commit([put("/c", "3"), mutation]) }
        }
        #expect(store.currentRevision == first)
        #expect(try store.contents() == ["/a": "1"])
        #expect(sink.events.count == 1)
    }

    @Test("of several mutations happens at one revision")
    func atomic() async throws {
        let store = try Store(path: folder.store, transformer: ValueTransformer())
        let before = try await store.commit([put("/a", "1"), put("/b", "1")])
        let after = try await store.commit([put("/a", "2"), delete("/b", .revision(before)), put("/c", "2", .absent)])
        #expect(after == before.next)
        #expect(try store.contents() == ["/a": "2", "/c": "2"])
        #expect(Set(try store.list(prefix: "/").entries.map(\.revision)) == [after])
        #expect(try store.contents(at: before) == ["/a": "1", "/b": "1"])
    }

    @Test("that makes no sense is refused")
    func invalid() async throws {
        let store = try Store(path: folder.store, transformer: ValueTransformer())
        let many = (0...Schema.maximumMutations).map { put("/\($0)", "") }
        for mutations in [[], [put("/a", "1"), delete("/a")], [put("", "1")], many] {
            let error = await #expect(throws: StoreError.self) { try await store.commit(mutations) }
            guard case .invalid = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
        #expect(try await store.commit(Array(many.dropLast())) == Revision(2))
    }

    @Test("reaches the sink with all its facts before its completion runs")
    func sink() async throws {
        let sink = Collector()
        let store = try Store(path: folder.store, transformer: ValueTransformer(encrypted("k")), sink: sink.take)
        let seen = Mutex<[Int]>([])
        for number in 0..<50 {
            store.commit([put("/n\(number)", "\(number)")]) { _ in
                seen.withLock { $0.append(sink.events.count - number) }
            }
        }
        let made = try await store.commit([put("/a", "1", resource: deployments)])
        #expect(seen.withLock { $0.allSatisfy { $0 >= 1 } && $0.count == 50 })
        let changed = try await store.commit([put("/a", "2", resource: deployments)])
        let removed = try await store.commit([delete("/a")])
        let again = try await store.commit([put("/a", "")])
        func event(
            _ revision: Revision, _ created: Revision, _ kind: StoreEvent.Kind, _ value: String, _ before: String?,
            _ previous: Revision?, _ resource: GroupResource = deployments
        ) -> StoreEvent {
            StoreEvent(
                revision: revision, createRevision: created, key: "/a", resource: resource, kind: kind,
                value: Array(value.utf8), previousValue: before.map { Array($0.utf8) }, previousRevision: previous)
        }
        let wanted = [
            event(made, made, .put, "1", nil, nil),
            event(changed, made, .put, "2", "1", made),
            event(removed, made, .delete, "", "2", changed, pods),
            event(again, again, .put, "", nil, nil, pods),
        ]
        #expect(sink.events.filter { $0.key == "/a" } == wanted)
        #expect(try store.events(after: Revision(51), limit: 2).events == Array(wanted.prefix(2)))
        #expect(try store.events(after: Revision(1)).events == sink.events)
    }

    @Test("of many writers at once is in strict order, and they share transactions")
    func concurrent() async throws {
        let sink = Collector()
        let store = try Store(path: folder.store, transformer: ValueTransformer(), sink: sink.take)
        let revisions = try await withThrowingTaskGroup(of: [Revision].self) { group in
            for writer in 0..<16 {
                group.addTask {
                    var revisions: [Revision] = []
                    for number in 0..<20 { revisions.append(try await store.commit([put("/\(writer)", "\(number)")])) }
                    return revisions
                }
            }
            var all: [[Revision]] = []
            for try await revisions in group { all.append(revisions) }
            return all
        }
        #expect(revisions.allSatisfy { zip($0, $0.dropFirst()).allSatisfy { $0 < $1 } })
        #expect(Set(revisions.joined()).count == 320)
        #expect(sink.events.map(\.revision) == (2...321).map { Revision($0) })
        let statistics = try store.statistics()
        #expect(statistics.commits == 320 && statistics.objects == 16 && statistics.rows == 320)
        #expect(statistics.groups < 320 && statistics.largestGroup > 1)
    }

    @Test("of one of many that change the same object wins once, and the others learn who did")
    func optimistic() async throws {
        let store = try Store(path: folder.store, transformer: ValueTransformer())
        let start = try await store.commit([put("/a", "0")])
        let outcomes = await withTaskGroup(of: Result<Revision, StoreError>.self) { group in
            for number in 0..<20 {
                group.addTask {
                    do throws(StoreError) {
                        return .success(try await store.commit([put("/a", "\(number)", .revision(start))]))
                    } catch {
                        return .failure(error)
                    }
                }
            }
            var outcomes: [Result<Revision, StoreError>] = []
            for await outcome in group { outcomes.append(outcome) }
            return outcomes
        }
        let winner = start.next
        #expect(outcomes.filter { $0 == .success(winner) }.count == 1)
        #expect(outcomes.filter { $0 == .failure(.conflict(key: "/a", actual: winner)) }.count == 19)
    }

    @Test("on a full disk fails, as does every later one, and says what to do; what was acknowledged stays")
    func full() async throws {
        let store = try Store(path: folder.store, transformer: ValueTransformer(), maximumBytes: 200_000)
        try await store.commit([put("/small", "x")])
        let error = await #expect(throws: StoreError.self) {
            try await store.commit([put("/big", String(repeating: "y", count: 300_000))])
        }
        guard case .failed(folder.store, _, isFull: true) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.description.contains("Free space") == true && error?.description.contains("yyy") == false)
        #expect(store.failure == error)
        await #expect(throws: StoreError.self) { try await store.commit([put("/small", "z")]) }
        #expect(try store.contents() == ["/small": "x"])
        store.close()
        let reopened = try Store(path: folder.store, transformer: ValueTransformer())
        #expect(try await reopened.commit([put("/small", "z")]) == Revision(3))
    }

    @Test("after the end is refused")
    func closed() async throws {
        let store = try Store(path: folder.store, transformer: ValueTransformer())
        store.close()
        await #expect(throws: StoreError.closed(path: folder.store)) { try await store.commit([put("/a", "1")]) }
        #expect(throws: StoreError.closed(path: folder.store)) { try store.contents() }
    }

    @Test("may be the last reference to the store")
    func lastReference() async throws {
        let path = folder.store
        let revision = await withCheckedContinuation { continuation in
            do {
                let store = try Store(path: path, transformer: ValueTransformer())
                store.commit([put("/a", "1")]) { [store] outcome in
                    _ = store
                    continuation.resume(returning: try? outcome.get())
                }
            } catch {
                continuation.resume(returning: nil)
            }
        }
        #expect(revision == Revision(2))
    }
}
