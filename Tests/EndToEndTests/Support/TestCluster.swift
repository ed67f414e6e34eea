import Foundation

/// A cluster of the real program with a state, a port, a home folder and a kubeconfig of its own.
struct TestCluster: Sendable {
    let folder = TemporaryFolder()
    let port: Int
    /// Where it runs, and as whom.
    let place: TestPlace
    /// Flags of every `up`.
    var flags: [String]

    var stateDir: String { folder.path + "/state" }
    var home: String { folder.path + "/home" }
    var kubeconfig: String { folder.path + "/kubeconfig" }
    var server: String { "https://127.0.0.1:\(port)" }

    init(_ place: TestPlace = .controlOnly, flags: [String] = []) throws {
        port = try Ports.free()
        self.place = place
        self.flags = flags
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        try place.give(folder.path)
    }

    /// The program beside the tests; nil when it was not built.
    static let program: String? = {
        if let named = ProcessInfo.processInfo.environment["KASTELL"] { return named }
        guard let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else { return nil }
        let path = URL(filePath: own).deletingLastPathComponent().appending(path: "kastell").path
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }()

    /// What programs are started with: nothing of the caller's but the search path.
    var environment: [String: String] {
        let own = ProcessInfo.processInfo.environment
        return [
            "HOME": home, "KUBECONFIG": kubeconfig, "PATH": own["PATH"] ?? "/usr/bin:/bin",
            "TMPDIR": own["TMPDIR"] ?? "/tmp", "LC_ALL": "C.UTF-8",
        ]
    }

    // MARK: kastell

    /// Runs `kastell ARGUMENTS --state-dir …`.
    @discardableResult
    func kastell(
        _ arguments: String..., mergesErrors: Bool = true, environment more: [String: String] = [:]
    ) async throws -> Command.Outcome {
        try await run(arguments + ["--state-dir", stateDir], mergesErrors: mergesErrors, environment: more)
    }

    private func run(_ arguments: [String], mergesErrors: Bool = true, environment more: [String: String] = [:]) async throws -> Command.Outcome {
        guard let program = Self.program else { throw Command.Failure(description: "kastell is not built") }
        let words = place.server([program] + arguments)
        return try await Command.run(words[0], Array(words.dropFirst()), environment: environment.merging(more) { $1 }, mergesErrors: mergesErrors)
    }

    /// Runs `kastell up --detach` and answers whatever comes of it.
    @discardableResult
    func tryUp(_ more: String..., writesOwnKubeconfig: Bool = true) async throws -> Command.Outcome {
        try await tryUp(more, writesOwnKubeconfig: writesOwnKubeconfig)
    }

    /// Runs `kastell up --detach` and answers whatever comes of it.
    @discardableResult
    func tryUp(_ more: [String], writesOwnKubeconfig: Bool = true) async throws -> Command.Outcome {
        var arguments = ["up", "--detach"] + place.flags + ["--state-dir", stateDir, "--api-port", "\(port)"]
        if writesOwnKubeconfig { arguments += ["--kubeconfig", kubeconfig] }
        return try await run(arguments + flags + more)
    }

    /// Starts the cluster; it has to come up.
    func up() async throws {
        let outcome = try await tryUp()
        guard outcome.succeeded else { throw Command.Failure(description: "kastell up failed: \(outcome.output)") }
    }

    func down() async throws {
        let outcome = try await kastell("down")
        guard outcome.succeeded else { throw Command.Failure(description: "kastell down failed: \(outcome.output)") }
    }

    /// Starts a cluster, does `body` with it, and stops it however that ends.
    static func run<Result: Sendable>(
        flags: [String] = [], _ body: (TestCluster) async throws -> Result
    ) async throws -> Result {
        let cluster = try TestCluster(flags: flags)
        return try await cluster.run {
            try await cluster.up()
            return try await body(cluster)
        }
    }

    /// Does `body` and stops what it has started.
    func run<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        do {
            let result = try await body()
            _ = try await kastell("down")
            place.end()
            return result
        } catch {
            _ = try? await kastell("down")
            place.end()
            throw error
        }
    }

    // MARK: Processes

    /// What `up` wrote of its processes.
    private func process(_ name: String) throws -> Int32 {
        let data = try Data(contentsOf: URL(filePath: stateDir + "/run/cluster.json"))
        let facts = try JSONSerialization.jsonObject(with: data) as? [String: Any]
        guard let identity = (facts?[name] as? NSNumber)?.int32Value else {
            throw Command.Failure(description: "run/cluster.json names no process \(name)")
        }
        return identity
    }

    var controlProcess: Int32 { get throws { try process("control") } }
    var supervisorProcess: Int32 { get throws { try process("supervisor") } }

    /// Ends everything at once, as a power cut does to processes.
    func killAll() async throws {
        let processes = try [supervisorProcess, controlProcess]
        for process in processes { kill(process, SIGKILL) }
        try await until("the processes are gone") { processes.allSatisfy { kill($0, 0) != 0 } }
    }

    // MARK: kubectl

    @discardableResult
    func kubectl(
        _ kubectl: Kubectl, _ arguments: String..., input: String? = nil, mergesErrors: Bool = true
    ) async throws -> Command.Outcome {
        try await self.kubectl(kubectl, arguments, input: input, mergesErrors: mergesErrors)
    }

    @discardableResult
    func kubectl(
        _ kubectl: Kubectl, _ arguments: [String], input: String? = nil, mergesErrors: Bool = true
    ) async throws -> Command.Outcome {
        let words = place.client([kubectl.path] + arguments)
        return try await Command.run(
            words[0], Array(words.dropFirst()), environment: environment, folder: Resources.manifests, input: input,
            mergesErrors: mergesErrors)
    }
}

/// Asks until `condition` holds; fails when it does not in time.
func until(_ what: String, within limit: Duration = .seconds(20), _ condition: () async throws -> Bool) async throws {
    let clock = ContinuousClock()
    let end = clock.now + limit
    while clock.now < end {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(50))
    }
    throw Command.Failure(description: "not within \(limit): \(what)")
}
