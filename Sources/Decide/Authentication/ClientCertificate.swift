public import PolicyModel

/// What matters of a client certificate whose chain was verified against the client CA.
public struct ClientCertificate: Hashable, Sendable {
    /// What a certificate may be used for.
    public enum Usage: Hashable, Sendable { case any, clientAuthentication, other }

    /// The CN of the subject: the user name.
    public var commonName: String
    /// Each O of the subject, in order: the groups.
    public var organizations: [String]
    /// Seconds since 1970.
    public var notBefore: Int64
    /// Seconds since 1970; still valid at that second.
    public var notAfter: Int64
    /// The extended key usages; nil when the certificate has no such extension, and so may be used for anything.
    public var usages: [Usage]?
    /// The SHA-256 of the certificate in lowercase hexadecimal; identifies the credential in audit logs.
    public var fingerprint: String

    /// What a verified certificate says; by default for any usage. Times are seconds since 1970.
    public init(
        commonName: String, organizations: [String] = [], notBefore: Int64, notAfter: Int64, usages: [Usage]? = nil,
        fingerprint: String = ""
    ) {
        self.commonName = commonName
        self.organizations = organizations
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.usages = usages
        self.fingerprint = fingerprint
    }

    /// Who the certificate is.
    ///
    /// - Parameter now: seconds since 1970.
    /// - Returns: the user, with the groups and `system:authenticated`.
    /// - Throws: ``AuthenticationFailure`` when it is out of time, not for clients, or names nobody.
    public func authenticate(now: Int64) throws(AuthenticationFailure) -> UserInfo {
        if now < notBefore { throw .init(.outOfTime, "the client certificate is not valid yet") }
        if now > notAfter { throw .init(.outOfTime, "the client certificate has expired") }
        if let usages, !usages.contains(.clientAuthentication), !usages.contains(.any) {
            throw .init(
                .misdirected, "the client certificate's extended key usage does not include client authentication")
        }
        if commonName.isEmpty { throw .init(.malformed, "the client certificate's subject has no common name") }
        var user = UserInfo(name: commonName, groups: organizations)
        if !fingerprint.isEmpty { user.extra[UserInfo.ExtraKey.credential] = ["X509SHA256=\(fingerprint)"] }
        return user.withAuthenticatedGroup
    }
}
