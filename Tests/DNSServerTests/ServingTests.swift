import ClusterDNS
import Glibc
import JSONValue
import KubeClient
import KubeModel
import NetworkPolicy
import Testing

@testable import DNSServer

@Suite("Names from a cluster", .serialized) struct ServingTests {
    private static func addresses(_ message: DNSMessage?) -> [String] {
        (message?.answers ?? []).compactMap { if case .address(let address) = $0.data { "\(address)" } else { nil } }
    }

    /// What a change needs to come through a watch.
    private func eventually(_ condition: () async throws -> Bool) async throws {
        for _ in 0..<200 {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(25))
        }
        #expect(try await condition())
    }

    @Test("services and their changes are answered over both wires")
    func services() async throws {
        try await Cluster.run { cluster in
            for wire in [Wire.Kind.datagram, .connection] {
                let own = try #require(try await cluster.ask("kube-dns.kube-system.svc.cluster.local", over: wire))
                #expect(Self.addresses(own) == ["10.96.0.10"] && own.isAuthoritative && own.isResponse && own.id == 77)
                let port = try await cluster.ask("_dns-tcp._tcp.kube-dns.kube-system.svc.cluster.local", .srv, over: wire)
                #expect(port?.answers.count == 1 && Self.addresses(DNSMessage(port?.additional)) == ["10.96.0.10"])
                let none = try #require(try await cluster.ask("none.default.svc.cluster.local", over: wire))
                #expect(none.code == .nameError && none.authority.map(\.type) == [.soa])
            }
            try await cluster.client.create(
                Cluster.services, namespace: "default",
                ["apiVersion": "v1", "kind": "Service", "metadata": ["name": "web"], "spec": ["clusterIP": "10.96.0.99", "ports": [["port": 80]]]])
            try await eventually { Self.addresses(try await cluster.ask("web.default.svc.cluster.local")) == ["10.96.0.99"] }
            #expect(try await cluster.ask("99.0.96.10.in-addr.arpa", .ptr)?.answers.map(\.data) == [.pointer(try #require(DNSName("web.default.svc.cluster.local")))])
            try await cluster.client.delete(Cluster.services, namespace: "default", name: "web")
            try await eventually { try await cluster.ask("web.default.svc.cluster.local")?.code == .nameError }
        }
    }

    @Test("what is malformed, from elsewhere or not a question is not served")
    func refusals() async throws {
        try await Cluster.run { cluster in
            // 127.0.0.2 is not among those who may ask.
            let foreign = try #require(try await cluster.ask("kube-dns.kube-system.svc.cluster.local", from: "127.0.0.2"))
            #expect(foreign.code == .refused && foreign.answers.isEmpty && foreign.edns?.error == .prohibited)
            #expect(try await cluster.ask("kube-dns.kube-system.svc.cluster.local", from: "127.0.0.2", over: .connection) == nil)
            func raw(_ bytes: [UInt8]) async throws -> DNSMessage? {
                try await Wire.exchange(bytes, port: cluster.port, over: .datagram, milliseconds: 300).map { try DNSMessage(decoding: $0) }
            }
            let question = DNSQuestion(try #require(DNSName("kube-dns.kube-system.svc.cluster.local")), .a)
            var message = DNSMessage(id: 5, questions: [question])
            #expect(try await raw(message.encoded())?.code == .noError)
            #expect(try await raw(Array(message.encoded().dropLast()))?.code == .formatError)
            message.isResponse = true
            #expect(try await raw(message.encoded()) == nil)
            message.isResponse = false
            message.opcode = 5
            #expect(try await raw(message.encoded())?.code == .notImplemented)
            message.opcode = 0
            message.questions = [question, question]
            #expect(try await raw(message.encoded())?.code == .formatError)
            message.questions = [question]
            message.edns = DNSExtension(version: 1)
            #expect(try await raw(message.encoded())?.code == .badVersion)
            #expect(try await raw([1, 2, 3]) == nil)
            #expect(try await cluster.ask("a.example", .axfr)?.code == .refused)
        }
    }

    @Test("an answer without room says so, and a connection has room")
    func truncation() async throws {
        try await Cluster.run { cluster in
            let slices = GroupVersionResource("discovery.k8s.io/v1", "endpointslices")
            try await cluster.client.create(
                Cluster.services, namespace: "default",
                ["apiVersion": "v1", "kind": "Service", "metadata": ["name": "many"], "spec": ["clusterIP": "None", "ports": [["port": 80]]]])
            try await cluster.client.create(
                slices, namespace: "default",
                [
                    "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
                    "metadata": ["name": "many-1", "labels": ["kubernetes.io/service-name": "many"]], "ports": [["port": 80]],
                    "endpoints": .array((0..<120).map { ["addresses": [.string("10.244.1.\($0)")], "conditions": ["ready": true]] }),
                ])
            try await eventually { Self.addresses(try await cluster.ask("many.default.svc.cluster.local", over: .connection)).count == 120 }
            let datagram = try #require(try await cluster.ask("many.default.svc.cluster.local"))
            #expect(datagram.isTruncated && (60..<120).contains(datagram.answers.count))
            let small = try #require(try await cluster.ask("many.default.svc.cluster.local", edns: nil))
            #expect(small.isTruncated && (10..<32).contains(small.answers.count) && small.edns == nil)
        }
    }

    @Test("a connection that says nothing whole, or too much, is closed")
    func connections() async throws {
        try await Cluster.run {
            $0.limits.idle = .milliseconds(300)
            $0.limits.connectionsPerClient = 3
        } _: { cluster in
            let port = cluster.port
            for bytes in [[UInt8]([0]), [0xFF, 0xFF, 0], [0, 5, 1, 2, 3, 4, 5]] {
                let isClosed = try await Wire.blocking {
                    let socket = Wire.open(.connection)
                    defer { close(socket) }
                    guard Wire.connect(socket, port: port) else { return false }
                    Wire.send(socket, bytes)
                    return Wire.receive(socket) == nil && errno != EAGAIN
                }
                #expect(isClosed, "\(bytes)")
            }
            let query = DNSMessage(id: 1, questions: [DNSQuestion(try #require(DNSName("kube-dns.kube-system.svc.cluster.local")), .a)]).encoded()
            let three = (0..<3).map { _ in Wire.open(.connection) }
            defer { three.forEach { close($0) } }
            for socket in three {
                // Two questions at once, and both are answered.
                let answer = try await Wire.blocking {
                    guard Wire.connect(socket, port: port) else { return nil as [UInt8]? }
                    Wire.send(socket, Wire.framed(query) + Wire.framed(query))
                    return Wire.receiveFramed(socket)
                }
                #expect(answer != nil)
            }
            #expect(try await Wire.exchange(query, port: port, over: .connection) == nil)
        }
    }
}

extension DNSMessage {
    /// A message of these records, so that they can be read like answers.
    init(_ records: [DNSRecord]?) {
        self.init(id: 0, questions: [])
        answers = records ?? []
    }
}
