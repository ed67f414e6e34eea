import Foundation
import Testing

/// A kubectl of this machine.
struct Kubectl: Sendable, CustomTestStringConvertible {
    let path: String
    /// Such as `v1.32.4`.
    let version: String
    var testDescription: String { "kubectl \(version)" }

    /// Every kubectl that is found: those that `KASTELL_KUBECTLS` names (with colons between), the one on the search
    /// path, and Debian's, which `make test` unpacks into the build folder.
    static let all: [Kubectl] = {
        let named = (ProcessInfo.processInfo.environment["KASTELL_KUBECTLS"] ?? "").split(separator: ":").map(String.init)
        let unpacked = Resources.root.map { $0 + "/.build/tools/kubernetes-client/usr/bin/kubectl" }
        var seen: Set<String> = []
        return (named + [Command.installed("kubectl"), unpacked].compactMap { $0 }).compactMap { path in
            let real = URL(filePath: path).resolvingSymlinksInPath().path
            guard FileManager.default.isExecutableFile(atPath: real), seen.insert(real).inserted else { return nil }
            return version(of: path).map { Kubectl(path: path, version: $0) }
        }
    }()

    /// One of them, the newest installed, for what is not about kubectl.
    static var first: Kubectl {
        get throws {
            guard let first = all.first else { throw Command.Failure(description: "no kubectl was found") }
            return first
        }
    }

    /// Whether the tests that need the program and a kubectl can run.
    static var canRun: Bool { TestCluster.program != nil && !all.isEmpty }
    static let reason: Comment = "needs the program kastell beside the tests and a kubectl ('make test' gets both)"

    private static func version(of path: String) -> String? {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: path)
        process.arguments = ["version", "--client", "-o", "json"]
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let value = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
        return (value?["clientVersion"] as? [String: Any])?["gitVersion"] as? String
    }
}

/// The files of these tests.
enum Resources {
    static let folder = Bundle.module.bundlePath + "/Resources"
    static let manifests = folder + "/manifests"

    static func text(_ name: String) throws -> String {
        try String(contentsOfFile: folder + "/" + name, encoding: .utf8)
    }

    /// The checkout that the tests were built from.
    static let root: String? = {
        var folder = URL(filePath: #filePath)
        while folder.path != "/" {
            folder.deleteLastPathComponent()
            if FileManager.default.fileExists(atPath: folder.appending(path: "Package.swift").path) { return folder.path }
        }
        return nil
    }()
}
