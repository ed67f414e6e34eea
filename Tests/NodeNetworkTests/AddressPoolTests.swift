import NetworkPolicy
import Testing

@testable import LinuxKernel
@testable import NodeNetwork

@Suite("the addresses of a node's pods") struct AddressPoolTests {
    private func pool(_ texts: String...) -> AddressPool { AddressPool(texts.compactMap { IPNetwork($0) }) }

    @Test("a pod has the same place in both families")
    func families() throws {
        var pool = pool("10.20.3.0/24", "fd20:0:0:3::/64")
        let place = try pool.take()
        #expect(pool.addresses(place).map(\.description) == ["10.20.3.1", "fd20:0:0:3::1"])
    }

    @Test("every place is given out once, never the first or last address, and then no more")
    func exhaustion() throws {
        var pool = pool("10.20.3.0/28")
        var seen = Set<IPAddress>()
        for _ in 0..<14 { seen.formUnion(pool.addresses(try pool.take())) }
        #expect(seen.count == 14)
        #expect(!seen.contains { ["10.20.3.0", "10.20.3.15"].contains($0.description) })
        #expect(throws: AddressPool.PoolError.exhausted) { try pool.take() }
        pool.release(7)
        #expect(try pool.take() == 7)
    }

    @Test("a place that became free is the last to be taken again")
    func reuse() throws {
        var pool = pool("10.20.3.0/28")
        let first = try pool.take()
        pool.release(first)
        for _ in 0..<13 { #expect(try pool.take() != first) }
        #expect(try pool.take() == first)
    }

    @Test("a place in use is known to be taken")
    func taken() throws {
        var pool = pool("10.20.3.0/28")
        try pool.take(3)
        #expect(throws: AddressPool.PoolError.taken(3)) { try pool.take(3) }
        #expect(try pool.take() == 4)
    }
}

@Suite("messages of the kernel") struct NetlinkReadingTests {
    @Test(
        "bytes that are cut off, or lie about their length, are read within their bounds",
        arguments: 0..<400 as Range<UInt64>)
    func broken(seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
        // A message that is nearly right: header, fixed part, attributes that hold attributes.
        var message = NetlinkMessage(type: 16, flags: 0, [UInt8](repeating: 1, count: Int(next() % 24)))
        message.nest(1) { inner in
            inner.add(2, "name")
            inner.nest(3) { $0.add(4, UInt32(truncatingIfNeeded: next())) }
        }
        message.add(10, [UInt8](repeating: 0x45, count: Int(next() % 80)))
        var bytes = message.finished(sequence: 1, acknowledged: false)
        for _ in 0..<(next() % 6) { bytes[Int(next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: next()) }
        bytes = Array(bytes.prefix(bytes.count - Int(next() % UInt64(bytes.count))))
        for reply in NetlinkReply.all(in: bytes[...]) {
            _ = ConntrackSocket.connection(reply)
            for offset in 0..<20 {
                for value in reply.content.from(offset).attributes.values {
                    #expect(value.count <= bytes.count)
                    _ = PacketLogSocket.packet(value)
                    _ = value.attributes
                    _ = value.text
                    _ = value.integer(3, as: UInt64.self)
                }
            }
            _ = PacketLogSocket.packet(reply.content)
        }
    }

    @Test("the headers of a logged packet are read, and nothing is made up where they are cut off")
    func headers() {
        let tcp: [UInt8] = [0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0x9C, 0x40, 0, 80]
        let packet = PacketLogSocket.packet(NetlinkBytes(tcp[...]))
        #expect(packet?.source.description == "10.0.0.1" && packet?.destination.description == "10.0.0.2")
        #expect(packet?.sourcePort == 40000 && packet?.destinationPort == 80)
        #expect(PacketLogSocket.packet(NetlinkBytes(tcp[..<19])) == nil)
        #expect(PacketLogSocket.packet(NetlinkBytes(tcp[..<22]))?.destinationPort == 0)
        // Options that would reach beyond the packet.
        #expect(PacketLogSocket.packet(NetlinkBytes([0x4F] + tcp[1..<24])) == nil)
    }
}
