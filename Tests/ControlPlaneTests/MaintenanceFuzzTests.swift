import Fuzzing
import JSONValue
import Testing

@testable import ControlPlane

@Suite("Maintenance orders") struct MaintenanceFuzzTests {
    @Test("a line is an order that it spells out, or none", arguments: 0..<16)
    func lines(seed: UInt64) {
        let samples = MaintenanceRequest.Operation.allCases.map { #"{"operation":"\#($0.rawValue)","arguments":{"path":"/a","names":["b"]}}"# + "\n" }
        var mutator = Mutator(seed: seed, samples: samples, pieces: ["\"operation\":", "status", "snapshot-save", "\n", "{", "}", "\\u0073tatus"])
        var read = 0
        for _ in 0..<400 {
            let line = mutator.bytes()
            guard let request = MaintenanceRequest(line: line) else { continue }
            read += 1
            let value = try? JSON.parse(line)
            #expect(value?["operation"]?.string == request.operation.rawValue, "seed \(seed): \(line)")
            #expect(request.arguments == value?["arguments"] ?? [:], "seed \(seed): \(line)")
        }
        #expect(read > 10, "seed \(seed)")
        for line in ["", "\n", "null", "[]", "{}", #"{"operation":1}"#, #"{"operation":"Status"}"#, #"{"operation":"status""#, #"{"operation":"status"}{}"#] {
            #expect(MaintenanceRequest(line: Array(line.utf8)) == nil, "\(line)")
        }
    }
}
