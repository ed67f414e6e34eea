import AsyncHTTPClient
import ContainerRuntime
import JSONValue
import LinuxKernel
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import OCIModel

/// What a container answered.
struct ProbeAnswer: Hashable, Sendable {
    var isGood: Bool
    /// Why it is not good; what the event says.
    var text: String

    static let good = ProbeAnswer(isGood: true, text: "")
    static func bad(_ text: String) -> ProbeAnswer { ProbeAnswer(isGood: false, text: text) }
}

/// Asks containers how they are, and calls their life-cycle hooks.
///
/// Source: Kubernetes API, `Probe`, `LifecycleHandler`.
final class Prober: Sendable {
    /// Whom is asked.
    struct Subject: Sendable {
        /// The pod's first address.
        var address: String
        /// The container's id at the runtime.
        var id: String
        /// The container in its spec, for the names of ports.
        var container: JSON
        /// The container's own process, with whose rights a program is run.
        var process: RuntimeProcess
    }

    private let runtime: ContainerRuntime
    private let client: HTTPClient

    /// The longest answer that is read, in bytes.
    private static let longestAnswer = 10 << 10

    init(runtime: ContainerRuntime) {
        self.runtime = runtime
        // The kubelet does not check the certificate of a pod that it asks either: it is no secret that is told.
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.certificateVerification = .none
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls, redirectConfiguration: .disallow)
        configuration.connectionPool.idleTimeout = .seconds(1)
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    deinit {
        // The client insists on being shut down; the task holds it until that is done.
        Task { [client] in try? await client.shutdown() }
    }

    /// Asks once. Never longer than `timeoutSeconds`, and a second more for the process that asks.
    func ask(_ probe: JSON, _ subject: Subject) async -> ProbeAnswer {
        let seconds = max(1, probe["timeoutSeconds"]?.int ?? 1)
        return await handle(probe, subject, seconds: seconds)
    }

    /// Calls a hook.
    func call(_ hook: JSON, _ subject: Subject, seconds: Int64) async -> ProbeAnswer {
        if let pause = hook["sleep"]?["seconds"]?.int {
            try? await Task.sleep(for: .seconds(max(0, pause)))
            return .good
        }
        return await handle(hook, subject, seconds: seconds)
    }

    private func handle(_ handler: JSON, _ subject: Subject, seconds: Int64) async -> ProbeAnswer {
        if let command = handler["exec"]?["command"]?.strings { return await execute(command, subject, seconds) }
        if let request = handler["httpGet"] { return await get(request, subject, seconds) }
        if let socket = handler["tcpSocket"] { return await connect(socket, subject, seconds) }
        if let service = handler["grpc"] { return await GRPCHealth.ask(service, subject.address, seconds: seconds) }
        return .bad("the probe has no handler that this node knows")
    }

    // MARK: Programs

    private func execute(_ command: [String], _ subject: Subject, _ seconds: Int64) async -> ProbeAnswer {
        var process = subject.process
        process.arguments = command
        process.hasTerminal = false
        do {
            let output = try await runtime.execute(process, in: subject.id, seconds: Int(seconds))
            if output.status.isSuccess { return .good }
            if output.status == .killed(signal: 9) { return .bad("command timed out: \"\(command.joined(separator: " "))\" timed out after \(seconds)s") }
            let text = String(decoding: (output.output + output.errors).prefix(Self.longestAnswer), as: UTF8.self)
            return .bad(text)
        } catch { return .bad("\(error)") }
    }

    // MARK: Network

    /// The number of a port, which may be the name of one of the container's.
    private static func port(_ value: JSON?, _ subject: Subject) -> Int? {
        if let number = value?.int { return (1...65535).contains(number) ? Int(number) : nil }
        guard let name = value?.string else { return nil }
        if let number = Int(name), (1...65535).contains(number) { return number }
        let port = (subject.container["ports"]?.array ?? []).first { $0["name"]?.string == name }
        return port?["containerPort"]?.int.map { Int($0) }
    }

    private func get(_ request: JSON, _ subject: Subject, _ seconds: Int64) async -> ProbeAnswer {
        guard let port = Self.port(request["port"], subject) else { return .bad("the port \(request["port"]?.description ?? "") is none of the container's") }
        let given = request["host"]?.string ?? ""
        let host = given.isEmpty ? subject.address : given
        let scheme = request["scheme"]?.string == "HTTPS" ? "https" : "http"
        let path = request["path"]?.string ?? "/"
        let shown = host.contains(":") ? "[\(host)]" : host
        let url = "\(scheme)://\(shown):\(port)\(path.hasPrefix("/") ? "" : "/")\(path)"
        var message = HTTPClientRequest(url: url)
        var headers = HTTPHeaders()
        for header in request["httpHeaders"]?.array ?? [] { headers.add(name: header["name"]?.string ?? "", value: header["value"]?.string ?? "") }
        if !headers.contains(name: "user-agent") { headers.add(name: "user-agent", value: "kube-probe/1.36") }
        if !headers.contains(name: "accept") { headers.add(name: "accept", value: "*/*") }
        headers.add(name: "connection", value: "close")
        message.headers = headers
        do {
            let response = try await client.execute(message, timeout: .seconds(seconds))
            let code = response.status.code
            // The rest is not wanted: the connection ends with it.
            var iterator = response.body.makeAsyncIterator()
            _ = try? await iterator.next()
            return (200..<400).contains(code) ? .good : .bad("HTTP probe failed with statuscode: \(code)")
        } catch { return .bad("Get \"\(url)\": \(Self.text(error, seconds))") }
    }

    private func connect(_ socket: JSON, _ subject: Subject, _ seconds: Int64) async -> ProbeAnswer {
        guard let port = Self.port(socket["port"], subject) else { return .bad("the port \(socket["port"]?.description ?? "") is none of the container's") }
        let given = socket["host"]?.string ?? ""
        let host = given.isEmpty ? subject.address : given
        do {
            let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup).connectTimeout(.seconds(seconds)).connect(host: host, port: port).get()
            try? await channel.close()
            return .good
        } catch { return .bad("dial tcp \(host):\(port): \(Self.text(error, seconds))") }
    }

    private static func text(_ error: any Error, _ seconds: Int64) -> String {
        if let failure = error as? HTTPClientError, failure == .deadlineExceeded || failure == .connectTimeout || failure == .readTimeout {
            return "context deadline exceeded (Client.Timeout exceeded while awaiting headers) after \(seconds)s"
        }
        if let failure = error as? NIOConnectionError, let first = failure.connectionErrors.first { return "\(first.error)" }
        return "\(error)"
    }
}
