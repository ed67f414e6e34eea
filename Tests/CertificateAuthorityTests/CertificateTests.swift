import Foundation
import KubeModel
import SwiftASN1
import Testing

@testable import CertificateAuthority

let now = Timestamp(seconds: Int64(Date().timeIntervalSince1970))
let day: Int64 = 86400

func makeCA(_ name: String = "test-ca", at moment: Timestamp = now) throws -> ClusterCA {
    try ClusterCA.make(commonName: name, lifetime: .seconds(3650 * day), now: moment)
}

@Suite struct CertificateTests {
    @Test(
        "a serving certificate says the names it was asked for, and openssl trusts it",
        .enabled(if: OpenSSL.isInstalled))
    func serving() throws {
        let ca = try makeCA()
        let addresses = ["127.0.0.1", "::1", "10.96.0.1"].compactMap { IPAddress($0) }
        let pair = try ca.issueServing(
            commonName: "kube-apiserver", dnsNames: ["localhost", "kubernetes.default.svc"], ipAddresses: addresses,
            lifetime: .seconds(365 * day), now: now)
        #expect(
            pair.certificate.alternativeNames.texts == [
                "localhost", "kubernetes.default.svc", "127.0.0.1", "::1", "10.96.0.1",
            ])
        #expect(pair.certificate.extendedUsages == [.serverAuth])
        #expect(!pair.certificate.isAuthority && ca.certificate.isAuthority)
        #expect(pair.certificate.notAfter.seconds - now.seconds == 365 * day)
        let folder = try TemporaryFolder()
        let root = try folder.write("ca.crt", ca.certificatePEM)
        let leaf = try folder.write("leaf.crt", pair.certificatePEM)
        let key = try folder.write("leaf.key", pair.privateKey.reveal())
        #expect(
            try OpenSSL.run(
                "verify", "-x509_strict", "-CAfile", root, "-purpose", "sslserver", "-verify_hostname", "localhost",
                leaf
            ).contains("OK"))
        #expect(try OpenSSL.run("verify", "-CAfile", root, "-verify_ip", "::1", leaf).contains("OK"))
        #expect(throws: OpenSSL.Failed.self) {
            try OpenSSL.run("verify", "-CAfile", root, "-purpose", "sslclient", leaf)
        }
        #expect(try OpenSSL.run("x509", "-in", leaf, "-noout", "-pubkey") == OpenSSL.run("pkey", "-in", key, "-pubout"))
        #expect(try OpenSSL.run("x509", "-in", leaf, "-noout", "-text").contains("IP Address:10.96.0.1"))
        let caText = try OpenSSL.run("x509", "-in", root, "-noout", "-text")
        #expect(caText.contains("CA:TRUE") && caText.contains("Certificate Sign, CRL Sign"))
    }

    @Test("a client certificate names its user and groups", .enabled(if: OpenSSL.isInstalled))
    func client() throws {
        let ca = try makeCA()
        let pair = try ca.issueClient(
            commonName: "alice", organizations: ["dev", "qa"], lifetime: .seconds(day), now: now)
        #expect(pair.certificate.commonName == "alice" && pair.certificate.organizations == ["dev", "qa"])
        #expect(pair.certificate.subject == "CN=alice,O=qa,O=dev" && pair.certificate.issuer == "CN=test-ca")
        #expect(ca.hasSigned(pair.certificate))
        #expect(try !makeCA().hasSigned(pair.certificate))
        let folder = try TemporaryFolder()
        let root = try folder.write("ca.crt", ca.certificatePEM)
        let leaf = try folder.write("leaf.crt", pair.certificatePEM)
        #expect(
            try OpenSSL.run("verify", "-x509_strict", "-CAfile", root, "-purpose", "sslclient", leaf).contains("OK"))
        let fingerprint = try OpenSSL.run("x509", "-in", leaf, "-noout", "-fingerprint", "-sha256")
        let hex = fingerprint.split(separator: "=").last.map { $0.filter { $0 != ":" && $0 != "\n" }.lowercased() }
        #expect(pair.certificate.credentialID == "X509SHA256=" + (hex ?? ""))
        #expect(
            try OpenSSL.run("x509", "-in", leaf, "-noout", "-serial").lowercased().contains(pair.certificate.serial))
    }

    @Test("no certificate outlives its CA, and an expired CA signs nothing")
    func lifetimes() throws {
        let ca = try ClusterCA.make(commonName: "short", lifetime: .seconds(3600), now: now)
        let pair = try ca.issueClient(commonName: "a", organizations: [], lifetime: .seconds(day), now: now)
        #expect(pair.certificate.notAfter == ca.certificate.notAfter)
        #expect(throws: CertificateError(.authorityExpired)) {
            try ca.issueClient(
                commonName: "a", organizations: [], lifetime: .seconds(day), now: now.adding(seconds: 7200))
        }
    }

    @Test("a private key does not print itself")
    func keysAreSilent() throws {
        let ca = try makeCA()
        let pair = try ca.issueClient(commonName: "a", organizations: [], lifetime: .seconds(day), now: now)
        for text in ["\(pair)", "\(ca.privateKey)", String(reflecting: pair), String(reflecting: ca.privateKey)] {
            #expect(!text.contains("BEGIN PRIVATE KEY") && !text.contains("BEGIN EC"))
        }
        var dumped = ""
        dump(pair, to: &dumped)
        #expect(!dumped.contains("PRIVATE KEY-----"))
    }

    @Test("a CA is read back from PEM, and a key of another one is refused")
    func reading() throws {
        let ca = try makeCA()
        let again = try ClusterCA(certificatePEM: ca.certificatePEM, privateKey: ca.privateKey)
        #expect(again.certificate == ca.certificate)
        #expect(throws: CertificateError(.keyMismatch)) {
            _ = try ClusterCA(certificatePEM: ca.certificatePEM, privateKey: makeCA().privateKey)
        }
        let leaf = try ca.issueClient(commonName: "a", organizations: [], lifetime: .seconds(day), now: now)
        #expect(throws: CertificateError(.notAnAuthority)) {
            _ = try ClusterCA(certificatePEM: leaf.certificatePEM, privateKey: leaf.privateKey)
        }
        #expect(throws: CertificateError.self) {
            _ = try ClusterCA(certificatePEM: "nonsense", privateKey: ca.privateKey)
        }
    }

    @Test(
        "keys that openssl made are read, whatever their form", .enabled(if: OpenSSL.isInstalled),
        arguments: ["sec1", "pkcs8", "rsa"])
    func foreignKeys(form: String) throws {
        let folder = try TemporaryFolder()
        let key = folder.path + "/ca.key"
        switch form {
        case "sec1": try OpenSSL.run("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
        case "pkcs8": try OpenSSL.run("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key)
        default: try OpenSSL.run("genrsa", "-traditional", "-out", key, "2048")
        }
        try OpenSSL.run(
            "req", "-x509", "-new", "-key", key, "-subj", "/CN=foreign", "-days", "10", "-out", folder.path + "/ca.crt")
        let ca = try ClusterCA(certificatePEM: folder.read("ca.crt"), privateKey: PrivateKeyPEM(folder.read("ca.key")))
        let pair = try ca.issueClient(commonName: "a", organizations: [], lifetime: .seconds(day), now: now)
        let leaf = try folder.write("leaf.crt", pair.certificatePEM)
        #expect(try OpenSSL.run("verify", "-CAfile", folder.path + "/ca.crt", leaf).contains("OK"))
    }

    @Test(
        "addresses are read strictly and printed as Go prints them",
        arguments: [
            ("10.96.0.1", "10.96.0.1"), ("::1", "::1"), ("::", "::"), ("fd00:0:0:1::5", "fd00:0:0:1::5"),
            ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("::ffff:1.2.3.4", "1.2.3.4"),
            ("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"), ("fe80::", "fe80::"),
            ("010.0.0.1", nil), ("1.2.3", nil), ("1.2.3.256", nil), ("", nil), (":::", nil), ("1::2::3", nil),
            ("::1%lo", nil), ("1:2:3:4:5:6:7:8:9", nil),
            ("12345::", nil), ("1.2.3.4:80", nil), ("::1.2.3.4.5", nil), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ] as [(String, String?)])
    func addresses(text: String, printed: String?) { #expect(IPAddress(text)?.description == printed) }

    @Test("base64 is written and read as RFC 4648 says")
    func base64() {
        for (plain, coded) in [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            #expect(Base64.encode(plain.utf8) == coded)
            #expect(Base64.decode(coded) == Array(plain.utf8))
            #expect(Base64.decodeURL(Base64.encodeURL(plain.utf8)) == Array(plain.utf8))
        }
        #expect(Base64.encodeURL([0xFB, 0xFF]) == "-_8")
        #expect(Base64.decode("Zm9v\nYg==\n") == Array("foob".utf8))
        for bad in ["Z", "Zg", "Zg=", "Zg===", "Zh==", "Z g=", "=Zg=", "Zm9vYg==" + "a"] {
            #expect(Base64.decode(bad) == nil, "\(bad)")
        }
        for length in 0..<300 {
            #expect(
                Base64.decode(Base64.encode([UInt8](repeating: UInt8(length % 251), count: length)))?.count == length)
        }
    }
}

@Suite struct PEMTests {
    @Test("blocks are read with text around them, with headers, and with lines of any length")
    func lenient() throws {
        let text = """
            some text
            -----BEGIN A-----
            Proc-Type: 4,NONE

            Zm9v
              YmFy\r
            -----END A-----
            -----BEGIN BAD-----
            !!!
            -----END BAD-----
            -----BEGIN B-----
            \(Base64.encode([UInt8](repeating: 7, count: 200)))
            -----END B-----
            -----BEGIN OPEN-----
            Zm9v
            """
        let blocks = try PEM.blocks(text)
        #expect(blocks.map(\.discriminator) == ["A", "B"])
        #expect(blocks[0].derBytes == Array("foobar".utf8) && blocks[1].derBytes.count == 200)
    }

    @Test("certificates and requests of any bytes are read or refused, never trapped on", arguments: 0..<20)
    func fuzz(seed: UInt64) throws {
        var state = seed
        func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
        let ca = try makeCA()
        for _ in 0..<50 {
            var der = ca.certificate.der
            for _ in 0..<(1 + next() % 8) { der[Int(next() % UInt64(der.count))] = UInt8(truncatingIfNeeded: next()) }
            der.removeLast(Int(next() % 3) * Int(next() % 40))
            _ = try? PeerCertificate(der: der)
            _ = try? ClientVerifier(roots: [ca.certificate]).verify([der], now: now)
            _ = try? CertificateRequest(pem: Array(PEM.text("CERTIFICATE REQUEST", der).utf8))
        }
    }
}
