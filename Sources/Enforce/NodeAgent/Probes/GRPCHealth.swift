import JSONValue
import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix

/// Asks a server by the gRPC health checking protocol.
///
/// Source: gRPC, "GRPC Health Checking Protocol" and "gRPC over HTTP2"; Kubernetes API, `GRPCAction`.
enum GRPCHealth {
    /// The longest answer in bytes: it is one number.
    private static let longestAnswer = 1024

    static func ask(_ action: JSON, _ address: String, seconds: Int64) async -> ProbeAnswer {
        let port = Int(action["port"]?.int ?? 0)
        let service = action["service"]?.string ?? ""
        let place = "\(address):\(port)"
        do {
            let status = try await withThrowingTaskGroup(of: Int.self) { group in
                group.addTask { try await check(service, address, port, seconds) }
                group.addTask {
                    try await Task.sleep(for: .seconds(seconds))
                    throw Failure(description: "timeout: health rpc did not complete within \(seconds)s")
                }
                defer { group.cancelAll() }
                return try await group.next() ?? 0
            }
            return status == 1 ? .good : .bad("service unhealthy (responded with \"\(Self.names[status] ?? "\(status)")\")")
        } catch { return .bad("timeout or failure of the health rpc to \(place): \(error)") }
    }

    private static let names = [0: "UNKNOWN", 1: "SERVING", 2: "NOT_SERVING", 3: "SERVICE_UNKNOWN"]

    private struct Failure: Error, CustomStringConvertible { var description: String }

    /// The `status` of a HealthCheckResponse.
    private static func check(_ service: String, _ address: String, _ port: Int, _ seconds: Int64) async throws -> Int {
        let (channel, multiplexer) = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connectTimeout(.seconds(seconds))
            .connect(host: address, port: port) { channel in
                channel.configureAsyncHTTP2Pipeline(mode: .client) { stream in stream.close() }.map { (channel, $0) }
            }
        defer { channel.close(promise: nil) }
        let stream = try await multiplexer.openStream { stream in
            stream.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<HTTP2Frame.FramePayload, HTTP2Frame.FramePayload>(wrappingChannelSynchronously: stream)
            }
        }
        return try await stream.executeThenClose { inbound, outbound in
            let headers: HPACKHeaders = [
                ":method": "POST", ":scheme": "http", ":path": "/grpc.health.v1.Health/Check", ":authority": "\(address):\(port)",
                "content-type": "application/grpc", "te": "trailers", "user-agent": "kube-probe/1.36", "grpc-timeout": "\(seconds)S",
            ]
            try await outbound.write(.headers(.init(headers: headers)))
            try await outbound.write(.data(.init(data: .byteBuffer(ByteBuffer(bytes: request(service))), endStream: true)))
            var answer: [UInt8] = []
            for try await frame in inbound {
                switch frame {
                case .headers(let head):
                    if let code = head.headers.first(name: "grpc-status"), code != "0" {
                        throw Failure(description: "rpc error: code = \(code) desc = \(head.headers.first(name: "grpc-message") ?? "")")
                    }
                case .data(let data):
                    if case .byteBuffer(let buffer) = data.data { answer += buffer.readableBytesView }
                    guard answer.count <= longestAnswer else { throw Failure(description: "the answer is too long") }
                case .alternativeService, .goAway, .origin, .ping, .priority, .pushPromise, .rstStream, .settings, .windowUpdate: break
                }
            }
            return try parse(answer)
        }
    }

    /// A HealthCheckRequest with its frame: `service` is field 1.
    static func request(_ service: String) -> [UInt8] {
        let name = Array(service.utf8.prefix(1 << 14))
        var message: [UInt8] = []
        if !name.isEmpty {
            message.append(0x0A)
            var length = name.count
            while length > 0x7F {
                message.append(UInt8(length & 0x7F) | 0x80)
                length >>= 7
            }
            message.append(UInt8(length))
            message += name
        }
        let size = UInt32(message.count)
        return [0] + (0..<4).map { UInt8(truncatingIfNeeded: size >> UInt32(24 - 8 * $0)) } + message
    }

    /// The `status` of a HealthCheckResponse in its frame: field 1, a number; 0 when it is not there.
    static func parse(_ bytes: [UInt8]) throws -> Int {
        guard bytes.count >= 5, bytes[0] == 0 else { throw Failure(description: "the answer is no message") }
        let message = bytes.dropFirst(5)
        guard message.count >= 2, message.first == 0x08, let value = message.dropFirst().first, value < 0x80 else { return 0 }
        return Int(value)
    }
}
