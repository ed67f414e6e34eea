/// Finds the token of a request.
public enum BearerToken {
    /// The longest token that is looked at. Real ones have a thousand or two bytes.
    public static let maximumLength = 32 * 1024

    /// The token in an `Authorization` header; nil when there is none, which is no error: the request has no
    /// credentials of this kind. After `Bearer` (in any case) the token goes on to the next space.
    public static func token(authorization header: String?) -> String? {
        guard let header else { return nil }
        var rest = header[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        let parts = rest.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, parts[0].lowercased() == "bearer", !parts[1].isEmpty else { return nil }
        return String(parts[1])
    }

    /// The token that a browser hides among the WebSocket subprotocols, and the protocols that remain.
    ///
    /// - Parameter protocols: those of `Sec-WebSocket-Protocol`, in order.
    /// - Returns: nil when there is no token among them.
    /// - Throws: ``AuthenticationFailure`` when there is one that cannot be used.
    public static func token(
        webSocketProtocols protocols: [String]
    ) throws(AuthenticationFailure) -> (token: String, remaining: [String])? {
        let prefix = "base64url.bearer.authorization.k8s.io."
        let carriers = protocols.filter { $0.hasPrefix(prefix) }
        guard let carrier = carriers.first else { return nil }
        if carriers.count > 1 {
            throw .init(.malformed, "multiple base64.bearer.authorization tokens specified")
        }
        guard let bytes = Base64URL.decode(String(carrier.dropFirst(prefix.count)), limit: maximumLength),
            let token = String(validating: bytes, as: UTF8.self)
        else { throw .init(.malformed, "invalid base64.bearer.authorization token encoding") }
        let remaining = protocols.filter { !$0.hasPrefix(prefix) }
        if remaining.isEmpty { throw .init(.malformed, "missing additional subprotocol") }
        if token.isEmpty { throw .init(.malformed, "empty base64.bearer.authorization token") }
        return (token, remaining)
    }
}
