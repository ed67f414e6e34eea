import EncryptionAtRest
import Glibc
import Testing

@testable import Store

@Suite("opening a store")
struct OpeningTests {
    let folder = TemporaryFolder()

    private func open(_ name: String = "store.db") throws(StoreError) -> Store {
        try Store(path: folder.path + "/" + name, transformer: ValueTransformer())
    }

    @Test("makes files and folders that only their owner can use")
    func modes() async throws {
        let store = try Store(path: folder.path + "/deep/store.db", transformer: ValueTransformer())
        try await store.commit([put("/a", "1")])
        #expect(folder.mode("deep") == 0o700)
        for name in ["", "-wal", "-shm", ".lock"] { #expect(folder.mode("deep/store.db" + name) == 0o600, "\(name)") }
        store.close()
        for name in ["", ".lock"] { unsafe unlink(folder.path + "/deep/store.db" + name) }
        unsafe rmdir(folder.path + "/deep")
    }

    @Test("in a folder where others may write is refused")
    func exposed() {
        unsafe chmod(folder.path, 0o770)
        #expect(throws: StoreError.exposed(path: folder.path)) { try open() }
    }

    @Test("a second time is refused while the first holds it, and says who does")
    func locked() throws {
        let first = try open()
        let error = #expect(throws: StoreError.locked(path: folder.store, by: getpid())) { try open() }
        #expect(error?.description.contains("process \(getpid())") == true)
        first.close()
        _ = try open()
    }

    @Test("that is no store leaves the file alone")
    func foreign() throws {
        folder.write(Array("hello, world, this is text".utf8), to: "store.db")
        #expect(throws: StoreError.foreign(path: folder.store)) { try open() }
        #expect(folder.bytes("store.db") == Array("hello, world, this is text".utf8))
        // Somebody else's database.
        try Files.makePrivateFile(folder.path + "/other.db")
        let connection = try Connection(path: folder.path + "/other.db")
        try connection.execute("CREATE TABLE notes (text)")
        connection.close()
        let before = folder.bytes("other.db")
        #expect(throws: StoreError.foreign(path: folder.path + "/other.db")) { try open("other.db") }
        #expect(folder.bytes("other.db") == before)
    }

    @Test("of a newer version is refused and names both versions")
    func newer() throws {
        try open().close()
        let connection = try Connection(path: folder.store)
        try connection.execute("PRAGMA user_version = 7")
        connection.close()
        let error = #expect(throws: StoreError.newerSchema(path: folder.store, found: 7, supported: 1)) { try open() }
        #expect(error?.description.contains("schema version 7") == true)
    }

    @Test("that is damaged says so", arguments: ["cut", "page", "table"])
    func damaged(how: String) async throws {
        let store = try open()
        for number in 0..<200 { try await store.commit([put("/\(number)", String(repeating: "x", count: 2000))]) }
        store.close()
        switch how {
        case "cut": folder.truncate("store.db", to: folder.bytes("store.db").count / 2)
        case "page": folder.write([UInt8](repeating: 0xA5, count: 4096), to: "store.db", at: 4096 * 9)
        default:
            let connection = try Connection(path: folder.store)
            try connection.execute("DROP TABLE meta")
            connection.close()
        }
        let error = #expect(throws: StoreError.self) { try open() }
        guard case .damaged(folder.store, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.remedy.contains("snapshot") == true)
    }

    @Test("where there is no right to says so")
    func forbidden() throws {
        let error = #expect(throws: StoreError.self) { try Store(path: "/proc/nothing/store.db", transformer: .init()) }
        guard case .io = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}

@Suite("a snapshot")
struct SnapshotTests {
    let folder = TemporaryFolder()
    private var snapshot: String { folder.path + "/it's a snapshot" }
    private var target: String { folder.path + "/restored.db" }

    @Test("taken between writes holds one moment, and a store restored from it goes on far ahead")
    func roundTrip() async throws {
        let transformer = ValueTransformer(encrypted("k"))
        let store = try Store(path: folder.store, transformer: transformer)
        for number in 0..<50 { try await store.commit([put("/a\(number)", "1"), put("/b\(number)", "1")]) }
        let (facts, path) = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for number in 0..<50 { try await store.commit([put("/a\(number)", "2"), put("/b\(number)", "2")]) }
            }
            let facts = try await store.snapshot(to: snapshot)
            try await group.waitForAll()
            return (facts, snapshot)
        }
        #expect(facts.path == path && facts.bytes > 4096)
        #expect(folder.mode("it's a snapshot") == 0o600)
        #expect(!folder.names().contains { $0.contains("partial") })
        await #expect(throws: StoreError.exists(path: path)) { try await store.snapshot(to: path) }

        let made = try Store.restore(snapshot: path, to: target)
        #expect(made.revision.rawValue == facts.revision.rawValue + 1_000_000_000)
        #expect(folder.mode("restored.db") == 0o600)
        let restored = try Store(path: target, transformer: transformer)
        #expect(restored.currentRevision == made.revision)
        // Both halves of each commit, and exactly the commits up to the snapshot's revision.
        #expect(try restored.contents() == store.contents(at: facts.revision))
        #expect(throws: StoreError.compacted(made.revision)) { try restored.events(after: facts.revision) }
        #expect(try await restored.commit([put("/new", "1")]) == made.revision.next)
        restored.close()
        #expect(throws: StoreError.exists(path: target)) { try Store.restore(snapshot: path, to: target) }
    }

