import Foundation
import KubeModel
import Testing

@testable import CertificateAuthority

@Suite(.enabled(if: OpenSSL.isInstalled)) struct CSRTests {
    private static func request(
        _ subject: String, names: String? = nil,
        key: [String] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    ) throws -> [UInt8] {
        let folder = try TemporaryFolder()
        let file = folder.path + "/r.csr"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["openssl", "req", "-new", "-nodes", "-keyout", folder.path + "/k", "-subj", subject, "-out", file] + key
            + (names.map { ["-addext", "subjectAltName=" + $0] } ?? [])
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return Array(try folder.read("r.csr").utf8)
    }

    private func sign(
        _ pem: [UInt8], _ signer: CSRSigner, _ usages: [String], expiration: Int64? = nil, ca: ClusterCA? = nil
    ) throws -> PeerCertificate {
        try (ca ?? makeCA()).sign(
            request: CertificateRequest(pem: pem), signer: signer, usages: usages, expirationSeconds: expiration,
            maximumLifetime: .seconds(365 * day), now: now)
    }

    @Test(
        "a request for an API client gets its subject, names and usages",
        arguments: [
            ["-newkey", "rsa:2048"], ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"], ["-newkey", "ed25519"],
        ])
    func client(key: [String]) throws {
        let ca = try makeCA()
        let pem = try Self.request(
            "/O=golden/O=more/CN=carol", names: "DNS:a.b,IP:10.0.0.1,URI:spiffe://x/y,email:a@b.c", key: key)
        let certificate = try sign(
            pem, .apiServerClient, ["client auth", "digital signature", "key encipherment"], ca: ca)
        #expect(certificate.commonName == "carol" && certificate.organizations == ["golden", "more"])
        #expect(Set(certificate.alternativeNames.texts) == ["a.b", "10.0.0.1", "spiffe://x/y", "a@b.c"])
        #expect(certificate.extendedUsages == [.clientAuth])
        #expect(
            certificate.notBefore.seconds == now.seconds - 300
                && certificate.notAfter.seconds == now.seconds + 365 * day - 300)
        let folder = try TemporaryFolder()
        let root = try folder.write("ca.crt", ca.certificatePEM)
        let leaf = try folder.write("leaf.crt", certificate.pem)
        #expect(try OpenSSL.run("verify", "-CAfile", root, "-purpose", "sslclient", leaf).contains("OK"))
        #expect(try OpenSSL.run("x509", "-in", leaf, "-noout", "-text").contains("Digital Signature, Key Encipherment"))
        #expect(try ClientVerifier(roots: [ca.certificate]).verify([certificate.der], now: now).commonName == "carol")
    }

    @Test(
        "the lifetime asked for is honoured between ten minutes and the signer's maximum",
        arguments: [
            (600, 600), (5, 600), (3600, 3600), (8 * 3600, 8 * 3600 - 300), (400 * 86400, 365 * 86400 - 300),
            (nil, 365 * 86400 - 300),
        ] as [(Int64?, Int64)])
    func lifetime(asked: Int64?, given: Int64) throws {
        let certificate = try sign(try Self.request("/CN=a"), .apiServerClient, ["client auth"], expiration: asked)
        #expect(certificate.notAfter.seconds - now.seconds == given)
    }

    @Test(
        "a kubelet's requests are signed when subject, names and usages are a node's, and refused with the reason otherwise",
        arguments: [
            (
                CSRSigner.apiServerClientKubelet, "/O=system:nodes/CN=system:node:n1", nil,
                ["digital signature", "client auth"], nil
            ),
            (
                .apiServerClientKubelet, "/O=system:nodes/CN=system:node:n1", nil,
                ["key encipherment", "digital signature", "client auth"], nil
            ),
            (
                .apiServerClientKubelet, "/O=system:nodes/CN=system:node:n1", nil, ["client auth"],
                "usages did not match [client auth digital signature key encipherment]"
            ),
            (
                .apiServerClientKubelet, "/O=system:masters/CN=system:node:n1", nil,
                ["digital signature", "client auth"], "subject organization is not system:nodes"
            ),
            (
                .apiServerClientKubelet, "/O=system:nodes/O=x/CN=system:node:n1", nil,
                ["digital signature", "client auth"], "subject organization is not system:nodes"
            ),
            (
                .apiServerClientKubelet, "/O=system:nodes/CN=n1", nil, ["digital signature", "client auth"],
                "subject common name does not begin with system:node:"
            ),
            (
                .apiServerClientKubelet, "/O=system:nodes/CN=system:node:n1", "DNS:n1",
                ["digital signature", "client auth"], "DNS subjectAltNames are not allowed"
            ),
            (
                .apiServerClientKubelet, "/O=system:nodes/CN=system:node:n1", "IP:1.2.3.4",
                ["digital signature", "client auth"], "IP subjectAltNames are not allowed"
            ),
            (
                .kubeletServing, "/O=system:nodes/CN=system:node:n1", "DNS:n1,IP:1.2.3.4",
                ["digital signature", "server auth"], nil
            ),
            (
                .kubeletServing, "/O=system:nodes/CN=system:node:n1", nil, ["digital signature", "server auth"],
                "DNS or IP subjectAltName is required"
            ),
            (
                .kubeletServing, "/O=system:nodes/CN=system:node:n1", "DNS:n1,URI:x://y",
                ["digital signature", "server auth"], "URI subjectAltNames are not allowed"
            ),
            (
                .kubeletServing, "/O=system:nodes/CN=system:node:n1", "DNS:n1,email:a@b.c",
                ["digital signature", "server auth"], "Email subjectAltNames are not allowed"
            ),
            (
                .kubeletServing, "/O=system:nodes/CN=system:node:n1", "DNS:n1", ["digital signature", "client auth"],
                "usages did not match [digital signature key encipherment server auth]"
            ),
            (
                .apiServerClient, "/CN=a", nil, ["client auth", "server auth"],
                "invalid usage for client certificate: server auth"
            ),
            (
                .apiServerClient, "/CN=a", nil, ["digital signature"],
                "missing required usage for client certificate: client auth"
            ),
        ] as [(CSRSigner, String, String?, [String], String?)])
    func rules(signer: CSRSigner, subject: String, names: String?, usages: [String], refusal: String?) throws {
        let pem = try Self.request(subject, names: names)
        if let refusal {
            #expect(throws: CSRFailure.refused(refusal)) { try sign(pem, signer, usages) }
        } else {
            #expect(try sign(pem, signer, usages).commonName == "system:node:n1")
        }
    }

    @Test("usages are written as X.509 knows them, and unknown ones are not signed")
    func usages() throws {
        let pem = try Self.request("/CN=a")
        let all = [
            "any", "client auth", "s/mime", "email protection", "ipsec user", "netscape sgc", "crl sign",
            "decipher only",
        ]
        let certificate = try sign(pem, .legacyUnknown, all)
        #expect(
            certificate.extendedUsages?.map(\.identifier) == [
                "2.5.29.37.0", "1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.7", "2.16.840.1.113730.4.1",
            ])
        #expect(!certificate.isAuthority)
        #expect(throws: CSRFailure.cannotSign("unrecognized usage values: [\"bogus\"]")) {
            try sign(pem, .legacyUnknown, ["bogus"])
        }
    }

    @Test("a request that its key did not sign is not signed")
    func badSignature() throws {
        var text = String(decoding: try Self.request("/CN=abcdefgh"), as: UTF8.self)
        let lines = text.split(separator: "\n")
        var der = Base64.decode(lines.dropFirst().dropLast().joined()) ?? []
        let at = try #require(der.firstRange(of: Array("abcdefgh".utf8)))
        der[at.lowerBound] = UInt8(ascii: "X")
        text = "-----BEGIN CERTIFICATE REQUEST-----\n\(Base64.encode(der))\n-----END CERTIFICATE REQUEST-----\n"
        let request = try CertificateRequest(pem: Array(text.utf8))
        #expect(request.commonName == "Xbcdefgh" && !request.isSignatureValid)
        #expect(throws: CSRFailure.cannotSign("unable to verify certificate request signature")) {
            try sign(Array(text.utf8), .apiServerClient, ["client auth"])
        }
    }

    @Test(
        "what is no request is refused in the words of kube-apiserver",
        arguments: ["not pem", "", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
    func notARequest(text: String) {
        let error = #expect(throws: CertificateError.self) { try CertificateRequest(pem: Array(text.utf8)) }
        #expect(error?.description == "PEM block type must be CERTIFICATE REQUEST")
    }
}
