/// Why credentials were not accepted. Says what is wrong with them, never what they are.
public struct AuthenticationFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of thing is wrong.
    public enum Cause: Hashable, Sendable {
        /// The credentials cannot be read.
        case malformed
        /// They can be read, and are not of this cluster: unknown token, other issuer.
        case unknown
        /// The signature does not fit.
        case badSignature
        /// They are no longer, or not yet, valid.
        case outOfTime
        /// They are meant for somebody else: audience, key usage.
        case misdirected
        /// What they are bound to is gone.
        case revoked
    }
    /// What kind of thing is wrong.
    public var cause: Cause
    /// What is wrong, in the words clients know where they have any.
    public var message: String

    /// A failure whose message clients may read: it holds nothing of the credentials.
    public init(_ cause: Cause, _ message: String) {
        self.cause = cause
        self.message = message
    }

    /// The message.
    public var description: String { message }

    /// The `status.error` of a TokenReview.
    public var reviewError: String {
        switch cause {
        case .malformed, .unknown: "invalid bearer token"
        case .badSignature, .outOfTime, .misdirected, .revoked: "[invalid bearer token, \(message)]"
        }
    }
}
