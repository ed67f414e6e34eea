import Foundation
import KubeModel
import Testing

@testable import CertificateAuthority

@Suite struct ClientVerifierTests {
    private func cause(_ verifier: ClientVerifier, _ chain: [[UInt8]], at moment: Timestamp = now)
        -> ClientVerificationError.Cause?
    {
        do throws(ClientVerificationError) {
            _ = try verifier.verify(chain, now: moment)
            return nil
        } catch {
            return error.cause
        }
    }

    @Test("a certificate proves an identity only while it is valid, for clients, and signed by a root")
    func verify() throws {
        let ca = try makeCA()
        let other = try makeCA()
        let verifier = try ClientVerifier(roots: [ca.certificate])
        let client = try ca.issueClient(commonName: "alice", organizations: ["dev"], lifetime: .seconds(day), now: now)
        let serving = try ca.issueServing(
            commonName: "s", dnsNames: ["s"], ipAddresses: [], lifetime: .seconds(day), now: now)
        let stranger = try other.issueClient(
            commonName: "alice", organizations: ["dev"], lifetime: .seconds(day), now: now)
        #expect(try verifier.verify([client.certificate.der], now: now).commonName == "alice")
        #expect(cause(verifier, []) == .noCertificate)
        #expect(cause(verifier, [[1, 2, 3]]) == .unreadable)
        #expect(cause(verifier, [serving.certificate.der]) == .wrongUsage)
        #expect(cause(verifier, [stranger.certificate.der]) == .unknownAuthority)
        // The stranger's own CA as an intermediate proves nothing, although its name is the trusted one's.
        #expect(cause(verifier, [stranger.certificate.der, other.certificate.der]) == .unknownAuthority)
        let late = now.adding(seconds: day + 1)
        #expect(
            cause(verifier, [client.certificate.der], at: late)
                == .expired(since: client.certificate.notAfter, now: late))
        let early = now.adding(seconds: -301)
        #expect(
            cause(verifier, [client.certificate.der], at: early)
                == .notYetValid(since: client.certificate.notBefore, now: early))
        let both = try ClientVerifier(roots: [other.certificate, ca.certificate])
        #expect(try both.verify([client.certificate.der], now: now).organizations == ["dev"])
        #expect(cause(try ClientVerifier(roots: []), [client.certificate.der]) == .unknownAuthority)
    }

    @Test("a certificate whose bytes were changed proves nothing", arguments: 0..<40)
    func tampered(seed: UInt64) throws {
        let ca = try makeCA()
        let verifier = try ClientVerifier(roots: [ca.certificate])
        var der = try ca.issueClient(commonName: "alice", organizations: ["dev"], lifetime: .seconds(day), now: now)
            .certificate.der
        let index = Int((seed &* 0x9E37_79B9_7F4A_7C15) % UInt64(der.count))
        der[index] ^= 1 << UInt8(seed % 8)
        #expect(cause(verifier, [der]) != nil, "byte \(index)")
    }

    @Test("a chain over an intermediate CA is followed, and its rules are kept", .enabled(if: OpenSSL.isInstalled))
    func chains() throws {
        let folder = try TemporaryFolder()
        let root = try makeCA("root")
        let rootFile = try folder.write("root.crt", root.certificatePEM)
        let rootKey = try folder.write("root.key", root.privateKey.reveal())
        func make(_ name: String, _ extensions: String, signedBy certificate: String, _ key: String) throws
            -> PeerCertificate
        {
            let config = try folder.write(name + ".cnf", extensions)
            try OpenSSL.run("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", folder.path + "/\(name).key")
            try OpenSSL.run(
                "req", "-new", "-key", folder.path + "/\(name).key", "-subj", "/O=dev/CN=\(name)", "-out",
                folder.path + "/\(name).csr")
            try OpenSSL.run(
                "x509", "-req", "-in", folder.path + "/\(name).csr", "-CA", certificate, "-CAkey", key, "-days", "5",
                "-extfile", config,
                "-out", folder.path + "/\(name).crt")
            return try PeerCertificate.chain(pem: folder.read("\(name).crt"))[0]
        }
        let later = now.adding(seconds: 60)
        let middle = try make(
            "middle", "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign\n",
            signedBy: rootFile, rootKey)
        let leaf = try make(
            "leaf", "extendedKeyUsage=clientAuth\n", signedBy: folder.path + "/middle.crt", folder.path + "/middle.key")
        let verifier = try ClientVerifier(roots: [root.certificate])
        #expect(try verifier.verify([leaf.der, middle.der], now: later).subject == "CN=leaf,O=dev")
        #expect(cause(verifier, [leaf.der], at: later) == .unknownAuthority)
        // A certificate that is no CA signs nothing.
        let fake = try make(
            "fake", "extendedKeyUsage=clientAuth\n", signedBy: folder.path + "/leaf.crt", folder.path + "/leaf.key")
        #expect(cause(verifier, [fake.der, leaf.der, middle.der], at: later) == .unknownAuthority)
        // The intermediate CA may have no CA below it.
        let second = try make(
            "second", "basicConstraints=critical,CA:TRUE\n", signedBy: folder.path + "/middle.crt",
            folder.path + "/middle.key")
        let deep = try make(
            "deep", "extendedKeyUsage=clientAuth\n", signedBy: folder.path + "/second.crt", folder.path + "/second.key")
        #expect(cause(verifier, [deep.der, second.der, middle.der], at: later) == .unknownAuthority)
        // An authority for servers only cannot vouch for clients; constraints on names are not evaluated, so not trusted.
        let servers = try make(
            "servers", "basicConstraints=critical,CA:TRUE\nextendedKeyUsage=serverAuth\n", signedBy: rootFile, rootKey)
        let wrong = try make(
            "wrong", "extendedKeyUsage=clientAuth\n", signedBy: folder.path + "/servers.crt",
            folder.path + "/servers.key")
        #expect(cause(verifier, [wrong.der, servers.der], at: later) == .unknownAuthority)
        let named = try make(
            "named", "basicConstraints=critical,CA:TRUE\nnameConstraints=critical,permitted;DNS:x\n",
            signedBy: rootFile, rootKey)
        let under = try make(
            "under", "extendedKeyUsage=clientAuth\n", signedBy: folder.path + "/named.crt", folder.path + "/named.key")
        #expect(cause(verifier, [under.der, named.der], at: later) == .unhandledExtension("2.5.29.30"))
        let critical = try make(
            "critical", "extendedKeyUsage=clientAuth\n1.2.3.4=critical,ASN1:NULL\n", signedBy: rootFile, rootKey)
        #expect(cause(verifier, [critical.der], at: later) == .unhandledExtension("1.2.3.4"))
        // No extended usages: not restricted.
        let free = try make("free", "keyUsage=digitalSignature\n", signedBy: rootFile, rootKey)
        #expect(cause(verifier, [free.der], at: later) == nil)
    }

    @Test("many intermediates cost no more than a bounded number of signature checks")
    func bounded() throws {
        let ca = try makeCA("same")
        let chain = try (0..<10).map { _ in try makeCA("same").certificate.der }
        let leaf = try makeCA("same").issueClient(commonName: "x", organizations: [], lifetime: .seconds(day), now: now)
        let verifier = try ClientVerifier(roots: [ca.certificate])
        #expect(cause(verifier, [leaf.certificate.der] + chain.dropLast()) == .unknownAuthority)
        #expect(cause(verifier, [leaf.certificate.der] + chain) == .unreadable)
    }
}
