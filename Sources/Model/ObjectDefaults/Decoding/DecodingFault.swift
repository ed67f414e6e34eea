public import KubeModel

/// Why a body is not an object of its kind. Nothing was kept of it.
public struct DecodingFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, in the words that clients know: `json: cannot unmarshal string into Go struct field …`.
    public var message: String

    /// A fault with its text.
    public init(_ message: String) { self.message = message }

    /// What is wrong.
    public var description: String { message }

    /// The refusal of a request that wanted an object of `expected` and sent one of `sent`.
    public func status(sent: GroupVersionKind, expected: String? = nil) -> StatusError {
        .badRequest(
            "\(sent.kind) in version \(goQuoted(sent.version)) "
                + "cannot be handled as a \(expected ?? sent.kind): \(message)"
        )
    }
}
