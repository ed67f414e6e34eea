package import JSONValue
package import KubeModel

/// What the API server asks a node for: the content of the first frame of a stream.
package struct OperationParameters: Hashable, Sendable {
    /// The operations, each with the path that it has on the tunnel.
    package enum Operation: String, CaseIterable, Sendable {
        case logs, exec, attach, portForward, proxy, node, stats
        package var path: String { "/v1/" + rawValue.lowercased() }
        package init?(path: String) {
            guard let found = Self.allCases.first(where: { $0.path == path }) else { return nil }
            self = found
        }
    }

    package var namespace = ""
    package var pod = ""
    package var uid = ""
    package var container = ""
    package var isPrevious = false
    /// The program and its arguments, of an exec.
    package var command: [String] = []
    package var channels = RemoteCommandChannels(input: false, output: false, errorOutput: false, terminal: false)
    /// The port of a forwarded or proxied connection.
    package var port: UInt16 = 0
    /// The addresses by which a proxied pod is reached; empty for its loopback.
    package var addresses: [String] = []
    /// The path that is asked of the node itself.
    package var path = ""
    package var follows = false
    package var tail: Int?
    package var since: Timestamp?
    package var showsTimes = false
    package var limit: Int?

    package init() {}

    package var json: JSON {
        var json: JSON = [
            "namespace": .string(namespace), "pod": .string(pod), "uid": .string(uid), "container": .string(container),
            "previous": .bool(isPrevious), "command": JSON(command), "stdin": .bool(channels.input), "stdout": .bool(channels.output),
            "stderr": .bool(channels.errorOutput), "tty": .bool(channels.terminal), "port": .int(Int64(port)), "addresses": JSON(addresses),
            "path": .string(path), "follow": .bool(follows), "timestamps": .bool(showsTimes),
        ]
        if let tail { json["tail"] = .int(Int64(tail)) }
        if let limit { json["limit"] = .int(Int64(limit)) }
        if let since { json["since"] = [.int(since.seconds), .int(Int64(since.nanoseconds))] }
        return json
    }

    /// - Throws: when the bytes are not parameters.
    package init(_ bytes: [UInt8]) throws(StreamProtocolError) {
        guard let json = try? JSON.parse(bytes), let port = UInt16(exactly: json["port"]?.int ?? 0) else {
            throw StreamProtocolError("the parameters of an operation cannot be read")
        }
        func text(_ name: String) -> String { json[name]?.string ?? "" }
        func flag(_ name: String) -> Bool { json[name]?.bool ?? false }
        func texts(_ name: String) -> [String] { (json[name]?.array ?? []).compactMap(\.string) }
        func count(_ name: String) -> Int? { json[name]?.int.flatMap { $0 < 0 ? nil : Int(exactly: $0) } }
        namespace = text("namespace")
        pod = text("pod")
        uid = text("uid")
        container = text("container")
        isPrevious = flag("previous")
        command = texts("command")
        channels = RemoteCommandChannels(input: flag("stdin"), output: flag("stdout"), errorOutput: flag("stderr"), terminal: flag("tty"))
        self.port = port
        addresses = texts("addresses")
        path = text("path")
        follows = flag("follow")
        showsTimes = flag("timestamps")
        tail = count("tail")
        limit = count("limit")
        if let since = json["since"]?.array, since.count == 2, let seconds = since[0].int, let nanoseconds = since[1].int {
            self.since = Timestamp(seconds: seconds, nanoseconds: Int32(clamping: nanoseconds))
        }
    }
}

/// The size of a client's terminal.
package struct TerminalSize: Hashable, Sendable {
    package var rows: UInt16
    package var columns: UInt16

    /// Takes the sizes out of what clients send: JSON objects, one after the other, perhaps in pieces.
    package struct Reader: Sendable {
        private var rest: [UInt8] = []
        package init() {}

        package mutating func take(_ bytes: [UInt8]) -> [TerminalSize] {
            rest += bytes
            var sizes: [TerminalSize] = []
            // The objects are flat: each ends with the first bracket that closes.
            while let end = rest.firstIndex(of: 0x7D) {
                if let json = try? JSON.parse(Array(rest[...end])), let rows = json["Height"]?.int, let columns = json["Width"]?.int, rows > 0, columns > 0 {
                    sizes.append(TerminalSize(rows: UInt16(clamping: rows), columns: UInt16(clamping: columns)))
                }
                rest.removeFirst(end + 1)
            }
            if rest.count > 1024 { rest = [] }
            return sizes
        }
    }
}
