import CertificateAuthority
import Fuzzing
import JSONValue
import KubeModel
import StreamProtocol
import Testing

@Suite("sessions")
struct SessionTests {
    private static let all = RemoteCommandChannels(input: true, output: true, errorOutput: true, terminal: false)

    /// A client of SPDY: what it sends and what it has got.
    private struct Client {
        let encoder: SPDYEncoder
        var decoder: SPDYDecoder
        init() throws { (encoder, decoder) = (try SPDYEncoder(), try SPDYDecoder()) }

        func open(_ types: [String]) -> [UInt8] {
            types.enumerated().flatMap { encoder.encode(.synStream(id: UInt32($0.offset * 2 + 1), headers: [SPDYHeader("streamType", $0.element)], isLast: false)) }
        }

        mutating func read(_ bytes: [UInt8]) throws -> [SPDYFrame] {
            decoder.append(bytes)
            var frames: [SPDYFrame] = []
            while let frame = try decoder.next() { frames.append(frame) }
            return frames
        }
    }

    private func replies(_ events: [RemoteCommandEvent]) -> [UInt8] {
        events.flatMap { event -> [UInt8] in if case .reply(let bytes) = event { bytes } else { [] } }
    }

    @Test("SPDY: ready when all streams are there, in whatever order; each gets its reply and its bytes")
    func spdy() throws {
        var client = try Client()
        var session = try SPDYRemoteCommand(Self.all, protocolName: "v4.channel.k8s.io")
        let first = try session.receive(client.open(["stderr", "stdin", "stdout"]))
        #expect(!first.contains(.ready))
        let second = try session.receive(client.encoder.encode(.synStream(id: 7, headers: [SPDYHeader("streamtype", "error")], isLast: false)))
        #expect(second.last == .ready)
        #expect(try client.read(replies(first + second)).count == 4)
        let input = try session.receive(client.encoder.encode(.data(id: 3, bytes: [1, 2], isLast: false)) + client.encoder.encode(.data(id: 3, bytes: [3], isLast: true)))
        #expect(input == [.frame(StreamFrame(.input, [1, 2])), .frame(StreamFrame(.input, [3])), .frame(.close(.input))])
        // Nothing more comes on a stream that was closed.
        #expect(try session.receive(client.encoder.encode(.data(id: 3, bytes: [4], isLast: false))) == [])
        #expect(try client.read(session.encode(StreamFrame(.output, [9]))) == [.data(id: 5, bytes: [9], isLast: false)])
        #expect(try client.read(session.encode(StreamFrame(.errorOutput, [8]))) == [.data(id: 1, bytes: [8], isLast: false)])
        let end = try client.read(session.finish(.exited(3)))
        #expect(end.prefix(2) == [.data(id: 5, bytes: [], isLast: true), .data(id: 1, bytes: [], isLast: true)])
        guard case .data(7, let status, true) = end[2] else {
            Issue.record("\(end)")
            return
        }
        let json = try JSON.parse(status)
        #expect(json["reason"] == "NonZeroExitCode")
        #expect(json["details"]?["causes"]?[at: 0]?["message"] == "3")
        #expect(json["details"]?["causes"]?[at: 0]?["reason"] == "ExitCode")
    }

    @Test("SPDY: an unknown, unwanted or second stream is refused; a ping is answered; a reset input is closed")
    func spdyOddities() throws {
        var client = try Client()
        var session = try SPDYRemoteCommand(Self.all, protocolName: "v4.channel.k8s.io")
        let events = try session.receive(client.open(["error", "stdin", "stdout", "stderr", "resize", "stdin", "nonsense"]) + client.encoder.encode(.ping(1)))
        let resets = try client.read(replies(events)).compactMap { frame -> UInt32? in if case .reset(let id, _) = frame { id } else { nil } }
        #expect(resets == [9, 11, 13])
        #expect(events.contains(.ready))
        #expect(try session.receive(client.encoder.encode(.reset(id: 3, status: SPDYStatus.cancel))) == [.frame(.close(.input))])
        #expect(try session.receive(client.encoder.encode(.goAway)) == [.ended])
    }

