/// What came of bytes that a client of exec or attach sent.
package enum RemoteCommandEvent: Hashable, Sendable {
    /// All streams are there: the operation may begin.
    case ready
    /// For the node.
    case frame(StreamFrame)
    /// To be sent to the client, in this order.
    case reply([UInt8])
    /// The client is gone.
    case ended
}

/// The client's side of an exec or attach, whatever protocol it speaks: a value that knows no connection.
package protocol RemoteCommandSession: Sendable {
    /// Takes in what the client sent.
    mutating func receive(_ bytes: [UInt8]) throws(StreamProtocolError) -> [RemoteCommandEvent]
    /// What the client is told before anything else.
    mutating func greeting() -> [UInt8]
    /// The bytes that carry a frame of the node to the client; empty when the client does not want its channel.
    mutating func encode(_ frame: StreamFrame) -> [UInt8]
    /// The bytes that end the operation.
    mutating func finish(_ ending: OperationEnding) -> [UInt8]
}

/// Which channels an operation has, as its request says.
package struct RemoteCommandChannels: Hashable, Sendable {
    package var input: Bool
    package var output: Bool
    package var errorOutput: Bool
    package var terminal: Bool

    package init(input: Bool, output: Bool, errorOutput: Bool, terminal: Bool) {
        self.input = input
        self.output = output
        // A terminal has one output.
        self.errorOutput = errorOutput && !terminal
        self.terminal = terminal
    }

    /// The channels that a client that speaks `version` opens.
    func expected(version: Int) -> Set<StreamChannel> {
        var channels: Set<StreamChannel> = [.status]
        if input { channels.insert(.input) }
        if output { channels.insert(.output) }
        if errorOutput { channels.insert(.errorOutput) }
        if terminal, version >= 3 { channels.insert(.resize) }
        return channels
    }
}
