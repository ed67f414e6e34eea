import ContainerRuntime
import KubeModel
import LinuxKernel
import StreamProtocol

/// One program run for a client, from its begin to its end.
struct ExecSession: Sendable {
    let program: RunningProgram
    let stream: OperationStream

    /// How long outputs are read on after the program's end, when something that it left behind still holds them.
    private static let grace = Duration.seconds(2)

    /// Feeds and hears the program; when the client goes away first, the program is killed.
    func run() async -> OperationEnding {
        let (program, stream) = (program, stream)
        let inputs = Task {
            var sizes = TerminalSize.Reader()
            do {
                while let frame = try await stream.next() {
                    switch frame.channel {
                    // A program that reads no more does not end the conversation.
                    case .input: try? await program.input?.write(frame.bytes)
                    case .close where frame.bytes == [StreamChannel.input.rawValue]: program.input?.closeWriting()
                    case .resize: for size in sizes.take(frame.bytes) { program.resize(rows: size.rows, columns: size.columns) }
                    default: break
                    }
                }
            } catch {}
            if !Task.isCancelled { program.kill() }
        }
        let outputs = Task {
            await withTaskGroup(of: Void.self) { group in
                if let output = program.output { group.addTask { await Self.carry(output, .output, stream) } }
                if let output = program.errorOutput { group.addTask { await Self.carry(output, .errorOutput, stream) } }
            }
        }
        let ending: OperationEnding
        do {
            switch try await program.end() {
            case .exited(let code): ending = .exited(code)
            case .killed(let signal): ending = .exited(128 + signal)
            }
        } catch {
            ending = .failed(.internalError("error executing command in container: \(error)"))
        }
        let patience = Task {
            try await Task.sleep(for: Self.grace)
            program.closeStreams()
        }
        await outputs.value
        patience.cancel()
        program.closeStreams()
        // Not cancelled: that would close the stream, which has to carry the end yet. It ends with it.
        _ = inputs
        return ending
    }

    private static func carry(_ output: DescriptorStream, _ channel: StreamChannel, _ stream: OperationStream) async {
        do {
            while true {
                let bytes = try await output.read()
                if bytes.isEmpty { return }
                try await stream.send(channel, bytes)
            }
        } catch {
            // Nobody hears it any more; what it writes is read on, so that it can end.
            while let bytes = try? await output.read(), !bytes.isEmpty {}
        }
    }
}