    @Test("that is damaged, foreign, newer or a store in use is not restored, and nothing is made")
    func refused() async throws {
        let store = try Store(path: folder.store, transformer: ValueTransformer())
        for number in 0..<100 { try await store.commit([put("/\(number)", String(repeating: "x", count: 2000))]) }
        let facts = try await store.snapshot(to: snapshot)
        func kind(_ error: StoreError?) -> String {
            String("\(String(describing: error))".prefix { $0 != "(" && $0 != " " })
        }
        func refusal(_ path: String) -> StoreError? {
            do throws(StoreError) {
                _ = try Store.restore(snapshot: path, to: target)
                return nil
            } catch {
                return error
            }
        }
        let name = "it's a snapshot"
        let whole = folder.bytes(name)
        func expect(_ path: String, _ matches: (StoreError) -> Bool, _ what: Comment) {
            let error = refusal(path)
            #expect(error.map(matches) == true, what)
            #expect(!folder.names().contains { $0.hasPrefix("restored") }, what)
        }
        expect(folder.store, { if case .io = $0 { true } else { false } }, "in use")
        expect(folder.path + "/none", { if case .io = $0 { true } else { false } }, "absent")
        folder.write([UInt8](repeating: 0xFF, count: 100), to: name, at: Int(facts.bytes) / 2)
        expect(snapshot, { if case .damaged = $0 { true } else { false } }, "a page")
        folder.write(whole, to: name)
        // An index entry that says something else than its row: only the thorough check sees it.
        let key = Array("/77".utf8)
        if let place = whole.lastRange(of: key) {
            folder.write(Array("/7x".utf8), to: name, at: place)
            expect(snapshot, { if case .damaged = $0 { true } else { false } }, "a row")
            folder.write(whole, to: name)
        }
        folder.write([0, 0, 0, 9], to: name, at: 60)
        expect(snapshot, { if case .newerSchema = $0 { true } else { false } }, "newer")
        folder.write([1, 2, 3, 4], to: name, at: 68)
        expect(snapshot, { if case .foreign = $0 { true } else { false } }, "foreign")
        folder.write(Array("text".utf8), to: name)
        expect(snapshot, { if case .foreign = $0 { true } else { false } }, "text")
        folder.write(whole, to: name)
        #expect(refusal(snapshot) == nil)
    }
}

extension [UInt8] {
    fileprivate func lastRange(of part: [UInt8]) -> Int? {
        (0...(count - part.count)).last { self[$0..<($0 + part.count)].elementsEqual(part) }
    }
}
