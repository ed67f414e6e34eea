/// A string that equals another only when both have the same bytes.
///
/// Swift's own equality looks through Unicode normalisation: `é` in one scalar equals `e` with an accent after it. Of
/// two such user names an authorizer must not take one for the other.
public struct ExactString: Hashable, Sendable, CustomStringConvertible {
    /// The string.
    public var text: String
    /// The same text under byte-wise equality.
    public init(_ text: String) { self.text = text }

    /// Compares the bytes.
    public static func == (left: ExactString, right: ExactString) -> Bool { left.text.isExactly(right.text) }
    /// What has the same bytes is equal for String too, and so has the same hash.
    public func hash(into hasher: inout Hasher) { hasher.combine(text) }
    /// The string.
    public var description: String { text }
}

extension String {
    /// Whether both strings have the same bytes.
    public func isExactly(_ other: String) -> Bool {
        // Of two ASCII strings Swift compares nothing else.
        self == other && (utf8Span.isKnownASCII && other.utf8Span.isKnownASCII || utf8.elementsEqual(other.utf8))
    }
}

extension Sequence<String> {
    /// Whether one of the strings has the same bytes.
    public func containsExactly(_ text: String) -> Bool { contains { $0.isExactly(text) } }
}
