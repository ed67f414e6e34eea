import Foundation

/// A registry of Debian's `docker-registry` on the loopback where a cluster's clients run; it ends with the last reference to it.
final class TestRegistry: Sendable {
    let port: Int
    let folder: String
    private let cluster: TestCluster
    private let account: String?
    private let program: BackgroundProcess

    var address: String { "127.0.0.1:\(port)" }

    /// What is not installed of what it takes; nil when all is there.
    static let obstacle = ["docker-registry", "skopeo", "htpasswd", "curl"].first { Command.installed($0) == nil }

    private static func path(_ program: String) -> String { Command.installed(program) ?? program }

    /// - Parameter account: the only one who may read and write, as `name:password`; nil for everybody.
    init(_ cluster: TestCluster, port: Int, account: String? = nil) async throws {
        self.cluster = cluster
        self.port = port
        self.account = account
        folder = cluster.folder.path + "/registry-\(port)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var settings = """
            version: 0.1
            log: {level: error, accesslog: {disabled: true}}
            storage: {filesystem: {rootdirectory: \(folder)/content}}
            http: {addr: 127.0.0.1:\(port)}

            """
        if let account {
            let words = account.split(separator: ":").map(String.init)
            let made = try await Command.run(Self.path("htpasswd"), ["-Bbn"] + words, environment: cluster.environment, mergesErrors: false)
            try made.output.write(toFile: folder + "/htpasswd", atomically: true, encoding: .utf8)
            settings += "auth: {htpasswd: {realm: tests, path: \(folder)/htpasswd}}\n"
        }
        try settings.write(toFile: folder + "/config.yml", atomically: true, encoding: .utf8)
        program = BackgroundProcess(try Command.start(cluster.place.client([Self.path("docker-registry"), "serve", folder + "/config.yml"])))
        try await until("the registry answers") {
            try await Command.run(cluster.place.client([Self.path("curl"), "-s", "-o", "/dev/null", "http://\(address)/v2/"]), cluster.environment).succeeded
        }
    }

    /// Puts a test image there under a name, and answers its digest.
    func push(_ image: String, as name: String) async throws -> String {
        let credentials = account.map { ["--dest-creds", $0] } ?? []
        let file = folder + "/digest"
        let words = [Self.path("skopeo"), "copy", "--quiet", "--insecure-policy", "--dest-tls-verify=false", "--digestfile", file] + credentials
        let outcome = try await Command.run(
            cluster.place.client(words + ["oci:\(TestImages.folder ?? "")/\(image)", "docker://\(address)/\(name)"]), cluster.environment)
        guard outcome.succeeded else { throw Command.Failure(description: "\(image) is not pushed: \(outcome.output)") }
        return try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Changes one byte of what the registry gives out for a digest.
    func tamper(_ digest: String) throws {
        let hex = digest.dropFirst("sha256:".count)
        let path = "\(folder)/content/docker/registry/v2/blobs/sha256/\(hex.prefix(2))/\(hex)/data"
        var bytes = try Data(contentsOf: URL(filePath: path))
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(filePath: path))
    }

    /// The digest of the configuration that a manifest names.
    func configuration(of digest: String) throws -> String {
        let hex = digest.dropFirst("sha256:".count)
        let path = "\(folder)/content/docker/registry/v2/blobs/sha256/\(hex.prefix(2))/\(hex)/data"
        let manifest = try JSONSerialization.jsonObject(with: try Data(contentsOf: URL(filePath: path))) as? [String: Any]
        guard let found = (manifest?["config"] as? [String: Any])?["digest"] as? String else { throw Command.Failure(description: "\(digest) is no manifest") }
        return found
    }
}

extension Command {
    fileprivate static func run(_ words: [String], _ environment: [String: String]) async throws -> Outcome {
        try await run(words[0], Array(words.dropFirst()), environment: environment)
    }
}
