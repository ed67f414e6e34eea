import Foundation
import Glibc

/// A client's sockets, and a server's that say what a test wants.
enum Wire {
    enum Kind { case datagram, connection }

    static func address(_ text: String, _ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        _ = unsafe inet_pton(AF_INET, text, &address.sin_addr)
        return address
    }

    private static func withPointer<Result>(_ address: sockaddr_in, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        var address = address
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }

    static func open(_ kind: Kind, bound: String = "127.0.0.1", port: UInt16 = 0, milliseconds: Int = 4000) -> Int32 {
        let type = kind == .datagram ? SOCK_DGRAM : SOCK_STREAM
        let socket = Glibc.socket(AF_INET, Int32(type.rawValue), 0)
        var time = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
        unsafe setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        var one: Int32 = 1
        unsafe setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &one, 4)
        _ = unsafe withPointer(address(bound, port)) { unsafe bind(socket, $0, $1) }
        return socket
    }

    static func port(of socket: Int32) -> UInt16 {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(socket, $0, &length) }
        }
        return UInt16(bigEndian: address.sin_port)
    }

    static func connect(_ socket: Int32, port: UInt16) -> Bool {
        unsafe withPointer(address("127.0.0.1", port)) { unsafe Glibc.connect(socket, $0, $1) == 0 }
    }

    static func send(_ socket: Int32, _ bytes: [UInt8]) { _ = unsafe Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }
    static func send(_ socket: Int32, _ bytes: [UInt8], to peer: sockaddr_in) {
        _ = unsafe withPointer(peer) { unsafe sendto(socket, bytes, bytes.count, 0, $0, $1) }
    }

    static func receive(_ socket: Int32) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = unsafe recv(socket, &buffer, buffer.count, 0)
        return count > 0 ? Array(buffer[..<count]) : nil
    }

    static func receiveFrom(_ socket: Int32) -> ([UInt8], sockaddr_in)? {
        var buffer = [UInt8](repeating: 0, count: 65536)
        var peer = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let count = unsafe withUnsafeMutablePointer(to: &peer) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe recvfrom(socket, &buffer, buffer.count, 0, $0, &length) }
        }
        return count > 0 ? (Array(buffer[..<count]), peer) : nil
    }

    static func framed(_ bytes: [UInt8]) -> [UInt8] { [UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)] + bytes }

    /// One message behind its length; nil when the connection ends first.
    static func receiveFramed(_ socket: Int32) -> [UInt8]? {
        var got: [UInt8] = []
        while got.count < 2 || got.count < 2 + (Int(got[0]) << 8 | Int(got[1])) {
            guard let more = receive(socket) else { return nil }
            got += more
        }
        return Array(got[2..<(2 + (Int(got[0]) << 8 | Int(got[1])))])
    }

    /// Runs what blocks in a thread of its own: the tasks of the server share a few with the test.
    static func blocking<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Swift.Result { try body() }) }
        }
    }

    static func exchange(_ bytes: [UInt8], port: UInt16, from: String = "127.0.0.1", over kind: Kind, milliseconds: Int = 4000) async throws -> [UInt8]? {
        try await blocking {
            let socket = open(kind, bound: from, milliseconds: milliseconds)
            defer { close(socket) }
            guard connect(socket, port: port) else { return nil }
            send(socket, kind == .datagram ? bytes : framed(bytes))
            return kind == .datagram ? receive(socket) : receiveFramed(socket)
        }
    }
}
