import Crypto
import Foundation
import Fuzzing
import JSONValue
import PolicyModel
import Testing

@testable import Authentication

@Suite("Credentials from outside") struct FuzzTests {
    private static let now: Int64 = 1_800_000_000
    private static let key = P256.Signing.PrivateKey()

    private static func tokens() throws -> ServiceAccountTokens {
        ServiceAccountTokens(issuers: ["https://i"], audiences: ["https://i"], keys: [try TokenKey(der: Array(key.publicKey.derRepresentation))])
    }
    private static func sign(_ claims: String) throws -> String {
        let header = "{\"alg\":\"ES256\",\"kid\":\"\(try TokenKey(der: Array(key.publicKey.derRepresentation)).id)\"}"
        let input = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(claims.utf8))
        return input + "." + Base64URL.encode(Array(try key.signature(for: Data(input.utf8)).rawRepresentation))
    }
    private static func claims(_ times: String, more: String = "") -> String {
        "{\"iss\":\"https://i\",\"aud\":[\"https://i\"],\"sub\":\"system:serviceaccount:dev:b\",\(times),\"kubernetes.io\":{\(more)\"namespace\":\"dev\",\"serviceaccount\":{\"name\":\"b\",\"uid\":\"u\"}}}"
    }
    private static func accept(_ token: String) throws -> ServiceAccountTokens.Accepted {
        try tokens().authenticate(token, now: now) { kind, _, _ in kind == .serviceAccount ? .init(uid: "u") : nil }
    }

    @Test("no change to a token makes another token that is accepted", arguments: 0..<8)
    func changedTokens(seed: UInt64) throws {
        let token = try Self.sign(Self.claims("\"exp\":1800003600,\"nbf\":1799999999,\"iat\":1799999999"))
        let accepted = try Self.accept(token)
        #expect(accepted.user.name == "system:serviceaccount:dev:b")
        let parts = token.split(separator: ".").map(String.init)
        let none = Base64URL.encode(Array("{\"alg\":\"none\"}".utf8))
        var mutator = Mutator(seed: seed, samples: [token, token, token], pieces: parts + [none, ".", "..", "eyJ", "-", "_", "+", "="])
        for _ in 0..<80 {
            let text = mutator.text()
            if let taken = try? Self.accept(text) {
                #expect(taken.user == accepted.user && text.hasPrefix(parts[0] + "." + parts[1] + "."), "seed \(seed): \(text)")
            }
        }
    }

    @Test(
        "claims of times at the ends of 64 bits and beyond are judged, and end in no trap",
        arguments: [
            "9223372036854775807", "-9223372036854775808", "9223372036854775808", "1e400", "1e18", "-1e18", "1e14", "0", "-0.0", "null", "\"1\"", "true", "[]",
        ])
    func times(number: String) throws {
        for claim in ["exp", "nbf", "iat"] {
            var values = ["exp": "1800003600", "nbf": "1", "iat": "1"]
            values[claim] = number
            let times = values.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",")
            for warnAfter in ["", "\"warnafter\":\(number),"] { _ = try? Self.accept(try Self.sign(Self.claims(times, more: warnAfter))) }
        }
        #expect(throws: AuthenticationFailure.self) { try Self.accept(try Self.sign(Self.claims("\"nbf\":1,\"iat\":1"))) }
    }

    @Test("signed claims of any shape are accepted for their own account or refused", arguments: 0..<8)
    func claimShapes(seed: UInt64) throws {
        let sample = Self.claims("\"exp\":1800003600,\"nbf\":1,\"iat\":1", more: "\"pod\":{\"name\":\"p\",\"uid\":\"q\"},")
        var mutator = Mutator(seed: seed, samples: [sample, sample], pieces: ["\"pod\":", "\"node\":", "system:masters", "\"sub\":", ":"])
        for _ in 0..<40 {
            let text = mutator.text()
            if let taken = try? Self.accept(try Self.sign(text)) {
                #expect(taken.user.name.isExactly("system:serviceaccount:dev:b"), "seed \(seed): \(text)")
                #expect(!taken.user.groups.contains("system:masters"), "seed \(seed): \(text)")
            }
        }
    }

    @Test("a header carries a token or none, and a token is never longer than the header", arguments: 0..<8)
    func bearer(seed: UInt64) {
        var mutator = Mutator(seed: seed, samples: ["Bearer abc.def.ghi", "bearer  x", "Basic dTpw", "Bearer "], pieces: ["Bearer", " ", "\t", ","])
        for _ in 0..<300 {
            let text = mutator.text()
            if let token = BearerToken.token(authorization: text) { #expect(!token.isEmpty && token.utf8.count < text.utf8.count, "seed \(seed): \(text)") }
        }
    }

    @Test("a token file is read or refused with its line, and no empty token is anybody's", arguments: 0..<8)
    func tokenFiles(seed: UInt64) {
        let sample = "secret,alice,1,\"dev,ops\"\n# comment\n\"to\"\"ken\",bob,2\nx,carol,3,\n"
        var mutator = Mutator(seed: seed, samples: [sample, sample], pieces: ["\"", "\"\"", ",", "\n", "\r\n", ",,,", "system:masters"])
        for _ in 0..<100 {
            let bytes = mutator.bytes()
            do throws(TokenFileError) {
                let tokens = try StaticTokens(csv: bytes)
                #expect(tokens.user(of: "") == nil, "seed \(seed)")
                #expect(tokens.user(of: "nobody's") == nil, "seed \(seed)")
            } catch {
                #expect("\(error)".utf8.count < 50_000 && error.line <= bytes.count + 1, "seed \(seed): \(error)")
            }
        }
    }
}
