import ClusterDNS
import Glibc
import NetworkPolicy
import Synchronization
import Testing

@testable import DNSServer

/// An upstream resolver on loopback that answers as a test says, in threads of its own.
final class Resolver: Sendable {
    /// The datagrams and messages that answer a query, in order.
    typealias Script = @Sendable (_ query: DNSMessage, _ isConnection: Bool) -> [[UInt8]]

    let port: UInt16
    private let datagrams: Int32
    private let connections: Int32
    private let script: Script
    private let counts = Mutex((datagrams: 0, connections: 0))
    private let ports = Mutex<[UInt16]>([])
    private let isOver = Atomic(false)

    init(_ script: @escaping Script) {
        self.script = script
        datagrams = Wire.open(.datagram, milliseconds: 100)
        port = Wire.port(of: datagrams)
        connections = Wire.open(.connection, port: port, milliseconds: 100)
        listen(connections, 16)
    }

    var upstream: DNSServer.Upstream { DNSServer.Upstream(IPAddress("127.0.0.1")!, port: port) }
    /// How many questions came over each.
    var asked: (datagrams: Int, connections: Int) { counts.withLock { $0 } }
    /// From which ports datagrams came.
    var sources: [UInt16] { ports.withLock { $0 } }

    /// Serves until the task group that this runs in is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { try? await Wire.blocking { self.serveDatagrams() } }
            group.addTask { try? await Wire.blocking { self.serveConnections() } }
            try? await Task.sleep(for: .seconds(3600))
            self.isOver.store(true, ordering: .relaxed)
        }
        close(datagrams)
        close(connections)
    }

    private func serveDatagrams() {
        while !isOver.load(ordering: .relaxed) {
            guard let (bytes, peer) = Wire.receiveFrom(datagrams), let query = try? DNSMessage(decoding: bytes) else { continue }
            counts.withLock { $0.datagrams += 1 }
            ports.withLock { $0.append(UInt16(bigEndian: peer.sin_port)) }
            for answer in script(query, false) { Wire.send(datagrams, answer, to: peer) }
        }
    }

    private func serveConnections() {
        while !isOver.load(ordering: .relaxed) {
            let socket = accept(connections, nil, nil)
            guard socket >= 0 else { continue }
            if let bytes = Wire.receiveFramed(socket), let query = try? DNSMessage(decoding: bytes) {
                counts.withLock { $0.connections += 1 }
                for answer in script(query, true) { Wire.send(socket, Wire.framed(answer)) }
            }
            close(socket)
        }
    }

    /// An honest answer with that address.
    static func answer(_ query: DNSMessage, _ address: String, life: UInt32 = 60, _ change: (inout DNSMessage) -> Void = { _ in }) -> [UInt8] {
        var message = DNSMessage(answering: query, code: .noError)
        message.answers = [DNSRecord(name: query.questions[0].name, data: .address(IPAddress(address)!), timeToLive: life)]
        change(&message)
        return message.encoded()
    }
}
