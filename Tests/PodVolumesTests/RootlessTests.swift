import Glibc
import LinuxKernel
import Testing

enum Rootless {
    static let mark = "KASTELL_TEST_WITHOUT_ROOT"
    static let user = "54321"

    static let obstacle: String? = {
        if let _ = unsafe getenv(mark) { return "this is the run without root" }
        if let reason = Bench.obstacle { return reason }
        let tools = ["/usr/bin/unshare", "/usr/bin/setpriv", "/usr/bin/newuidmap", "/usr/bin/newgidmap"]
        if let missing = tools.first(where: { !Files.exists($0) }) { return "\(missing) is not installed" }
        guard let binary else { return "this program has no path" }
        let program = Program("/usr/bin/setpriv", ["--reuid=" + user, "--regid=" + user, "--clear-groups", "/usr/bin/test", "-r", binary])
        guard let child = try? Subprocess.start(program), (try? Subprocess.wait(for: child))?.isSuccess == true else {
            return "an ordinary user cannot read \(binary)"
        }
        return nil
    }()

    static let binary: String? = try? HeldFile("/proc/self/exe").realPath()
}

/// The same tests once more as an ordinary user, root of a user namespace of its own: a node without root mounts there too.
@Suite("volumes on a node without root", .enabled(if: Rootless.obstacle == nil, "\(Rootless.obstacle ?? "")"))
struct RootlessTests {
    @Test("all of the other tests hold in a user namespace of an ordinary user")
    func again() async throws {
        let folder = "/tmp/kst-vol-" + String(UInt32.random(in: 0 ... .max), radix: 36)
        Files.folder(folder)
        defer { try? FileTree.remove(folder) }
        try Files.write(folder + "/passwd", "root:x:0:0::/root:/bin/sh\nkastell-test:x:\(Rootless.user):\(Rootless.user)::/:/bin/sh\n")
        for name in ["/subuid", "/subgid"] { try Files.write(folder + name, "kastell-test:300000:3000000\n") }
        for name in ["/passwd", "/subuid", "/subgid"] { unsafe chmod(folder + name, 0o644) }
        let binds = ["passwd", "subuid", "subgid"].map { "mount --bind \(folder)/\($0) /etc/\($0)" }.joined(separator: " && ")
        let identity = ["/usr/bin/setpriv", "--reuid=" + Rootless.user, "--regid=" + Rootless.user, "--clear-groups"]
        let namespaces = ["/usr/bin/unshare", "--user", "--map-root-user", "--map-auto", "--net", "--mount", "--pid", "--fork", "--mount-proc"]
        var environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", Rootless.mark + "=1"]
        if let libraries = unsafe getenv("LD_LIBRARY_PATH") { environment.append(unsafe "LD_LIBRARY_PATH=" + String(cString: libraries)) }
        let output = try await Subprocess.run(
            Program(
                "/usr/bin/unshare",
                ["--mount", "/bin/sh", "-c", binds + #" && exec "$@""#, "sh"] + identity + namespaces
                    + [try #require(Rootless.binary), "--testing-library", "swift-testing", "--filter", "PodVolumesTests"], environment: environment),
            seconds: 240)
        let lines = String(decoding: output.output + output.errors, as: UTF8.self).split(separator: "\n").map(String.init)
        let summary = lines.last { $0.contains("Test run with") } ?? ""
        #expect(output.status.isSuccess, "\(lines.filter { $0.contains("recorded an issue") }.joined(separator: "\n"))")
        #expect(summary.contains("passed"), "\(summary) \(output.complaint.suffix(500))")
        // A run in which everything was skipped proves nothing.
        #expect(!lines.contains { $0.contains("\"content of objects\"") && $0.contains("skipped") })
        #expect(lines.contains { $0.contains("removing a pod takes its own files") && $0.contains("passed") })
    }
}
