import CertificateAuthority
package import JSONValue
import NIOCore
import NIOPosix

/// A request to the control process about the files that it alone may touch: `{"operation": …}`, one JSON object.
package struct MaintenanceRequest: Sendable {
    package enum Operation: String, Sendable, CaseIterable {
        case status
        case encryptionStatus = "encryption-status"
        case encryptionRewrite = "encryption-rewrite"
        case snapshotSave = "snapshot-save"
        case certificatesList = "certificates-list"
        case certificatesRenew = "certificates-renew"
    }
    package var operation: Operation
    package var arguments: JSON

    package init(_ operation: Operation, _ arguments: JSON = [:]) {
        self.operation = operation
        self.arguments = arguments
    }

    /// Reads a request line; nil when it is none that this version knows.
    init?(line: [UInt8]) {
        guard let value = try? JSON.parse(line), let operation = Operation(rawValue: value["operation"]?.string ?? "") else { return nil }
        self.init(operation, value["arguments"] ?? [:])
    }
}

/// Why the control process did not do what it was asked.
package struct MaintenanceError: Error, Sendable, CustomStringConvertible {
    /// What went wrong, and how to mend it.
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// Takes orders from the owner of the state folder over a Unix socket: what is about files and not about the API's
/// objects. The socket lies in a folder of mode 0700, so that nobody else reaches it.
///
/// A connection carries one request line, then any number of lines `{"progress": …}` and at last one of
/// `{"result": …}` or `{"error": "…"}`.
struct MaintenanceServer: Sendable {
    /// The longest request, in bytes.
    static let maximumRequest = 64 << 10

    typealias Progress = @Sendable (JSON) -> Void
    typealias Handler = @Sendable (MaintenanceRequest, @escaping Progress) async throws -> JSON
    typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private let channel: NIOAsyncChannel<Connection, Never>
    private let handler: Handler

    /// Binds the socket; a stale one of a process that was killed is replaced.
    static func bind(_ path: String, group: any EventLoopGroup, handler: @escaping Handler) async throws -> Self {
        let channel = try await ServerBootstrap(group: group)
            .bind(unixDomainSocketPath: try SocketPath.short(path), cleanupExistingSocketFile: true) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try Connection(wrappingChannelSynchronously: channel)
                }
            }
        return MaintenanceServer(channel: channel, handler: handler)
    }

    /// Serves until cancelled.
    func run() async throws {
        try await channel.executeThenClose { connections in
            try await withThrowingDiscardingTaskGroup { group in
                for try await connection in connections {
                    group.addTask { await serve(connection) }
                }
            }
        }
    }

    private func serve(_ connection: Connection) async {
        // A client that goes away in the midst of an answer has no claim to it.
        try? await connection.executeThenClose { inbound, outbound in
            var line: [UInt8] = []
            for try await chunk in inbound {
                line.append(contentsOf: chunk.readableBytesView)
                if line.count > Self.maximumRequest { return }
                if line.contains(UInt8(ascii: "\n")) { break }
            }
            let (lines, continuation) = AsyncStream.makeStream(of: JSON.self)
            let request = line
            async let work: Void = {
                continuation.yield(await answer(request) { continuation.yield(["progress": $0]) })
                continuation.finish()
            }()
            for await value in lines { try await outbound.write(ByteBuffer(bytes: value.bytes + [0x0A])) }
            await work
        }
    }

    private func answer(_ line: [UInt8], progress: @escaping Progress) async -> JSON {
        guard let request = MaintenanceRequest(line: line) else {
            return ["error": "this version of kastell does not know the request; use the program that runs the cluster"]
        }
        do {
            return ["result": try await handler(request, progress)]
        } catch {
            return ["error": .string("\(error)")]
        }
    }
}

/// Asks the control process.
package enum MaintenanceClient {
    /// Whether anything listens at the socket.
    package static func isListening(_ path: String) async -> Bool {
        guard let channel = try? await connect(path) else { return false }
        try? await channel.executeThenClose { _, _ in }
        return true
    }

    /// Sends a request and waits for its result.
    ///
    /// - Parameter progress: called for every report on the way.
    /// - Throws: ``MaintenanceError``; an `IOError` when nothing listens.
    package static func call(
        _ path: String, _ request: MaintenanceRequest, progress: (JSON) -> Void = { _ in }
    ) async throws -> JSON {
        let channel = try await connect(path)
        return try await channel.executeThenClose { inbound, outbound in
            let line: JSON = ["operation": .string(request.operation.rawValue), "arguments": request.arguments]
            try await outbound.write(ByteBuffer(bytes: line.bytes + [0x0A]))
            var pending: [UInt8] = []
            for try await chunk in inbound {
                pending.append(contentsOf: chunk.readableBytesView)
                while let end = pending.firstIndex(of: 0x0A) {
                    let value = try JSON.parse(Array(pending[..<end]))
                    pending.removeSubrange(...end)
                    if let report = value["progress"] { progress(report) }
                    if let result = value["result"] { return result }
                    if let error = value["error"]?.string { throw MaintenanceError(error) }
                }
            }
            throw MaintenanceError("The control process ended before it answered. Run 'kastell logs' to see why.")
        }
    }

    private static func connect(_ path: String) async throws -> MaintenanceServer.Connection {
        try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(unixDomainSocketPath: try SocketPath.short(path)) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try MaintenanceServer.Connection(wrappingChannelSynchronously: channel)
                }
            }
    }
}
