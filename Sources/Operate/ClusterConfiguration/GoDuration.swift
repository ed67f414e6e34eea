/// Durations as Go writes them: `8760h`, `1h30m`, `90s`.
enum GoDuration {
    /// Whole seconds of hours, minutes and seconds; nil for anything else.
    static func parse(_ text: String) -> Duration? {
        var seconds: Int64 = 0
        var number: Int64?
        var lastUnit: Int64 = .max
        guard !text.isEmpty, text.utf8.count <= 20 else { return nil }
        for byte in text.utf8 {
            if byte &- 0x30 < 10 {
                let next = (number ?? 0).multipliedReportingOverflow(by: 10)
                guard !next.overflow, next.partialValue < 1 << 40 else { return nil }
                number = next.partialValue + Int64(byte - 0x30)
                continue
            }
            let unit: Int64
            switch byte {
            case UInt8(ascii: "h"): unit = 3600
            case UInt8(ascii: "m"): unit = 60
            case UInt8(ascii: "s"): unit = 1
            default: return nil
            }
            guard let count = number, unit < lastUnit else { return nil }
            seconds += count * unit
            lastUnit = unit
            number = nil
        }
        return number == nil ? .seconds(seconds) : nil
    }

    static func text(_ duration: Duration) -> String {
        let seconds = duration.components.seconds
        if seconds == 0 { return "0s" }
        var text = ""
        if seconds >= 3600 { text += "\(seconds / 3600)h" }
        if seconds / 60 % 60 > 0 { text += "\(seconds / 60 % 60)m" }
        if seconds % 60 > 0 { text += "\(seconds % 60)s" }
        return text
    }
}
