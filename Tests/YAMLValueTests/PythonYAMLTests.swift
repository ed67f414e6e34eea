import Foundation
import JSONValue
import Testing
import YAMLValue

/// What another parser reads from our output; skipped where Python or its YAML module is missing.
@Suite(.enabled(if: Python.hasYAML, "python3 with the module yaml is not installed"))
struct PythonYAMLTests {
    @Test("Python's parser reads the values that were written", arguments: 0..<4)
    func roundTrip(seed: UInt64) throws {
        var random = Seeded(seed &+ 1000)
        let values = (0..<250).map { _ in random.json(depth: 4) }
        let stream = values.map { "---\n" + YAML.text($0) }.joined()
        let read = try Python.run(
            "import sys, yaml, json\nfor d in yaml.safe_load_all(sys.stdin.buffer): print(json.dumps(d))", input: stream
        )
        let lines = read.split(separator: "\n")
        try #require(lines.count == values.count)
        for (line, value) in zip(lines, values) { #expect(try JSON.parse(String(line)) == value, "seed \(seed)") }
    }
}

enum Python {
    static let hasYAML = (try? run("import yaml; print(1)", input: "")) == "1\n"

    static func run(_ script: String, input: String) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("kastell-yaml-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("input")
        try Data(input.utf8).write(to: file)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script]
        process.standardInput = try FileHandle(forReadingFrom: file)
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
        return String(decoding: data, as: UTF8.self)
    }
}
