import JSONValue
package import NIOCore
package import StreamProtocol

extension Tunnel {
    /// Makes a stream's channel speak in parts, for handlers that follow.
    package static func addCodec(_ channel: any Channel) throws { try channel.pipeline.syncOperations.addHandler(TunnelStreamCodec()) }
}

/// A connection into a pod as a channel of bytes, at the API server's end of a stream.
package final class TunnelBytes: ChannelDuplexHandler {
    package typealias InboundIn = TunnelPart
    package typealias InboundOut = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = TunnelPart

    /// The node refused, with this Status.
    package struct Refusal: Error, CustomStringConvertible {
        package var ending: OperationEnding
        package var description: String { ending.message }
    }

    private let operation: OperationParameters.Operation
    private let parameters: OperationParameters
    private let opened: EventLoopPromise<Void>
    private var isOpen = false
    private var held: [(NIOAny, EventLoopPromise<Void>?)] = []

    /// - Parameter opened: fulfilled when the node has the connection; failed with ``Refusal`` when it has not.
    package init(_ operation: OperationParameters.Operation, _ parameters: OperationParameters, _ opened: EventLoopPromise<Void>) {
        self.operation = operation
        self.parameters = parameters
        self.opened = opened
    }

    package func channelActive(context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(.request(path: operation.path)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.frame(StreamFrame(.parameters, parameters.json.bytes))), promise: nil)
        context.fireChannelActive()
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .response(200):
            isOpen = true
            opened.succeed()
            for (data, promise) in held { write(context: context, data: data, promise: promise) }
            held = []
            context.flush()
        case .frame(let frame):
            if frame.channel == .output { context.fireChannelRead(wrapInboundOut(ByteBuffer(bytes: frame.bytes))) }
            if frame.channel == .status {
                if !isOpen { opened.fail(Refusal(ending: OperationEnding(frame.bytes))) }
                context.close(promise: nil)
            }
        case .end: context.close(promise: nil)
        case .request, .response: break
        }
    }

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard isOpen else { return held.append((data, promise)) }
        context.write(wrapOutboundOut(.frame(StreamFrame(.input, Array(unwrapOutboundIn(data).readableBytesView)))), promise: promise)
    }

    package func channelInactive(context: ChannelHandlerContext) {
        if !isOpen { opened.fail(ChannelError.ioOnClosedChannel) }
        context.fireChannelInactive()
    }
}
