import CertificateAuthority
import JSONValue
import LinuxKernel
import NetworkPolicy
import Testing

@testable import WorkerNode

@Suite("the settings of a node")
struct NodeSettingsTests {
    private static func settings() throws -> NodeSettings {
        var settings = NodeSettings(
            name: "one", serverHost: "127.0.0.1", serverPort: 6443, authority: "-----BEGIN CERTIFICATE-----\n", bootstrapTokenFile: "/s/token", folder: "/s/node",
            images: "/s/images", clusterNetworks: [try #require(IPNetwork("10.244.0.0/16")), try #require(IPNetwork("fd00:10:244::/48"))],
            podNetworks: [try #require(IPNetwork("10.244.0.0/24"))], serviceNetworks: [try #require(IPNetwork("10.96.0.0/16"))], clusterDNS: "10.96.0.10")
        settings.clusterDomain = "example.test"
        settings.registries = [["host": "docker.io", "endpoints": []]]
        settings.maxPods = 7
        settings.staticPods = "/etc/manifests"
        return settings
    }

    private static func file(_ text: String) throws -> String {
        let path = "/tmp/kst-settings-" + String(UInt32.random(in: 0 ... .max), radix: 36)
        try SecureFile.write(path, Array(text.utf8))
        return path
    }

    @Test("they come back from their file as they were")
    func roundTrip() throws {
        var settings = try Self.settings()
        for token in ["/s/token", nil] {
            settings.bootstrapTokenFile = token
            let path = try Self.file(settings.json.description)
            defer { try? FileTree.remove(path) }
            #expect(try NodeSettings(file: path) == settings)
        }
    }

    @Test(
        "a bad file is refused with the name of the field",
        arguments: [
            ("name", ""), ("name", 5), ("serverHost", nil), ("serverPort", 0), ("serverPort", 65536), ("serverPort", "6443"), ("authority", nil), ("folder", nil),
            ("images", nil), ("clusterDNS", nil), ("clusterNetworks", ["10.0.0.0/99"]), ("podNetworks", ["here"]), ("serviceNetworks", [""]),
        ] as [(String, JSON?)])
    func bad(field: String, value: JSON?) throws {
        var json = try Self.settings().json
        json[field] = value
        let path = try Self.file(json.description)
        defer { try? FileTree.remove(path) }
        let error = #expect(throws: NodeError.self) { try NodeSettings(file: path) }
        #expect(error?.description.contains("'\(field)'") == true)
        #expect(error?.description.contains(path) == true)
    }

    @Test("what is no JSON, or not there, is refused")
    func unreadable() throws {
        let path = try Self.file("{")
        defer { try? FileTree.remove(path) }
        #expect(throws: NodeError.self) { try NodeSettings(file: path) }
        #expect(throws: FileError.self) { try NodeSettings(file: path + "-absent") }
    }

    @Test("the ids of a user are found by name and number, and what is no line of such a file is passed over")
    func subordinateIDs() throws {
        let path = try Self.file(
            """
            # comment
            anna:100000:65536
            bert:165536:65536
            1000:300000:10

            anna:x:5
            anna:5
            anna:1:2:3
            anna:4294967296:1
            anna:-1:5
            """)
        defer { try? FileTree.remove(path) }
        #expect(SubordinateIDs.read(path, user: 1000, name: "anna").map { [$0.first, $0.count] } == [[100_000, 65_536], [300_000, 10]])
        #expect(SubordinateIDs.read(path, user: 7, name: "bert").map(\.first) == [165_536])
        #expect(SubordinateIDs.read(path, user: 7, name: "carl").isEmpty)
        #expect(SubordinateIDs.read(path + "-absent", user: 7, name: "anna").isEmpty)
    }
}
