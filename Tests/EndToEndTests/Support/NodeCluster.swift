import Foundation
import Testing

/// Suites with a real node: containers, packets, and all that the kernel has to say to them.
@Suite("end to end, with a node", .serialized, .enabled(if: Kubectl.canRun, Kubectl.reason)) struct EndToEndOnNodes {}

/// The two ways to run a node.
enum NodeKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case rootless, rootful
    var testDescription: String { rawValue }

    /// Why there is none of this kind here.
    var obstacle: String? {
        switch self {
        case .rootless: TestPlace.rootlessObstacle
        case .rootful: TestPlace.rootfulObstacle
        }
    }

    /// Those that can run here.
    static let possible = allCases.filter { $0.obstacle == nil }
    static let canAll = possible.count == allCases.count
    static let reason: Comment = "no node here: \(allCases.compactMap(\.obstacle).first ?? "")"

    func place() async throws -> TestPlace {
        switch self {
        case .rootful: return .rootful(try await HeldNamespaces(["--net", "--mount"]))
        case .rootless:
            let user = TestUser()
            return .rootless(try await HeldNamespaces(["--mount"], files: user.files), user)
        }
    }
}

/// The images that tests run, which Scripts/test-images makes of Debian's packages.
enum TestImages {
    static let folder: String? = Resources.root.map { $0 + "/.build/test-images" }.flatMap { folder in
        FileManager.default.fileExists(atPath: folder + "/nginx/index.json") ? folder : nil
    }
}

extension TestCluster {
    /// Starts a cluster with a node and these images, does `body` with it, and stops it however that ends.
    ///
    /// - Parameter images: the names that pods ask for, with the test image that stands for each.
    static func run<Result: Sendable>(
        _ kind: NodeKind, images: KeyValuePairs<String, String>, flags: [String] = [], _ body: (TestCluster) async throws -> Result
    ) async throws -> Result {
        let cluster = try TestCluster(try await kind.place(), flags: flags)
        return try await cluster.run {
            try await cluster.load(images)
            try await cluster.up()
            try await cluster.untaint()
            return try await body(cluster)
        }
    }

    func load(_ images: KeyValuePairs<String, String>) async throws {
        for (name, image) in images {
            let outcome = try await kastell("image", "load", "--name", name, (TestImages.folder ?? "") + "/" + image)
            guard outcome.succeeded else { throw Command.Failure(description: "\(image) is not loaded: \(outcome.output)") }
        }
    }

    /// A new node takes pods when it is ready.
    func untaint() async throws {
        let kubectl = try Kubectl.first
        try await until("the node is there") {
            try await self.kubectl(kubectl, "get", "node", "-o", "name").output.contains("node/")
        }
        _ = try await self.kubectl(kubectl, "taint", "node", "--all", "node.kubernetes.io/not-ready:NoSchedule-")
    }

    /// The process of the node's agent.
    var agentProcess: pid_t {
        get throws {
            let found = Processes.tree(of: try supervisorProcess).filter { process in
                let words = Processes.words(of: process)
                guard words.count > 1, words[1] == "node" else { return false }
                if case .rootless = place { return words.contains("--relay") }
                return true
            }
            guard let process = found.last else { throw Command.Failure(description: "no process of a node was found") }
            return process
        }
    }

    /// The words by which a program runs in the node's network.
    func onNode(_ words: String...) throws -> [String] { ["/usr/bin/nsenter", "--target", "\(try agentProcess)", "--net"] + words }
}
