import Authentication
import JSONValue
import PolicyModel
import Testing

@Suite("bootstrap tokens")
struct BootstrapTokenTests {
    private static func base64(_ text: String) -> JSON {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var out = ""
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = Array(bytes[start..<min(start + 3, bytes.count)])
            let value = group.reduce(0) { $0 << 8 | Int($1) } << ((3 - group.count) * 8)
            for place in 0...group.count { out.append(alphabet[value >> (18 - place * 6) & 63]) }
            out += String(repeating: "=", count: 3 - group.count)
        }
        return .string(out)
    }

    private static func secret(_ changes: [String: String] = [:], type: String = "bootstrap.kubernetes.io/token") -> JSON {
        var values = [
            "token-id": "abcdef", "token-secret": "0123456789abcdef", "usage-bootstrap-authentication": "true",
            "expiration": "2026-01-01T00:00:00Z", "auth-extra-groups": "system:bootstrappers:nodes",
        ]
        values.merge(changes) { $1 }
        return ["type": .string(type), "data": .object(.init(values.map { ($0.key, base64($0.value)) }))]
    }

    private static let before: Int64 = 1_700_000_000

    @Test("a token of a valid Secret stands for a machine that wants to become a node")
    func accepted() throws {
        let token = try #require(BootstrapTokens.Token("abcdef.0123456789abcdef"))
        #expect(token.secretName == "bootstrap-token-abcdef")
        let user = try BootstrapTokens.user(of: token, secret: Self.secret(), now: Self.before)
        #expect(user.name == "system:bootstrap:abcdef")
        #expect(user.groups == ["system:bootstrappers", "system:bootstrappers:nodes", "system:authenticated"])
    }

    @Test("what is no token of the form is not looked up", arguments: [
        "", "abcdef", "abcdef.", "abcdef.0123456789abcde", "abcdef.0123456789abcdefg", "ABCDEF.0123456789abcdef", "abcde/.0123456789abcdef",
        "abcdef.0123456789abcdef.x", "abcdéf.0123456789abcdef",
    ])
    func malformed(_ text: String) { #expect(BootstrapTokens.Token(text) == nil) }

    @Test("a token is refused when its Secret does not vouch for it", arguments: [
        (nil, before), (secret(type: "Opaque"), before), (secret(["token-secret": "fedcba9876543210"]), before),
        (secret(["token-id": "fedcba"]), before), (secret(["token-secret": ""]), before), (secret(), 1_800_000_000),
        (secret(["expiration": "soon"]), before), (secret(["usage-bootstrap-authentication": "false"]), before),
        (secret(["auth-extra-groups": "system:masters"]), before), (secret(["auth-extra-groups": "system:bootstrappers:"]), before),
        (secret(["auth-extra-groups": "system:bootstrappers:a,system:nodes"]), before),
    ] as [(JSON?, Int64)])
    func refused(_ secret: JSON?, _ now: Int64) throws {
        let token = try #require(BootstrapTokens.Token("abcdef.0123456789abcdef"))
        #expect(throws: AuthenticationFailure.self) { try BootstrapTokens.user(of: token, secret: secret, now: now) }
    }
}
