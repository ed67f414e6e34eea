import CertificateAuthority
import Crypto

/// What a peer says over a WebSocket, with fragments put together.
package enum WebSocketMessage: Hashable, Sendable {
    case text([UInt8])
    case binary([UInt8])
    case ping([UInt8])
    case pong([UInt8])
    /// The peer closes, with its code; nil when it gave none.
    case close(UInt16?)
}

/// The frames of RFC 6455, as a server reads and writes them.
package enum WebSocket {
    /// What goes into `Sec-WebSocket-Accept` (section 4.2.2); nil when the key is not one.
    package static func acceptance(of key: String) -> String? {
        guard Base64.decode(key)?.count == 16 else { return nil }
        return Base64.encode(Array(Insecure.SHA1.hash(data: Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))))
    }

    /// A frame of a server: whole, not masked.
    package static func encode(_ message: WebSocketMessage) -> [UInt8] {
        switch message {
        case .text(let bytes): frame(1, bytes)
        case .binary(let bytes): frame(2, bytes)
        case .close(let code): frame(8, code.map { [UInt8(truncatingIfNeeded: $0 >> 8), UInt8(truncatingIfNeeded: $0)] } ?? [])
        case .ping(let bytes): frame(9, Array(bytes.prefix(125)))
        case .pong(let bytes): frame(10, Array(bytes.prefix(125)))
        }
    }

    private static func frame(_ opcode: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = [0x80 | opcode]
        switch bytes.count {
        case ..<126: out.append(UInt8(bytes.count))
        case ..<65536: out += [126, UInt8(truncatingIfNeeded: bytes.count >> 8), UInt8(truncatingIfNeeded: bytes.count)]
        default:
            out.append(127)
            out.append32(UInt32(truncatingIfNeeded: bytes.count >> 32))
            out.append32(UInt32(truncatingIfNeeded: bytes.count))
        }
        return out + bytes
    }
}

/// Takes the messages of a client out of its bytes.
package struct WebSocketDecoder: Sendable {
    /// The most bytes of a message, over all its fragments.
    package static let limit = 4 << 20
    private var input = ByteQueue()
    private var fragments: (opcode: UInt8, bytes: [UInt8])?

    package init() {}

    /// Takes in bytes.
    package mutating func append(_ bytes: some Collection<UInt8>) { input.append(bytes) }

    /// The next message; nil when more bytes are needed.
    ///
    /// - Throws: when a frame breaks the protocol; the connection is closed then (RFC 6455 section 7.1.7).
    package mutating func next() throws(StreamProtocolError) -> WebSocketMessage? {
        while let (isLast, opcode, bytes) = try frame() {
            if opcode >= 8 {
                guard isLast, bytes.count <= 125 else { throw StreamProtocolError("a control frame is in pieces, or too long") }
                switch opcode {
                case 8: return .close(bytes.count >= 2 ? UInt16(bytes[0]) << 8 | UInt16(bytes[1]) : nil)
                case 9: return .ping(bytes)
                case 10: return .pong(bytes)
                default: throw StreamProtocolError("opcode \(opcode) means nothing")
                }
            }
            if (opcode == 0) != (fragments != nil) { throw StreamProtocolError("fragments are out of order") }
            if opcode > 2 { throw StreamProtocolError("opcode \(opcode) means nothing") }
            var whole = fragments ?? (opcode, [])
            whole.bytes += bytes
            if whole.bytes.count > Self.limit { throw StreamProtocolError("a message is longer than \(Self.limit) bytes") }
            if isLast {
                fragments = nil
                return whole.opcode == 1 ? .text(whole.bytes) : .binary(whole.bytes)
            }
            fragments = whole
        }
        return nil
    }

    private mutating func frame() throws(StreamProtocolError) -> (isLast: Bool, opcode: UInt8, bytes: [UInt8])? {
        guard input.count >= 2 else { return nil }
        let (first, second) = (input[0], input[1])
        if first & 0x70 != 0 { throw StreamProtocolError("a frame of an extension that was not agreed on") }
        if second & 0x80 == 0 { throw StreamProtocolError("a client's frame is not masked") }
        var head = 2
        var count = Int(second & 0x7F)
        if count == 126 {
            guard input.count >= 4 else { return nil }
            count = Int(input[2]) << 8 | Int(input[3])
            head = 4
        } else if count == 127 {
            guard input.count >= 10 else { return nil }
            if input.number(at: 2) != 0 { throw StreamProtocolError("a frame is longer than \(Self.limit) bytes") }
            count = Int(input.number(at: 6))
            head = 10
        }
        if count > Self.limit { throw StreamProtocolError("a frame is longer than \(Self.limit) bytes") }
        guard input.count >= head + 4 + count else { return nil }
        _ = input.take(head)
        let mask = input.take(4)
        var bytes = input.take(count)
        for index in bytes.indices { bytes[index] ^= mask[index & 3] }
        return (first & 0x80 != 0, first & 0x0F, bytes)
    }
}
