import JSONValue
import KubeModel
public import PolicyModel

/// Accepts the service account tokens of a cluster.
public struct ServiceAccountTokens: Sendable {
    /// The issuers whose tokens are accepted; the first is the one that issues.
    public var issuers: [String]
    /// The audiences of the server itself, for requests that name none.
    public var audiences: [String]
    /// The keys that tokens may be signed with.
    public var keys: [TokenKey]

    /// How far clocks may differ, in seconds.
    public static let leeway: Int64 = 60

    /// Accepts tokens of these issuers that are signed with one of the keys; the first issuer is the one that issues.
    public init(issuers: [String], audiences: [String], keys: [TokenKey]) {
        self.issuers = issuers
        self.audiences = audiences
        self.keys = keys
    }

    /// The kinds of objects that a token depends on.
    public enum Kind: Hashable, Sendable { case serviceAccount, pod, secret, node }

    /// A stored object that a token depends on.
    public struct Stored: Hashable, Sendable {
        /// The UID of the stored object.
        public var uid: String
        /// Seconds since 1970; nil while it is not being deleted.
        public var deleted: Int64?
        /// A stored object as it is found now; `deleted` is the `deletionTimestamp` in seconds since 1970.
        public init(uid: String, deleted: Int64? = nil) {
            self.uid = uid
            self.deleted = deleted
        }
    }

    /// An accepted token.
    public struct Accepted: Hashable, Sendable {
        /// Who shows the token.
        public var user: UserInfo
        /// The audiences that the token and the question have in common.
        public var audiences: [String]
        /// What the token says.
        public var claims: ServiceAccountClaims
        /// How many seconds ago the token should have been renewed; nil when it should not yet.
        public var secondsAfterWarning: Int64?
    }

    /// Whether a token says it is of one of our issuers. Cheap, and believes nothing: it decides which authenticator is
    /// asked.
    public func claimsOurIssuer(_ token: JSONWebToken) -> Bool {
        token.unverifiedClaims["iss"]?.string.map(issuers.containsExactly) ?? false
    }

    /// Who a token is.
    ///
    /// - Parameters:
    ///   - text: the token as it came.
    ///   - requested: the audiences it must be meant for, at least one of them; nil for the server's own.
    ///   - now: seconds since 1970.
    ///   - stored: the current object of a kind, namespace (empty for a node) and name.
    /// - Returns: the user, with `system:authenticated`, and what the token said.
    /// - Throws: ``AuthenticationFailure``; the user is then nobody.
    public func authenticate(
        _ text: String, audiences requested: [String]? = nil, now: Int64,
        stored: (_ kind: Kind, _ namespace: String, _ name: String) -> Stored?
    ) throws(AuthenticationFailure) -> Accepted {
        let token = try JSONWebToken(parsing: text)
        guard claimsOurIssuer(token) else { throw .init(.unknown, "the token is of another issuer") }
        let claims = try ServiceAccountClaims(verified: try token.verify(with: keys))
        let wanted = requested ?? audiences
        let common = claims.audiences.filter(wanted.containsExactly)
        if common.isEmpty {
            throw .init(
                .misdirected,
                "token audiences \(Self.quoted(claims.audiences)) is invalid for the target audiences \(Self.quoted(wanted))"
            )
        }
        try checkTime(claims, now: now)
        try checkBindings(claims, now: now, stored: stored)
        var accepted = Accepted(user: Self.user(claims).withAuthenticatedGroup, audiences: common, claims: claims)
        if let warnAfter = claims.warnAfter, warnAfter != 0, now > warnAfter {
            let (seconds, overflow) = now.subtractingReportingOverflow(warnAfter)
            accepted.secondsAfterWarning = overflow ? .max : seconds
        }
        return accepted
    }

    private static func quoted(_ texts: [String]) -> String { "[" + texts.map(goQuoted).joined(separator: " ") + "]" }

    private func checkTime(_ claims: ServiceAccountClaims, now: Int64) throws(AuthenticationFailure) {
        let (early, late) = (now &+ Self.leeway, now &- Self.leeway)
        if early < claims.notBefore { throw .init(.outOfTime, "service account token is not valid yet") }
        if late > claims.expires { throw .init(.outOfTime, "service account token has expired") }
        if early < claims.issuedAt { throw .init(.outOfTime, "service account token is issued in the future") }
    }

    private func checkBindings(
        _ claims: ServiceAccountClaims, now: Int64, stored: (Kind, String, String) -> Stored?
    ) throws(AuthenticationFailure) {
        let (namespace, account) = (claims.namespace, claims.serviceAccount)
        guard let present = stored(.serviceAccount, namespace, account.name) else {
            throw .init(.revoked, "serviceaccounts \(goQuoted(account.name)) not found")
        }
        if isGone(present, now) {
            throw .init(.revoked, "service account \(namespace)/\(account.name) has been deleted")
        }
        if present.uid != account.uid {
            throw .init(.revoked, "service account UID (\(present.uid)) does not match claim (\(account.uid))")
        }
        if let secret = claims.secret {
            try check(secret, stored(.secret, namespace, secret.name), "secret", now)
        }
        if let pod = claims.pod {
            try check(pod, stored(.pod, namespace, pod.name), "pod", now)
        } else if let node = claims.node {
            try check(node, stored(.node, "", node.name), "node", now)
        }
    }

    private func check(
        _ claimed: BoundObject, _ stored: Stored?, _ kind: String, _ now: Int64
    ) throws(AuthenticationFailure) {
        guard let stored, !isGone(stored, now) else {
            throw .init(.revoked, "service account token has been invalidated")
        }
        if stored.uid != claimed.uid {
            throw .init(
                .revoked,
                "\(kind) UID (\(stored.uid)) does not match service account \(kind) ref claim (\(claimed.uid))")
        }
    }

    private func isGone(_ stored: Stored, _ now: Int64) -> Bool {
        stored.deleted.map { $0 < now &- Self.leeway } ?? false
    }

    private static func user(_ claims: ServiceAccountClaims) -> UserInfo {
        var extra: [String: [String]] = [:]
        if !claims.id.isEmpty { extra[UserInfo.ExtraKey.credential] = ["JTI=\(claims.id)"] }
        if let pod = claims.pod {
            extra[UserInfo.ExtraKey.podName] = [pod.name]
            extra[UserInfo.ExtraKey.podUID] = [pod.uid]
        }
        if let node = claims.node {
            extra[UserInfo.ExtraKey.nodeName] = [node.name]
            if !node.uid.isEmpty { extra[UserInfo.ExtraKey.nodeUID] = [node.uid] }
        }
        return UserInfo(
            name: claims.subject, uid: claims.serviceAccount.uid,
            groups: UserInfo.serviceAccountGroups(namespace: claims.namespace), extra: extra)
    }
}