    @Test("SPDY: what the error stream carries, by version", arguments: [
        ("v4.channel.k8s.io", Int32(0), #"{"metadata":{},"status":"Success"}"#), ("v3.channel.k8s.io", 0, ""),
        ("v2.channel.k8s.io", 2, "command terminated with non-zero exit code: exit status 2"),
    ])
    func endings(_ name: String, _ code: Int32, _ text: String) throws {
        var client = try Client()
        var session = try SPDYRemoteCommand(RemoteCommandChannels(input: false, output: true, errorOutput: false, terminal: false), protocolName: name)
        _ = try session.receive(client.open(["error", "stdout"]))
        let frames = try client.read(session.finish(.exited(code)))
        #expect(frames.contains(.data(id: 1, bytes: Array(text.utf8), isLast: true)))
    }

    @Test("WebSocket: channels by number, in both forms", arguments: WebSocketRemoteCommand.protocols)
    func webSocket(_ name: String) throws {
        let isBase64 = name.contains("base64")
        func message(_ channel: UInt8, _ bytes: [UInt8]) -> [UInt8] {
            isBase64 ? ClientFrame.make(1, [0x30 + channel] + Array(Base64.encode(bytes).utf8)) : ClientFrame.make(2, [channel] + bytes)
        }
        var session = WebSocketRemoteCommand(Self.all, protocolName: name)
        // kubectl, which speaks version 5, is not ready for a message before its own.
        #expect(session.greeting() == (name.hasPrefix("v5.") ? [] : WebSocket.encode(isBase64 ? .text([0x31]) : .binary([1]))))
        #expect(try session.receive(message(0, [5, 6])) == [.frame(StreamFrame(.input, [5, 6]))])
        // What a client may not write.
        #expect(try session.receive(message(1, [5]) + message(3, [5]) + message(6, [1]) + message(9, [1])) == [])
        #expect(session.encode(StreamFrame(.output, [0xFF])) == WebSocket.encode(isBase64 ? .text(Array("1/w==".utf8)) : .binary([1, 0xFF])))
        #expect(try session.receive(ClientFrame.make(9, [1])) == [.reply(WebSocket.encode(.pong([1])))])
        #expect(try session.receive(ClientFrame.make(8, [])).last == .ended)
    }

    @Test("WebSocket v5: closing the input is said once, and only there")
    func closing() throws {
        let close = ClientFrame.make(2, [255, 0])
        var five = WebSocketRemoteCommand(Self.all, protocolName: "v5.channel.k8s.io")
        #expect(try five.receive(close + close + ClientFrame.make(2, [0, 1])) == [.frame(.close(.input))])
        var four = WebSocketRemoteCommand(Self.all, protocolName: "v4.channel.k8s.io")
        #expect(try four.receive(close) == [])
    }

    @Test("ports: a connection is open when both of its streams are there; it ends with what went wrong")
    func ports() throws {
        var client = try Client()
        var session = try SPDYPortForward()
        func open(_ id: UInt32, _ type: String, port: String = "80", request: String? = "7") -> [UInt8] {
            client.encoder.encode(
                .synStream(id: id, headers: [SPDYHeader("streamtype", type), SPDYHeader("port", port)] + (request.map { [SPDYHeader("requestid", $0)] } ?? []), isLast: false))
        }
        var events = try session.receive(open(1, "error"))
        events += try session.receive(open(3, "data"))
        #expect(events.last == .open(1, port: 80))
        #expect(try session.receive(client.encoder.encode(.data(id: 3, bytes: [1], isLast: true))) == [.data(1, [1]), .finish(1)])
        let replies = events.flatMap { event -> [UInt8] in if case .reply(let bytes) = event { bytes } else { [] } }
        #expect(try client.read(replies) == [.synReply(id: 1, headers: [], isLast: false), .synReply(id: 3, headers: [], isLast: false)])
        #expect(try client.read(session.data(1, [4])) == [.data(id: 3, bytes: [4], isLast: false)])
        #expect(try client.read(session.finish(1, fault: "no")) == [.data(id: 3, bytes: [], isLast: true), .data(id: 1, bytes: Array("no".utf8), isLast: true)])
        #expect(session.finish(1, fault: nil) == [])
        // Ports that are none, other ports of one request, and streams of other kinds.
        for bytes in [open(5, "error", port: "0"), open(7, "error", port: "70000"), open(9, "stdin")] {
            guard case .reply(let reply)? = try session.receive(bytes).first, case .reset? = try client.read(reply).first else {
                Issue.record("it should be refused")
                return
            }
        }
        #expect(try session.receive(open(11, "error", request: nil) + open(13, "data", request: nil)).last == .open(2, port: 80))
        #expect(try session.receive(client.encoder.encode(.reset(id: 13, status: 5))) == [.abandon(2)])
    }

    @Test("ports over a WebSocket: its messages are the bytes of SPDY")
    func tunnelled() throws {
        var transport = ByteTransport.webSocket(WebSocketDecoder())
        let received = try transport.receive(ClientFrame.make(2, [1]) + ClientFrame.make(2, [2, 3]) + ClientFrame.make(9, []) + ClientFrame.make(8, []))
        #expect(received.bytes == [1, 2, 3])
        #expect(received.reply == WebSocket.encode(.pong([])) + WebSocket.encode(.close(1000)))
        #expect(received.hasEnded)
        #expect(throws: StreamProtocolError.self) { try transport.receive(ClientFrame.make(1, [1])) }
        #expect(transport.encode([5]) == WebSocket.encode(.binary([5])))
    }

    @Test("sessions refuse or take mutated bytes", arguments: 0..<100 as Range<UInt64>)
    func fuzz(seed: UInt64) throws {
        let client = try Client()
        let sample = client.open(["error", "stdin", "stdout", "stderr"]) + client.encoder.encode(.data(id: 3, bytes: [1], isLast: true))
        var mutator = Mutator(seed: seed, samples: [sample])
        for _ in 0..<20 {
            let bytes = mutator.bytes()
            var command = try SPDYRemoteCommand(Self.all, protocolName: "v4.channel.k8s.io")
            let ready = ((try? command.receive(bytes)) ?? []).filter { $0 == .ready }
            #expect(ready.count <= 1)
            var ports = try SPDYPortForward()
            _ = try? ports.receive(bytes)
            var socket = WebSocketRemoteCommand(Self.all, protocolName: "v4.base64.channel.k8s.io")
            _ = try? socket.receive(bytes)
        }
    }
}

@Suite("the tunnel's frames")
struct FrameTests {
    @Test("what is written is read, however it is cut; unknown channels are dropped", arguments: [1, 4, 5, 64])
    func roundTrip(length: Int) throws {
        let frames = [StreamFrame(.output, [1, 2, 3]), StreamFrame(.start), .close(.input), StreamFrame(.status, [UInt8](repeating: 7, count: 300))]
        let bytes = frames[0].encoded + [77, 0, 0, 0, 1, 9] + frames[1...].flatMap(\.encoded)
        var decoder = StreamFrameDecoder()
        var found: [StreamFrame] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            decoder.append(rest.prefix(length))
            rest = rest.dropFirst(length)
            while let frame = try decoder.next() { found.append(frame) }
        }
        #expect(found == frames)
        decoder.append([1, 0xFF, 0, 0, 0])
        #expect(throws: StreamProtocolError.self) { try decoder.next() }
    }

