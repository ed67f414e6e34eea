import JSONValue
import KubeModel
import Testing

@testable import EncryptionAtRest

typealias Provider = EncryptionConfiguration.Provider

let secrets = GroupResource(group: "", resource: "secrets")
let storageKey = "/registry/secrets/default/a"

func key(_ name: String, _ byte: UInt8, count: Int = 32) -> EncryptionKey {
    EncryptionKey(name: name, bytes: [UInt8](repeating: byte, count: count))
}

func configuration(_ providers: Provider...) -> EncryptionConfiguration {
    EncryptionConfiguration(rules: [.init(resources: ["secrets"], providers: providers)])
}

func hex(_ text: String) -> [UInt8] {
    let digits = text.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
}

@Suite("a value transformer")
struct TransformerTests {
    /// `{"kind":"Secret"}` under 32 bytes of 7, nonce 00 01 02 …, made with OpenSSL and libsodium.
    static let known: [(EncryptionConfiguration.ProviderName, String)] = [
        (.aescbc, "000102030405060708090a0b0c0d0e0f6888f07eaeb2bd4e26d7f0082d4ee5f8fef2d948e5b6270b09b0a0b8676bbbe5"),
        (.aesgcm, "000102030405060708090a0b63a38219736dfb7355e180ff903d18d89c4d53e5d7a763b7c451b12d111571a9c0"),
        (
            .secretbox,
            "000102030405060708090a0b0c0d0e0f10111213141516170af47a05462ec84ffcfddcc5d4694aaee13c8226e51140ffc7c3266843b335b588"
        ),
    ]

    @Test("opens envelopes of known answers", arguments: known)
    func knownAnswers(provider: EncryptionConfiguration.ProviderName, sealed: String) throws {
        let transformer = ValueTransformer(configuration(Provider(name: provider, keys: [key("k", 7)])))
        let envelope = Array("k8s:enc:\(provider):v1:k:".utf8) + hex(sealed)
        let opened = try transformer.open(envelope, resource: secrets, key: storageKey)
        #expect(opened == OpenedValue(plaintext: Array("{\"kind\":\"Secret\"}".utf8), isStale: false))
    }

