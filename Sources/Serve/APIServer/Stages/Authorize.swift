import KubeModel
import PolicyModel

/// A request that the authorizers allowed, with the rules that did. Only ``Authorize`` makes one.
struct AuthorizedRequest: Sendable {
    let identified: IdentifiedRequest
    /// The request's info, with the name that a body without one in the path gives.
    let info: RequestInfo
    let grantedBy: [RuleReference]

    var request: APIRequest { identified.request }
    var user: UserInfo { identified.user }

    fileprivate init(identified: IdentifiedRequest, info: RequestInfo, grantedBy: [RuleReference]) {
        self.identified = identified
        self.info = info
        self.grantedBy = grantedBy
    }

    /// The same request about the object `name`: `bindings` names its pod in the body.
    func naming(_ name: String) -> AuthorizedRequest {
        var info = info
        info.name = name
        return AuthorizedRequest(identified: identified, info: info, grantedBy: grantedBy)
    }

    /// The request as the creation that an update or apply turns into when there is no object yet. It takes the right
    /// to create too, as in kube-apiserver.
    ///
    /// - Throws: ``StatusError`` 403.
    func creating(_ authorizer: Authorizer) throws(StatusError) -> AuthorizedRequest {
        var info = info
        info.verb = "create"
        let attributes = Authorizer.attributes(of: info, user: user)
        let verdict = authorizer.decide(attributes)
        guard case .allow(let rules) = verdict.decision else { throw .forbidden(attributes, reason: verdict.reason) }
        return AuthorizedRequest(identified: identified, info: info, grantedBy: rules)
    }
}

/// The authorization stage.
struct Authorize: Sendable {
    let authorizer: Authorizer
    let denials: DenialLog

    /// Asks whether the user may do this.
    ///
    /// - Throws: ``StatusError`` 403 with the words clients know.
    func decide(_ identified: IdentifiedRequest) throws(StatusError) -> AuthorizedRequest {
        let info = identified.request.info
        let attributes = Authorizer.attributes(of: info, user: identified.user)
        let verdict = authorizer.decide(attributes)
        guard case .allow(let rules) = verdict.decision else {
            denials.tell(attributes, verdict.decision)
            throw .forbidden(attributes, reason: verdict.reason)
        }
        return AuthorizedRequest(identified: identified, info: info, grantedBy: rules)
    }
}
