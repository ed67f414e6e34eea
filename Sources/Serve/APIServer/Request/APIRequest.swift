package import CertificateAuthority
package import JSONValue
package import NIOCore
package import NIOHTTP1
package import PolicyModel

/// Who stands at the other end of a request, before authentication.
package enum RequestOrigin: Sendable {
    /// A connection over TLS, with what the peer's verified certificate says, if it showed one.
    /// A certificate that could not be verified is no identity, and is not the same as none.
    case network(peer: PeerCertificate?, remoteAddress: String, hasUnverifiedCertificate: Bool = false)
    /// A component of this process, by the credential that it was given at start.
    case inProcess(UserInfo)

    /// Whether the server itself asks. Nobody else can: no header and no certificate makes an origin.
    var isServer: Bool {
        if case .inProcess(let user) = self { user == APIServer.identity } else { false }
    }
}

/// One request with its whole body, however it came.
package struct APIRequest: Sendable {
    package var method: String
    /// The decoded path without the query.
    package var path: String
    package var query: QueryParameters
    package var headers: HTTPHeaders
    package var body: [UInt8]
    package var origin: RequestOrigin
    package var info: RequestInfo

    /// - Parameter uri: path and query as the client sent them.
    package init(method: String, uri: String, headers: HTTPHeaders = [:], body: [UInt8] = [], origin: RequestOrigin) {
        let parts = uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        self.method = method
        path = QueryParameters.decoded(parts.first ?? "/")
        query = parts.count > 1 ? QueryParameters(parts[1]) : QueryParameters()
        self.headers = headers
        self.body = body
        self.origin = origin
        info = RequestInfo(method: method, path: path, query: query)
    }

    /// The same request without its body, whose options stand in the query alone.
    var withoutBody: APIRequest {
        var copy = self
        copy.body = []
        return copy
    }

    /// The media type of the body, in lower case and without parameters; empty when the header is absent. Every place that asks
    /// for the form of a body asks here, so that no two of them read the header differently (RFC 9110 section 8.3.1).
    var mediaType: String {
        guard let text = headers.first(name: "content-type") else { return "" }
        return String(decoding: text.utf8.prefix { $0 != UInt8(ascii: ";") }.filter { $0 != 0x20 && $0 != 0x09 }, as: UTF8.self).lowercased()
    }

    /// The user agent; its first part is the default field manager.
    var userAgent: String { headers.first(name: "user-agent") ?? "" }
}

/// What is answered.
package struct APIResponse: Sendable {
    package enum Body: Sendable {
        case bytes(ByteBuffer)
        /// A watch: frames are written as they come, until it ends.
        case watch(WatchStream)
        /// Bytes that are made while the client takes them: a log that is followed, what a proxied server answers.
        case produced(ProducedBody)
        /// The connection goes on with another protocol (HTTP/1.1 only).
        case upgrade(ConnectionUpgrade)
    }
    package var status: Int
    package var contentType: String
    /// Further headers.
    package var headers: [(String, String)] = []
    package var body: Body

    package init(status: Int, contentType: String = "application/json", headers: [(String, String)] = [], body: Body) {
        self.status = status
        self.contentType = contentType
        self.headers = headers
        self.body = body
    }

    package init(status: Int, text: String) {
        self.init(status: status, contentType: "text/plain; charset=utf-8", headers: [("x-content-type-options", "nosniff")], body: .bytes(ByteBuffer(string: text)))
    }

    package init(status: Int, json: JSON, headers: [(String, String)] = []) {
        self.init(status: status, headers: headers, body: .bytes(ByteBuffer(bytes: json.bytes + [0x0A])))
    }

    package init(status: Int, bytes: [UInt8]) { self.init(status: status, body: .bytes(ByteBuffer(bytes: bytes))) }

    /// The path is served by nobody.
    static var pageNotFound: APIResponse { APIResponse(status: 404, text: "404 page not found\n") }
}