    @Test(
        "gives back what it sealed, and notices every damaged byte of an authenticated envelope",
        arguments: 0..<24 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var random = Seeded(seed)
        for provider in EncryptionConfiguration.ProviderName.allCases {
            let keys = provider == .identity ? [] : [key("k", UInt8(seed), count: provider == .aescbc ? 16 : 32)]
            let transformer = ValueTransformer(configuration(Provider(name: provider, keys: keys)))
            let plaintext = (0..<Int(random.next() % 300)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let sealed = try transformer.seal(plaintext, resource: secrets, key: storageKey).envelope
            #expect(sealed.starts(with: provider.envelopePrefix.utf8), "seed \(seed)")
            #expect(
                try transformer.open(sealed, resource: secrets, key: storageKey).plaintext == plaintext, "seed \(seed)")
            guard provider == .aesgcm || provider == .secretbox else { continue }
            let again = try transformer.seal(plaintext, resource: secrets, key: storageKey).envelope
            #expect(sealed != again, "a nonce came twice")
            var damaged = sealed
            let place = Int(random.next() % UInt64(sealed.count - 20)) + 20
            damaged[min(place, sealed.count - 1)] ^= 1 << UInt8(random.next() % 8)
            #expect(throws: EncryptionError.self, "seed \(seed)") {
                try transformer.open(damaged, resource: secrets, key: storageKey)
            }
        }
    }

    @Test("opens no envelope that was cut, at any length")
    func truncated() throws {
        for provider in [EncryptionConfiguration.ProviderName.aesgcm, .secretbox] {
            let transformer = ValueTransformer(configuration(Provider(name: provider, keys: [key("k", 1)])))
            let sealed = try transformer.seal([1, 2, 3], resource: secrets, key: storageKey).envelope
            for count in 0..<sealed.count {
                #expect(throws: EncryptionError.self) {
                    try transformer.open(Array(sealed.prefix(count)), resource: secrets, key: storageKey)
                }
            }
        }
    }

    @Test("with aesgcm refuses a value that was moved to another key")
    func movedValue() throws {
        let transformer = ValueTransformer(configuration(Provider(name: .aesgcm, keys: [key("k", 1)])))
        let sealed = try transformer.seal([1], resource: secrets, key: storageKey).envelope
        let error = #expect(throws: EncryptionError.self) {
            try transformer.open(sealed, resource: secrets, key: "/registry/secrets/default/b")
        }
        #expect(error?.cause == .notAuthentic(.encrypted(.aesgcm, keyName: "k")))
    }

    @Test("reads every key while it writes the first, through a whole rotation")
    func rotation() throws {
        let (old, new) = (key("old", 1), key("new", 2))
        let transformer = ValueTransformer(configuration(Provider(name: .aescbc, keys: [old])))
        let first = try transformer.seal([1], resource: secrets, key: storageKey)

        // The new key is first added behind, then written, then the old one is dropped.
        transformer.replace(with: configuration(Provider(name: .aescbc, keys: [old, new])))
        #expect(try transformer.open(first.envelope, resource: secrets, key: storageKey).isStale == false)
        transformer.replace(with: configuration(Provider(name: .aescbc, keys: [new, old])))
        #expect(
            try transformer.open(first.envelope, resource: secrets, key: storageKey)
                == .init(plaintext: [1], isStale: true))
        let second = try transformer.seal([1], resource: secrets, key: storageKey)
        #expect(second.generation == first.generation + 2)
        transformer.replace(with: configuration(Provider(name: .aescbc, keys: [new])))
        #expect(try transformer.open(second.envelope, resource: secrets, key: storageKey).isStale == false)
        let error = #expect(throws: EncryptionError.self) {
            try transformer.open(first.envelope, resource: secrets, key: storageKey)
        }
        #expect(error?.cause == .noKey(.encrypted(.aescbc, keyName: "old")))
        #expect(error?.description.contains("aescbc key \"old\"") == true)
    }

    @Test("finds the right one of two keys with the same name")
    func sameName() throws {
        let one = ValueTransformer(configuration(Provider(name: .aesgcm, keys: [key("k", 1)])))
        let two = ValueTransformer(configuration(Provider(name: .aesgcm, keys: [key("k", 2), key("k", 1)])))
        let sealed = try one.seal([9], resource: secrets, key: storageKey).envelope
        #expect(try two.open(sealed, resource: secrets, key: storageKey) == .init(plaintext: [9], isStale: true))
    }

    @Test("on the way to and from plaintext reads both")
    func identity() throws {
        let box = Provider(name: .secretbox, keys: [key("k", 1)])
        let on = ValueTransformer(configuration(box, Provider(name: .identity)))
        let off = ValueTransformer(configuration(Provider(name: .identity), box))
        let sealed = try on.seal([9], resource: secrets, key: storageKey).envelope
        #expect(try on.open([9], resource: secrets, key: storageKey) == .init(plaintext: [9], isStale: true))
        #expect(try off.open(sealed, resource: secrets, key: storageKey) == .init(plaintext: [9], isStale: true))
        #expect(try off.seal([9], resource: secrets, key: storageKey).envelope == [9])
        // Without identity plaintext is not read, and without a rule ciphertext is not passed off as plaintext.
        let strict = ValueTransformer(configuration(box))
        #expect(throws: EncryptionError.self) { try strict.open([9], resource: secrets, key: storageKey) }
        #expect(throws: EncryptionError.self) {
            try ValueTransformer().open(sealed, resource: secrets, key: storageKey)
        }
    }

    @Test("takes the exact rule before that of the group before that of everything")
    func precedence() throws {
        func box(_ name: String) -> [Provider] { [Provider(name: .secretbox, keys: [key(name, 1)])] }
        let transformer = ValueTransformer(
            EncryptionConfiguration(rules: [
                .init(resources: ["deployments.apps", "events"], providers: box("exact")),
                .init(resources: ["*.apps"], providers: box("group")),
                .init(resources: ["*."], providers: box("core")),
                .init(resources: ["*.*"], providers: box("all")),
            ]))
        let wanted = [
            ("apps", "deployments", "exact"), ("apps", "daemonsets", "group"), ("", "pods", "core"),
            ("", "events", "exact"),
            ("events.k8s.io", "events", "exact"), ("batch", "jobs", "all"),
        ]
        for (group, resource, name) in wanted {
            let sealed = try transformer.seal([1], resource: .init(group: group, resource: resource), key: storageKey)
            #expect(EncryptionStatus(envelope: sealed.envelope) == .encrypted(.secretbox, keyName: name))
        }
    }

    @Test("classifies an envelope by its head")
    func status() {
        let cases: [(String, EncryptionStatus)] = [
            ("{\"kind\":1}", .plain), ("k8s\u{0}", .plain), ("", .plain),
            ("k8s:enc:aescbc:v1:key1:xyz", .encrypted(.aescbc, keyName: "key1")),
            ("k8s:enc:secretbox:v1:b", .encrypted(.secretbox, keyName: "b")),
            ("k8s:enc:kms:v2:vault:zzz:yyy", .foreign("k8s:enc:kms:v2:vault")),
        ]
        for (head, wanted) in cases { #expect(EncryptionStatus(envelope: Array(head.utf8)) == wanted) }
    }

    @Test("base64 is read as Go reads it")
    func base64() {
        let good = ["": "", "YQ==": "a", "YWI=": "ab", "YWJj": "abc", "YW\nJj\r\n": "abc", "+/+/": nil, "YR==": "a"]
        for (text, wanted) in good {
            let bytes = Base64.decode(text)
            #expect(bytes != nil, "\(text)")
            if let wanted { #expect(bytes == Array(wanted.utf8)) }
        }
        for bad in ["%%%", "YQ=", "YQ", "=YQ=", "Y===", "YQ==YQ==", "YW J", "_-_-"] {
            #expect(Base64.decode(bad) == nil, "\(bad)")
        }
        for count in 0..<40 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 200) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
    }
}

/// A small repeatable generator (SplitMix64).
struct Seeded: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
