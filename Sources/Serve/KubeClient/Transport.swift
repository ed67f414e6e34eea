/// One request to an API server, whatever carries it.
package struct ClientRequest: Sendable {
    package var method: String
    /// Path and query, percent-encoded.
    package var uri: String
    package var contentType: String?
    package var accept = "application/json"
    package var body: [UInt8]

    package init(method: String, uri: String, contentType: String? = nil, body: [UInt8] = []) {
        self.method = method
        self.uri = uri
        self.contentType = contentType
        self.body = body
    }
}

/// The whole answer to a request.
package struct ClientResponse: Sendable {
    package var status: Int
    package var warnings: [String]
    package var body: [UInt8]

    package init(status: Int, warnings: [String] = [], body: [UInt8]) {
        self.status = status
        self.warnings = warnings
        self.body = body
    }
}

/// Why no answer came. The request may or may not have taken effect.
package struct TransportError: Error, Sendable, CustomStringConvertible {
    /// What went wrong, where, and how to mend it.
    package var description: String
    package init(_ description: String) { self.description = description }
}

/// What carries requests to an API server: inside one process, or over HTTPS.
package protocol Transport: Sendable {
    /// Sends a request and waits for its whole answer.
    ///
    /// - Throws: ``TransportError``.
    func send(_ request: ClientRequest) async throws -> ClientResponse

    /// Opens a watch: the lines of the answer as they come. Ends when the server ends it; cancelling the task that
    /// iterates closes the watch.
    ///
    /// - Throws: ``TransportError``; `StatusError` when the server refuses the watch.
    func stream(_ request: ClientRequest) async throws -> AsyncThrowingStream<[UInt8], any Error>
}
