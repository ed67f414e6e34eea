import EncryptionAtRest
import KubeModel
import Testing

@testable import Store

@Suite("the history")
struct HistoryTests {
    let folder = TemporaryFolder()

    @Test(
        "is read at any revision that is left, and equals a model after random commits",
        arguments: 0..<6 as Range<UInt64>)
    func model(seed: UInt64) async throws {
        var random = Seeded(seed)
        var store = try Store(path: folder.store, transformer: ValueTransformer(encrypted("k")))
        var states: [Revision: [String: String]] = [Revision(1): [:]]
        var state: [String: String] = [:]
        var created: [String: Revision] = [:]
        var oldest = Revision(1)
        for step in 0..<120 {
            var mutations: [Mutation] = []
            for key in Set(
                (0...Int(random.next() % 3)).map { _ in "/registry/\(random.next() % 2)/\(random.next() % 6)" })
            {
                if state[key] != nil, random.next() % 3 == 0 {
                    mutations.append(delete(key))
                } else {
                    mutations.append(put(key, "\(step)", state[key] == nil ? .absent : .any))
                }
            }
            let revision = try await store.commit(mutations)
            for mutation in mutations {
                if case .put(let value) = mutation.change {
                    if state[mutation.key] == nil { created[mutation.key] = revision }
                    state[mutation.key] = String(decoding: value, as: UTF8.self)
                } else {
                    state[mutation.key] = nil
                }
            }
            states[revision] = state
            switch random.next() % 20 {
            case 0:
                oldest = max(oldest, Revision(Int64.random(in: 1...revision.rawValue, using: &random)))
                try await store.compact(to: oldest, batch: Int(random.next() % 5) + 1)
            case 1:
                store.close()
                store = try Store(path: folder.store, transformer: ValueTransformer(encrypted("k")))
            default: break
            }
        }
        #expect(store.compactedRevision == (oldest == Revision(1) ? store.compactedRevision : oldest), "seed \(seed)")
        for (revision, wanted) in states {
            if revision < store.compactedRevision {
                #expect(throws: StoreError.compacted(oldest), "seed \(seed)") { try store.contents(at: revision) }
            } else {
                #expect(try store.contents(at: revision) == wanted, "seed \(seed) revision \(revision)")
            }
        }
        for entry in try store.list(prefix: "").entries {
            #expect(entry.createRevision == created[entry.key], "seed \(seed)")
        }
        try replay(from: max(oldest, Revision(1)), states, store, seed)
    }

    /// The events after a revision turn its state into the newest, whatever the pages.
    private func replay(
        from start: Revision, _ states: [Revision: [String: String]], _ store: Store, _ seed: UInt64
    ) throws {
        for limit in [1, 3, 1000] {
            var state = states[start] ?? [:]
            var position = start
            while true {
                let page = try store.events(after: position, limit: limit)
                for event in page.events {
                    #expect(event.revision > position && event.revision <= page.through, "seed \(seed)")
                    #expect(
                        event.previousValue.map { String(decoding: $0, as: UTF8.self) } == state[event.key],
                        "seed \(seed)")
                    state[event.key] = event.kind == .put ? String(decoding: event.value, as: UTF8.self) : nil
                    if let after = states[event.revision], event == page.events.last {
                        #expect(state == after, "seed \(seed)")
                    }
                }
                position = page.through
                if page.isLast { break }
            }
            #expect(position == store.currentRevision)
            #expect(state == states[position], "seed \(seed)")
        }
    }

    @Test("is listed in pages in order of bytes, by prefix")
    func pages() async throws {
        let store = try Store(path: folder.store, transformer: ValueTransformer())
        let keys = [
            "/registry/pods/a/x", "/registry/pods/a/y", "/registry/pods/a-b/x", "/registry/pods/b/é", "/registry/podsy",
        ]
        for key in keys { try await store.commit([put(key, "v")]) }
        try await store.commit([put("/registry/pods/a/gone", "v")])
        try await store.commit([delete("/registry/pods/a/gone")])
        let wanted = ["/registry/pods/a-b/x", "/registry/pods/a/x", "/registry/pods/a/y", "/registry/pods/b/é"]
        var found: [String] = []
        var pages = 0
        var page = try store.list(prefix: "/registry/pods/", limit: 2)
        while true {
            found += page.entries.map(\.key)
            pages += 1
            guard page.hasMore, let last = found.last else { break }
            page = try store.list(prefix: "/registry/pods/", at: page.revision, after: last, limit: 2)
        }
        #expect(found == wanted && pages == 2)
        #expect(try store.list(prefix: "/registry/pods/a/").entries.map(\.key) == Array(wanted[1...2]))
        #expect(try store.list(prefix: "").entries.count == 5)
        #expect(try store.events(after: Revision(1), prefix: "/registry/pods/a/").events.count == 4)
        #expect(try store.get("/registry/podsy")?.text == "v")
        #expect(try store.get("/registry/pods/a/gone") == nil)
        #expect(try store.get("/registry/pods/a/gone", at: Revision(7))?.text == "v")
        var live: [String] = []
        #expect(try store.forEachLive { live.append($0.key) } == store.currentRevision)
        #expect(live == wanted + ["/registry/podsy"])
        #expect(throws: StoreError.future(asked: Revision(99), current: Revision(8))) {
            try store.contents(at: Revision(99))
        }
    }

    @Test("after compaction keeps revisions growing, even when the newest row went")
    func compaction() async throws {
        var store = try Store(path: folder.store, transformer: ValueTransformer())
        for number in 0..<10 { try await store.commit([put("/a", "\(number)")]) }
        let last = try await store.commit([delete("/a")])
        #expect(try store.statistics().rows == 11)
        try await store.compact(to: last)
        #expect(try store.statistics().rows == 0)
        #expect(throws: StoreError.compacted(last)) { try store.events(after: Revision(3)) }
        #expect(try store.events(after: last).isLast)
        await #expect(throws: StoreError.future(asked: last.next, current: last)) {
            try await store.compact(to: last.next)
        }
        try await store.compact(to: Revision(2))
        #expect(store.compactedRevision == last)
        store.close()
        store = try Store(path: folder.store, transformer: ValueTransformer())
        #expect(store.currentRevision == last && store.compactedRevision == last)
        #expect(try await store.commit([put("/a", "new", .absent)]) == last.next)
    }

    @Test("is compacted while writers go on")
    func compactionBesideWriters() async throws {
        let store = try Store(path: folder.store, transformer: ValueTransformer())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask { for number in 0..<60 { try await store.commit([put("/\(writer)", "\(number)")]) } }
            }
            group.addTask { for _ in 0..<10 { try await store.compact(to: store.currentRevision, batch: 3) } }
            try await group.waitForAll()
        }
        try await store.compact(to: store.currentRevision)
        #expect(try store.statistics().rows == 4)
        #expect(try store.contents() == ["/0": "59", "/1": "59", "/2": "59", "/3": "59"])
    }
}
