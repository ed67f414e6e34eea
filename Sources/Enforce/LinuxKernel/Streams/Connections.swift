import CLinux
import Glibc

extension DescriptorStream {
    /// Connects to a Unix socket in a folder, one that keeps packets apart.
    package static func packets(_ folder: String, _ name: String) throws(SystemError) -> DescriptorStream {
        let number = unsafe kst_connect_packets(folder, name)
        let descriptor = OwnedDescriptor(try SystemError.check("connect to \(folder)/\(name)", number))
        return try DescriptorStream(reading: descriptor, writing: descriptor, isSocket: true)
    }
}

extension NetworkNamespace {
    /// Opens a TCP connection inside.
    ///
    /// - Parameters:
    ///   - addresses: tried in this order until one answers.
    ///   - seconds: how long each may take.
    package func connect(_ addresses: [String], port: UInt16, seconds: Int32 = 5) async throws(SystemError) -> DescriptorStream {
        let descriptor = try await KernelCall.blocking { () throws(SystemError) in
            try self.run { () throws(SystemError) in
                var failure = SystemError("connect to port \(port)", EADDRNOTAVAIL)
                for address in addresses {
                    let number = unsafe kst_connect_tcp(address, port, seconds * 1000)
                    if number >= 0 { return OwnedDescriptor(number) }
                    failure = SystemError("connect to port \(port) at \(address)", -number)
                }
                throw failure
            }
        }
        return try DescriptorStream(reading: descriptor, writing: descriptor, isSocket: true)
    }
}
