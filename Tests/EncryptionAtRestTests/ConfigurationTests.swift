import JSONValue
import KubeModel
import Testing

@testable import EncryptionAtRest

/// A configuration file with one rule, and what must be said about it.
struct Refusal: Sendable, CustomTestStringConvertible {
    var title: String
    var file: String
    var message: String
    var remedy: String
    var testDescription: String { title }

    static let head = "\"apiVersion\":\"apiserver.config.k8s.io/v1\",\"kind\":\"EncryptionConfiguration\""
    static let good = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="

    init(_ title: String, resources: String = "[\"secrets\"]", providers: String, _ message: String, _ remedy: String) {
        self.init(
            title, file: "{\(Self.head),\"resources\":[{\"resources\":\(resources),\"providers\":\(providers)}]}",
            "error while parsing file: " + message, remedy)
    }

    init(_ title: String, file: String, _ message: String, _ remedy: String) {
        self.title = title
        self.file = file
        self.message = message
        self.remedy = remedy
    }

    static func keyed(_ provider: String, _ keys: String) -> String { "[{\"\(provider)\":{\"keys\":\(keys)}}]" }

    static let names: [Refusal] = [
        Refusal(
            "a lone star", resources: "[\"*\"]", providers: "[{\"identity\":{}}]",
            "resources[0].resources[0]: Invalid value: \"*\": use '*.' to encrypt all the resources from core API group or "
                + "*.* to encrypt all resources", "Write resources[0].resources[0] as '*.' or '*.*'."),
        Refusal(
            "events under their new group", resources: "[\"events.events.k8s.io\"]", providers: "[{\"identity\":{}}]",
            "resources[0].resources[0]: Invalid value: \"events.events.k8s.io\": '*.events.k8s.io' objects are stored using "
                + "the 'events' API group in etcd. Use 'events' instead in the config file",
            "Write resources[0].resources[0] as events."),
        Refusal(
            "the removed group", resources: "[\"ingresses.extensions\"]", providers: "[{\"identity\":{}}]",
            "resources[0].resources[0]: Invalid value: \"ingresses.extensions\": 'extensions' group has been removed and "
                + "cannot be used for encryption",
            "Write resources[0].resources[0] with the group that serves the resource now."),
        Refusal(
            "a resource of every group", resources: "[\"secrets.*\"]", providers: "[{\"identity\":{}}]",
            "resources[0].resources[0]: Invalid value: \"secrets.*\": encrypting the same resource across groups is not "
                + "supported", "Write resources[0].resources[0] with its group, or as '*.*'."),
        Refusal(
            "what has no REST API", resources: "[\"apiserveripinfo\"]", providers: "[{\"identity\":{}}]",
            "resources[0].resources[0]: Invalid value: \"apiserveripinfo\": resources which do not have REST API/s cannot "
                + "be encrypted", "Remove resources[0].resources[0]."),
        Refusal(
            "a resource twice", resources: "[\"secrets\",\"secrets\"]", providers: "[{\"identity\":{}}]",
            "resources[0].resources: Invalid value: [\"secrets\",\"secrets\"]: the same resource cannot be specified "
                + "multiple times", "Name each resource of resources[0].resources once only."),
        Refusal(
            "a resource and its wildcard", resources: "[\"secrets\",\"*.\"]", providers: "[{\"identity\":{}}]",
            "resources[0].resources: Invalid value: [\"secrets\",\"*.\"]: using overlapping resources such as 'secrets' and "
                + "'*.' in the same resource list is not allowed as they will be masked",
            "Remove from resources[0].resources what its wildcard covers already."),
        Refusal(
            "no resources", resources: "[]", providers: "[{\"identity\":{}}]",
            "resources[0].resources: Required value: at least one resources[0].resources is required",
            "List at least one element under resources[0].resources."),
    ]

    static let keys: [Refusal] = [
        Refusal(
            "a secretbox key of 16 bytes",
            providers: keyed("secretbox", "[{\"name\":\"a\",\"secret\":\"AwMDAwMDAwMDAwMDAwMDAw==\"}]"),
            "resources[0].providers[0].secretbox.keys[0].secret: Invalid value: \"REDACTED\": secret is not of the expected "
                + "length, got 16, expected one of [32]",
            "Give key \"a\" at resources[0].providers[0].secretbox.keys[0] a secret of 32 bytes for secretbox, in base64, "
                + "such as the output of 'head -c 32 /dev/urandom | base64'."),
        Refusal(
            "an AES key of 28 bytes",
            providers: keyed("aescbc", "[{\"name\":\"key2\",\"secret\":\"c2VjcmV0IGlzIHNlY3VyZSwgb3IgaXMgaXQ/IQ==\"}]"),
            "resources[0].providers[0].aescbc.keys[0].secret: Invalid value: \"REDACTED\": secret is not of the expected "
                + "length, got 28, expected one of [16 24 32]",
            "Give key \"key2\" at resources[0].providers[0].aescbc.keys[0] a secret of 16, 24 or 32 bytes for aescbc, in base64, "
                + "such as the output of 'head -c 32 /dev/urandom | base64'."),
        Refusal(
            "a key without name", providers: keyed("aesgcm", "[{\"secret\":\"\(good)\"}]"),
            "resources[0].providers[0].aesgcm.keys[0].name: Required value: name is a mandatory field for a key",
            "Give the key at resources[0].providers[0].aesgcm.keys[0] a name."),
        Refusal(
            "a key without secret", providers: keyed("aesgcm", "[{\"name\":\"k\"}]"),
            "resources[0].providers[0].aesgcm.keys[0].secret: Required value: secret is a mandatory field for a key",
            "Give key \"k\" at resources[0].providers[0].aesgcm.keys[0] a secret of 16, 24 or 32 bytes for aesgcm, in base64, "
                + "such as the output of 'head -c 32 /dev/urandom | base64'."),
        Refusal(
            "a key management service", providers: "[{\"kms\":{\"name\":\"a\"}}]",
            "resources[0].providers[0].kms: Forbidden: key management services are not supported; keys are held in this file",
            "Use secretbox, aesgcm or aescbc in place of resources[0].providers[0].kms."),
        Refusal(
            "a provider of nothing", providers: "[{\"identity\":null}]",
            "resources[0].providers[0]: Invalid value: {\"AESGCM\":null,\"AESCBC\":null,\"Secretbox\":null,\"Identity\":null,"
                + "\"KMS\":null}: provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, "
                + "Identity",
            "Give resources[0].providers[0] one of the providers secretbox, aesgcm, aescbc or identity."),
    ]

