import ClusterDNS
import Glibc
import JSONValue
import KubeClient
import KubeModel
import NetworkPolicy
import Testing

@testable import DNSServer

@Suite("Names from upstream resolvers", .serialized) struct ForwardingTests {
    private static func addresses(_ message: DNSMessage?) -> [String] {
        (message?.answers ?? []).compactMap { if case .address(let address) = $0.data { "\(address)" } else { nil } }
    }

    private func run(
        _ resolvers: [Resolver], _ configure: (inout DNSServer.Configuration) -> Void = { _ in }, _ body: (Cluster) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for resolver in resolvers { group.addTask { await resolver.run() } }
            try await Cluster.run(upstreams: resolvers.map(\.upstream), configure, body)
            group.cancelAll()
        }
    }

    @Test("an answer is kept for as long as it lives, and each question comes from a port, an id and a case of its own")
    func forwards() async throws {
        let resolver = Resolver { query, _ in [Resolver.answer(query, "192.0.2.1", life: query.questions[0].name.labels[0] == "short" ? 0 : 60)] }
        try await run([resolver]) { cluster in
            let first = try #require(try await cluster.ask("Www.Example.com"))
            #expect(Self.addresses(first) == ["192.0.2.1"] && !first.isAuthoritative && first.questions[0].name.description == "Www.Example.com.")
            #expect(try await Self.addresses(cluster.ask("www.example.COM", over: .connection)) == ["192.0.2.1"] && resolver.asked.datagrams == 1)
            for _ in 0..<20 { #expect(try await Self.addresses(cluster.ask("short.example.com")) == ["192.0.2.1"]) }
            #expect(resolver.asked.datagrams == 21 && Set(resolver.sources).count > 15)
            #expect(cluster.server.statistics.fromCache == 1)
        }
    }

    @Test("names of the cluster and of its addresses never leave it, nor does a question that wants no recursion")
    func staysHere() async throws {
        let resolver = Resolver { query, _ in [Resolver.answer(query, "192.0.2.66")] }
        try await run([resolver]) { cluster in
            for name in ["x.cluster.local", "evil.default.svc.cluster.local", "CLUSTER.local", "9.9.96.10.in-addr.arpa", "x.invalid", "a.localhost"] {
                #expect(try await !Self.addresses(cluster.ask(name)).contains("192.0.2.66"), "\(name)")
            }
            let query = DNSMessage(id: 1, questions: [DNSQuestion(try #require(DNSName("www.example.com")), .a)])
            let reply = try #require(try await Wire.exchange(query.encoded(), port: cluster.port, over: .datagram))
            #expect(try DNSMessage(decoding: reply).code == .refused)
            #expect(try await cluster.ask("www.example.com", .any)?.answers.map(\.type) == [.hinfo])
            #expect(resolver.asked == (0, 0))
        }
    }

    @Test("forged answers are not believed, and after some of them a connection is used")
    func poisoning() async throws {
        let resolver = Resolver { query, isConnection in
            if isConnection { return [Resolver.answer(query, "192.0.2.1")] }
            let forged: [(inout DNSMessage) -> Void] = [
                { $0.id ^= 1 }, { $0.questions[0].name = DNSName("www.example.org")! }, { $0.questions[0].type = .aaaa }, { $0.isResponse = false },
            ]
            let forgeries = forged.map { Resolver.answer(query, "192.0.2.66", $0) } + [[], [1], Resolver.answer(query, "192.0.2.66") + [0]]
            switch query.questions[0].name.labels[0] {
            // The honest answer comes after the forgeries.
            case "race": return forgeries + [Resolver.answer(query, "192.0.2.1")]
            case "flood": return Array(repeating: Resolver.answer(query, "192.0.2.66") { $0.id ^= 2 }, count: 20)
            // Whoever does not see the question does not know its case.
            case "blind": return [Resolver.answer(query, "192.0.2.66") { $0.questions[0].name = DNSName("blind.example.com")! }]
            // Records about other names come along, and are found by nobody.
            default:
                return [Resolver.answer(query, "192.0.2.1") {
                    $0.additional = [DNSRecord(name: DNSName("bank.example")!, data: .address(IPAddress("192.0.2.66")!), timeToLive: 3600)]
                    $0.authority = [DNSRecord(name: DNSName("example")!, data: .nameServer(DNSName("bank.example")!), timeToLive: 3600)]
                }]
            }
        }
        try await run([resolver]) { cluster in
            let race = try await cluster.ask("race.example.com")
            #expect(Self.addresses(race) == ["192.0.2.1"] && resolver.asked.connections == 0)
            #expect(try await Self.addresses(cluster.ask("flood.example.com")) == ["192.0.2.1"] && resolver.asked.connections == 1)
            #expect(try await Self.addresses(cluster.ask("blind.example.com")) == ["192.0.2.1"] && resolver.asked.connections == 2)
            #expect(try await Self.addresses(cluster.ask("plain.example.com")) == ["192.0.2.1"])
            let before = resolver.asked.datagrams
            #expect(try await Self.addresses(cluster.ask("bank.example")) == ["192.0.2.1"] && resolver.asked.datagrams == before + 1)
        }
    }

    @Test("an answer that had no room is asked for again over a connection")
    func truncated() async throws {
        let resolver = Resolver { query, isConnection in
            isConnection
                ? [Resolver.answer(query, "192.0.2.1") { message in message.answers = (0..<200).map { _ in message.answers[0] } }]
                : [Resolver.answer(query, "192.0.2.66") { $0.isTruncated = true; $0.answers = [] }]
        }
        try await run([resolver]) { cluster in
            let whole = try #require(try await cluster.ask("big.example.com", over: .connection))
            #expect(whole.answers.count == 200 && !whole.isTruncated)
            let datagram = try #require(try await cluster.ask("big.example.com"))
            #expect(datagram.isTruncated && resolver.asked == (1, 1))
        }
    }

    @Test("the next resolver is asked when one is silent, fails or refuses; when none answers, that is said")
    func failover() async throws {
        let silent = Resolver { _, _ in [] }
        let failing = Resolver { query, _ in [DNSMessage(answering: query, code: .serverFailure).encoded()] }
        let good = Resolver { query, _ in query.questions[0].name.labels[0] == "gone" ? [] : [Resolver.answer(query, "192.0.2.1")] }
        try await run([silent, failing, good]) { cluster in
            let found = try await cluster.ask("www.example.com")
            #expect(Self.addresses(found) == ["192.0.2.1"])
            #expect(try await cluster.ask("gone.example.com")?.code == .serverFailure)
        }
        let alone = Resolver { _, _ in [] }
        try await run([alone]) { cluster in
            let message = try #require(try await cluster.ask("www.example.com"))
            #expect(message.code == .serverFailure && message.edns?.error == .unreachable && alone.asked.datagrams == 3)
        }
        try await run([]) { cluster in
            let message = try await cluster.ask("www.example.com")
            #expect(message?.code == .serverFailure)
        }
        // Of long ago, without EDNS.
        let old = Resolver { query, _ in
            query.edns != nil ? [DNSMessage(answering: query, code: .formatError).encoded()] : [Resolver.answer(query, "192.0.2.1")]
        }
        try await run([old]) { cluster in
            let message = try await cluster.ask("www.example.com")
            #expect(Self.addresses(message) == ["192.0.2.1"])
        }
    }

    @Test("many who ask the same at once cause one question, and who asks too much is told so")
    func limits() async throws {
        let silent = Resolver { _, _ in [] }
        try await run([silent]) {
            $0.limits.waitingPerClient = 5
            $0.limits.attempts = 1
        } _: { cluster in
            let port = cluster.port
            let messages = try await Wire.blocking {
                let socket = Wire.open(.datagram)
                defer { close(socket) }
                guard Wire.connect(socket, port: port), let name = DNSName("same.example.com") else { return [] as [DNSMessage] }
                for id in 0..<8 as Range<UInt16> {
                    var query = DNSMessage(id: id, questions: [DNSQuestion(name, .a)])
                    query.wantsRecursion = true
                    query.edns = DNSExtension()
                    Wire.send(socket, query.encoded())
                }
                return try (0..<8).compactMap { _ in try Wire.receive(socket).map { try DNSMessage(decoding: $0) } }
            }
            let reasons = messages.map(\.edns?.error)
            #expect(messages.count == 8 && messages.allSatisfy { $0.code == .serverFailure })
            #expect(reasons.filter { $0 == .overloaded }.count == 3 && reasons.filter { $0 == .unreachable }.count == 5)
            #expect(silent.asked.datagrams == 1)
            // What waited is counted no longer.
            #expect(try await cluster.ask("other.example.com")?.edns?.error == .unreachable)
        }
    }

    @Test("an external name comes with the addresses that it has elsewhere")
    func externalName() async throws {
        let resolver = Resolver { query, _ in [Resolver.answer(query, "192.0.2.1", life: 7)] }
        try await run([resolver]) { cluster in
            try await cluster.client.create(
                Cluster.services, namespace: "default",
                [
                    "apiVersion": "v1", "kind": "Service", "metadata": ["name": "out"],
                    "spec": ["type": "ExternalName", "externalName": "www.example.com"],
                ])
            var message: DNSMessage?
            for _ in 0..<200 where message?.code != .noError {
                try await Task.sleep(for: .milliseconds(25))
                message = try await cluster.ask("out.default.svc.cluster.local")
            }
            let target = try #require(DNSName("www.example.com"))
            #expect(message?.questions.first?.name == DNSName("out.default.svc.cluster.local"))
            #expect(message?.answers.map(\.data) == [.canonicalName(target), .address(try #require(IPAddress("192.0.2.1")))])
            #expect(message?.answers.last?.name == target)
        }
    }
}
