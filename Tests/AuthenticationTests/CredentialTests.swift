import Authentication
import PolicyModel
import Testing

@Suite struct StaticTokenTests {
    @Test("each line of a token file is one user")
    func users() throws {
        let file =
            "tok-alice,alice,1001,\"dev,qa\"\r\n\ntok-root,root,1,system:masters\n\"tok,\"\"x\",bob,2\n,empty,3\n"
        let tokens = try StaticTokens(csv: Array(file.utf8))
        #expect(tokens.count == 3)
        #expect(
            tokens.user(of: "tok-alice")
                == UserInfo(name: "alice", uid: "1001", groups: ["dev", "qa", "system:authenticated"]))
        #expect(tokens.user(of: "tok-root")?.groups == ["system:masters", "system:authenticated"])
        #expect(tokens.user(of: "tok,\"x")?.name == "bob")
        #expect(tokens.emptyTokenLines == [5])
        for wrong in ["", "tok", "tok-alic", "tok-alice ", "TOK-ALICE"] { #expect(tokens.user(of: wrong) == nil) }
    }

    @Test(
        "what is wrong with a token file is said with its line",
        arguments: [
            (
                "a,b,1\nsecret,b",
                "token file line 2: must have at least 3 columns (token, user name, user uid), found 2"
            ),
            ("secret,\"b,1\nx", "token file line 1: the quote is not closed"),
            (
                "a,b,1\nsec\"ret,b,1",
                "token file line 2: a quote must begin and end a column; write a quote inside as two"
            ),
            ("\"secret\"x,b,1", "token file line 1: a quote must begin and end a column; write a quote inside as two"),
            ("secret,,1", "token file line 1: the user name is empty"),
            ("secret,a,1\n\nsecret,b,2", "token file line 3: the token is that of line 1"),
        ])
    func faults(file: String, message: String) {
        let error = #expect(throws: TokenFileError.self) { try StaticTokens(csv: Array(file.utf8)) }
        #expect(error?.description == message)
    }

    @Test(
        "no input makes the reader fail otherwise than by an error that keeps the tokens secret",
        arguments: 0..<8 as Range<UInt64>)
    func noise(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let pieces = ["\"", ",", "\n", "\r\n", "\r", "zqx", "user", "\u{e9}", " ", "1"]
        for _ in 0..<500 {
            let text = (0..<Int.random(in: 0..<40, using: &random)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }.joined()
            do throws(TokenFileError) {
                let tokens = try StaticTokens(csv: Array(text.utf8))
                #expect(tokens.count <= text.utf8.count)
            } catch {
                #expect(!error.description.contains("zqx"), "seed \(seed): \(text)")
            }
        }
        #expect(throws: TokenFileError.self) { try StaticTokens(csv: [0xFF, 0x2C]) }
    }

    @Test("quoted columns come back as they were", arguments: 0..<8 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let alphabet = Array("ab\",\n\r x")
        for number in 0..<100 {
            let name = "u\(number)" + String((0..<6).map { _ in alphabet.randomElement(using: &random) ?? "a" })
            let quoted = "\"" + name.flatMap { $0 == "\"" ? "\"\"" : String($0) } + "\""
            let tokens = try StaticTokens(csv: Array("t,\(quoted),1\n".utf8))
            #expect(tokens.user(of: "t")?.name == name, "seed \(seed)")
        }
    }
}

@Suite struct CredentialTests {
    @Test(
        "a token is what stands after Bearer",
        arguments: [
            ("Bearer abc", "abc"), ("bearer abc", "abc"), ("BEARER abc", "abc"), ("  Bearer abc  ", "abc"),
            ("Bearer a b", "a"),
            ("Bearer", nil), ("Bearer ", nil), ("Bearer  abc", nil), ("Basic YTpi", nil), ("Token x", nil), ("", nil),
            ("Bearerabc", nil),
        ] as [(String, String?)])
    func bearer(header: String, token: String?) {
        #expect(BearerToken.token(authorization: header) == token)
    }

    @Test("a browser's token is found among the subprotocols")
    func webSocket() throws {
        let carrier = "base64url.bearer.authorization.k8s.io.dG9rZW4"
        let found = try BearerToken.token(webSocketProtocols: [carrier, "v5.channel.k8s.io"])
        #expect(found?.token == "token")
        #expect(found?.remaining == ["v5.channel.k8s.io"])
        #expect(try BearerToken.token(webSocketProtocols: ["v5.channel.k8s.io"]) == nil)
        for bad in [[carrier], [carrier, carrier, "x"], ["base64url.bearer.authorization.k8s.io.???", "x"]] {
            #expect(throws: AuthenticationFailure.self) { try BearerToken.token(webSocketProtocols: bad) }
        }
    }

    @Test("a client certificate names the user and the groups, when it is valid and for clients")
    func certificate() throws {
        let valid = ClientCertificate(
            commonName: "carol", organizations: ["a-team", "b-team"], notBefore: 100, notAfter: 200,
            usages: [.clientAuthentication], fingerprint: "ab")
        let user = try valid.authenticate(now: 150)
        #expect(user.name == "carol")
        #expect(user.groups == ["a-team", "b-team", "system:authenticated"])
        #expect(user.extra == ["authentication.kubernetes.io/credential-id": ["X509SHA256=ab"]])
        for now in [99, 201] as [Int64] {
            #expect(throws: AuthenticationFailure.self) { try valid.authenticate(now: now) }
        }
        for change in [{ $0.usages = [.other] }, { $0.usages = [] }, { $0.commonName = "" }]
            as [@Sendable (inout ClientCertificate) -> Void]
        {
            var changed = valid
            change(&changed)
            #expect(throws: AuthenticationFailure.self) { try changed.authenticate(now: 150) }
        }
        var unlimited = valid
        unlimited.usages = nil
        #expect(try unlimited.authenticate(now: 150) == user)
    }

    @Test("everybody with credentials is in system:authenticated, once")
    func groups() {
        #expect(UserInfo(name: "a").withAuthenticatedGroup.groups == ["system:authenticated"])
        #expect(
            UserInfo(name: "a", groups: ["system:authenticated"]).withAuthenticatedGroup.groups == [
                "system:authenticated"
            ])
        #expect(UserInfo.anonymous.withAuthenticatedGroup == .anonymous)
    }
}