    static let shapes: [Refusal] = [
        Refusal(
            "a misspelled field", providers: "[{\"aesgcm\":{\"key\":[]}}]",
            "strict decoding error: unknown field \"resources[0].providers[0].aesgcm.key\"",
            "Remove or correct resources[0].providers[0].aesgcm.key: it takes keys."),
        Refusal(
            "a secret that is a number", providers: keyed("aesgcm", "[{\"name\":\"k\",\"secret\":12345678}]"),
            "resources[0].providers[0].aesgcm.keys[0].secret: Invalid value: must be a string",
            "Make resources[0].providers[0].aesgcm.keys[0].secret a string."),
        Refusal(
            "another kind", file: "{\"apiVersion\":\"v1\",\"kind\":\"Secret\"}",
            "error while parsing file: no kind \"Secret\" is registered for version \"v1\"",
            "Begin the file with apiVersion: apiserver.config.k8s.io/v1 and kind: EncryptionConfiguration."),
        Refusal(
            "no rule", file: "{\(head)}",
            "error while parsing file: resources: Required value: at least one resources is required",
            "List at least one element under resources."),
        Refusal(
            "a rule behind its group's wildcard",
            file: "{\(head),\"resources\":[{\"resources\":[\"*.\"],\"providers\":[{\"identity\":{}}]},"
                + "{\"resources\":[\"secrets\"],\"providers\":[{\"identity\":{}}]}]}",
            "error while building transformers: resource \"secrets\" is masked by earlier rule \"*.\"",
            "Move \"secrets\" (resources[1]) before \"*.\", or remove it."),
    ]
}

@Suite("an encryption configuration")
struct ConfigurationTests {
    @Test("is refused with the reason and the mend", arguments: Refusal.names + Refusal.keys + Refusal.shapes)
    func refusals(_ refusal: Refusal) throws {
        let error = try #require(throws: EncryptionConfigurationError.self) {
            try EncryptionConfiguration.parse(try JSON.parse(refusal.file))
        }
        #expect(error.message == refusal.message)
        #expect(error.remedy == refusal.remedy)
        #expect(!error.description.contains("AQEB") && !error.description.contains("c2Vj"))
    }

    @Test("names every fault at once")
    func allFaults() throws {
        let keys = "[{\"aescbc\":{\"keys\":[{\"name\":\"a\",\"secret\":\"eA==\"},{\"name\":\"b\",\"secret\":\"?\"}]}}]"
        let refusal = Refusal("", resources: "[\"Secrets\"]", providers: keys, "", "")
        let error = try #require(throws: EncryptionConfigurationError.self) {
            try EncryptionConfiguration.parse(try JSON.parse(refusal.file))
        }
        #expect(error.faults.count == 3)
        #expect(error.message.hasPrefix("error while parsing file: [resources[0].resources[0]: "))
        #expect(error.remedy.contains("key \"a\"") && error.remedy.contains("key \"b\""))
    }

    @Test("with a field given twice is refused")
    func duplicateField() throws {
        let refusal = Refusal("", providers: "[{\"identity\":{}}]", "", "")
        let error = try #require(throws: EncryptionConfigurationError.self) {
            try EncryptionConfiguration.parse(try JSON.parse(refusal.file), duplicateFields: ["resources[0].providers"])
        }
        #expect(error.message.hasSuffix("strict decoding error: duplicate field \"resources[0].providers\""))
    }

    @Test("never shows a secret, however it is printed")
    func secretsStayHidden() throws {
        let file = Refusal(
            "", providers: Refusal.keyed("aesgcm", "[{\"name\":\"k\",\"secret\":\"\(Refusal.good)\"}]"), "", ""
        ).file
        let configuration = try EncryptionConfiguration.parse(try JSON.parse(file))
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains("AQEB") && !text.contains("1, 1, 1") && !text.contains("SymmetricKey"))
        }
    }

    @Test("made by default is fresh, accepted, and encrypts everything", arguments: [false, true])
    func defaults(readsPlaintext: Bool) throws {
        let file = DefaultEncryption.file(readsPlaintext: readsPlaintext)
        #expect(file != DefaultEncryption.file(readsPlaintext: readsPlaintext))
        let transformer = ValueTransformer(try EncryptionConfiguration.parse(try JSON.parse(file)))
        let key = "/registry/example.com/widgets/a/b"
        let sealed = try transformer.seal([1, 2], resource: .init(group: "example.com", resource: "widgets"), key: key)
        #expect(EncryptionStatus(envelope: sealed.envelope) == .encrypted(.secretbox, keyName: "key1"))
        let plain = try? transformer.open([1, 2], resource: .init(group: "", resource: "secrets"), key: key)
        #expect((plain != nil) == readsPlaintext)
    }
}
