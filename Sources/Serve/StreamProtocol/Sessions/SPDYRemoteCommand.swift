/// Exec and attach over SPDY: one stream for each channel, named by its header `streamType`.
///
/// Source: Kubernetes, `X-Stream-Protocol-Version` channel.k8s.io to v4.channel.k8s.io.
package struct SPDYRemoteCommand: RemoteCommandSession {
    /// The protocols, the newest first.
    package static let protocols = ["v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io"]

    private let version: Int
    private var missing: Set<StreamChannel>
    private var channels: [UInt32: StreamChannel] = [:]
    private var streams: [StreamChannel: UInt32] = [:]
    private var closed: Set<StreamChannel> = []
    private var decoder: SPDYDecoder
    private let encoder: SPDYEncoder

    /// - Parameter protocolName: one of ``protocols``.
    package init(_ channels: RemoteCommandChannels, protocolName: String) throws(StreamProtocolError) {
        version = Self.protocols.count - (Self.protocols.firstIndex(of: protocolName) ?? Self.protocols.count - 1)
        missing = channels.expected(version: version)
        decoder = try SPDYDecoder()
        encoder = try SPDYEncoder()
    }

    private static func channel(_ name: String?) -> StreamChannel? {
        switch name {
        case "stdin": .input
        case "stdout": .output
        case "stderr": .errorOutput
        case "error": .status
        case "resize": .resize
        default: nil
        }
    }

    package func greeting() -> [UInt8] { [] }

    package mutating func receive(_ bytes: [UInt8]) throws(StreamProtocolError) -> [RemoteCommandEvent] {
        decoder.append(bytes)
        var events: [RemoteCommandEvent] = []
        while let frame = try decoder.next() {
            switch frame {
            case .synStream(let id, let headers, let isLast):
                guard let channel = Self.channel(headers["streamtype"]), missing.remove(channel) != nil else {
                    events.append(.reply(encoder.encode(.reset(id: id, status: SPDYStatus.refused))))
                    continue
                }
                channels[id] = channel
                streams[channel] = id
                events.append(.reply(encoder.encode(.synReply(id: id, headers: [], isLast: false))))
                if missing.isEmpty { events.append(.ready) }
                if isLast { events += close(channel) }
            case .data(let id, let bytes, let isLast):
                guard let channel = channels[id], channel == .input || channel == .resize, !closed.contains(channel) else { continue }
                if !bytes.isEmpty { events.append(.frame(StreamFrame(channel, bytes))) }
                if isLast { events += close(channel) }
            case .reset(let id, _): if let channel = channels[id] { events += close(channel) }
            case .ping(let id):
                // A client's pings are odd; an even one would be the answer to ours.
                if id % 2 == 1 { events.append(.reply(encoder.encode(.ping(id)))) }
            case .goAway: events.append(.ended)
            case .settings, .synReply, .headers, .windowUpdate: break
            }
        }
        return events
    }

    private mutating func close(_ channel: StreamChannel) -> [RemoteCommandEvent] {
        guard channel == .input, closed.insert(channel).inserted else { return [] }
        return [.frame(.close(channel))]
    }

    package func encode(_ frame: StreamFrame) -> [UInt8] {
        guard frame.channel == .output || frame.channel == .errorOutput, let id = streams[frame.channel], !frame.bytes.isEmpty else { return [] }
        return encoder.encode(.data(id: id, bytes: frame.bytes, isLast: false))
    }

    package func finish(_ ending: OperationEnding) -> [UInt8] {
        var out: [UInt8] = []
        for channel in [StreamChannel.output, .errorOutput] {
            if let id = streams[channel] { out += encoder.encode(.data(id: id, bytes: [], isLast: true)) }
        }
        if let id = streams[.status] { out += encoder.encode(.data(id: id, bytes: ending.bytes(version: version), isLast: true)) }
        return out + encoder.encode(.goAway)
    }
}
