import Fuzzing
import KubeModel
import Testing

@testable import CertificateAuthority

@Suite("Certificate requests and keys from outside") struct FuzzTests {
    /// `CN=jane, O=dev`, P-256, made once.
    private static let request = """
        -----BEGIN CERTIFICATE REQUEST-----
        MIHXMH8CAQAwHTENMAsGA1UEAwwEamFuZTEMMAoGA1UECgwDZGV2MFkwEwYHKoZI
        zj0CAQYIKoZIzj0DAQcDQgAEWhK10ygYuBTFirmHcXyHbzIJxqDGtFZna9CCeYRQ
        YAQkCu/7F6loswvX2475FwE4NaxqmLha6cZi+bmjsc8L/6AAMAoGCCqGSM49BAMC
        A0gAMEUCIHhuE6OE1iLKcNdya9gjmNfNnj26PmFr0sTlhh25RFOYAiEA9L81npft
        hPTqSo+lUsE+whzBIR3Xpwo3FfmMEvEdYRA=
        -----END CERTIFICATE REQUEST-----

        """

    @Test("a request is read or refused, never trapped on, and what is changed in it is not signed by its key", arguments: 0..<8)
    func requests(seed: UInt64) throws {
        let read = try CertificateRequest(pem: Array(Self.request.utf8))
        #expect(read.isSignatureValid && read.commonName == "jane" && read.organizations == ["dev"])
        let line = Self.request.split(separator: "\n")[1]
        var mutator = Mutator(
            seed: seed, samples: [Self.request, Self.request, Self.request],
            pieces: ["-----BEGIN CERTIFICATE REQUEST-----\n", "-----END CERTIFICATE REQUEST-----\n", "-----BEGIN CERTIFICATE-----\n", String(line), "AAAA", "MIIB", "\n", "="])
        for _ in 0..<60 {
            let bytes = mutator.bytes()
            guard let changed = try? CertificateRequest(pem: bytes), changed.isSignatureValid else { continue }
            #expect(changed.subject == read.subject && changed.alternativeNames == read.alternativeNames, "seed \(seed)")
        }
    }

    @Test("a certificate in DER with a few bytes changed is read or refused", arguments: 0..<8)
    func certificates(seed: UInt64) throws {
        let certificate = try makeCA().certificate
        var mutator = Mutator(seed: seed, samples: [certificate.der, certificate.der])
        for _ in 0..<60 { _ = try? PeerCertificate(der: mutator.bytes()) }
    }
}
