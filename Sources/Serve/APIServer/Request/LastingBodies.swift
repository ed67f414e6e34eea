package import NIOCore

/// A body that is made while it is sent.
package struct ProducedBody: Sendable {
    /// Makes the body: calls what it is given with each part, which returns when the client takes more. What it throws
    /// breaks the answer off. Cancelled when the client is gone.
    package var produce: @Sendable (_ write: @escaping @Sendable ([UInt8]) async throws -> Void) async throws -> Void
    /// Called in the place of `produce` when nobody wants the body.
    package var abandon: @Sendable () -> Void

    package init(
        produce: @escaping @Sendable (_ write: @escaping @Sendable ([UInt8]) async throws -> Void) async throws -> Void,
        abandon: @escaping @Sendable () -> Void
    ) {
        self.produce = produce
        self.abandon = abandon
    }
}

/// A connection that goes on with another protocol.
package struct ConnectionUpgrade: Sendable {
    /// The headers of the answer 101, beside `Connection`.
    package var headers: [(String, String)]
    /// Takes over the connection, whose pipeline speaks bytes. Called on its event loop, after the answer was written.
    package var install: @Sendable (any Channel) throws -> Void
    /// Called in the place of `install` when nothing comes of it.
    package var abandon: @Sendable () -> Void

    package init(
        headers: [(String, String)], install: @escaping @Sendable (any Channel) throws -> Void, abandon: @escaping @Sendable () -> Void = {}
    ) {
        self.headers = headers
        self.install = install
        self.abandon = abandon
    }
}

extension APIResponse.Body {
    /// Lets go of what an answer holds that nobody will send.
    package func abandon() {
        switch self {
        case .bytes: break
        case .watch(let stream): stream.close()
        case .produced(let body): body.abandon()
        case .upgrade(let upgrade): upgrade.abandon()
        }
    }
}
