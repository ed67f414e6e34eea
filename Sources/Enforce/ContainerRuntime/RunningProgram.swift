import CertificateAuthority
import Glibc
import JSONValue
package import LinuxKernel
package import OCIModel
import Synchronization

/// A program that runs in a container beside its process, with our ends of its inputs and outputs.
package final class RunningProgram: Sendable {
    /// Which of its standard three somebody is interested in; the others lead nowhere.
    package struct Channels: Sendable {
        package var input: Bool
        package var output: Bool
        package var errorOutput: Bool
        package init(input: Bool, output: Bool, errorOutput: Bool) {
            self.input = input
            self.output = output
            self.errorOutput = errorOutput
        }
    }

    /// Why a program did not begin, in the runtime's words.
    package struct NotStarted: Error, Sendable, CustomStringConvertible {
        package var description: String
    }

    package let input: DescriptorStream?
    package let output: DescriptorStream?
    /// Nil for one with a terminal too, whose outputs are one.
    package let errorOutput: DescriptorStream?
    private let terminal: PseudoTerminal?
    /// The process of the runtime that waits for the program.
    private let runtime: Int32
    // A lock and no actor: nobody may signal a number that is not the runtime's any more.
    private let hasEnded = Mutex(false)
    /// Names that end with the program.
    private let files: (process: String, number: String, log: String)

    /// - Parameter stem: the path of the program's files, without their endings.
    fileprivate init(
        _ process: RuntimeProcess, _ channels: Channels, stem: String, makeProgram: (_ process: String, _ number: String, _ log: String) -> Program
    ) throws {
        files = (stem + ".json", stem + ".pid", stem + ".log")
        try SecureFile.write(files.process, process.json.bytes, survivesPowerLoss: false)
        var program = makeProgram(files.process, files.number, files.log)
        do {
            if process.hasTerminal {
                let terminal = try PseudoTerminal()
                let theirs = terminal.takeTheirs()
                for number in [0, 1, 2] as [Int32] { program.descriptors[number] = theirs }
                self.terminal = terminal
                input = channels.input ? terminal.stream : nil
                output = terminal.stream
                errorOutput = nil
            } else {
                terminal = nil
                let null = try OwnedDescriptor(opening: "/dev/null")
                for number in [0, 1, 2] as [Int32] { program.descriptors[number] = null }
                input = channels.input ? try Self.input(&program) : nil
                output = channels.output ? try Self.output(&program, 1) : nil
                errorOutput = channels.errorOutput ? try Self.output(&program, 2) : nil
            }
            runtime = try Subprocess.start(program)
        } catch {
            try? SecureFile.remove(files.process)
            throw error
        }
    }

    private static func input(_ program: inout Program) throws(SystemError) -> DescriptorStream {
        let pipe = try Pipe()
        program.descriptors[0] = pipe.reading
        return try DescriptorStream(reading: nil, writing: pipe.writing)
    }

    private static func output(_ program: inout Program, _ number: Int32) throws(SystemError) -> DescriptorStream {
        let pipe = try Pipe()
        program.descriptors[number] = pipe.writing
        return try DescriptorStream(reading: pipe.reading, writing: nil)
    }

    /// Waits for the end. To be called once, whatever happens.
    ///
    /// - Throws: ``NotStarted`` when the runtime could not begin the program.
    package func end() async throws -> ProcessEnding {
        let runtime = runtime
        try await KernelCall.blocking { () throws(SystemError) in try Subprocess.awaitEnd(of: runtime) }
        let ending = try hasEnded.withLock { hasEnded in
            hasEnded = true
            return try Subprocess.wait(for: runtime)
        }
        defer { for file in [files.process, files.number, files.log] { try? SecureFile.remove(file) } }
        guard SecureFile.exists(files.number) else {
            let log = (try? SecureFile.read(files.log, .any)) ?? []
            let faults = log.split(separator: 0x0A).compactMap { try? JSON.parse(Array($0)) }.filter { $0["level"]?.string == "error" }
            throw NotStarted(description: faults.last?["msg"]?.string ?? "the runtime ended before the program began")
        }
        return ending
    }

    /// Tells the size of the client's terminal; nothing for a program without one.
    package func resize(rows: UInt16, columns: UInt16) {
        try? terminal?.resize(rows: rows, columns: columns)
        // The runtime holds our terminal and hands its size on.
        if terminal != nil { hasEnded.withLock { if !$0 { try? Subprocess.signal(runtime, SIGWINCH) } } }
    }

    /// Ends the program at once; nothing when it has ended.
    package func kill() {
        hasEnded.withLock { hasEnded in
            if hasEnded { return }
            // The runtime is the program's parent: while it lives, the number is the program's and nobody else's.
            if let number = (try? SecureFile.read(files.number, .any)).flatMap({ Int32(String(decoding: $0, as: UTF8.self)) }),
                ProcessTable.parent(of: number) == runtime
            {
                try? Subprocess.signal(number, SIGKILL)
            } else {
                try? Subprocess.signal(runtime, SIGKILL)
            }
        }
    }

    /// Lets go of all inputs and outputs.
    package func closeStreams() {
        for stream in [input, output, errorOutput] { stream?.close() }
        terminal?.stream.close()
    }
}

extension ContainerRuntime {
    /// Begins a program inside a container and goes on; the caller feeds and hears it, and waits for its end.
    ///
    /// - Parameter process: with what rights; its arguments are the program.
    package func begin(_ process: RuntimeProcess, in id: String, channels: RunningProgram.Channels) async throws -> RunningProgram {
        let configuration = configuration
        let stem = configuration.bundle(id) + "/exec-" + String(UInt64.random(in: 0 ... .max), radix: 36)
        return try RunningProgram(process, channels, stem: stem) { file, number, log in
            var program = Program(
                configuration.runtime,
                ["--root", configuration.runtimeState, "--log", log, "--log-format", "json", "exec", "--process", file, "--pid-file", number, id])
            program.environment.append("XDG_RUNTIME_DIR=" + configuration.folder)
            return program
        }
    }
}
