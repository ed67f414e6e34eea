public import JSONValue
public import PolicyModel

/// One fault of one field, in the words that Kubernetes clients know (`k8s.io/apimachinery` field errors).
public struct FieldError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of fault; the raw value is the `reason` of a Status cause.
    public enum Kind: String, Hashable, Sendable {
        case notFound = "FieldValueNotFound"
        case required = "FieldValueRequired"
        case duplicate = "FieldValueDuplicate"
        case invalid = "FieldValueInvalid"
        case notSupported = "FieldValueNotSupported"
        case forbidden = "FieldValueForbidden"
        case tooLong = "FieldValueTooLong"
        case tooMany = "FieldValueTooMany"
        case `internal` = "InternalError"
        case typeInvalid = "FieldValueTypeInvalid"

        var words: String {
            switch self {
            case .notFound: "Not found"
            case .required: "Required value"
            case .duplicate: "Duplicate value"
            case .invalid, .typeInvalid: "Invalid value"
            case .notSupported: "Unsupported value"
            case .forbidden: "Forbidden"
            case .tooLong: "Too long"
            case .tooMany: "Too many"
            case .internal: "Internal error"
            }
        }
    }

    /// How the offending value is printed.
    public enum BadValue: Hashable, Sendable {
        /// Not at all.
        case omitted
        /// Strings quoted as Go's `%q`, everything else as JSON.
        case value(JSON)
        /// As it stands, for what prints itself (a quantity, a duration).
        case text(String)
    }

    /// What is wrong with the value.
    public var kind: Kind
    /// Where it is, such as `spec.containers[0].image`.
    public var field: FieldPath
    /// The offending value, if it is printed at all.
    public var badValue: BadValue
    /// What would be right, after the value; empty when the kind says enough.
    public var detail: String

    /// A fault at `field`; by default neither a value nor more words are printed.
    public init(_ kind: Kind, _ field: FieldPath, _ badValue: BadValue = .omitted, _ detail: String = "") {
        self.kind = kind
        self.field = field
        self.badValue = badValue
        self.detail = detail
    }

    /// A field that must have a value and has none, or an empty one.
    public static func required(_ field: FieldPath, _ detail: String = "") -> FieldError { .init(.required, field, .omitted, detail) }
    /// A value of the right type that the field may not have; `detail` says what it must be.
    public static func invalid(_ field: FieldPath, _ value: JSON, _ detail: String) -> FieldError { .init(.invalid, field, .value(value), detail) }
    /// A value that stands twice where each must be another.
    public static func duplicate(_ field: FieldPath, _ value: JSON) -> FieldError { .init(.duplicate, field, .value(value)) }
    /// A field that may not be set here, or not be changed.
    public static func forbidden(_ field: FieldPath, _ detail: String) -> FieldError { .init(.forbidden, field, .omitted, detail) }
    /// A value that refers to something that is not there.
    public static func notFound(_ field: FieldPath, _ value: JSON) -> FieldError { .init(.notFound, field, .value(value)) }
    /// A value of more than `maximum` bytes; the value itself is not printed.
    public static func tooLong(_ field: FieldPath, maximum: Int) -> FieldError {
        .init(.tooLong, field, .omitted, "may not be more than \(maximum) bytes")
    }
    /// A list of `actual` elements where `maximum` are allowed.
    public static func tooMany(_ field: FieldPath, actual: Int, maximum: Int) -> FieldError {
        .init(.tooMany, field, .value(JSON(actual)), "must have at most \(maximum) items")
    }
    /// A value outside its enumeration. The detail lists the values in the given order.
    public static func notSupported(_ field: FieldPath, _ value: JSON, _ supported: [String]) -> FieldError {
        let detail = supported.isEmpty ? "" : "supported values: " + supported.map(goQuoted).joined(separator: ", ")
        return .init(.notSupported, field, .value(value), detail)
    }

    /// The message without the field: `Invalid value: "x": must be positive`.
    public var body: String {
        var text = kind.words
        switch (kind, badValue) {
        case (.required, _), (.forbidden, _), (.tooLong, _), (.internal, _), (_, .omitted): break
        case (_, .value(.string(let value))): text += ": " + goQuoted(value)
        case (_, .value(let value)): text += ": " + value.description
        case (_, .text(let value)): text += ": " + value
        }
        return detail.isEmpty ? text : text + ": " + detail
    }

    /// `spec.replicas: Invalid value: -1: must be greater than or equal to 0`.
    public var description: String { "\(field): \(body)" }
}

extension [FieldError] {
    /// The faults as one message: as it is when there is one, `[a, b]` when there are several; repetitions once.
    public var aggregateMessage: String {
        var seen = Set<String>()
        let messages = map(\.description).filter { seen.insert($0).inserted }
        return messages.count == 1 ? messages[0] : "[" + messages.joined(separator: ", ") + "]"
    }
}

/// Quotes a string as Go's `%q` does.
public func goQuoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": out += "\\\""
        case "\\": out += "\\\\"
        case "\n": out += "\\n"
        case "\r": out += "\\r"
        case "\t": out += "\\t"
        case "\u{07}": out += "\\a"
        case "\u{08}": out += "\\b"
        case "\u{0C}": out += "\\f"
        case "\u{0B}": out += "\\v"
        default:
            if scalar.value < 0x20 || scalar.value == 0x7F {
                let hex = String(scalar.value, radix: 16)
                out += "\\x" + (hex.count == 1 ? "0" + hex : hex)
            } else {
                out.unicodeScalars.append(scalar)
            }
        }
    }
    return out + "\""
}
