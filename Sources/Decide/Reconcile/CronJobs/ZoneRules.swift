/// How far the clocks of a time zone are ahead of UTC, and from when on.
///
/// Source: RFC 9636 (TZif), versions 1 to 4.
public struct ZoneRules: Hashable, Sendable {
    /// When the offset changes, in seconds since 1970, ascending.
    private var moments: [Int64] = []
    /// The offset from each moment on, in seconds.
    private var offsets: [Int64] = []
    /// The offset before the first moment.
    private var first: Int64 = 0
    /// What holds after the last moment.
    private var rest: PosixZone?

    /// UTC.
    public static let utc = ZoneRules()

    private init() {}

    /// The most bytes of a file that are read; the largest of the IANA database has some 4,000.
    public static let mostBytes = 65536

    /// Reads a TZif file; nil when it is none.
    public init?(file: [UInt8]) {
        guard file.count <= Self.mostBytes, let head = Header(file, at: 0) else { return nil }
        // Version 1 has 32-bit times; later ones repeat everything with 64 bits.
        guard head.version >= 2 else {
            self.init(file, head, at: Header.size, width: 4)
            return
        }
        let second = Header.size + head.bodySize(width: 4)
        guard let wide = Header(file, at: second) else { return nil }
        self.init(file, wide, at: second + Header.size, width: 8)
        let footer = second + Header.size + wide.bodySize(width: 8)
        guard footer < file.count, file[footer] == 0x0A else { return }
        let text = String(decoding: file[(footer + 1)...].prefix { $0 != 0x0A }, as: UTF8.self)
        if !text.isEmpty {
            guard let zone = PosixZone(text) else { return nil }
            rest = zone
        }
    }

    private struct Header {
        static let size = 44
        var version: Int
        var times: Int
        var types: Int
        var characters: Int
        var leaps: Int
        var standards: Int
        var universals: Int

        init?(_ file: [UInt8], at start: Int) {
            guard file.count >= start + Self.size, Array(file[start..<start + 4]) == Array("TZif".utf8) else { return nil }
            let byte = file[start + 4]
            version = byte == 0 ? 1 : Int(byte) - 0x30
            guard (1...9).contains(version) else { return nil }
            func count(_ at: Int) -> Int { Int(ZoneRules.number(file, at: start + 20 + 4 * at, width: 4)) }
            universals = count(0)
            standards = count(1)
            leaps = count(2)
            times = count(3)
            types = count(4)
            characters = count(5)
            // Larger counts than bytes are no counts.
            guard [universals, standards, leaps, times, types, characters].allSatisfy({ (0...file.count).contains($0) }), types > 0, types <= 256
            else { return nil }
        }

        func bodySize(width: Int) -> Int { times * (width + 1) + types * 6 + characters + leaps * (width + 4) + standards + universals }
    }

    private init?(_ file: [UInt8], _ head: Header, at start: Int, width: Int) {
        guard file.count >= start + head.bodySize(width: width) else { return nil }
        let indexes = start + head.times * width
        let types = indexes + head.times
        func offset(_ type: Int) -> Int64 { Self.number(file, at: types + 6 * type, width: 4) }
        first = offset(0)
        for at in 0..<head.times {
            let moment = Self.number(file, at: start + at * width, width: width)
            let type = Int(file[indexes + at])
            guard type < head.types, moments.last.map({ moment > $0 }) ?? true, abs(offset(type)) < 7 * 86400 else { return nil }
            moments.append(moment)
            offsets.append(offset(type))
        }
    }

    private static func number(_ file: [UInt8], at start: Int, width: Int) -> Int64 {
        let bits = file[start..<start + width].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return width == 4 ? Int64(Int32(truncatingIfNeeded: bits)) : Int64(bitPattern: bits)
    }

    /// Seconds ahead of UTC at a moment; logarithmic in the number of changes.
    public func offset(at moment: Int64) -> Int64 {
        var low = 0
        var high = moments.count
        while low < high {
            let middle = (low + high) / 2
            if moments[middle] <= moment { low = middle + 1 } else { high = middle }
        }
        if low == moments.count, let rest { return rest.offset(at: moment) }
        return low == 0 ? first : offsets[low - 1]
    }
}
