import Authentication
import Crypto
import CryptoExtras
import Foundation
import JSONValue
import PolicyModel
import Testing

@Suite struct TokenTests {
    static let key = P256.Signing.PrivateKey()
    static let now: Int64 = 1_800_000_000

    func tokens() throws -> ServiceAccountTokens {
        ServiceAccountTokens(
            issuers: ["https://kubernetes.default.svc"], audiences: ["https://kubernetes.default.svc"],
            keys: [try TokenKey(der: Array(Self.key.publicKey.derRepresentation))])
    }

    func claims(
        pod: BoundObject? = nil, node: BoundObject? = nil, audiences: [String] = ["https://kubernetes.default.svc"]
    )
        -> ServiceAccountClaims
    {
        ServiceAccountClaims(
            issuer: "https://kubernetes.default.svc", audiences: audiences, namespace: "dev",
            serviceAccount: BoundObject(name: "builder", uid: "sa-1"), pod: pod, node: node, now: Self.now,
            lifetime: 3600,
            id: "jti-1")
    }

    func sign(_ claims: JSON, header: JSON? = nil) throws -> String {
        let key = try TokenKey(der: Array(Self.key.publicKey.derRepresentation))
        let header = header ?? ["alg": "ES256", "kid": .string(key.id)]
        let input = [header, claims].map { base64(Array($0.description.utf8)) }.joined(separator: ".")
        let signature = try Self.key.signature(for: Data(input.utf8))
        return input + "." + base64(Array(signature.rawRepresentation))
    }

    func base64(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
    }

    func stored(_ kind: ServiceAccountTokens.Kind, _ namespace: String, _ name: String) -> ServiceAccountTokens.Stored?
    {
        switch (kind, namespace, name) {
        case (.serviceAccount, "dev", "builder"): .init(uid: "sa-1")
        case (.pod, "dev", "p"): .init(uid: "pod-1")
        case (.node, "", "n"): .init(uid: "node-1")
        default: nil
        }
    }

