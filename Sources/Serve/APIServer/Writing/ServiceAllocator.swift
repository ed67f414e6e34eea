import JSONValue
import KubeModel
import ObjectDefaults
import ObjectValidation
import PolicyModel
import Synchronization

/// Gives services their cluster addresses and node ports, and knows which are taken.
///
/// Fed by every change of a service, so that it is right after a restart without a table of its own.
package final class ServiceAllocator: Sendable {
    /// An IPv4 range of cluster addresses.
    package struct Range: Sendable {
        package var text: String
        var base: UInt32
        var size: UInt32

        /// Reads `10.96.0.0/16`; nil when it is no IPv4 range of at most 2²⁰ addresses and at least four.
        package init?(_ text: String) {
            let parts = text.split(separator: "/")
            guard parts.count == 2, let bits = UInt32(parts[1]), (12...30).contains(bits), let address = Self.address(String(parts[0])) else { return nil }
            self.text = text
            size = 1 << (32 - bits)
            base = address & ~(size - 1)
        }

        static func address(_ text: String) -> UInt32? {
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 4 else { return nil }
            var value: UInt32 = 0
            for part in parts {
                guard let byte = UInt8(part), String(byte) == part else { return nil }
                value = value << 8 | UInt32(byte)
            }
            return value
        }

        static func text(_ address: UInt32) -> String { "\(address >> 24).\(address >> 16 & 255).\(address >> 8 & 255).\(address & 255)" }

        /// The first address, which the service `kubernetes` has.
        package var first: String { Self.text(base + 1) }
        func contains(_ address: UInt32) -> Bool { address > base && address < base + size - 1 }
    }

    private let portRange: ClosedRange<Int64>

    /// What one service has or is about to have.
    private struct Held {
        var addresses = Set<UInt32>()
        var ports = Set<Int64>()
    }
    private struct State {
        var held: [String: Held] = [:]
        /// Taken addresses and ports, and the service that has them.
        var addresses: [UInt32: String] = [:]
        var ports: [Int64: String] = [:]

        mutating func take(address: UInt32, _ key: String) {
            addresses[address] = key
            held[key, default: Held()].addresses.insert(address)
        }
        mutating func take(port: Int64, _ key: String) {
            ports[port] = key
            held[key, default: Held()].ports.insert(port)
        }
    }
    package let range: Range
    // A lock and no actor: an allocation is part of an admission that does not wait.
    private let state = Mutex(State())

    /// - Parameters:
    ///   - range: the addresses that services are given.
    ///   - nodePorts: the ports that services of type NodePort are given.
    package init(range: Range, nodePorts: ClosedRange<Int64>) {
        self.range = range
        portRange = nodePorts
    }

    /// Makes what a service has be what its stored form says: takes in a change, and gives back what a write that
    /// failed had been given.
    ///
    /// - Parameter service: the service as it is stored; nil when it is not.
    func settle(_ key: String, _ service: JSON?) {
        let addresses = Set(service.map(Self.addresses) ?? [])
        let ports = Set(service.map(Self.ports) ?? [])
        state.withLock { state in
            let held = state.held[key] ?? Held()
            for address in held.addresses.subtracting(addresses) where state.addresses[address] == key { state.addresses[address] = nil }
            for port in held.ports.subtracting(ports) where state.ports[port] == key { state.ports[port] = nil }
            for address in addresses { state.addresses[address] = key }
            for port in ports { state.ports[port] = key }
            state.held[key] = service == nil ? nil : Held(addresses: addresses, ports: ports)
        }
    }

    static func key(_ service: JSON) -> String {
        "\(service["metadata"]?["namespace"]?.string ?? "")/\(service["metadata"]?["name"]?.string ?? "")"
    }
    private static func addresses(_ service: JSON) -> [UInt32] { (service["spec"]?["clusterIPs"]?.strings ?? []).compactMap(Range.address) }
    private static func ports(_ service: JSON) -> [Int64] {
        let health = service["spec"]?["healthCheckNodePort"]?.int ?? 0
        return (service["spec"]?["ports"]?.array ?? []).compactMap { $0["nodePort"]?.int }.filter { $0 > 0 } + (health > 0 ? [health] : [])
    }

    /// Completes a service that is created or changed: cluster address, families, node ports.
    func allocate(_ proposal: inout Proposal) throws(StatusError) {
        let facts = proposal.resource.facts
        guard facts.kind == "Service", facts.group.isEmpty, proposal.subresource == nil, proposal.operation != .delete else { return }
        var service = proposal.object
        let key = Self.key(service)
        let conflicts = ServiceAddressing.prepare(&service, old: proposal.old, families: ["IPv4"])
        let faults = ObjectValidation.addressFaults(service, old: proposal.old)
        let errors = faults.isEmpty ? conflicts : faults
        if !errors.isEmpty { throw .invalid("Service", group: "", name: service["metadata"]?["name"]?.string ?? "", errors) }
        let spec = service["spec"] ?? [:]
        if ServiceAddressing.needsClusterIP(spec) { try address(&service, key: key, isDryRun: proposal.isDryRun) }
        try nodePorts(&service, key: key, allocates: ServiceAddressing.needsNodePort(spec), isDryRun: proposal.isDryRun)
        if ServiceAddressing.needsHealthCheckNodePort(spec), (service["spec"]?["healthCheckNodePort"]?.int ?? 0) == 0 {
            service[path: "spec", "healthCheckNodePort"] = .int(try anyPort(key: key, except: [], isDryRun: proposal.isDryRun))
        }
        proposal.object = service
    }

    private func address(_ service: inout JSON, key: String, isDryRun: Bool) throws(StatusError) {
        let name = service["metadata"]?["name"]?.string ?? ""
        let given = service["spec"]?["clusterIP"]?.string ?? service["spec"]?["clusterIPs"]?.strings.first ?? ""
        if given == "None" {
            service[path: "spec", "clusterIP"] = "None"
            service[path: "spec", "clusterIPs"] = ["None"]
            return
        }
        let range = range
        let chosen: UInt32
        if given.isEmpty {
            let found = state.withLock { state -> UInt32? in
                // The lower band is left to addresses that users choose (KEP-3070).
                let band = min(max(16, range.size / 16), 256)
                let low = range.size > 2 * band ? band : 2
                let span = range.size - 1 - low
                let start = UInt32.random(in: 0..<span)
                for step in 0..<span {
                    let candidate = range.base + low + (start + step) % span
                    if state.addresses[candidate] == nil {
                        if !isDryRun { state.take(address: candidate, key) }
                        return candidate
                    }
                }
                return nil
            }
            guard let found else {
                throw .internalError("failed to allocate a serviceIP: range \(range.text) is full")
            }
            chosen = found
        } else {
            guard let wanted = Range.address(given), range.contains(wanted) else {
                throw .invalid(
                    "Service", group: "", name: name,
                    [.init(.invalid, "spec.clusterIPs", .value([.string(given)]), "failed to allocate IP \(given): the provided network does not match the current range")])
            }
            let isFree = state.withLock { state in
                if let owner = state.addresses[wanted], owner != key { return false }
                if !isDryRun { state.take(address: wanted, key) }
                return true
            }
            if !isFree {
                throw .invalid(
                    "Service", group: "", name: name,
                    [.init(.invalid, "spec.clusterIPs", .value([.string(given)]), "failed to allocate IP \(given): provided IP is already allocated")])
            }
            chosen = wanted
        }
        service[path: "spec", "clusterIP"] = .string(Range.text(chosen))
        service[path: "spec", "clusterIPs"] = [.string(Range.text(chosen))]
    }

    /// A node port that nobody has.
    private func anyPort(key: String, except taken: Set<Int64>, isDryRun: Bool) throws(StatusError) -> Int64 {
        let found = state.withLock { state -> Int64? in
            let count = portRange.upperBound - portRange.lowerBound + 1
            let start = Int64.random(in: 0..<count)
            for step in 0..<count {
                let candidate = portRange.lowerBound + (start + step) % count
                if state.ports[candidate] == nil, !taken.contains(candidate) {
                    if !isDryRun { state.take(port: candidate, key) }
                    return candidate
                }
            }
            return nil
        }
        guard let found else { throw .internalError("failed to allocate a nodePort: range is full") }
        return found
    }

    private func nodePorts(_ service: inout JSON, key: String, allocates: Bool, isDryRun: Bool) throws(StatusError) {
        let name = service["metadata"]?["name"]?.string ?? ""
        var ports = service["spec"]?["ports"]?.array ?? []
        var taken = Set(ports.compactMap { $0["nodePort"]?.int })
        for index in ports.indices {
            if let given = ports[index]["nodePort"]?.int, given > 0 {
                guard portRange.contains(given) else {
                    throw .invalid(
                        "Service", group: "", name: name,
                        [.invalid(FieldPath("spec.ports[\(index)].nodePort"), .int(given), "provided port is not in the valid range. The range of valid ports is \(portRange.lowerBound)-\(portRange.upperBound)")])
                }
                let isFree = state.withLock { state in
                    if let owner = state.ports[given], owner != key { return false }
                    if !isDryRun { state.take(port: given, key) }
                    return true
                }
                if !isFree {
                    throw .invalid(
                        "Service", group: "", name: name,
                        [.invalid(FieldPath("spec.ports[\(index)].nodePort"), .int(given), "provided port is already allocated")])
                }
            } else if allocates {
                let found = try anyPort(key: key, except: taken, isDryRun: isDryRun)
                taken.insert(found)
                ports[index]["nodePort"] = .int(found)
            }
        }
        service[path: "spec", "ports"] = .array(ports)
    }
}
