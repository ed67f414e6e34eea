import Foundation
import Testing

/// The suites beside this one, once more as an ordinary user with a user namespace of his own.
@Suite(
    "without root", .enabled(if: Rootless.isOutside, "runs inside already"),
    .enabled(if: Rootless.refusal == nil, "\(Rootless.refusal ?? "")"))
struct RootlessTests {
    @Test("attacks are held, services serve and random worlds agree in a user namespace")
    func all() throws {
        let filter = "^NodeNetworkTests\\.(AttackTests|ServiceTests|NodeTests|RealPacketTests)"
        let (status, output) = try Rootless.run([
            try #require(Rootless.program), "--testing-library", "swift-testing", "--filter", filter,
        ])
        let lines = output.split(separator: "\n")
        let last = lines.last { $0.contains("Test run with") } ?? ""
        print("rootless: \(last)")
        #expect(status == 0, "\(lines.filter { $0.contains("recorded an issue") }.prefix(5).joined(separator: "\n"))")
        #expect(last.contains("passed"))
        #expect(!lines.contains { $0.contains("skipped") })
    }
}

enum Rootless {
    static let isOutside = ProcessInfo.processInfo.environment["KASTELL_INSIDE"] == nil
    /// This program.
    static var program: String? { try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") }

    /// Why an ordinary user cannot make a namespace here.
    static let refusal: String? = {
        guard isOutside else { return nil }
        do {
            let (status, output) = try run(["true"])
            return status == 0 ? nil : "no user namespaces for an ordinary user: \(output)"
        } catch {
            return "no 'unshare' or 'setpriv': \(error)"
        }
    }()

    /// Runs a program as an ordinary user who is root in a user namespace; what it printed.
    static func run(_ arguments: [String]) throws -> (Int32, String) {
        let unshare =
            ["env", "KASTELL_INSIDE=1", "unshare", "--user", "--map-root-user", "--net", "--mount"] + arguments
        // Root becomes nobody first: what works for root proves nothing.
        let drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        let words = (geteuid() == 0 ? drop : []) + unshare
        let command = words.map { "'\($0)'" }.joined(separator: " ") + " 2>&1 </dev/null"
        guard let stream = unsafe popen(command, "r") else { throw CocoaError(.fileReadUnknown) }
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe fread(&buffer, 1, buffer.count, stream)
            if count == 0 { break }
            output += buffer[..<count]
        }
        return (unsafe pclose(stream), String(decoding: output, as: UTF8.self))
    }
}