    @Test("parameters come out as they went in")
    func parameters() throws {
        var parameters = OperationParameters()
        parameters.namespace = "n"
        parameters.pod = "p"
        parameters.uid = "u"
        parameters.container = "c"
        parameters.isPrevious = true
        parameters.command = ["sh", "-c", "é\u{1}"]
        parameters.channels = RemoteCommandChannels(input: true, output: true, errorOutput: false, terminal: true)
        parameters.port = 65535
        parameters.addresses = ["10.0.0.1"]
        parameters.path = "healthz"
        parameters.follows = true
        parameters.tail = 0
        parameters.since = Timestamp(seconds: 5, nanoseconds: 7)
        parameters.showsTimes = true
        parameters.limit = 9
        #expect(try OperationParameters(parameters.json.bytes) == parameters)
        #expect(throws: StreamProtocolError.self) { try OperationParameters(Array(#"{"port":65536}"#.utf8)) }
        #expect(throws: StreamProtocolError.self) { try OperationParameters(Array("x".utf8)) }
    }

    @Test("sizes of terminals, in pieces and together")
    func sizes() {
        var reader = TerminalSize.Reader()
        #expect(reader.take(Array(#"{"Width":80,"#.utf8)) == [])
        let sizes = reader.take(Array("\"Height\":24}\n{\"Width\":1,\"Height\":2}{\"Width\":0,\"Height\":2}{]}".utf8))
        #expect(sizes.map(\.columns) == [80, 1])
        #expect(sizes.map(\.rows) == [24, 2])
    }

    @Test("what is no Status is no success", arguments: ["", "x", "{}", "[]", #"{"status":1}"#])
    func endings(_ text: String) { #expect(!OperationEnding(Array(text.utf8)).isSuccess) }
}
