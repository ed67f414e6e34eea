import AsyncHTTPClient
import KubeModel
import NIOCore
import NIOHTTP1
import NIOSSL

/// Carries requests to an API server over HTTPS.
package final class HTTPSTransport: Transport {
    private let client: HTTPClient
    private let server: String
    private let token: String?
    private let userAgent: String

    /// - Parameters:
    ///   - server: such as `https://127.0.0.1:6443`.
    ///   - authority: the CA that signed the server's certificate, as PEM.
    ///   - identity: a client certificate and its key, as PEM.
    ///   - token: a bearer token.
    /// - Throws: `NIOSSLError` when a certificate or key cannot be read.
    package init(
        server: String, authority: [UInt8], identity: (certificate: [UInt8], key: [UInt8])?, token: String? = nil, userAgent: String
    ) throws {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(authority))
        if let identity {
            tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(identity.certificate).map { .certificate($0) }
            tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: identity.key, format: .pem))
        }
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.timeout = .init(connect: .seconds(5))
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        self.server = server
        self.token = token
        self.userAgent = userAgent
    }

    /// Closes the connections. The transport cannot be used afterwards.
    package func shutDown() async { try? await client.shutdown() }

    deinit {
        // The client insists on being shut down, also by those who are cancelled; the task holds it until that is done.
        Task { [client] in try? await client.shutdown() }
    }

    private func prepared(_ request: ClientRequest) -> HTTPClientRequest {
        var message = HTTPClientRequest(url: server + request.uri)
        message.method = HTTPMethod(rawValue: request.method)
        message.headers.add(name: "accept", value: request.accept)
        message.headers.add(name: "user-agent", value: userAgent)
        if let type = request.contentType { message.headers.add(name: "content-type", value: type) }
        if let token { message.headers.add(name: "authorization", value: "Bearer " + token) }
        if !request.body.isEmpty { message.body = .bytes(request.body) }
        return message
    }

    private func execute(_ request: ClientRequest, timeout: TimeAmount) async throws -> HTTPClientResponse {
        do {
            return try await client.execute(prepared(request), timeout: timeout)
        } catch {
            throw TransportError("The API server at \(server) does not answer (\(error)). Run 'kastell status', or start it with 'kastell up'.")
        }
    }

    package func send(_ request: ClientRequest) async throws -> ClientResponse {
        let response = try await execute(request, timeout: .seconds(60))
        let body = try await response.body.collect(upTo: 256 << 20)
        return ClientResponse(status: Int(response.status.code), warnings: response.headers["warning"], body: Array(body.readableBytesView))
    }

    package func stream(_ request: ClientRequest) async throws -> AsyncThrowingStream<[UInt8], any Error> {
        let response = try await execute(request, timeout: .hours(24))
        guard response.status.code == 200 else {
            let body = try await response.body.collect(upTo: 1 << 20)
            throw ClientResponse(status: Int(response.status.code), body: Array(body.readableBytesView)).refusal
        }
        let (stream, continuation) = AsyncThrowingStream.makeStream(of: [UInt8].self, throwing: (any Error).self, bufferingPolicy: .bufferingOldest(65536))
        let reading = Task {
            do {
                var line: [UInt8] = []
                for try await chunk in response.body {
                    for byte in chunk.readableBytesView {
                        if byte != 0x0A {
                            line.append(byte)
                            continue
                        }
                        if case .dropped = continuation.yield(line) {
                            throw StatusError(code: 410, reason: "Expired", message: "the watch fell too far behind; list and watch again")
                        }
                        line = []
                    }
                }
                continuation.finish()
            } catch {
                continuation.finish(throwing: error)
            }
        }
        continuation.onTermination = { _ in reading.cancel() }
        return stream
    }
}
