import CertificateAuthority

/// Exec and attach over a WebSocket: every message begins with the number of its channel.
///
/// Source: Kubernetes, subprotocols channel.k8s.io, base64.channel.k8s.io, v4.channel.k8s.io, v4.base64.channel.k8s.io and, with
/// the closing of single channels (KEP-4006), v5.channel.k8s.io.
package struct WebSocketRemoteCommand: RemoteCommandSession {
    /// The subprotocols, the newest first.
    package static let protocols = [
        "v5.channel.k8s.io", "v4.channel.k8s.io", "v4.base64.channel.k8s.io", "channel.k8s.io", "base64.channel.k8s.io",
    ]

    private let version: Int
    private let isBase64: Bool
    private let wanted: Set<StreamChannel>
    private var decoder = WebSocketDecoder()
    private var isInputClosed = false

    /// - Parameter protocolName: one of ``protocols``; empty for a client that names none, which means channel.k8s.io.
    package init(_ channels: RemoteCommandChannels, protocolName: String) {
        version = protocolName.hasPrefix("v5.") ? 5 : protocolName.hasPrefix("v4.") ? 4 : 1
        isBase64 = protocolName.contains("base64")
        // Every version has the channel for the terminal's size here.
        wanted = channels.expected(version: 5)
    }

    /// An empty message on the lowest channel: the operation is under way.
    ///
    /// Not for version 5: its client kubectl makes its channels only after the answer to the upgrade, and complains of a message
    /// that is there before them.
    package func greeting() -> [UInt8] {
        if version == 5 { return [] }
        let first: StreamChannel = wanted.contains(.output) ? .output : wanted.contains(.errorOutput) ? .errorOutput : .status
        return message(first, [])
    }

    package mutating func receive(_ bytes: [UInt8]) throws(StreamProtocolError) -> [RemoteCommandEvent] {
        decoder.append(bytes)
        var events: [RemoteCommandEvent] = []
        while let message = try decoder.next() {
            switch message {
            case .binary(let bytes), .text(let bytes): events += try received(bytes)
            case .ping(let bytes): events.append(.reply(WebSocket.encode(.pong(bytes))))
            case .pong: break
            case .close:
                events.append(.reply(WebSocket.encode(.close(1000))))
                events.append(.ended)
            }
        }
        return events
    }

    private mutating func received(_ bytes: [UInt8]) throws(StreamProtocolError) -> [RemoteCommandEvent] {
        guard let first = bytes.first else { return [] }
        var content = Array(bytes.dropFirst())
        var number = first
        if isBase64 {
            guard first >= 0x30, let decoded = Base64.decode(String(decoding: content, as: UTF8.self)) else {
                throw StreamProtocolError("a message is not a channel and base64")
            }
            number = first - 0x30
            content = decoded
        }
        if version >= 5, number == StreamChannel.close.rawValue {
            guard content == [StreamChannel.input.rawValue], wanted.contains(.input), !isInputClosed else { return [] }
            isInputClosed = true
            return [.frame(.close(.input))]
        }
        switch StreamChannel(rawValue: number) {
        case .input where wanted.contains(.input) && !isInputClosed: return content.isEmpty ? [] : [.frame(StreamFrame(.input, content))]
        case .resize where wanted.contains(.resize): return [.frame(StreamFrame(.resize, content))]
        default: return []
        }
    }

    private func message(_ channel: StreamChannel, _ bytes: [UInt8]) -> [UInt8] {
        if isBase64 { return WebSocket.encode(.text([0x30 + channel.rawValue] + Array(Base64.encode(bytes).utf8))) }
        return WebSocket.encode(.binary([channel.rawValue] + bytes))
    }

    package func encode(_ frame: StreamFrame) -> [UInt8] {
        guard frame.channel == .output || frame.channel == .errorOutput, wanted.contains(frame.channel), !frame.bytes.isEmpty else { return [] }
        return message(frame.channel, frame.bytes)
    }

    package func finish(_ ending: OperationEnding) -> [UInt8] {
        let bytes = ending.bytes(version: version)
        return (bytes.isEmpty ? [] : message(.status, bytes)) + WebSocket.encode(.close(1000))
    }
}
