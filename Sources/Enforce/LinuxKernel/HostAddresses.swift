import Glibc
package import NetworkPolicy

/// The addresses of the network namespace that the calling thread is in.
package enum HostAddresses {
    /// The addresses that others can reach, with the interfaces that have them; those of `skipping` are left out.
    package static func all(skipping: (String) -> Bool = { _ in false }) -> [(interface: String, address: IPAddress)] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard unsafe getifaddrs(&first) == 0 else { return [] }
        defer { unsafe freeifaddrs(first) }
        var found: [(String, IPAddress)] = []
        var next = unsafe first
        while let entry = unsafe next {
            unsafe next = entry.pointee.ifa_next
            let name = unsafe String(cString: entry.pointee.ifa_name)
            guard name != "lo", !skipping(name), let socket = unsafe entry.pointee.ifa_addr else { continue }
            let family = unsafe Int32(socket.pointee.sa_family)
            guard family == AF_INET || family == AF_INET6 else { continue }
            let size = family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            guard unsafe getnameinfo(socket, socklen_t(size), &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 else { continue }
            let shown = String(decoding: text.prefix { $0 != 0 && $0 != 0x25 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard let address = IPAddress(shown), !shown.hasPrefix("fe80:"), !shown.hasPrefix("169.254.") else { continue }
            found.append((name, address))
        }
        return found
    }

    /// The interfaces with a default route: by them the rest of the world is reached.
    package static var uplinks: [String] {
        var names: [String] = []
        func add(_ name: String) { if name != "lo", !names.contains(name) { names.append(name) } }
        for line in text("/proc/thread-self/net/route").split(separator: "\n").dropFirst() {
            let fields = line.split(separator: "\t")
            if fields.count > 7, fields[1] == "00000000", fields[7] == "00000000" { add(String(fields[0])) }
        }
        for line in text("/proc/thread-self/net/ipv6_route").split(separator: "\n") {
            let fields = line.split(separator: " ")
            if fields.count == 10, fields[1] == "00", fields[0].allSatisfy({ $0 == "0" }) { add(String(fields[9])) }
        }
        return names
    }

    private static func text(_ path: String) -> String { (try? FileTree.text(path, limit: 4 << 20)) ?? "" }
}
