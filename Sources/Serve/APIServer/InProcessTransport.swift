package import KubeClient
import KubeModel
import NIOCore
import NIOHTTP1
package import PolicyModel

/// Carries a component's requests to the API server of the same process, through every stage that a request from
/// outside passes. The identity was given at start; nothing in the request can change it.
package struct InProcessTransport: Transport {
    private let path: RequestPath
    private let user: UserInfo
    private let userAgent: String

    /// - Parameter userAgent: the field manager of the component's writes.
    package init(_ path: RequestPath, user: UserInfo, userAgent: String) {
        self.path = path
        self.user = user
        self.userAgent = userAgent
    }

    private func request(_ request: ClientRequest) -> APIRequest {
        var headers = HTTPHeaders()
        headers.add(name: "accept", value: request.accept)
        headers.add(name: "user-agent", value: userAgent)
        if let type = request.contentType { headers.add(name: "content-type", value: type) }
        return APIRequest(method: request.method, uri: request.uri, headers: headers, body: request.body, origin: .inProcess(user))
    }

    private func respond(_ request: ClientRequest) async -> APIResponse {
        switch path.respond(to: self.request(request)) {
        case .now(let response): response
        case .later(let work): await work()
        }
    }

    package func send(_ request: ClientRequest) async throws -> ClientResponse {
        let response = await respond(request)
        let warnings = response.headers.filter { $0.0 == "warning" }.map(\.1)
        guard case .bytes(let buffer) = response.body else {
            response.body.abandon()
            throw TransportError("a watch was sent as a single request; use a stream")
        }
        return ClientResponse(status: response.status, warnings: warnings, body: Array(buffer.readableBytesView))
    }

    package func stream(_ request: ClientRequest) async throws -> AsyncThrowingStream<[UInt8], any Error> {
        let response = await respond(request)
        guard case .watch(let watch) = response.body else {
            guard case .bytes(let buffer) = response.body else {
                response.body.abandon()
                throw TransportError("the answer is no stream")
            }
            let client = ClientResponse(status: response.status, body: Array(buffer.readableBytesView))
            throw client.refusal
        }
        let (stream, continuation) = AsyncThrowingStream.makeStream(of: [UInt8].self, throwing: (any Error).self, bufferingPolicy: .bufferingOldest(65536))
        continuation.onTermination = { _ in watch.close() }
        watch.onReady {
            let (frames, ended) = watch.frames()
            for frame in frames {
                if case .dropped = continuation.yield(Array(frame.readableBytesView)) {
                    // The consumer does not keep up: it lists again.
                    continuation.finish(throwing: StatusError(code: 410, reason: "Expired", message: "the watch fell too far behind; list and watch again"))
                    watch.close()
                    return
                }
            }
            if ended { continuation.finish() }
        }
        return stream
    }
}
