import Synchronization
import Testing

@testable import NodeAgent

@Suite("what several fetch at once")
struct SharedFetchesTests {
    /// A fetch that ends when it is told to, and knows how often it was begun and called off.
    private final class Source: Sendable {
        let begun = Mutex(0)
        let calledOff = Mutex(0)
        private let (gate, opening) = AsyncStream.makeStream(of: Void.self)

        func open() { opening.finish() }

        func fetch() async throws -> String {
            begun.withLock { $0 += 1 }
            for await _ in gate {}
            if Task.isCancelled {
                calledOff.withLock { $0 += 1 }
                throw CancellationError()
            }
            return "fetched"
        }
    }

    private func until(_ isTrue: () -> Bool) async {
        while !isTrue(), !Task.isCancelled { await Task.yield() }
    }

    @Test("is fetched once, and again when it is wanted later", .timeLimit(.minutes(1)))
    func once() async throws {
        let (fetches, source) = (SharedFetches<String, String>(), Source())
        let waiting = (0..<5).map { _ in Task { try await fetches.value("image") { try await source.fetch() } } }
        while await fetches.waiting("image") < 5 { await Task.yield() }
        source.open()
        for task in waiting { #expect(try await task.value == "fetched") }
        #expect(source.begun.withLock { $0 } == 1)
        let again = try await fetches.value("image") { "again" }
        #expect(again == "again")
    }

    @Test("goes on while one is left who wants it", .timeLimit(.minutes(1)))
    func oneLeaves() async throws {
        let (fetches, source) = (SharedFetches<String, String>(), Source())
        let first = Task { try await fetches.value("image") { try await source.fetch() } }
        await until { source.begun.withLock { $0 } == 1 }
        let second = Task { try await fetches.value("image") { Issue.record("fetched twice"); return "" } }
        while await fetches.waiting("image") < 2 { await Task.yield() }
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        source.open()
        #expect(try await second.value == "fetched")
        #expect(source.calledOff.withLock { $0 } == 0)
    }

    @Test("is called off with the last who wanted it, and then fetched anew", .timeLimit(.minutes(1)))
    func allLeave() async throws {
        let (fetches, source) = (SharedFetches<String, String>(), Source())
        let only = Task { try await fetches.value("image") { try await source.fetch() } }
        await until { source.begun.withLock { $0 } == 1 }
        only.cancel()
        await #expect(throws: CancellationError.self) { try await only.value }
        await until { source.calledOff.withLock { $0 } == 1 }
        #expect(try await fetches.value("image") { "anew" } == "anew")
    }

    @Test("fails for all who wait", .timeLimit(.minutes(1)))
    func failure() async throws {
        struct Refused: Error {}
        let fetches = SharedFetches<String, String>()
        let (gate, opening) = AsyncStream.makeStream(of: Void.self)
        let waiting = (0..<3).map { _ in
            Task {
                try await fetches.value("image") {
                    for await _ in gate {}
                    throw Refused()
                }
            }
        }
        while await fetches.waiting("image") < 3 { await Task.yield() }
        opening.finish()
        for task in waiting { await #expect(throws: Refused.self) { try await task.value } }
    }

    @Test("is not waited for when the pod ends, before or while it is under way", .timeLimit(.minutes(1)))
    func interruption() async throws {
        let (fetches, source, end) = (SharedFetches<String, String>(), Source(), Interruption())
        let start = Task { try await end.unlessRaised { try await fetches.value("image") { try await source.fetch() } } }
        await until { source.begun.withLock { $0 } == 1 }
        end.raise()
        await #expect(throws: CancellationError.self) { try await start.value }
        await until { source.calledOff.withLock { $0 } == 1 }
        let late = Task { try await end.unlessRaised { try await fetches.value("image") { try await source.fetch() } } }
        await #expect(throws: CancellationError.self) { try await late.value }
    }
}
