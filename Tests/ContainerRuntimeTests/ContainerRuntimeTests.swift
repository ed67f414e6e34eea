import ContainerRuntime
import Glibc
import JSONValue
import LinuxKernel
import OCIModel
import Testing

@Suite("container runtime", .enabled(if: Host.canRun, Host.reason))
struct ContainerRuntimeTests {
    @Test("a container is made, begins when it is told to, and its end is known with its output")
    func life() async throws {
        try await Bench.run { bench in
            let process = try await bench.runtime.create(bench.request("a", "echo hello; exit 3"))
            #expect(process > 1)
            #expect(try await bench.runtime.state("a") == .created(process: process))
            try await bench.runtime.start("a")
            let ending = try await bench.ending("a")
            #expect(ending?.exitCode == 3)
            #expect(ending?.started != nil)
            #expect(try bench.output("a") == ["hello"])
            try await bench.runtime.remove("a")
            #expect(try await bench.runtime.state("a") == nil)
            #expect(try await bench.runtime.all().isEmpty)
        }
    }

    @Test("a new runtime on the same folder finds containers as they are, running and ended")
    func takesOver() async throws {
        try await Bench.run { bench in
            try await bench.runtime.create(bench.request("runs", "sleep 60"))
            try await bench.runtime.start("runs")
            try await bench.runtime.create(bench.request("ended", "exit 7"))
            try await bench.runtime.start("ended")
            _ = try await bench.ending("ended")
            let second = try ContainerRuntime(bench.configuration, clock: Host.clock)
            #expect(try await second.all() == ["ended", "runs"])
            if case .ended(let ending)? = try await second.state("ended") { #expect(ending.exitCode == 7) } else { Issue.record("it has ended") }
            guard case .running(let process, _)? = try await second.state("runs") else {
                Issue.record("it still runs")
                return
            }
            #expect(Subprocess.exists(process))
            try await second.signal("runs", SIGKILL)
            #expect(try await bench.ending("runs")?.exitCode == 137)
        }
    }

    @Test("what cannot be made says why and leaves nothing")
    func refused() async throws {
        try await Bench.run { bench in
            var request = try bench.request("a", "true")
            request.spec.process.arguments = ["/bin/no-such-program"]
            await #expect { try await bench.runtime.create(request) } throws: { "\($0)".contains("no-such-program") }
            #expect(try await bench.runtime.all().isEmpty)
            request = try bench.request("../a", "true")
            await #expect(throws: ContainerError.self) { try await bench.runtime.create(request) }
        }
    }

    @Test("a program is run inside, with the container's own view")
    func executes() async throws {
        try await Bench.run { bench in
            let request = try bench.request("a", "echo inside > /tmp/f; sleep 60")
            try await bench.runtime.create(request)
            try await bench.runtime.start("a")
            var process = request.spec.process
            process.arguments = ["/bin/sh", "-c", "while ! cat /tmp/f 2>/dev/null; do sleep 0.05; done; echo bad >&2; exit 4"]
            let output = try await bench.runtime.execute(process, in: "a", seconds: 10)
            #expect(output.status == .exited(4))
            #expect(String(decoding: output.output, as: UTF8.self) == "inside\n")
            #expect(output.complaint == "bad")
            process.arguments = ["/bin/sleep", "30"]
            await #expect(throws: SystemError.self) { try await bench.runtime.execute(process, in: "a", seconds: 1) }
        }
    }

    @Test("the security context holds inside", arguments: [
        ([:], "grep NoNewPrivs /proc/self/status | head -1", "NoNewPrivs:\t0"),
        (["allowPrivilegeEscalation": false], "grep NoNewPrivs /proc/self/status", "NoNewPrivs:\t1"),
        (["runAsUser": 1000, "runAsGroup": 3000], "id -u; id -g", "1000\n3000"),
        (["capabilities": ["drop": ["ALL"]]], "grep CapEff /proc/self/status", "CapEff:\t0000000000000000"),
        (["readOnlyRootFilesystem": true], "touch /x 2>/dev/null && echo written || echo refused", "refused"),
        ([:], "grep '^Seccomp:' /proc/self/status", "Seccomp:\t2"),
        (["seccompProfile": ["type": "Unconfined"]], "grep '^Seccomp:' /proc/self/status", "Seccomp:\t0"),
    ] as [(JSON, String, String)])
    func confined(_ context: JSON, _ command: String, _ expected: String) async throws {
        try await Bench.run { bench in
            try await bench.runtime.create(bench.request("a", command, container: ["securityContext": context]))
            try await bench.runtime.start("a")
            #expect(try await bench.ending("a")?.exitCode == 0)
            #expect(try bench.output("a").joined(separator: "\n") == expected)
        }
    }
}

@Suite("processes")
struct SubprocessTests {
    @Test("a program's output, complaint and end are told apart")
    func output() async throws {
        let output = try await Subprocess.run(Program("/bin/sh", ["-c", "cat; echo bad >&2; exit 5"]), input: Array("in".utf8))
        #expect(String(decoding: output.output, as: UTF8.self) == "in")
        #expect(output.complaint == "bad")
        #expect(output.status == .exited(5))
    }

    @Test("no descriptor of ours reaches a program, and more input than a pipe holds does")
    func descriptors() async throws {
        let held = try Pipe()
        let output = try await Subprocess.run(Program("/bin/sh", ["-c", "ls /proc/self/fd | wc -l; wc -c"]), input: [UInt8](repeating: 65, count: 300_000))
        withExtendedLifetime(held) {}
        let numbers = String(decoding: output.output, as: UTF8.self).split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        // 0, 1, 2, and the one by which ls reads the folder.
        #expect(numbers == [4, 300_000])
    }

    @Test("a program that takes too long is killed")
    func time() async throws {
        await #expect(throws: SystemError.self) { try await Subprocess.run(Program("/bin/sleep", ["60"]), seconds: 1) }
    }

    @Test("a program that is not there is refused")
    func absent() async throws {
        await #expect(throws: SystemError.self) { try await Subprocess.run(Program("/no/such", [])) }
    }
}
