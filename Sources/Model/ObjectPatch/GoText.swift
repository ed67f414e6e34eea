public import JSONValue
import KubeModel

extension JSON {
    /// The value as Go's `%v` prints what it decodes to: `map[image:x name:a]`, keys in byte order.
    ///
    /// Some error messages of the API carry a patch in this form.
    public var goText: String {
        switch self {
        case .null: "<nil>"
        case .bool(let value): value ? "true" : "false"
        case .int(let value): String(value)
        case .double(let value): goFloat(value)
        case .string(let value): value
        case .array(let elements): "[" + elements.map(\.goText).joined(separator: " ") + "]"
        case .object(let object):
            "map[" + object.membersInByteOrder.map { $0.key + ":" + $0.value.goText }.joined(separator: " ") + "]"
        }
    }

    /// The value as Go's `%#v` prints it inside an interface.
    var goSyntax: String {
        switch self {
        case .null: "<nil>"
        case .bool, .int, .double: goText
        case .string(let value): goQuoted(value)
        case .array(let elements): "[]interface {}{" + elements.map(\.goElementSyntax).joined(separator: ", ") + "}"
        case .object(let object):
            "map[string]interface {}{"
                + object.membersInByteOrder.map { goQuoted($0.key) + ":" + $0.value.goElementSyntax }
                .joined(separator: ", ") + "}"
        }
    }

    private var goElementSyntax: String { isNull ? "interface {}(nil)" : goSyntax }

    /// The name of the Go type that the value decodes to.
    var goType: String {
        switch self {
        case .null: "<nil>"
        case .bool: "bool"
        case .int: "int64"
        case .double: "float64"
        case .string: "string"
        case .array: "[]interface {}"
        case .object: "map[string]interface {}"
        }
    }

    /// What a JSON decoder calls the value when it does not fit a type.
    var jsonKind: String {
        switch self {
        case .null: "null"
        case .bool: "bool"
        case .int, .double: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}

extension JSONObject {
    /// The members by their keys, in the order of UTF-8 bytes.
    var membersInByteOrder: [Member] { members.sorted { precedes($0.key, $1.key) } }
}

/// Whether `left` comes before `right` in the order of UTF-8 bytes, which differs from the order of Swift strings
/// for text that is not in normal form.
@inline(__always) func precedes(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
}

/// A float as Go's `%v` prints it: the shortest digits, with an exponent below -4 and from 6 on.
func goFloat(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    if value == 0 { return value.sign == .minus ? "-0" : "0" }
    // Swift prints the same shortest digits; only the form differs.
    let text = value.magnitude.description
    var mantissa = text
    var exponent = 0
    if let mark = text.firstIndex(of: "e") {
        mantissa = String(text[..<mark])
        exponent = Int(text[text.index(after: mark)...]) ?? 0
    }
    let parts = mantissa.split(separator: ".", omittingEmptySubsequences: false)
    let whole = String(parts[0])
    var digits = whole + (parts.count > 1 && parts[1] != "0" ? String(parts[1]) : "")
    var point = whole.count + exponent
    while digits.hasPrefix("0"), digits.count > 1 {
        digits.removeFirst()
        point -= 1
    }
    while digits.hasSuffix("0"), digits.count > 1 { digits.removeLast() }
    let scale = point - 1
    let sign = value < 0 ? "-" : ""
    if scale < -4 || scale >= 6 {
        let first = digits.prefix(1)
        let rest = digits.dropFirst()
        let magnitude = abs(scale)
        let power = (magnitude < 10 ? "0" : "") + String(magnitude)
        return sign + first + (rest.isEmpty ? "" : "." + rest) + "e" + (scale < 0 ? "-" : "+") + power
    }
    if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + digits }
    if point >= digits.count { return sign + digits + String(repeating: "0", count: point - digits.count) }
    let cut = digits.index(digits.startIndex, offsetBy: point)
    return sign + digits[..<cut] + "." + digits[cut...]
}
