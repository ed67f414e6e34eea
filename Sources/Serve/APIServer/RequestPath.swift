package import CertificateAuthority
import KubeClient
import JSONValue
import KubeModel
import NIOCore
import PolicyModel

/// What a request gets: an answer at once, from the cache, or one that takes a write to the store.
package enum Outcome: Sendable {
    case now(APIResponse)
    case later(@Sendable () async -> APIResponse)
}

/// The way of every request, from the wire and from inside the process alike.
///
/// Each stage takes what only the stage before can make, so that skipping one does not compile.
package final class RequestPath: Sendable {
    let authenticate: Authenticate
    let authorize: Authorize
    let router: Router
    let metrics: RequestMetrics
    let flows: FlowClassifier
    /// Reads what a client's certificate says, from the DER forms of its chain; nil when it proves nothing.
    package let readPeer: @Sendable ([[UInt8]]) -> PeerCertificate?
    /// Whether certificates are verified here, with the request, and not in the handshake.
    package let verifiesPeers: Bool

    init(
        authenticate: Authenticate, authorize: Authorize, router: Router, metrics: RequestMetrics, flows: FlowClassifier,
        verifiesPeers: Bool, readPeer: @escaping @Sendable ([[UInt8]]) -> PeerCertificate?
    ) {
        self.verifiesPeers = verifiesPeers
        self.authenticate = authenticate
        self.authorize = authorize
        self.router = router
        self.metrics = metrics
        self.flows = flows
        self.readPeer = readPeer
    }

    /// Answers a request. Reads are answered on the caller's thread.
    package func respond(to request: APIRequest) -> Outcome {
        let started = ContinuousClock.now
        do {
            let identified = try authenticate.identify(request)
            let authorized = try authorize.decide(identified)
            let flow = flows.flow(of: request.info, user: identified.user)
            switch try router.serve(authorized) {
            case .now(let response):
                metrics.record(request.info, code: response.status, seconds: started.duration(to: .now))
                return .now(response.adding(flow))
            case .later(let work):
                let follows = DefinitionKeeper.concerns(request.info, from: request.origin, registry: router.registry)
                return .later { [self] in
                    var response = await work()
                    if follows, response.status < 400, let refusal = await followUp(request.info) { response = refusal }
                    response = response.adding(flow)
                    metrics.record(request.info, code: response.status, seconds: started.duration(to: .now))
                    return response
                }
            }
        } catch {
            metrics.record(request.info, code: error.code, seconds: started.duration(to: .now))
            return .now(Self.refusal(error))
        }
    }

    /// Brings definitions of custom resources to the state that a write calls for; answers why that failed.
    private func followUp(_ info: RequestInfo) async -> APIResponse? {
        do {
            try await definitionKeeper.followUp(info)
            return nil
        } catch {
            return Self.refusal(.internalError("the write is stored, what follows from it is not done: \(error)"))
        }
    }

    /// Made when it is needed: it is a client of this very path.
    var definitionKeeper: DefinitionKeeper {
        DefinitionKeeper(
            registry: router.registry, cache: router.writer.cache,
            client: KubeClient(InProcessTransport(self, user: APIServer.identity, userAgent: APIServer.userAgent)), clock: router.writer.clock)
    }

    /// Why a request would be refused whatever its body says; nil when its body decides. Asked before a large body is
    /// taken in.
    func refusal(of request: APIRequest) -> APIResponse? {
        do {
            _ = try authorize.decide(try authenticate.identify(request))
            return nil
        } catch {
            metrics.record(request.info, code: error.code, seconds: .zero)
            return Self.refusal(error)
        }
    }

    /// The answer that an error makes, with the headers that go with it.
    static func refusal(_ error: StatusError) -> APIResponse {
        var headers: [(String, String)] = []
        if let seconds = error.details?.retryAfterSeconds, seconds > 0 { headers.append(("retry-after", String(seconds))) }
        if error.code == 403 { headers.append(("x-content-type-options", "nosniff")) }
        return APIResponse(status: error.code, json: error.json, headers: headers)
    }
}
