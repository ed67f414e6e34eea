import Fuzzing
import KubeModel
import Testing

@Suite("Numbers and times from outside") struct FuzzTests {
    private static let quantities = ["1", "100m", "1.5Gi", "1e3", "-2", "0.1E", "12E-3", "9Ei", "1234567890123456789n", "+5Ki", "0"]

    @Test("a quantity is read or not, never trapped on, and what is written is read as the same", arguments: 0..<20)
    func quantities(seed: UInt64) {
        var mutator = Mutator(
            seed: seed, samples: Self.quantities,
            pieces: ["E", "e", "Ei", "n", "u", "m", ".", "9", "99999999999999999999", "e999999999", "e-999999999", "-"])
        var sum = Quantity(0)
        for _ in 0..<300 {
            let text = mutator.text()
            guard let quantity = Quantity(text) else { continue }
            #expect(Quantity(quantity.description) == quantity, "seed \(seed): \(text) was written as \(quantity)")
            #expect(quantity.description.utf8.count < 64, "seed \(seed): \(text)")
            _ = (quantity.value, quantity.milliValue, quantity.isInteger, quantity < sum)
            sum = sum + quantity - Quantity(0)
        }
        _ = (sum.description, sum.value, sum.milliValue)
    }

    @Test(
        "quantities at the ends of what can be said are capped, and sums of them are still numbers",
        arguments: [
            "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "9223372036854775807E", "1e999999999",
            "-1e999999999", "340282366920938463463374607431768211456", "8Ei", "0.0000000000000000000000000000001", "1e-99999999", "9999999999Ei",
        ])
    func extremes(text: String) throws {
        let quantity = try #require(Quantity(text))
        #expect(quantity.nano.magnitude <= UInt128(Int64.max) * 1_000_000_000)
        var sum = Quantity(0)
        for _ in 0..<1000 { sum = sum + quantity }
        _ = (sum.value, sum.milliValue, sum.description, (sum - quantity - quantity).description)
    }

    private static let moments = [
        "2026-11-23T10:00:00Z", "2024-02-29T23:59:60.123456789+23:59", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z",
        "0001-01-01T00:00:00-23:59",
    ]

    @Test("a time is read or not, never trapped on, and what is written is read as the same", arguments: 0..<20)
    func moments(seed: UInt64) {
        var mutator = Mutator(seed: seed, samples: Self.moments, pieces: [":", "T", "Z", "+00:00", "-24:00", ".", "99", "00"])
        for _ in 0..<300 {
            let text = mutator.text()
            guard let moment = Timestamp(text) else { continue }
            let written = moment.description
            // The offset may lead out of the years that can be written.
            if written.utf8.count == 20 { #expect(Timestamp(written)?.seconds == moment.seconds, "seed \(seed): \(text) was written as \(written)") }
            _ = (moment.micro, moment.age(at: Timestamp(seconds: 0)))
        }
    }

    @Test("moments at the ends of 64 bits can be written, compared and moved", arguments: [Int64.min, .min + 1, -1, 0, 253_402_300_800, .max - 1, .max])
    func extremeMoments(seconds: Int64) {
        let moment = Timestamp(seconds: seconds)
        _ = (moment.description, moment.micro, moment.date)
        for other in [Int64.min, -1, 0, 1_800_000_000, .max] {
            _ = (moment.age(at: Timestamp(seconds: other)), moment.adding(seconds: other).description, Timestamp.humanDuration(seconds: other))
        }
    }
}
