/// An amount of a resource: an exact decimal with the suffix family in which it was written
/// (`k8s.io/apimachinery/pkg/api/resource`).
///
/// Values are kept in nano units (10⁻⁹), the finest that the API keeps; finer digits are rounded up. Values beyond
/// ±(2⁶³−1) units are capped there, as the API does.
public struct Quantity: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The family of suffixes.
    public enum Format: Hashable, Sendable { case decimalSI, binarySI, decimalExponent }

    /// The amount in units of 10⁻⁹.
    public var nano: Int128
    /// The family in which it is written.
    public var format: Format

    static let unit: Int128 = 1_000_000_000
    static let limit: Int128 = Int128(Int64.max) * unit

    /// An amount of `nano` units of 10⁻⁹, to be written in the family `format`.
    public init(nano: Int128, format: Format = .decimalSI) {
        self.nano = nano
        self.format = format
    }
    /// A whole number of units.
    public init(_ value: Int64, format: Format = .decimalSI) { self.init(nano: Int128(value) * Self.unit, format: format) }
    /// A number of thousandths.
    public init(milli: Int64, format: Format = .decimalSI) { self.init(nano: Int128(milli) * 1_000_000, format: format) }

    /// Compares the amounts: `1`, `1000m` and `1e0` are equal.
    public static func == (left: Quantity, right: Quantity) -> Bool { left.nano == right.nano }
    /// Hashes the amount, which equal quantities of other families share.
    public func hash(into hasher: inout Hasher) { hasher.combine(nano) }
    /// Compares the amounts, whatever family they are written in.
    public static func < (left: Quantity, right: Quantity) -> Bool { left.nano < right.nano }
    /// The exact sum, without a cap, in the family of `left`; in that of `right` when `left` is zero.
    public static func + (left: Quantity, right: Quantity) -> Quantity {
        Quantity(nano: left.nano + right.nano, format: left.nano == 0 ? right.format : left.format)
    }
    /// The exact difference, which may be negative, in the family of `left`; in that of `right` when `left` is zero.
    public static func - (left: Quantity, right: Quantity) -> Quantity {
        Quantity(nano: left.nano - right.nano, format: left.nano == 0 ? right.format : left.format)
    }

    /// Whole units, rounded up.
    public var value: Int64 { Self.roundedUp(nano, Self.unit) }
    /// Thousandths, rounded up.
    public var milliValue: Int64 { Self.roundedUp(nano, 1_000_000) }
    /// Whether it is a whole number of units.
    public var isInteger: Bool { nano % Self.unit == 0 }

    private static func roundedUp(_ nano: Int128, _ unit: Int128) -> Int64 {
        let (quotient, rest) = nano.quotientAndRemainder(dividingBy: unit)
        let rounded = rest > 0 ? quotient + 1 : rest < 0 ? quotient - 1 : quotient
        return Int64(clamping: rounded)
    }

    /// Parses `100m`, `1.5Gi`, `1e3`, `-2`; nil when the text is no quantity.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        var at = 0
        guard !bytes.isEmpty, bytes.count < 200 else { return nil }
        var negative = false
        if bytes[0] == 0x2B || bytes[0] == 0x2D {
            negative = bytes[0] == 0x2D
            at = 1
        }
        var digits: [UInt8] = []
        var fractionDigits = 0
        var sawDigit = false
        while at < bytes.count, bytes[at] &- 0x30 < 10 {
            digits.append(bytes[at] - 0x30)
            sawDigit = true
            at += 1
        }
        if at < bytes.count, bytes[at] == 0x2E {
            at += 1
            while at < bytes.count, bytes[at] &- 0x30 < 10 {
                digits.append(bytes[at] - 0x30)
                fractionDigits += 1
                sawDigit = true
                at += 1
            }
        }
        guard sawDigit else { return nil }
        let suffix = String(decoding: bytes[at...], as: UTF8.self)
        guard let (base, exponent, format) = Self.suffix(suffix) else { return nil }
        guard let magnitude = Self.scaled(digits, fractionDigits: fractionDigits, base: base, exponent: exponent) else { return nil }
        self.init(nano: negative ? -magnitude : magnitude, format: format)
    }

    /// The meaning of a suffix: base (10 or 2), exponent and family.
    private static func suffix(_ text: String) -> (base: Int, exponent: Int, Format)? {
        switch text {
        case "n": return (10, -9, .decimalSI)
        case "u": return (10, -6, .decimalSI)
        case "m": return (10, -3, .decimalSI)
        case "": return (10, 0, .decimalSI)
        case "k": return (10, 3, .decimalSI)
        case "M": return (10, 6, .decimalSI)
        case "G": return (10, 9, .decimalSI)
        case "T": return (10, 12, .decimalSI)
        case "P": return (10, 15, .decimalSI)
        case "E": return (10, 18, .decimalSI)
        case "Ki": return (2, 10, .binarySI)
        case "Mi": return (2, 20, .binarySI)
        case "Gi": return (2, 30, .binarySI)
        case "Ti": return (2, 40, .binarySI)
        case "Pi": return (2, 50, .binarySI)
        case "Ei": return (2, 60, .binarySI)
        default:
            guard let first = text.first, first == "e" || first == "E" else { return nil }
            let digits = text.dropFirst()
            guard !digits.isEmpty, digits.count < 10, let exponent = Int(digits) else { return nil }
            return (10, exponent, .decimalExponent)
        }
    }

    /// `digits · 10^-fractionDigits · base^exponent` in nano units, rounded up, capped at ``limit``.
    private static func scaled(_ digits: [UInt8], fractionDigits: Int, base: Int, exponent: Int) -> Int128? {
        let significant = digits.drop { $0 == 0 }
        if significant.isEmpty { return 0 }
        // 10 to the power of `shift` brings the digits to nano units.
        var shift = 9 - fractionDigits
        var factor: Int128 = 1
        if base == 10 { shift += exponent } else { factor = 1 << Int128(exponent) }
        if significant.count + shift > 40 { return limit }
        var value: Int128 = 0
        var inexact = false
        // Digits beyond the finest unit only decide whether to round up.
        let kept = shift < 0 && base == 10 ? max(0, significant.count + shift) : significant.count
        for (position, digit) in significant.enumerated() {
            if position < kept {
                let (product, overflow) = value.multipliedReportingOverflow(by: 10)
                if overflow { return limit }
                value = product + Int128(digit)
            } else if digit != 0 {
                inexact = true
            }
        }
        if base == 10 {
            if shift > 0 {
                for _ in 0..<shift {
                    let (product, overflow) = value.multipliedReportingOverflow(by: 10)
                    if overflow { return limit }
                    value = product
                }
            }
        } else {
            let (product, overflow) = value.multipliedReportingOverflow(by: factor)
            if overflow { return limit }
            value = product
            if shift > 0 {
                for _ in 0..<shift {
                    let (more, overflow) = value.multipliedReportingOverflow(by: 10)
                    if overflow { return limit }
                    value = more
                }
            }
            if shift < 0 {
                for _ in 0..<(-shift) {
                    if value % 10 != 0 { inexact = true }
                    value /= 10
                }
            }
        }
        if inexact { value += 1 }
        return min(value, limit)
    }

    /// The canonical form: no fraction, the largest suffix that keeps the value whole.
    public var description: String {
        if nano == 0 { return "0" }
        switch format {
        case .binarySI:
            // Below 1024 and for fractions, binary quantities are written with decimal suffixes.
            guard nano.magnitude >= UInt128(1024 * Self.unit), nano % Self.unit == 0 else { return decimal(exponentForm: false) }
            var value = nano / Self.unit
            var index = 0
            while value % 1024 == 0, index < 6 {
                value /= 1024
                index += 1
            }
            return "\(value)" + ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][index]
        case .decimalSI: return decimal(exponentForm: false)
        case .decimalExponent: return decimal(exponentForm: true)
        }
    }

    private func decimal(exponentForm: Bool) -> String {
        var value = nano
        var exponent = -9
        while value % 1000 == 0, exponent < 18 {
            value /= 1000
            exponent += 3
        }
        if exponentForm { return exponent == 0 ? "\(value)" : "\(value)e\(exponent)" }
        let suffixes = [-9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P", 18: "E"]
        return "\(value)\(suffixes[exponent] ?? "")"
    }
}
