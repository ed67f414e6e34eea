package import KubeModel

/// One line of a container's log as its monitor writes it: `time stream tag text`.
///
/// Source: Kubernetes, CRI logging (design proposal "kubelet-cri-logging").
struct LogLine: Hashable, Sendable {
    var time: ArraySlice<UInt8>
    /// Whether the text ends a line of the program; a long one comes in parts.
    var isWhole: Bool
    var text: ArraySlice<UInt8>

    /// - Parameter raw: without its end; nil for what is no such line.
    init?(_ raw: ArraySlice<UInt8>) {
        guard let first = raw.firstIndex(of: 0x20), let second = raw[(first + 1)...].firstIndex(of: 0x20) else { return nil }
        let third = raw[(second + 1)...].firstIndex(of: 0x20) ?? raw.endIndex
        // The tag is the first of several, which a colon divides.
        guard let tag = raw[(second + 1)..<third].first, tag == 0x46 || tag == 0x50 else { return nil }
        time = raw[..<first]
        isWhole = tag == 0x46
        text = third < raw.endIndex ? raw[(third + 1)...] : []
    }

    var timestamp: Timestamp? { Timestamp(String(decoding: time, as: UTF8.self)) }
}

/// Which part of a log is wanted, and how (`PodLogOptions`).
package struct LogSelection: Hashable, Sendable {
    /// Only so many of the last lines.
    package var tail: Int?
    /// Only what was written then or later.
    package var since: Timestamp?
    /// Each line begins with its time.
    package var showsTimes: Bool
    /// The most bytes of all.
    package var limit: Int?
    /// Goes on with what is written later.
    package var follows: Bool

    package init(tail: Int? = nil, since: Timestamp? = nil, showsTimes: Bool = false, limit: Int? = nil, follows: Bool = false) {
        self.tail = tail
        self.since = since
        self.showsTimes = showsTimes
        self.limit = limit
        self.follows = follows
    }
}

/// Turns the bytes of a log into what a client sees. Pure.
struct LogRendering: Sendable {
    private let selection: LogSelection
    /// What came of a line that is not whole yet.
    private var rest: [UInt8] = []
    private var isAtLineStart = true
    private var left: Int?
    /// A line that is longer is no line of a monitor.
    private static let longest = 1 << 20

    init(_ selection: LogSelection) {
        self.selection = selection
        left = selection.limit
    }

    /// Whether nothing more is wanted.
    var isFull: Bool { left == 0 }

    /// The bytes for the client.
    mutating func take(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        rest += bytes
        var start = 0
        while !isFull, let end = rest[start...].firstIndex(of: 0x0A) {
            if let line = LogLine(rest[start..<end]) { add(line, &out) }
            start = end + 1
        }
        rest.removeFirst(start)
        if rest.count > Self.longest { rest = [] }
        if let left {
            out = Array(out.prefix(left))
            self.left = left - out.count
        }
        return out
    }

    private mutating func add(_ line: LogLine, _ out: inout [UInt8]) {
        defer { isAtLineStart = line.isWhole }
        if selection.since != nil || selection.showsTimes {
            guard let time = line.timestamp else { return }
            if let since = selection.since, time < since { return }
            if selection.showsTimes, isAtLineStart { out += Array((Self.text(time) + " ").utf8) }
        }
        out += line.text
        if line.isWhole { out.append(0x0A) }
    }

    /// A time with nine digits behind the second, in UTC, as `kubectl logs --timestamps` shows it.
    static func text(_ time: Timestamp) -> String {
        let nanoseconds = String(time.nanoseconds)
        return Timestamp(seconds: time.seconds).description.dropLast() + "." + String(repeating: "0", count: 9 - nanoseconds.count) + nanoseconds + "Z"
    }

    /// Where the last `count` lines begin in bytes that begin at the start of a line; nil when they may begin before.
    static func start(ofLast count: Int, in bytes: [UInt8]) -> Int? {
        var whole = 0
        var end = bytes.lastIndex(of: 0x0A) ?? 0
        while end > 0 {
            let before = bytes[..<end].lastIndex(of: 0x0A)
            let start = before.map { $0 + 1 } ?? 0
            // A line of the program is counted by its last part.
            if LogLine(bytes[start..<end])?.isWhole != false {
                if whole == count { return end + 1 }
                whole += 1
            }
            guard let before else { return nil }
            end = before
        }
        return nil
    }
}
