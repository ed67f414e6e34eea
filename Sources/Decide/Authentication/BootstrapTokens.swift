public import JSONValue
import Crypto
import KubeModel
public import PolicyModel

/// Tokens by which a machine asks to become a node, before it has a certificate: `ID.SECRET`, kept as Secrets of the type
/// `bootstrap.kubernetes.io/token` in `kube-system`.
///
/// Source: Kubernetes documentation, "Authenticating with Bootstrap Tokens".
public enum BootstrapTokens {
    /// The group of everybody who shows such a token.
    public static let group = "system:bootstrappers"
    /// What the users' names begin with.
    public static let userPrefix = "system:bootstrap:"
    /// Where the Secrets are.
    public static let namespace = "kube-system"

    /// A token in its two parts.
    public struct Token: Hashable, Sendable {
        /// Six characters, which are no secret.
        public let id: String
        fileprivate let secret: String

        /// The name of the token's Secret.
        public var secretName: String { "bootstrap-token-\(id)" }

        /// Reads `abcdef.0123456789abcdef`; nil for what is no such token.
        public init?(_ text: String) {
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 2, Self.isWord(parts[0], length: 6), Self.isWord(parts[1], length: 16) else { return nil }
            id = String(parts[0])
            secret = String(parts[1])
        }

        private static func isWord(_ text: Substring, length: Int) -> Bool {
            text.utf8.count == length && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) }
        }
    }

    /// The user of a token, given its Secret.
    ///
    /// - Parameters:
    ///   - token: as the client showed it, read.
    ///   - secret: the Secret of the token's name, as the API has it; nil when there is none.
    ///   - now: seconds since 1970.
    /// - Returns: the user `system:bootstrap:ID`, in the groups that the Secret names.
    /// - Throws: ``AuthenticationFailure`` when the token is not accepted; its text says nothing of the Secret's
    ///   values.
    public static func user(of token: Token, secret: JSON?, now: Int64) throws(AuthenticationFailure) -> UserInfo {
        guard let secret, secret["type"]?.string == "bootstrap.kubernetes.io/token" else {
            throw .init(.unknown, "there is no bootstrap token of this id")
        }
        if secret["metadata"]?["deletionTimestamp"]?.string != nil { throw .init(.revoked, "the bootstrap token is being deleted") }
        func value(_ key: String) -> String? {
            secret["data"]?[key]?.string.flatMap { Base64.decode($0, limit: 4096) }.flatMap { String(validating: $0, as: UTF8.self) }
        }
        // Hashes are compared in constant time, whatever the texts are.
        let isSame = SHA256.hash(data: Array((value("token-secret") ?? "").utf8)) == SHA256.hash(data: Array(token.secret.utf8))
        guard isSame, value("token-id") == token.id else { throw .init(.unknown, "there is no bootstrap token of this id and secret") }
        if let text = value("expiration"), !text.isEmpty {
            guard let end = Timestamp(text), end.seconds > now else { throw .init(.outOfTime, "the bootstrap token has expired") }
        }
        guard value("usage-bootstrap-authentication") == "true" else {
            throw .init(.misdirected, "the bootstrap token is not meant for authentication")
        }
        var groups = [group]
        for name in (value("auth-extra-groups") ?? "").split(separator: ",") {
            let extra = name.filter { $0 != " " }
            // Any other group would let the token act as somebody else.
            guard isBootstrapGroup(extra) else { throw .init(.malformed, "the bootstrap token names the group \(goQuoted(extra)), which is none for nodes to come") }
            if !groups.contains(extra) { groups.append(extra) }
        }
        return UserInfo(name: userPrefix + token.id, groups: groups).withAuthenticatedGroup
    }

    private static func isBootstrapGroup(_ name: String) -> Bool {
        guard name.hasPrefix(group + ":"), let last = name.utf8.last, last != UInt8(ascii: ":"), last != UInt8(ascii: "-") else { return false }
        let rest = name.utf8.dropFirst(group.utf8.count + 1)
        return (1...256).contains(rest.count)
            && rest.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "-")
            }
    }
}

/// Base64 as Secrets have it (RFC 4648 section 4).
enum Base64 {
    /// The bytes of a text; nil when it is none, or longer than `limit` characters.
    static func decode(_ text: String, limit: Int) -> [UInt8]? {
        guard text.utf8.count <= limit, text.utf8.count % 4 == 0 else { return nil }
        let padding = text.utf8.suffix(2).count { $0 == UInt8(ascii: "=") }
        let url = text.utf8.dropLast(padding).map { byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "+"): UInt8(ascii: "-")
            case UInt8(ascii: "/"): UInt8(ascii: "_")
            // What only the other alphabet has is no character here.
            case UInt8(ascii: "-"), UInt8(ascii: "_"): UInt8(ascii: "!")
            default: byte
            }
        }
        return Base64URL.decode(String(decoding: url, as: UTF8.self), limit: limit)
    }
}
