import JSONValue
import KubeModel
import PolicyModel

/// Short forms for the faults that validation finds, appended in the order in which they are found.
extension [FieldError] {
    mutating func required(_ path: FieldPath, _ detail: String = "") { append(.required(path, detail)) }
    mutating func forbidden(_ path: FieldPath, _ detail: String) { append(.forbidden(path, detail)) }
    mutating func invalid(_ path: FieldPath, _ value: JSON, _ detail: String) { append(.invalid(path, value, detail)) }
    mutating func duplicate(_ path: FieldPath, _ value: JSON) { append(.duplicate(path, value)) }
    mutating func notFound(_ path: FieldPath, _ value: JSON) { append(.notFound(path, value)) }
    mutating func tooLong(_ path: FieldPath, _ maximum: Int) { append(.tooLong(path, maximum: maximum)) }
    mutating func tooMany(_ path: FieldPath, _ actual: Int, _ maximum: Int) {
        append(.tooMany(path, actual: actual, maximum: maximum))
    }

    /// A value outside its enumeration; the values are listed as given.
    mutating func notSupported(_ path: FieldPath, _ value: JSON, _ supported: [String]) {
        append(.notSupported(path, value, supported))
    }

    /// A fault whose value is not printed.
    mutating func invalid(_ path: FieldPath, _ detail: String) { append(FieldError(.invalid, path, .omitted, detail)) }

    /// A value that prints itself in the form that the server keeps internally.
    mutating func invalid(_ path: FieldPath, go text: String, _ detail: String) {
        append(FieldError(.invalid, path, .text(text), detail))
    }

    /// One fault for each message.
    mutating func invalid(_ path: FieldPath, _ value: JSON, all messages: [String]) {
        for message in messages { invalid(path, value, message) }
    }

    mutating func internalError(_ path: FieldPath, _ detail: String) {
        append(FieldError(.internal, path, .omitted, detail))
    }

    /// The value must not be below zero.
    mutating func nonNegative(_ value: Int64?, _ path: FieldPath) {
        guard let value, value < 0 else { return }
        invalid(path, JSON(value), Wording.negative)
    }

    /// The quantity must not be below zero.
    mutating func nonNegative(_ quantity: Quantity, _ path: FieldPath) {
        guard quantity.nano < 0 else { return }
        invalid(path, .string(quantity.description), Wording.negative)
    }

    /// The quantity must be above zero.
    mutating func positive(_ quantity: Quantity, _ path: FieldPath) {
        guard quantity.nano <= 0 else { return }
        invalid(path, .string(quantity.description), Wording.notPositive)
    }

    /// The value must be what it was.
    mutating func immutable(_ new: JSON?, _ old: JSON?, _ path: FieldPath) {
        if sameMeaning(new, old) { return }
        invalid(path, new?.sortedMembers ?? .null, Wording.immutable)
    }

    /// The string must be what it was; an absent one is empty.
    mutating func immutableText(_ new: JSON?, _ old: JSON?, _ path: FieldPath) {
        let value = new?.string ?? ""
        if value != old?.string ?? "" { invalid(path, .string(value), Wording.immutable) }
    }

    /// The value, when given, must be one of `supported`; these are listed as given.
    mutating func oneOf(_ value: JSON?, _ supported: [String], _ path: FieldPath) {
        guard let text = value?.string, !supported.contains(text) else { return }
        notSupported(path, .string(text), supported)
    }

    mutating func dnsLabel(_ value: String, _ path: FieldPath) { invalid(path, .string(value), all: Names.dnsLabel(value)) }
    mutating func dnsSubdomain(_ value: String, _ path: FieldPath) {
        invalid(path, .string(value), all: Names.dnsSubdomain(value))
    }
    mutating func qualifiedName(_ value: String, _ path: FieldPath) {
        invalid(path, .string(value), all: Names.qualifiedName(value))
    }
    mutating func pathSegment(_ value: String, _ path: FieldPath) {
        invalid(path, .string(value), all: Names.pathSegment(value))
    }
    mutating func portNumber(_ value: Int64, _ path: FieldPath) {
        if !(1...65535).contains(value) { invalid(path, JSON(value), Wording.range(1, 65535)) }
    }
}

/// Sentences that many rules share.
enum Wording {
    static let negative = "must be greater than or equal to 0"
    static let notPositive = "must be greater than zero"
    static let notInteger = "must be an integer"
    static let immutable = "field is immutable"
    static let fileMode = "must be a number between 0 and 0777 (octal), both inclusive"

    static func range(_ low: Int64, _ high: Int64) -> String { "must be between \(low) and \(high), inclusive" }
    static func longest(_ characters: Int) -> String { "must be no more than \(characters) characters" }
    static func longest(bytes: Int) -> String { "must be no more than \(bytes) bytes" }
}
