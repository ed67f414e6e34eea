public import JSONValue
import PolicyModel

/// An object that a token is bound to, by name and UID.
public struct BoundObject: Hashable, Sendable {
    /// The name at the time of issue.
    public var name: String
    /// The UID, which tells it from a later object of the same name.
    public var uid: String
    /// An object as it was when the token was issued.
    public init(name: String, uid: String) {
        self.name = name
        self.uid = uid
    }

    var json: JSON { ["name": .string(name), "uid": .string(uid)] }

    init?(_ json: JSON?) {
        guard let json, json.object != nil else { return nil }
        self.init(name: json["name"]?.string ?? "", uid: json["uid"]?.string ?? "")
    }
}

/// The claims of a service account token, as TokenRequest issues them. Times are seconds since 1970.
public struct ServiceAccountClaims: Hashable, Sendable {
    /// Who issued the token.
    public var issuer: String
    /// Whom the token is meant for.
    public var audiences: [String]
    /// The namespace of the service account, and of the pod or secret.
    public var namespace: String
    /// The service account that the token is of.
    public var serviceAccount: BoundObject
    /// With a pod, ``node`` says where it runs, and the token lives and dies with the pod alone.
    public var pod: BoundObject?
    /// The secret that the token dies with.
    public var secret: BoundObject?
    /// The node that the token dies with, or on which its pod runs.
    public var node: BoundObject?
    /// When it was issued.
    public var issuedAt: Int64
    /// From when on it is valid.
    public var notBefore: Int64
    /// Until when it is valid.
    public var expires: Int64
    /// After this a token with a prolonged life is worth a warning.
    public var warnAfter: Int64?
    /// The token's own identifier (`jti`).
    public var id: String

    /// The claims of a new token, which is valid from `now` on. Times beyond the range of `Int64` are its end.
    ///
    /// `lifetime` and `warnAfter` are in seconds from `now`; the latter is for tokens whose life was prolonged beyond
    /// what was asked. `id` is a fresh UUID.
    public init(
        issuer: String, audiences: [String], namespace: String, serviceAccount: BoundObject, pod: BoundObject? = nil,
        secret: BoundObject? = nil, node: BoundObject? = nil, now: Int64, lifetime: Int64, warnAfter: Int64? = nil,
        id: String
    ) {
        self.issuer = issuer
        self.audiences = audiences
        self.namespace = namespace
        self.serviceAccount = serviceAccount
        self.pod = pod
        self.secret = secret
        self.node = node
        issuedAt = now
        notBefore = now
        expires = now.addingReportingOverflow(lifetime).overflow ? .max : now + lifetime
        self.warnAfter = warnAfter.map { now.addingReportingOverflow($0).overflow ? .max : now + $0 }
        self.id = id
    }

    /// Reads claims whose signature was checked. A claim that is missing is empty, and found out by validation.
    init(verified claims: JSON) throws(AuthenticationFailure) {
        let own = claims["kubernetes.io"] ?? [:]
        issuer = claims["iss"]?.string ?? ""
        audiences = claims["aud"]?.string.map { [$0] } ?? claims["aud"]?.strings ?? []
        namespace = own["namespace"]?.string ?? ""
        serviceAccount = BoundObject(own["serviceaccount"]) ?? BoundObject(name: "", uid: "")
        pod = BoundObject(own["pod"])
        secret = BoundObject(own["secret"])
        node = BoundObject(own["node"])
        issuedAt = try Self.time(claims["iat"], "iat") ?? .min
        notBefore = try Self.time(claims["nbf"], "nbf") ?? .min
        guard let expires = try Self.time(claims["exp"], "exp") else {
            throw .init(.outOfTime, "the token does not say when it expires")
        }
        self.expires = expires
        warnAfter = try Self.time(own["warnafter"], "warnafter")
        id = claims["jti"]?.string ?? ""
        // What it is bound to must be readable, or it would count as bound to nothing.
        for key in ["pod", "secret", "node"] where own[key].map({ $0.object == nil }) ?? false {
            throw .init(.malformed, "the token's claim kubernetes.io.\(key) is not readable")
        }
        let subject = UserInfo.serviceAccountName(namespace: namespace, name: serviceAccount.name)
        guard claims["sub"]?.string?.isExactly(subject) == true, UserInfo.serviceAccount(subject) != nil else {
            throw .init(.malformed, "the token's subject is not the service account of its other claims")
        }
    }

    private static func time(_ json: JSON?, _ claim: String) throws(AuthenticationFailure) -> Int64? {
        switch json {
        case nil, .null: return nil
        case .int(let seconds): return seconds
        case .double(let seconds) where seconds.magnitude < 1e15: return Int64(seconds)
        case .double, .bool, .string, .array, .object:
            throw .init(.malformed, "the token's claim \(claim) is not a time")
        }
    }

    /// The user name of the service account.
    public var subject: String { UserInfo.serviceAccountName(namespace: namespace, name: serviceAccount.name) }

    /// The claims to be signed, members in order of their names.
    public var json: JSON {
        var bound = JSONObject()
        bound["namespace"] = .string(namespace)
        bound["node"] = node?.json
        bound["pod"] = pod?.json
        bound["secret"] = secret?.json
        bound["serviceaccount"] = serviceAccount.json
        bound["warnafter"] = warnAfter.map { .int($0) }
        return [
            "aud": JSON(audiences), "exp": .int(expires), "iat": .int(issuedAt), "iss": .string(issuer),
            "jti": .string(id), "kubernetes.io": .object(bound), "nbf": .int(notBefore), "sub": .string(subject),
        ]
    }

    /// The header and claims in the form that is signed: sign these bytes, then append `.` and the signature in base64
    /// for URLs (``token(signature:of:)``).
    public func signingInput(algorithm: JSONWebToken.Algorithm, keyID: String) -> String {
        let header: JSON = ["alg": .string(algorithm.rawValue), "kid": .string(keyID)]
        return Base64URL.encode(header.bytes) + "." + Base64URL.encode(json.bytes)
    }

    /// The token of signed bytes.
    public static func token(signature: [UInt8], of signingInput: String) -> String {
        signingInput + "." + Base64URL.encode(signature)
    }
}
