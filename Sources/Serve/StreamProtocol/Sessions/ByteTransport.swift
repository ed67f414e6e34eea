/// What carries the bytes of a SPDY session: the connection itself, or the messages of a WebSocket.
///
/// Source: Kubernetes, KEP-4006, subprotocol `SPDY/3.1+portforward.k8s.io`.
package enum ByteTransport: Sendable {
    package static let tunnelProtocol = "SPDY/3.1+portforward.k8s.io"

    case plain
    case webSocket(WebSocketDecoder)

    /// What came of bytes of the connection.
    package struct Received: Hashable, Sendable {
        /// For the session.
        package var bytes: [UInt8] = []
        /// For the client, at once.
        package var reply: [UInt8] = []
        package var hasEnded = false
    }

    package mutating func receive(_ bytes: [UInt8]) throws(StreamProtocolError) -> Received {
        switch self {
        case .plain: return Received(bytes: bytes)
        case .webSocket(var decoder):
            decoder.append(bytes)
            var received = Received()
            while let message = try decoder.next() {
                switch message {
                case .binary(let bytes): received.bytes += bytes
                case .text: throw StreamProtocolError("a text message in a tunnel of bytes")
                case .ping(let bytes): received.reply += WebSocket.encode(.pong(bytes))
                case .pong: break
                case .close:
                    received.reply += WebSocket.encode(.close(1000))
                    received.hasEnded = true
                }
            }
            self = .webSocket(decoder)
            return received
        }
    }

    /// Bytes of the session for the connection.
    package func encode(_ bytes: [UInt8]) -> [UInt8] {
        switch self {
        case .plain: bytes
        case .webSocket: bytes.isEmpty ? [] : WebSocket.encode(.binary(bytes))
        }
    }

    /// The last bytes of the connection.
    package var farewell: [UInt8] {
        switch self {
        case .plain: []
        case .webSocket: WebSocket.encode(.close(1000))
        }
    }
}
