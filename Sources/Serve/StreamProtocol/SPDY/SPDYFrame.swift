/// One frame of SPDY 3.1. The content of a data frame comes in parts, as it arrives.
///
/// Source: SPDY protocol, draft 3.1, section 2.6.
package enum SPDYFrame: Hashable, Sendable {
    case synStream(id: UInt32, headers: [SPDYHeader], isLast: Bool)
    case synReply(id: UInt32, headers: [SPDYHeader], isLast: Bool)
    case reset(id: UInt32, status: UInt32)
    case settings
    case ping(UInt32)
    case goAway
    case headers(id: UInt32, headers: [SPDYHeader], isLast: Bool)
    case windowUpdate(id: UInt32, delta: UInt32)
    case data(id: UInt32, bytes: [UInt8], isLast: Bool)
}

/// A header; the name in lower case.
package struct SPDYHeader: Hashable, Sendable {
    package var name: String
    package var value: String
    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

extension [SPDYHeader] {
    /// The first value of a header.
    package subscript(_ name: String) -> String? { first { $0.name == name }?.value }
}

/// The status of a reset stream.
package enum SPDYStatus {
    package static let protocolError: UInt32 = 1
    package static let refused: UInt32 = 3
    package static let cancel: UInt32 = 5
    package static let internalError: UInt32 = 6
}

/// Takes the frames of one direction of a connection out of its bytes.
package struct SPDYDecoder: Sendable {
    /// The most bytes of a control frame.
    package static let controlLimit = 64 * 1024
    private static let headerCount: UInt32 = 256

    private var input = ByteQueue()
    /// The data frame whose content comes now.
    private var open: (id: UInt32, left: Int, isLast: Bool)?
    private let inflater: HeaderInflater

    package init() throws(StreamProtocolError) { inflater = try HeaderInflater() }

    /// Takes in bytes.
    package mutating func append(_ bytes: some Collection<UInt8>) { input.append(bytes) }

    /// The next frame; nil when more bytes are needed.
    ///
    /// - Throws: when the bytes are no SPDY; the connection cannot go on then.
    package mutating func next() throws(StreamProtocolError) -> SPDYFrame? {
        while true {
            if let data = open {
                guard input.count > 0 else { return nil }
                let count = min(input.count, data.left)
                let bytes = input.take(count)
                let isDone = count == data.left
                open = isDone ? nil : (data.id, data.left - count, data.isLast)
                return .data(id: data.id, bytes: bytes, isLast: isDone && data.isLast)
            }
            guard input.count >= 8 else { return nil }
            let (first, second) = (input.number(at: 0), input.number(at: 4))
            let (flags, length) = (UInt8(second >> 24), Int(second & 0xFF_FFFF))
            if first & 0x8000_0000 == 0 {
                _ = input.take(8)
                let isLast = flags & 1 != 0
                if length == 0 { return .data(id: first, bytes: [], isLast: isLast) }
                open = (first, length, isLast)
                continue
            }
            let version = first >> 16 & 0x7FFF
            if version != 3 { throw StreamProtocolError("a frame of SPDY version \(version)") }
            if length > Self.controlLimit { throw StreamProtocolError("a control frame of \(length) bytes is longer than \(Self.controlLimit)") }
            guard input.count >= 8 + length else { return nil }
            _ = input.take(8)
            if let frame = try control(UInt16(truncatingIfNeeded: first), flags: flags, input.take(length)) { return frame }
        }
    }

    /// Reads a control frame; nil for one of a kind that is not known, which is skipped.
    private func control(_ kind: UInt16, flags: UInt8, _ content: [UInt8]) throws(StreamProtocolError) -> SPDYFrame? {
        let isLast = flags & 1 != 0
        func number(_ offset: Int) throws(StreamProtocolError) -> UInt32 {
            guard let value = content.number32(at: offset) else { throw StreamProtocolError("a control frame of type \(kind) is too short") }
            return value
        }
        switch kind {
        case 1:
            let id = try number(0) & 0x7FFF_FFFF
            if content.count < 10 { throw StreamProtocolError("a SYN_STREAM is too short") }
            return .synStream(id: id, headers: try headers(Array(content[10...])), isLast: isLast)
        case 2: return .synReply(id: try number(0) & 0x7FFF_FFFF, headers: try headers(Array(content[4...])), isLast: isLast)
        case 3: return .reset(id: try number(0) & 0x7FFF_FFFF, status: try number(4))
        case 4: return .settings
        case 6: return .ping(try number(0))
        case 7: return .goAway
        case 8: return .headers(id: try number(0) & 0x7FFF_FFFF, headers: try headers(Array(content[4...])), isLast: isLast)
        case 9: return .windowUpdate(id: try number(0) & 0x7FFF_FFFF, delta: try number(4) & 0x7FFF_FFFF)
        default: return nil
        }
    }

    private func headers(_ block: [UInt8]) throws(StreamProtocolError) -> [SPDYHeader] {
        let plain = try inflater.inflate(block)
        var at = 0
        func number() throws(StreamProtocolError) -> UInt32 {
            guard let value = plain.number32(at: at) else { throw StreamProtocolError("a header block ends too early") }
            at += 4
            return value
        }
        func text() throws(StreamProtocolError) -> String {
            let count = Int(try number())
            guard count <= plain.count - at else { throw StreamProtocolError("a header block ends too early") }
            defer { at += count }
            return String(decoding: plain[at..<at + count], as: UTF8.self)
        }
        if plain.isEmpty { return [] }
        let count = try number()
        if count > Self.headerCount { throw StreamProtocolError("a header block of \(count) headers") }
        var found: [SPDYHeader] = []
        for _ in 0..<count {
            let name = try text().lowercased()
            // Several values of one name stand in one, with a zero byte between.
            for value in try text().split(separator: "\0", omittingEmptySubsequences: false) { found.append(SPDYHeader(name, String(value))) }
        }
        return found
    }
}

/// Writes the frames of one direction of a connection. The order of calls is the order on the wire.
package struct SPDYEncoder: Sendable {
    /// The most bytes of one data frame that is written.
    private static let dataLimit = 1 << 20
    private let deflater: HeaderDeflater

    package init() throws(StreamProtocolError) { deflater = try HeaderDeflater() }

    package func encode(_ frame: SPDYFrame) -> [UInt8] {
        switch frame {
        case .synStream(let id, let headers, let isLast):
            var content: [UInt8] = []
            content.append32(id)
            content.append32(0)
            return control(1, isLast: isLast, content + [0, 0] + block(headers))
        case .synReply(let id, let headers, let isLast): return control(2, isLast: isLast, numbers(id) + block(headers))
        case .reset(let id, let status): return control(3, isLast: false, numbers(id, status))
        case .settings: return control(4, isLast: false, numbers(0))
        case .ping(let id): return control(6, isLast: false, numbers(id))
        case .goAway: return control(7, isLast: false, numbers(0, 0))
        case .headers(let id, let headers, let isLast): return control(8, isLast: isLast, numbers(id) + block(headers))
        case .windowUpdate(let id, let delta): return control(9, isLast: false, numbers(id, delta))
        case .data(let id, let bytes, let isLast):
            var out: [UInt8] = []
            var at = 0
            repeat {
                let end = min(bytes.count, at + Self.dataLimit)
                out.append32(id)
                out.append32((isLast && end == bytes.count ? 1 << 24 : 0) | UInt32(end - at))
                out += bytes[at..<end]
                at = end
            } while at < bytes.count
            return out
        }
    }

    private func numbers(_ values: UInt32...) -> [UInt8] {
        var content: [UInt8] = []
        for value in values { content.append32(value) }
        return content
    }

    private func control(_ kind: UInt32, isLast: Bool, _ content: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.append32(0x8003_0000 | kind)
        out.append32((isLast ? 1 << 24 : 0) | UInt32(content.count))
        return out + content
    }

    private func block(_ headers: [SPDYHeader]) -> [UInt8] {
        var plain = numbers(UInt32(headers.count))
        for header in headers {
            for text in [header.name, header.value] {
                plain.append32(UInt32(text.utf8.count))
                plain += Array(text.utf8)
            }
        }
        return deflater.deflate(plain)
    }
}
