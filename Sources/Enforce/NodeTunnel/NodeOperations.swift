package import ContainerRuntime
import JSONValue
import KubeModel
import LinuxKernel
import OCIModel
import ResourceUsage
import StreamProtocol
import TunnelChannel

/// Serves what comes through the tunnel: one call for each stream.
package struct NodeOperations: Sendable {
    private let locator: any PodLocator
    private let runtime: ContainerRuntime
    private let reports: any NodeReports

    package init(locator: any PodLocator, runtime: ContainerRuntime, reports: any NodeReports) {
        self.locator = locator
        self.runtime = runtime
        self.reports = reports
    }

    /// How long the first frame may take.
    private static let patience = Duration.seconds(10)

    /// Serves one stream to its end.
    func serve(_ link: Tunnel.Link) async {
        let stream = OperationStream(link)
        do {
            guard let (operation, parameters) = try await Self.request(link) else { return link.close() }
            switch operation {
            case .logs: try await logs(parameters, stream)
            case .exec: try await execute(parameters, stream)
            case .attach: try await attach(parameters, stream)
            case .portForward, .proxy: try await connect(parameters, stream)
            case .node: try await answer(parameters, stream)
            case .stats: try await send(await usage(parameters).json.bytes, stream)
            }
        } catch let error as StatusError {
            await stream.fail(error)
        } catch is CancellationError {
            link.close()
        } catch {
            await stream.fail(.internalError("\(error)"))
        }
    }

    /// What is asked for.
    private static func request(_ link: Tunnel.Link) async throws -> (OperationParameters.Operation, OperationParameters)? {
        let late = Task {
            try await Task.sleep(for: patience)
            link.close()
        }
        defer { late.cancel() }
        guard case .request(let path)? = try await link.next(), let operation = OperationParameters.Operation(path: path),
            case .frame(let frame)? = try await link.next(), frame.channel == .parameters
        else { return nil }
        return (operation, try OperationParameters(frame.bytes))
    }

    private func located(_ parameters: OperationParameters) async throws -> LocatedContainer {
        try await locator.container(
            ContainerReference(
                namespace: parameters.namespace, pod: parameters.pod, uid: parameters.uid, container: parameters.container,
                isPrevious: parameters.isPrevious))
    }

    private func running(_ parameters: OperationParameters) async throws -> LocatedContainer {
        let found = try await located(parameters)
        guard found.state == .running else {
            throw StatusError.internalError("container not found (\(goQuoted(parameters.container)))")
        }
        return found
    }

    // MARK: Logs

    private func logs(_ parameters: OperationParameters, _ stream: OperationStream) async throws {
        let found = try await located(parameters)
        let selection = LogSelection(
            tail: parameters.tail, since: parameters.since, showsTimes: parameters.showsTimes, limit: parameters.limit, follows: parameters.follows)
        try await stream.accept()
        let runtime = runtime
        try await stream.untilAbandoned {
            do {
                try await ContainerLog(found.log, selection).read(
                    isRunning: {
                        guard let state = try? await runtime.state(found.runtimeID) else { return false }
                        if case .ended = state { return false }
                        return true
                    },
                    send: { try await stream.send(.output, $0) })
            } catch let error as SystemError where error.code == 2 {
                // No word was written, or its log is gone already.
            }
            await stream.finish(.success)
        }
    }

    // MARK: Exec

    private func execute(_ parameters: OperationParameters, _ stream: OperationStream) async throws {
        guard !parameters.command.isEmpty else { throw StatusError.badRequest("you must specify at least 1 command for the container") }
        let found = try await running(parameters)
        try await stream.accept()
        guard try await stream.begins() else { return stream.abandon() }
        let wanted = parameters.channels
        var process = found.process
        process.arguments = parameters.command
        process.hasTerminal = wanted.terminal
        if wanted.terminal, !process.environment.contains(where: { $0.hasPrefix("TERM=") }) { process.environment.append("TERM=xterm") }
        let program: RunningProgram
        do {
            program = try await runtime.begin(
                process, in: found.runtimeID,
                channels: .init(input: wanted.input, output: wanted.output, errorOutput: wanted.errorOutput))
        } catch {
            return await stream.finish(.failed(.internalError("error executing command in container: \(error)")))
        }
        await stream.finish(await ExecSession(program: program, stream: stream).run())
        stream.abandon()
    }

    // MARK: Attach

    private func attach(_ parameters: OperationParameters, _ stream: OperationStream) async throws {
        let found = try await running(parameters)
        if parameters.channels.terminal, !found.hasTerminal {
            throw StatusError.badRequest("Unable to use a TTY - container \(parameters.container) did not allocate one")
        }
        let attached = try await runtime.attach(found.runtimeID)
        defer { attached.close() }
        try await stream.accept()
        guard try await stream.begins() else { return stream.abandon() }
        let wanted = parameters.channels
        let takesInput = wanted.input && found.hasInput
        let inputs = Task {
            var sizes = TerminalSize.Reader()
            while let frame = try await stream.next() {
                switch frame.channel {
                case .input where takesInput: try await attached.write(frame.bytes)
                case .close where takesInput && frame.bytes == [StreamChannel.input.rawValue]: attached.closeInput()
                case .resize: for size in sizes.take(frame.bytes) { attached.resize(rows: size.rows, columns: size.columns) }
                default: break
                }
            }
            // The client is gone; the container goes on.
            attached.close()
        }
        defer { inputs.cancel() }
        while let output = try await attached.next() {
            switch output {
            case .standard(let bytes) where wanted.output: try await stream.send(.output, bytes)
            case .error(let bytes) where wanted.errorOutput: try await stream.send(.errorOutput, bytes)
            default: break
            }
        }
        await stream.finish(.success)
        stream.abandon()
    }

    // MARK: Connections

    /// A connection into a pod: to its loopback for a forwarded port, to its own address for a proxy.
    private func connect(_ parameters: OperationParameters, _ stream: OperationStream) async throws {
        guard parameters.port > 0 else { throw StatusError.badRequest("a port is needed") }
        let namespace = try await locator.networkNamespace(namespace: parameters.namespace, pod: parameters.pod, uid: parameters.uid)
        let addresses = parameters.addresses.isEmpty ? ["127.0.0.1", "::1"] : parameters.addresses
        let connection: DescriptorStream
        do { connection = try await namespace.connect(addresses, port: parameters.port) } catch {
            throw StatusError.internalError(
                "failed to connect to port \(parameters.port) inside the network namespace of pod \(parameters.namespace)/\(parameters.pod): \(error)")
        }
        defer { connection.close() }
        try await stream.accept()
        let inputs = Task {
            while let frame = try await stream.next() {
                switch frame.channel {
                case .input: try await connection.write(frame.bytes)
                case .close: connection.closeWriting()
                default: break
                }
            }
            connection.close()
        }
        defer { inputs.cancel() }
        while true {
            let bytes = try await connection.read()
            if bytes.isEmpty { break }
            try await stream.send(.output, bytes)
        }
        await stream.finish(.success)
        stream.abandon()
    }

    // MARK: The node itself

    /// What the node says of itself (`nodes/proxy`): what a kubelet gives to read, and nothing that changes anything.
    private func answer(_ parameters: OperationParameters, _ stream: OperationStream) async throws {
        guard let page = NodePage(path: parameters.path) else {
            throw StatusError(code: 404, reason: "NotFound", message: "the node serves no \(goQuoted("/" + parameters.path))")
        }
        switch page {
        case .health: try await send(Array("ok".utf8), stream)
        case .summary: try await send(await reports.usage.summary.bytes, stream)
        case .resourceMetrics: try await send(Array(await reports.usage.resourceMetrics.utf8), stream)
        case .pods:
            try await stream.accept()
            try await stream.untilAbandoned { [reports] in
                // One at a time: all of them together may be long.
                try await stream.send(.output, Array(#"{"kind":"PodList","apiVersion":"v1","metadata":{},"items":["#.utf8))
                var isFirst = true
                for pod in await reports.pods {
                    if !isFirst { try await stream.send(.output, [UInt8(ascii: ",")]) }
                    isFirst = false
                    try await Self.send(pod.bytes, to: stream)
                }
                try await stream.send(.output, Array("]}\n".utf8))
                await stream.finish(.success)
            }
        }
    }

    /// What is used by the machine, by one pod, by those of a namespace, or by all.
    private func usage(_ parameters: OperationParameters) async -> NodeUsage {
        var usage = await reports.usage
        if parameters.path == NodePart.machine { usage.pods = [] }
        if !parameters.namespace.isEmpty {
            usage.pods = usage.pods.filter { $0.namespace == parameters.namespace && (parameters.pod.isEmpty || $0.name == parameters.pod) }
        }
        return usage
    }

    /// A whole answer.
    private func send(_ bytes: [UInt8], _ stream: OperationStream) async throws {
        try await stream.accept()
        try await stream.untilAbandoned {
            try await Self.send(bytes, to: stream)
            await stream.finish(.success)
        }
    }

    /// How much goes into one frame.
    private static let piece = 64 << 10

    private static func send(_ bytes: [UInt8], to stream: OperationStream) async throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            try await stream.send(.output, Array(rest.prefix(piece)))
            rest = rest.dropFirst(piece)
        }
    }
}
