import KubeModel
import NIOHTTP1
import StreamProtocol

/// What a client asks its connection to become, and what is answered.
///
/// Source: RFC 6455 section 4.2; Kubernetes' `X-Stream-Protocol-Version`.
struct Handshake: Sendable {
    enum Carrier: Sendable { case spdy, webSocket }
    var carrier: Carrier
    /// The protocol of the streams; empty when the client named none.
    var protocolName: String
    /// The headers of the answer.
    var headers: [(String, String)]

    private static let version = "x-stream-protocol-version"

    /// - Parameters:
    ///   - spdy: the protocols over SPDY, the preferred first.
    ///   - webSocket: the subprotocols of a WebSocket.
    ///   - isNameNeeded: whether a client has to name a protocol.
    /// - Throws: 400 when nothing is asked for; 403 when no protocol is common.
    init(_ headers: HTTPHeaders, spdy: [String], webSocket: [String], isNameNeeded: Bool) throws(StatusError) {
        let asked = headers[canonicalForm: "upgrade"].map { $0.lowercased() }
        guard headers[canonicalForm: "connection"].contains(where: { $0.lowercased() == "upgrade" }), !asked.isEmpty else {
            throw .badRequest("Upgrade request required")
        }
        if asked.contains("spdy/3.1") {
            let offered = headers[canonicalForm: Self.version].map(String.init)
            carrier = .spdy
            self.headers = [("upgrade", "SPDY/3.1")]
            protocolName = try Self.choose(offered, from: spdy, isNameNeeded: isNameNeeded)
            if !protocolName.isEmpty { self.headers.append((Self.version, protocolName)) }
        } else if asked.contains("websocket") {
            guard headers.first(name: "sec-websocket-version") == "13",
                let acceptance = headers.first(name: "sec-websocket-key").flatMap({ WebSocket.acceptance(of: $0) })
            else { throw .badRequest("a WebSocket needs the headers Sec-WebSocket-Version: 13 and Sec-WebSocket-Key") }
            let offered = headers[canonicalForm: "sec-websocket-protocol"].map(String.init)
            carrier = .webSocket
            self.headers = [("upgrade", "websocket"), ("sec-websocket-accept", acceptance)]
            protocolName = try Self.choose(offered, from: webSocket, isNameNeeded: isNameNeeded)
            if !protocolName.isEmpty { self.headers.append(("sec-websocket-protocol", protocolName)) }
        } else {
            throw .badRequest("Upgrade request required")
        }
    }

    private static func choose(_ offered: [String], from known: [String], isNameNeeded: Bool) throws(StatusError) -> String {
        if let common = offered.first(where: known.contains) { return common }
        if offered.isEmpty, !isNameNeeded { return "" }
        throw StatusError(
            code: 403, reason: "Forbidden",
            message: "unable to upgrade: unable to negotiate protocol: client supports [\(offered.joined(separator: " "))], server accepts [\(known.joined(separator: " "))]")
    }
}
