/// Forwarded ports over SPDY: for each connection a stream for errors and one for its bytes, told apart by their headers.
///
/// Source: Kubernetes, `portforward.k8s.io`: headers `streamType`, `port`, `requestID`.
package struct SPDYPortForward: Sendable {
    package static let protocolName = "portforward.k8s.io"
    /// The most connections at once.
    package static let limit = 256

    package enum Event: Hashable, Sendable {
        /// The client wants a connection to a port.
        case open(UInt32, port: UInt16)
        case data(UInt32, [UInt8])
        /// The client sends no more on a connection.
        case finish(UInt32)
        /// The client gave a connection up.
        case abandon(UInt32)
        case reply([UInt8])
        case ended
    }

    private struct Connection {
        var errors: UInt32?
        var data: UInt32?
        var port: UInt16
        var id: UInt32
    }

    private var connections: [String: Connection] = [:]
    /// The request of each stream.
    private var requests: [UInt32: String] = [:]
    private var names: [UInt32: String] = [:]
    private var last: UInt32 = 0
    private var decoder: SPDYDecoder
    private let encoder: SPDYEncoder

    package init() throws(StreamProtocolError) {
        decoder = try SPDYDecoder()
        encoder = try SPDYEncoder()
    }

    /// Takes in what the client sent.
    package mutating func receive(_ bytes: [UInt8]) throws(StreamProtocolError) -> [Event] {
        decoder.append(bytes)
        var events: [Event] = []
        while let frame = try decoder.next() {
            switch frame {
            case .synStream(let id, let headers, _): events += opened(id, headers)
            case .data(let id, let bytes, let isLast):
                guard let name = requests[id], let connection = connections[name], connection.data == id else { continue }
                if !bytes.isEmpty { events.append(.data(connection.id, bytes)) }
                if isLast { events.append(.finish(connection.id)) }
            case .reset(let id, _):
                guard let name = requests[id], let connection = connections[name] else { continue }
                // The error stream may be reset once it has nothing more to say; the connection goes with its data.
                if connection.data == id || connection.data == nil {
                    forget(name)
                    if connection.data != nil, connection.errors != nil { events.append(.abandon(connection.id)) }
                }
            case .ping(let id): if id % 2 == 1 { events.append(.reply(encoder.encode(.ping(id)))) }
            case .goAway: events.append(.ended)
            case .settings, .synReply, .headers, .windowUpdate: break
            }
        }
        return events
    }

    private mutating func opened(_ id: UInt32, _ headers: [SPDYHeader]) -> [Event] {
        let type = headers["streamtype"]
        // A client that names no request opens the stream for errors first, and the one for data next to it.
        let name = headers["requestid"] ?? (type == "data" ? String(id &- 2) : String(id))
        guard requests[id] == nil, type == "error" || type == "data", let port = headers["port"].flatMap({ UInt16($0) }), port > 0,
            connections[name] != nil || connections.count < Self.limit
        else { return [.reply(encoder.encode(.reset(id: id, status: SPDYStatus.refused)))] }
        var connection = connections[name] ?? Connection(errors: nil, data: nil, port: port, id: 0)
        guard connection.port == port, type == "error" ? connection.errors == nil : connection.data == nil else {
            return [.reply(encoder.encode(.reset(id: id, status: SPDYStatus.protocolError)))]
        }
        if type == "error" { connection.errors = id } else { connection.data = id }
        requests[id] = name
        var events: [Event] = [.reply(encoder.encode(.synReply(id: id, headers: [], isLast: false)))]
        if connection.errors != nil, connection.data != nil {
            last += 1
            connection.id = last
            names[last] = name
            events.append(.open(last, port: port))
        }
        connections[name] = connection
        return events
    }

    private mutating func forget(_ name: String) {
        guard let connection = connections.removeValue(forKey: name) else { return }
        if let id = connection.errors { requests[id] = nil }
        if let id = connection.data { requests[id] = nil }
        names[connection.id] = nil
    }

    /// Bytes of a connection for the client.
    package func data(_ id: UInt32, _ bytes: [UInt8]) -> [UInt8] {
        guard let name = names[id], let stream = connections[name]?.data else { return [] }
        return encoder.encode(.data(id: stream, bytes: bytes, isLast: false))
    }

    /// Ends a connection.
    ///
    /// - Parameter fault: why it ended, where it did not end well.
    package mutating func finish(_ id: UInt32, fault: String?) -> [UInt8] {
        guard let name = names[id], let connection = connections[name], let data = connection.data, let errors = connection.errors else { return [] }
        forget(name)
        return encoder.encode(.data(id: data, bytes: [], isLast: true))
            + encoder.encode(.data(id: errors, bytes: fault.map { Array($0.utf8) } ?? [], isLast: true))
    }

    /// That the server takes no more streams.
    package func goAway() -> [UInt8] { encoder.encode(.goAway) }
}
