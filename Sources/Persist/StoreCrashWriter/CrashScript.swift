package import EncryptionAtRest
package import KubeModel

/// What each writer of the crash test does, step by step: the same in the process that is killed and in the one that
/// looks at what it left.
package enum CrashScript {
    package static let writers = 6
    package static let resource = GroupResource(group: "", resource: "configmaps")

    /// Encrypts everything; `turn` chooses which of two keys writes.
    package static func configuration(turn: Int) -> EncryptionConfiguration {
        let keys = (0..<2).map { EncryptionKey(name: "k\($0)", bytes: [UInt8](repeating: UInt8($0), count: 32)) }
        let ordered = turn.isMultiple(of: 2) ? keys : keys.reversed()
        return EncryptionConfiguration(rules: [
            .init(resources: ["*.*"], providers: [.init(name: .secretbox, keys: ordered)])
        ])
    }

    /// The keys that a step changes, and their new value; nil is a deletion.
    package static func step(writer: Int, number: Int) -> [(key: String, value: [UInt8]?)] {
        let folder = "/registry/configmaps/w\(writer)/"
        if number % 5 == 4 {
            return ["left", "middle", "right"].map { (folder + $0, value(writer, number)) }
        }
        if number % 7 == 6 { return [(folder + "\((number - 1) % 5)", nil)] }
        return [(folder + "\(number % 5)", value(writer, number))]
    }

    /// Recognisable from end to end, and of very different lengths.
    private static func value(_ writer: Int, _ number: Int) -> [UInt8] {
        let length = number % 11 == 10 ? 60_000 : (number * 193) % 4000
        return Array("{\"w\":\(writer),\"n\":\(number)}".utf8)
            + [UInt8](repeating: UInt8(truncatingIfNeeded: writer &* 31 &+ number), count: length)
    }

    /// The state after the first `count` steps of a writer.
    package static func state(writer: Int, after count: Int) -> [String: [UInt8]] {
        var state: [String: [UInt8]] = [:]
        // Whatever a step wrote is overwritten or as before 70 steps later.
        for number in max(0, count - 140)..<max(count, 0) {
            for (key, value) in step(writer: writer, number: number) { state[key] = value }
        }
        return state
    }
}