    @Test("an issued token is accepted, and says which pod and node it is bound to")
    func accepted() throws {
        let bound = claims(pod: BoundObject(name: "p", uid: "pod-1"), node: BoundObject(name: "n", uid: "node-1"))
        let accepted = try tokens().authenticate(try sign(bound.json), now: Self.now, stored: stored)
        #expect(accepted.user.name == "system:serviceaccount:dev:builder")
        #expect(accepted.user.uid == "sa-1")
        #expect(
            accepted.user.groups == ["system:serviceaccounts", "system:serviceaccounts:dev", "system:authenticated"])
        #expect(
            accepted.user.extra == [
                "authentication.kubernetes.io/credential-id": ["JTI=jti-1"],
                "authentication.kubernetes.io/pod-name": ["p"], "authentication.kubernetes.io/pod-uid": ["pod-1"],
                "authentication.kubernetes.io/node-name": ["n"], "authentication.kubernetes.io/node-uid": ["node-1"],
            ])
        #expect(accepted.claims == bound)
    }

    @Test("the parts to sign and the signature make a token that is accepted")
    func issuing() throws {
        let key = try TokenKey(der: Array(Self.key.publicKey.derRepresentation))
        let input = claims().signingInput(algorithm: .es256, keyID: key.id)
        let signature = try Self.key.signature(for: Data(input.utf8))
        let token = ServiceAccountClaims.token(signature: Array(signature.rawRepresentation), of: input)
        #expect(try tokens().authenticate(token, now: Self.now, stored: stored).user.uid == "sa-1")
    }

    @Test("a token signed with RSA is accepted, and not with another RSA key")
    func rsa() throws {
        let (own, other) = (
            try _RSA.Signing.PrivateKey(keySize: .bits2048), try _RSA.Signing.PrivateKey(keySize: .bits2048)
        )
        let key = try TokenKey(der: Array(own.publicKey.derRepresentation))
        #expect(key.algorithm == .rs256)
        var accepting = try tokens()
        accepting.keys.append(key)
        let input = claims().signingInput(algorithm: .rs256, keyID: key.id)
        for (signer, isAccepted) in [(own, true), (other, false)] {
            let signature = try signer.signature(for: SHA256.hash(data: Data(input.utf8)), padding: .insecurePKCS1v1_5)
            let token = ServiceAccountClaims.token(signature: Array(signature.rawRepresentation), of: input)
            let answer = try? accepting.authenticate(token, now: Self.now, stored: stored)
            #expect((answer != nil) == isAccepted)
        }
    }

    @Test(
        "what is wrong with a token is said",
        arguments: [
            ("iss", "https://other", "the token is of another issuer"),
            (
                "sub", "system:serviceaccount:kube-system:admin",
                "the token's subject is not the service account of its other claims"
            ),
            (
                "aud", "other",
                "token audiences [\"other\"] is invalid for the target audiences [\"https://kubernetes.default.svc\"]"
            ),
            ("exp", 1_799_999_000, "service account token has expired"),
            ("exp", .null, "the token does not say when it expires"),
            ("nbf", 1_800_000_100, "service account token is not valid yet"),
            ("iat", 1_800_000_100, "service account token is issued in the future"),
            ("exp", "soon", "the token's claim exp is not a time"),
            (
                "kubernetes.io", ["namespace": "dev", "serviceaccount": ["name": "builder", "uid": "old"]],
                "service account UID (sa-1) does not match claim (old)"
            ),
            (
                "kubernetes.io",
                [
                    "namespace": "dev", "serviceaccount": ["name": "builder", "uid": "sa-1"],
                    "pod": ["name": "gone", "uid": "1"],
                ],
                "service account token has been invalidated"
            ),
            (
                "kubernetes.io",
                ["namespace": "dev", "serviceaccount": ["name": "builder", "uid": "sa-1"], "pod": "p"],
                "the token's claim kubernetes.io.pod is not readable"
            ),
            (
                "kubernetes.io",
                [
                    "namespace": "dev", "serviceaccount": ["name": "builder", "uid": "sa-1"],
                    "pod": ["name": "p", "uid": "old"],
                ],
                "pod UID (pod-1) does not match service account pod ref claim (old)"
            ),
        ] as [(String, JSON, String)])
    func refused(claim: String, value: JSON, message: String) throws {
        var changed = claims().json
        changed[claim] = value
        let token = try sign(changed)
        let failure = #expect(throws: AuthenticationFailure.self) {
            try tokens().authenticate(token, now: Self.now, stored: stored)
        }
        #expect(failure?.message == message)
    }

    @Test(
        "a token is refused when its header names another algorithm",
        arguments: ["none", "HS256", "RS256", "es256", ""])
    func algorithms(name: String) throws {
        let id = try TokenKey(der: Array(Self.key.publicKey.derRepresentation)).id
        let token = try sign(claims().json, header: ["alg": .string(name), "kid": .string(id)])
        #expect(throws: AuthenticationFailure.self) { try tokens().authenticate(token, now: Self.now, stored: stored) }
    }

    @Test("a token with any one byte changed is refused", arguments: 0..<8 as Range<UInt64>)
    func mutations(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let accepting = try tokens()
        let token = Array(try sign(claims().json).utf8)
        for _ in 0..<150 {
            var changed = token
            switch Int.random(in: 0..<3, using: &random) {
            case 0:
                changed[Int.random(in: 0..<changed.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            case 1: changed.remove(at: Int.random(in: 0..<changed.count, using: &random))
            default:
                changed.insert(
                    UInt8.random(in: 0...255, using: &random), at: Int.random(in: 0...changed.count, using: &random))
            }
            if changed == token { continue }
            let text = String(decoding: changed, as: UTF8.self)
            let answer = try? accepting.authenticate(text, now: Self.now, stored: stored)
            #expect(answer == nil, "seed \(seed): \(text)")
        }
    }

    @Test(
        "no input makes the parser fail otherwise than by an error that keeps the token secret",
        arguments: 0..<8 as Range<UInt64>)
    func noise(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let alphabet = Array("abcXYZ019-_.={}\"%\u{0}é".utf8)
        for _ in 0..<500 {
            let count = Int.random(in: 0..<120, using: &random)
            let text = String(
                decoding: (0..<count).map { _ in alphabet.randomElement(using: &random) ?? 0 }, as: UTF8.self)
            do throws(AuthenticationFailure) {
                _ = try JSONWebToken(parsing: text)
            } catch {
                #expect(text.count < 8 || !error.message.contains(text), "seed \(seed)")
            }
        }
        #expect(throws: AuthenticationFailure.self) {
            try JSONWebToken(parsing: String(repeating: "a", count: 1 << 20))
        }
    }

    @Test(
        "the parts of a token are base64 for URLs with one spelling only",
        arguments: [
            "e30.e30", "e30=.e30=.AA", "e31.e30.AA", "e3.e30.AA", "e30.e30.A", "e30.e30.AA.AA", " e30.e30.AA", "..",
        ])
    func spelling(text: String) {
        #expect(throws: AuthenticationFailure.self) { try JSONWebToken(parsing: text) }
    }

    @Test("a claim that stands twice is refused")
    func twice() throws {
        let header = base64(Array("{\"alg\":\"ES256\"}".utf8))
        let claims = base64(Array("{\"iss\":\"a\",\"iss\":\"b\"}".utf8))
        #expect(throws: AuthenticationFailure.self) { try JSONWebToken(parsing: "\(header).\(claims).AA") }
    }
}

/// A small generator whose numbers depend on the seed alone.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    init(seed: UInt64) { state = seed &+ 0x9E37_79B9_7F4A_7C15 }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
