import Authentication
import CertificateAuthority
import JSONValue
import KubeModel
import NIOHTTP1
import PolicyModel
import Synchronization

/// A request whose sender is known. Only ``Authenticate`` makes one.
struct IdentifiedRequest: Sendable {
    let request: APIRequest
    /// Who acts: the sender, or whom the sender may impersonate.
    let user: UserInfo

    fileprivate init(request: APIRequest, user: UserInfo) {
        self.request = request
        self.user = user
    }
}

/// The authentication stage: client certificates, static tokens, bootstrap tokens, service account tokens, anonymous, impersonation.
package final class Authenticate: Sendable {
    private let staticTokens: StaticTokens
    private let accountTokens: ServiceAccountTokens
    private let allowsAnonymous: Bool
    private let allowsBootstrapTokens: Bool
    private let cache: ObjectCache
    private let authorizer: Authorizer
    private let clock: @Sendable () -> Timestamp
    // A lock and no actor: asked on event loops in the midst of a request.
    private let impersonation = Mutex(Impersonation.Memory())

    /// - Throws: `TokenFileError` when the token file cannot be read as one.
    init(
        tokenFile: [UInt8]?, allowsAnonymous: Bool, allowsBootstrapTokens: Bool, tokens: TokenIssuer, cache: ObjectCache, authorizer: Authorizer,
        clock: @escaping @Sendable () -> Timestamp
    ) throws {
        staticTokens = try tokenFile.map { try StaticTokens(csv: $0) } ?? StaticTokens()
        accountTokens = ServiceAccountTokens(issuers: [tokens.issuer], audiences: [tokens.issuer], keys: [try tokens.verificationKey()])
        self.allowsAnonymous = allowsAnonymous
        self.allowsBootstrapTokens = allowsBootstrapTokens
        self.cache = cache
        self.authorizer = authorizer
        self.clock = clock
    }

    /// Finds out who sends the request.
    ///
    /// - Throws: ``StatusError`` 401 when credentials are refused, 403 when impersonation is.
    func identify(_ request: APIRequest) throws(StatusError) -> IdentifiedRequest {
        let sender: UserInfo
        switch request.origin {
        case .inProcess(let user): return IdentifiedRequest(request: request, user: user)
        case .network(let peer, _, let hasUnverifiedCertificate):
            sender = try self.sender(request, peer: peer, hasUnverifiedCertificate: hasUnverifiedCertificate)
        }
        let headers = request.headers.map { (name: $0.name, value: $0.value) }
        guard let wanted = try Impersonation.wanted(headers: headers) else { return IdentifiedRequest(request: request, user: sender) }
        let attributes = Authorizer.attributes(of: request.info, user: sender)
        let authorizer = authorizer
        let outcome = impersonation.withLock { memory -> Result<Impersonation.Outcome, StatusError> in
            do throws(StatusError) {
                return .success(try Impersonation.resolve(wanted, request: attributes, memory: &memory) { authorizer.decide($0) })
            } catch {
                return .failure(error)
            }
        }
        return IdentifiedRequest(request: request, user: try outcome.get().user)
    }

    private func sender(_ request: APIRequest, peer: PeerCertificate?, hasUnverifiedCertificate: Bool) throws(StatusError) -> UserInfo {
        let now = clock().seconds
        if let peer, let user = try? Self.certificate(peer).authenticate(now: now) { return user }
        if let token = BearerToken.token(authorization: request.headers.first(name: "authorization")) {
            do { return try user(of: token, audiences: nil, now: now).user } catch { throw .unauthorized() }
        }
        // Who shows a certificate that proves nothing is not taken for nobody.
        if peer != nil || hasUnverifiedCertificate || !allowsAnonymous { throw .unauthorized() }
        return .anonymous
    }

    private static func certificate(_ peer: PeerCertificate) -> ClientCertificate {
        ClientCertificate(
            commonName: peer.commonName, organizations: peer.organizations, notBefore: peer.notBefore.seconds, notAfter: peer.notAfter.seconds,
            usages: peer.extendedUsages.map { usages in
                usages.map { usage in
                    switch usage.identifier {
                    case "1.3.6.1.5.5.7.3.2": .clientAuthentication
                    case "2.5.29.37.0": .any
                    default: .other
                    }
                }
            },
            fingerprint: peer.fingerprintHex)
    }

    /// Whom a token stands for.
    private func user(of token: String, audiences: [String]?, now: Int64) throws(AuthenticationFailure) -> (user: UserInfo, audiences: [String]) {
        if let user = staticTokens.user(of: token) {
            // A static token is meant for this server and nobody else.
            let common = audiences.map { wanted in accountTokens.audiences.filter(wanted.contains) } ?? accountTokens.audiences
            if common.isEmpty { throw .init(.unknown, "the token is not meant for the audiences") }
            return (user.withAuthenticatedGroup, common)
        }
        if allowsBootstrapTokens, let bootstrap = BootstrapTokens.Token(token) {
            let common = audiences.map { wanted in accountTokens.audiences.filter(wanted.contains) } ?? accountTokens.audiences
            if common.isEmpty { throw .init(.unknown, "the token is not meant for the audiences") }
            let secrets = GroupResource(group: "", resource: "secrets")
            let secret = cache[secrets]?[StorageKey.folder(of: secrets) + "\(BootstrapTokens.namespace)/\(bootstrap.secretName)"]
            return (try BootstrapTokens.user(of: bootstrap, secret: secret?.tree, now: now), common)
        }
        let accepted = try accountTokens.authenticate(token, audiences: audiences, now: now) { kind, namespace, name in
            self.stored(kind, namespace: namespace, name: name)
        }
        return (accepted.user, accepted.audiences)
    }

    /// Answers a TokenReview.
    func review(token: String, audiences: [String]) -> Result<(user: UserInfo, audiences: [String]), AuthenticationFailure> {
        do throws(AuthenticationFailure) {
            return .success(try user(of: token, audiences: audiences.isEmpty ? nil : audiences, now: clock().seconds))
        } catch {
            return .failure(error)
        }
    }

    private func stored(_ kind: ServiceAccountTokens.Kind, namespace: String, name: String) -> ServiceAccountTokens.Stored? {
        let (plural, key) =
            switch kind {
            case .serviceAccount: ("serviceaccounts", "\(namespace)/\(name)")
            case .pod: ("pods", "\(namespace)/\(name)")
            case .secret: ("secrets", "\(namespace)/\(name)")
            case .node: ("nodes", name)
            }
        let resource = GroupResource(group: "", resource: plural)
        guard let object = cache[resource]?[StorageKey.folder(of: resource) + key] else { return nil }
        let deleted = object.tree["metadata"]?["deletionTimestamp"]?.string.flatMap { Timestamp($0)?.seconds }
        return .init(uid: object.uid, deleted: deleted)
    }
}
