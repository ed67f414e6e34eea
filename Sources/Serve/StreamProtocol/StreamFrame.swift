/// The channels of one operation on a container, numbered as the WebSocket protocols of Kubernetes number them; beyond
/// those, what only the tunnel between API server and node knows.
///
/// Source: Kubernetes, KEP-4006 (v5.channel.k8s.io).
package enum StreamChannel: UInt8, CaseIterable, Sendable {
    case input = 0
    case output = 1
    case errorOutput = 2
    /// The end of the operation, a `metav1.Status`.
    case status = 3
    /// The size of the client's terminal, `{"Width":80,"Height":24}`.
    case resize = 4
    /// What the operation is about; the first frame of a tunnel's stream.
    case parameters = 5
    /// The client is there: the operation may begin.
    case start = 6
    /// No more comes on the channel whose number is the one byte of content.
    case close = 255
}

/// Bytes of one channel.
package struct StreamFrame: Hashable, Sendable {
    package var channel: StreamChannel
    package var bytes: [UInt8]

    package init(_ channel: StreamChannel, _ bytes: [UInt8] = []) {
        self.channel = channel
        self.bytes = bytes
    }

    /// That nothing more comes on a channel.
    package static func close(_ channel: StreamChannel) -> StreamFrame { StreamFrame(.close, [channel.rawValue]) }

    /// The form on the tunnel: channel, length in four bytes (big endian), content.
    package var encoded: [UInt8] {
        let count = UInt32(bytes.count)
        return [channel.rawValue, UInt8(truncatingIfNeeded: count >> 24), UInt8(truncatingIfNeeded: count >> 16), UInt8(truncatingIfNeeded: count >> 8), UInt8(truncatingIfNeeded: count)] + bytes
    }
}

/// Why bytes of a stream cannot be understood. The stream is closed then: what follows has no meaning.
package struct StreamProtocolError: Error, Hashable, Sendable, CustomStringConvertible {
    package var description: String
    package init(_ description: String) { self.description = description }
}

/// Takes the frames of the tunnel out of a run of bytes.
package struct StreamFrameDecoder: Sendable {
    /// The most bytes of one frame.
    package static let limit = 1 << 20
    private var input = ByteQueue()

    package init() {}

    /// Takes in bytes.
    package mutating func append(_ bytes: some Collection<UInt8>) { input.append(bytes) }

    /// The next whole frame; nil when more bytes are needed. Frames of channels that are not known are dropped.
    package mutating func next() throws(StreamProtocolError) -> StreamFrame? {
        while input.count >= 5 {
            let count = Int(input.number(at: 1))
            if count > Self.limit { throw StreamProtocolError("a frame of \(count) bytes is longer than \(Self.limit)") }
            guard input.count >= 5 + count else { return nil }
            let head = input.take(5)
            let bytes = input.take(count)
            if let channel = StreamChannel(rawValue: head[0]) { return StreamFrame(channel, bytes) }
        }
        return nil
    }
}

/// Bytes that came and are not taken yet.
struct ByteQueue: Sendable {
    private var bytes: [UInt8] = []
    private var start = 0

    var count: Int { bytes.count - start }

    mutating func append(_ more: some Collection<UInt8>) {
        // What was taken is let go of before it is more than what is left.
        if start > 4096, start * 2 > bytes.count {
            bytes.removeFirst(start)
            start = 0
        }
        bytes.append(contentsOf: more)
    }

    subscript(_ offset: Int) -> UInt8 { bytes[start + offset] }

    /// The big-endian number of four bytes at an offset.
    func number(at offset: Int) -> UInt32 { (0..<4).reduce(0) { $0 << 8 | UInt32(self[offset + $1]) } }

    mutating func take(_ count: Int) -> [UInt8] {
        let taken = Array(bytes[start..<start + count])
        start += count
        if start == bytes.count {
            bytes.removeAll(keepingCapacity: bytes.count <= 65536)
            start = 0
        }
        return taken
    }
}

extension [UInt8] {
    mutating func append32(_ value: UInt32) {
        append(UInt8(truncatingIfNeeded: value >> 24))
        append(UInt8(truncatingIfNeeded: value >> 16))
        append(UInt8(truncatingIfNeeded: value >> 8))
        append(UInt8(truncatingIfNeeded: value))
    }

    /// The big-endian number of four bytes at an offset; nil when they are not all there.
    func number32(at offset: Int) -> UInt32? {
        guard offset >= 0, offset + 4 <= count else { return nil }
        return (0..<4).reduce(0) { $0 << 8 | UInt32(self[offset + $1]) }
    }
}
