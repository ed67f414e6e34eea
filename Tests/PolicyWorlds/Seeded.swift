/// Numbers that depend on a seed alone (splitmix64).
package struct Seeded: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678 }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// True once in so many times.
    package mutating func oneIn(_ count: UInt64) -> Bool { next() % count == 0 }
    /// One of the values.
    package mutating func pick<Value>(_ values: [Value]) -> Value { values[Int(next() % UInt64(values.count))] }
    /// Some of the values, at least one.
    package mutating func some<Value>(_ values: [Value]) -> [Value] {
        let chosen = values.filter { _ in oneIn(2) }
        return chosen.isEmpty ? [pick(values)] : chosen
    }
}
