import Foundation
import KubeModel
import Testing

@testable import CertificateAuthority

@Suite struct PKIDirectoryTests {
    private let options: PKIOptions

    init() throws {
        options = PKIOptions(
            hostName: "Node-1", serviceIP: try #require(IPAddress("10.96.0.1")),
            extraNames: ["api.example.com", "192.168.1.5"])
    }

    @Test("the first start makes everything, for the owner's eyes only")
    func firstStart() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/state/pki"
        let pki = try PKIDirectory.open(path, options: options, now: now)
        let files = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
        #expect(
            files == [
                "admin.crt", "admin.key", "apiserver.crt", "apiserver.key", "ca.crt", "ca.key",
                "controller-manager.crt",
                "controller-manager.key", "sa.key", "sa.pub", "scheduler.crt", "scheduler.key",
            ])
        for file in files { #expect(SecureFile.mode(path + "/" + file) == 0o600) }
        #expect(SecureFile.mode(path) == 0o700 && SecureFile.mode(folder.path + "/state") == 0o700)
        let material = pki.opened
        #expect(material.pairs["admin"]?.certificate.subject == "CN=kubernetes-admin,O=system:masters")
        #expect(material.pairs["controller-manager"]?.certificate.commonName == "system:kube-controller-manager")
        #expect(
            material.pairs["apiserver"]?.certificate.alternativeNames.texts == [
                "localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc",
                "kubernetes.default.svc.cluster.local",
                "node-1", "api.example.com", "127.0.0.1", "::1", "10.96.0.1", "192.168.1.5",
            ])
        let listing = await pki.listing(now: now)
        #expect(listing.map(\.name) == ["ca", "apiserver", "admin", "controller-manager", "scheduler"])
        #expect(listing[0].remaining == .seconds(3650 * day) && listing[1].remaining == .seconds(365 * day))
        #expect(listing[1].path == path + "/apiserver.crt" && listing[1].issuer == "CN=kastell-ca")
    }

    @Test("a second start changes nothing")
    func secondStart() throws {
        let folder = try TemporaryFolder()
        let first = try PKIDirectory.open(folder.path + "/pki", options: options, now: now)
        let second = try PKIDirectory.open(folder.path + "/pki", options: options, now: now.adding(seconds: 100 * day))
        #expect(!first.made.isEmpty && second.made.isEmpty)
        #expect(first.opened.pairs.mapValues(\.certificate) == second.opened.pairs.mapValues(\.certificate))
        #expect(first.opened.serviceAccountKey.keyID == second.opened.serviceAccountKey.keyID)
    }

    @Test(
        "a file that others may read is refused with its mend, and left as it is",
        arguments: ["ca.key", "sa.key", "apiserver.key"])
    func badPermissions(name: String) throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/pki"
        _ = try PKIDirectory.open(path, options: options, now: now)
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path + "/" + name)
        let error = #expect(throws: PKIError.self) { try PKIDirectory.open(path, options: options, now: now) }
        #expect(
            error?.description
                == "\(path)/\(name): others may access it (mode 640, wanted 600 or less). Run: chmod 600 \(path)/\(name)"
        )
        #expect(SecureFile.mode(path + "/" + name) == 0o640)
    }

    @Test("a folder that others may enter is refused with its mend")
    func openFolder() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/pki"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
        let error = #expect(throws: PKIError.self) { try PKIDirectory.open(path, options: options, now: now) }
        #expect(
            error?.description == "\(path): others may access it (mode 755, wanted 700 or less). Run: chmod 700 \(path)"
        )
    }

    @Test("the CA's and the ServiceAccount key are never replaced", arguments: ["ca.key", "sa.key"])
    func lostKeys(name: String) throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/pki"
        _ = try PKIDirectory.open(path, options: options, now: now)
        try FileManager.default.removeItem(atPath: path + "/" + name)
        let error = #expect(throws: PKIError.self) { try PKIDirectory.open(path, options: options, now: now) }
        #expect(error?.description.hasPrefix("\(path)/\(name) is missing. Put ") == true)
        #expect(!SecureFile.exists(path + "/" + name))
    }

    @Test(
        "what a crash or a hand left incomplete is made again",
        arguments: ["apiserver.crt", "apiserver.key", "admin.crt", "ca.crt", "sa.pub", "mixed", "damaged"])
    func healing(name: String) throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/pki"
        let before = try PKIDirectory.open(path, options: options, now: now).opened
        switch name {
        case "mixed":
            try SecureFile.write(
                path + "/apiserver.key", Array((before.pairs["admin"]?.privateKey.reveal() ?? "").utf8))
        case "damaged": try SecureFile.write(path + "/apiserver.crt", Array("half a certif".utf8))
        default: try FileManager.default.removeItem(atPath: path + "/" + name)
        }
        let after = try PKIDirectory.open(path, options: options, now: now)
        #expect(!after.made.isEmpty)
        let verifier = try ClientVerifier(roots: [after.opened.authority.certificate])
        let admin = try #require(before.pairs["admin"])
        #expect(try verifier.verify([admin.certificate.der], now: now).commonName == "kubernetes-admin")
        #expect(after.opened.serviceAccountKey.keyID == before.serviceAccountKey.keyID)
        #expect(try PKIDirectory.open(path, options: options, now: now).made.isEmpty)
    }

    @Test("new names for the API server make a new certificate, and nothing else")
    func newNames() throws {
        let folder = try TemporaryFolder()
        _ = try PKIDirectory.open(folder.path + "/pki", options: options, now: now)
        var changed = options
        changed.extraNames.append("other.example.com")
        #expect(
            try PKIDirectory.open(folder.path + "/pki", options: changed, now: now).made == [
                "apiserver.key", "apiserver.crt",
            ])
        changed.extraNames.append("not a name")
        #expect(throws: PKIError.self) { try PKIDirectory.open(folder.path + "/pki", options: changed, now: now) }
    }

    @Test(
        "renewal comes at half life, also after the clock went back",
        arguments: [
            (0, nil), (182 * 86400, nil), (183 * 86400, .pastHalfLife), (366 * 86400, .expired), (-200, nil),
            (-86400, .notYetValid),
        ] as [(Int64, RenewalReason?)])
    func plan(after: Int64, reason: RenewalReason?) async throws {
        let folder = try TemporaryFolder()
        let pki = try PKIDirectory.open(folder.path + "/pki", options: options, now: now)
        let plan = await pki.renewalPlan(now: now.adding(seconds: after))
        #expect(plan.first { $0.name == "apiserver" }?.reason == reason)
        #expect(plan.map(\.name).contains("ca") == (reason == .notYetValid))
    }

    @Test("a renewed certificate has a new key and is in force; a renewed CA keeps its key")
    func renew() async throws {
        let folder = try TemporaryFolder()
        let pki = try PKIDirectory.open(folder.path + "/pki", options: options, now: now)
        let later = now.adding(seconds: 200 * day)
        let before = pki.opened
        for item in await pki.renewalPlan(now: later) { _ = try await pki.renew(item.name, now: later) }
        #expect(await pki.renewalPlan(now: later).isEmpty)
        let after = await pki.material()
        let old = try #require(before.pairs["admin"])
        let new = try #require(after.pairs["admin"])
        #expect(
            new.certificate.notAfter.seconds == later.seconds + 365 * day
                && new.privateKey.reveal() != old.privateKey.reveal())
        _ = try await pki.renew("ca", now: later)
        let renewed = await pki.material().authority
        #expect(renewed.certificate.notAfter.seconds == later.seconds + 3650 * day)
        #expect(renewed.hasSigned(new.certificate) && renewed.certificate.der != before.authority.certificate.der)
        let error = await #expect(throws: PKIError.self) { try await pki.renew("nobody", now: later) }
        #expect(
            error?.description
                == "there is no certificate named \"nobody\"; known are ca, apiserver, admin, controller-manager, scheduler"
        )
        let reopened = try PKIDirectory.open(folder.path + "/pki", options: options, now: later)
        #expect(reopened.made.isEmpty && reopened.opened.authority.certificate == renewed.certificate)
    }

    @Test("a file is replaced as a whole, with its mode from the first moment, and no temporary file stays")
    func atomicWrite() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/f"
        try SecureFile.write(path, [1, 2, 3])
        try SecureFile.write(path, [4])
        #expect(try SecureFile.read(path, .secret) == [4])
        #expect(SecureFile.mode(path) == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["f"])
        #expect(throws: FileError.self) { try SecureFile.write(folder.path + "/absent/f", [1]) }
        #expect(throws: FileError(path: folder.path, cause: .notAFile)) { try SecureFile.read(folder.path, .any) }
        let error = #expect(throws: FileError.self) { try SecureFile.read(path + "x", .any) }
        #expect(error?.isAbsent == true && error?.description == "\(path)x: open: No such file or directory")
    }
}
