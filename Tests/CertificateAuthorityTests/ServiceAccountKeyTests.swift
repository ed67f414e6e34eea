import Foundation
import JSONValue
import Testing

@testable import CertificateAuthority

@Suite struct ServiceAccountKeyTests {
    private let claims: JSON = [
        "iss": "https://kubernetes.default.svc", "sub": "system:serviceaccount:ns:sa", "exp": 1,
    ]

    @Test("a token is read back by the key that signed it, and by no other")
    func tokens() throws {
        let key = ServiceAccountKey.make()
        let token = try key.sign(claims: claims)
        let parts = token.split(separator: ".")
        #expect(parts.count == 3 && Base64.decodeURL(parts[2])?.count == 64)
        #expect(
            Base64.decodeURL(parts[0]).map { String(decoding: $0, as: UTF8.self) }
                == #"{"alg":"ES256","kid":"\#(key.keyID)"}"#)
        let verifier = ServiceAccountTokenVerifier(keys: [ServiceAccountKey.make().publicKey, key.publicKey])
        #expect(try verifier.claims(of: token) == claims)
        #expect(throws: ServiceAccountTokenVerifier.Failure.badSignature) {
            try ServiceAccountTokenVerifier(keys: [ServiceAccountKey.make().publicKey]).claims(of: token)
        }
    }

    @Test("a token that was changed, or is none, is refused")
    func refused() throws {
        typealias Failure = ServiceAccountTokenVerifier.Failure
        let key = ServiceAccountKey.make()
        let verifier = ServiceAccountTokenVerifier(keys: [key.publicKey])
        let parts = try key.sign(claims: claims).split(separator: ".").map { String($0) }
        let forged = Base64.encodeURL(Array(#"{"sub":"root"}"#.utf8))
        func header(_ text: String) -> String { Base64.encodeURL(Array(text.utf8)) }
        for (token, failure) in [
            ("\(parts[0]).\(forged).\(parts[2])", Failure.badSignature), ("", .malformed), ("a.b", .malformed),
            ("a.b.c", .malformed),
            ("\(header(#"{"alg":"none"}"#)).\(parts[1]).", .badSignature), ("\(parts[0]).\(parts[1]).", .badSignature),
            ("\(header(#"{"alg":"RS256","kid":"\#(key.keyID)"}"#)).\(parts[1]).\(parts[2])", .badSignature),
            ("\(header(#"{"alg":"ES256","crit":["x"]}"#)).\(parts[1]).\(parts[2])", .malformed),
            ("\(header(#"{"alg":"ES256","kid":"other"}"#)).\(parts[1]).\(parts[2])", .badSignature),
            (String(repeating: "a", count: 100_000), .malformed),
        ] {
            #expect(throws: failure, "\(token.prefix(60))") { try verifier.claims(of: token) }
        }
    }

    @Test(
        "key ID and key set are those of kube-apiserver", .enabled(if: OpenSSL.isInstalled), arguments: ["EC", "RSA"])
    func documents(kind: String) throws {
        let folder = try TemporaryFolder()
        let file = folder.path + "/sa.key"
        if kind == "EC" {
            try OpenSSL.run("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", file)
        } else {
            try OpenSSL.run("genrsa", "-out", file, "2048")
        }
        let key = try ServiceAccountKey(privateKey: PrivateKeyPEM(folder.read("sa.key")))
        try OpenSSL.run("pkey", "-in", file, "-pubout", "-outform", "DER", "-out", folder.path + "/pub.der")
        let digest =
            try OpenSSL.run("dgst", "-sha256", "-hex", folder.path + "/pub.der").split(separator: " ").last ?? ""
        let hex = Array(digest.trimmingCharacters(in: .whitespacesAndNewlines))
        let bytes = stride(from: 0, to: hex.count, by: 2).compactMap { UInt8(String(hex[$0...$0 + 1]), radix: 16) }
        #expect(key.keyID == Base64.encodeURL(bytes))
        let jwk = key.publicKey.jwk
        if kind == "EC" {
            #expect(jwk.object?.keys == ["use", "kty", "kid", "crv", "alg", "x", "y"])
            #expect(Base64.decodeURL(jwk["x"]?.string ?? "")?.count == 32)
        } else {
            #expect(jwk.object?.keys == ["use", "kty", "kid", "alg", "n", "e"] && jwk["e"] == "AQAB")
            #expect(Base64.decodeURL(jwk["n"]?.string ?? "")?.count == 256)
        }
        try OpenSSL.run("pkey", "-in", file, "-pubout", "-out", folder.path + "/sa.pub")
        let published = try ServiceAccountPublicKey(pem: folder.read("sa.pub"))
        #expect(published.keyID == key.keyID)
        #expect(try published.pem == folder.read("sa.pub"))
        #expect(try ServiceAccountTokenVerifier(keys: [published]).claims(of: key.sign(claims: claims)) == claims)
        #expect(OIDCDocuments.keySet([published]) == ["keys": [jwk]])
        let text = OIDCDocuments.configuration(issuer: "https://i", externalAddress: "1.2.3.4:6443", keys: [published])
            .description
        #expect(
            text
                == #"{"issuer":"https://i","jwks_uri":"https://1.2.3.4:6443/openid/v1/jwks","response_types_supported":["id_token"],"#
                + #""subject_types_supported":["public"],"id_token_signing_alg_values_supported":["\#(kind == "EC" ? "ES256" : "RS256")"]}"#
        )
    }
}
