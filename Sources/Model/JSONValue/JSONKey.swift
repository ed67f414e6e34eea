/// The key of a member as what it is: bytes. Swift's own equality would take two keys that differ in Unicode normalisation
/// for one.
public struct JSONKey: Hashable, Sendable {
    /// The key.
    public var text: String
    /// The key that `text` spells, byte by byte and not normalised.
    public init(_ text: String) { self.text = text }

    /// Compares the bytes.
    public static func == (left: JSONKey, right: JSONKey) -> Bool { left.text.hasSameBytes(as: right.text) }
    /// What has the same bytes is equal for String too, and so has the same hash.
    public func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

extension String {
    /// Whether both strings have the same bytes.
    @inline(__always)
    func hasSameBytes(as other: String) -> Bool {
        // Of two ASCII strings Swift compares nothing else.
        self == other && (utf8Span.isKnownASCII && other.utf8Span.isKnownASCII || utf8.elementsEqual(other.utf8))
    }
}
