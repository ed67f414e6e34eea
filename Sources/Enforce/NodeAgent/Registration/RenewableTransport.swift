package import KubeClient
import Synchronization

/// Carries requests over whatever transport is current, so that a renewed certificate is used from the next request on and
/// what is under way ends as it began.
package final class RenewableTransport: Transport {
    // A lock and no actor: every request reads it, and a hold is one assignment.
    private let current: Mutex<any Transport>

    package init(_ transport: any Transport) { current = Mutex(transport) }

    /// Takes another transport for the requests to come.
    package func replace(with transport: any Transport) { current.withLock { $0 = transport } }

    package func send(_ request: ClientRequest) async throws -> ClientResponse { try await current.withLock { $0 }.send(request) }

    package func stream(_ request: ClientRequest) async throws -> AsyncThrowingStream<[UInt8], any Error> {
        try await current.withLock { $0 }.stream(request)
    }
}
