import JSONValue

/// A number that may be given in percent of another, such as `maxUnavailable`.
enum Portion {
    /// The number, not below 0 and not above what the API can count.
    static func of(_ value: JSON?, _ total: Int, roundingUp: Bool) -> Int {
        let most = Int(Int32.max)
        if let number = value?.int { return max(0, min(Int(clamping: number), most)) }
        guard let text = value?.string, text.hasSuffix("%"), let percent = Int(text.dropLast()), percent > 0 else { return 0 }
        let (product, overflow) = percent.multipliedReportingOverflow(by: total)
        if overflow || product > most * 100 { return most }
        return roundingUp ? (product + 99) / 100 : product / 100
    }
}
