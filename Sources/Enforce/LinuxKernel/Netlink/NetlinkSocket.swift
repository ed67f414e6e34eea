import CLinux

/// A conversation with one part of the kernel, in the network namespace of the thread that opened it. For one thread at
/// a time.
final class NetlinkSocket {
    /// How many bytes the answer to one question may have.
    private static let maximumAnswer = 256 << 20
    private static let maximumDatagram = 256 << 10

    private let descriptor: OwnedDescriptor
    private var sequence: UInt32 = 0
    private var buffer = [UInt8](repeating: 0, count: NetlinkSocket.maximumDatagram)

    init(_ protocolNumber: Int32, buffer: Int32 = 4 << 20, timeout: Int32 = 5000) throws(SystemError) {
        descriptor = OwnedDescriptor(
            try SystemError.check("open netlink \(protocolNumber)", kst_netlink_open(protocolNumber, buffer, timeout)))
    }

    /// Sends a message and waits until the kernel has carried it out.
    func perform(_ action: @autoclosure () -> String, _ message: NetlinkMessage) throws(SystemError) {
        _ = try exchange(action(), message, isDump: false)
    }

    /// Sends a question and returns all answers.
    func ask(_ action: @autoclosure () -> String, _ message: NetlinkMessage, isDump: Bool) throws(SystemError)
        -> [NetlinkReply]
    {
        // A dump that something changed under is asked for again.
        for _ in 0..<4 {
            let replies = try exchange(action(), message, isDump: isDump)
            if !replies.contains(where: { $0.flags & UInt16(NLM_F_DUMP_INTR) != 0 }) { return replies }
        }
        return try exchange(action(), message, isDump: isDump)
    }

    private func exchange(_ action: @autoclosure () -> String, _ message: NetlinkMessage, isDump: Bool)
        throws(SystemError) -> [NetlinkReply]
    {
        sequence &+= 1
        let bytes = message.finished(sequence: sequence, acknowledged: !isDump)
        _ = try SystemError.check(action(), unsafe kst_netlink_send(descriptor.number, bytes, bytes.count))
        var replies: [NetlinkReply] = []
        var received = 0
        while true {
            let datagram = try receive(action())
            received += datagram.count
            guard received <= Self.maximumAnswer else {
                throw SystemError(action(), 7, detail: "the answer is too long")
            }
            for reply in NetlinkReply.all(in: datagram) where reply.sequence == sequence {
                switch Int32(reply.type) {
                case NLMSG_ERROR:
                    let code = reply.content.integer(0, as: Int32.self) ?? -22
                    if code == 0 { return replies }
                    throw SystemError(action(), -code, detail: Self.detail(reply))
                case NLMSG_DONE:
                    let code = reply.content.integer(0, as: Int32.self) ?? 0
                    if code < 0 { throw SystemError(action(), -code) }
                    return replies
                default: replies.append(reply)
                }
            }
        }
    }

    /// The next datagram.
    func receive(_ action: @autoclosure () -> String) throws(SystemError) -> ArraySlice<UInt8> {
        let capacity = buffer.count
        let count = try SystemError.check(action(), unsafe kst_netlink_receive(descriptor.number, &buffer, capacity))
        return ArraySlice(Array(buffer[..<count]))
    }

    /// What the kernel says beside an error's number: an attribute after the error, and the header that it answers.
    private static func detail(_ reply: NetlinkReply) -> String {
        guard reply.flags & UInt16(NLM_F_ACK_TLVS) != 0 else { return "" }
        return reply.content.from(20).attributes[Int(NLMSGERR_ATTR_MSG.rawValue)]?.text ?? ""
    }
}
