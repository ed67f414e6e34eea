import CLinux

/// The number that the kernel gives to the state of all tables of a network namespace: that of the thread that makes
/// this. Every transaction, whoever sends it, makes it another one.
package final class NFTablesGeneration {
    private let socket: NetlinkSocket

    package init() throws(SystemError) { socket = try NetlinkSocket(NETLINK_NETFILTER) }

    /// The number now.
    package func read() throws(SystemError) -> UInt32 {
        let kind = UInt16(NFNL_SUBSYS_NFTABLES) << 8 | UInt16(NFT_MSG_GETGEN.rawValue)
        let message = NetlinkMessage(type: kind, flags: 0, [0, UInt8(NFNETLINK_V0), 0, 0])
        for reply in try socket.ask("read the generation", message, isDump: false) {
            if let number = reply.content.from(4).attributes[Int(NFTA_GEN_ID.rawValue)]?.integer(
                0, as: UInt32.self, bigEndian: true)
            {
                return number
            }
        }
        throw SystemError("read the generation", 61)
    }
}
