import Fuzzing
import Testing

@testable import APIServer

@Suite("Accept headers from anybody") struct NegotiationFuzzTests {
    private static let samples = [
        "application/json;as=Table;v=v1;g=meta.k8s.io,application/json", "application/yaml;q=0.5, */*;q=0.1", "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json",
    ]

    @Test("a header gets a form that it names, or none", arguments: 0..<16)
    func anything(seed: UInt64) {
        var mutator = Mutator(seed: seed, samples: Self.samples, pieces: [";", ",", "q=", "q=nan", "q=inf", "q=-1", "q=1e999", "as=", "v=", "*/*", "application/", "Table"])
        for _ in 0..<400 {
            let text = mutator.text()
            for (tables, discovery) in [(true, true), (false, false)] {
                guard let form = Negotiation(accept: text, allowTables: tables, allowDiscovery: discovery) else { continue }
                if !text.isEmpty {
                    #expect(Negotiation.takes(form.encoding == .json ? "application/json" : "application/yaml", accept: text)
                        || text.lowercased().contains("x-yaml"), "seed \(seed): \(text)")
                }
                switch form.shape {
                case .object: break
                case .table, .partialMetadata: #expect(tables && text.contains("meta.k8s.io"), "seed \(seed): \(text)")
                case .aggregatedDiscovery: #expect(discovery && text.contains("apidiscovery.k8s.io"), "seed \(seed): \(text)")
                }
            }
        }
    }

    @Test("a quality that is no number from 0 to 1 does not decide", arguments: ["nan", "-nan", "inf", "-inf", "1e999", "2", "-1", "x", ""])
    func qualities(text: String) {
        // Each counts as 1, so that the first of both wins, whichever it is.
        #expect(Negotiation(accept: "application/yaml;q=\(text),application/json;q=\(text)", allowTables: false)?.encoding == .yaml)
        #expect(Negotiation(accept: "application/json;q=\(text),application/yaml", allowTables: false)?.encoding == .json)
        #expect(Negotiation(accept: "application/json,application/yaml;q=\(text)", allowTables: false)?.encoding == .json)
    }

    @Test("only the first ranges of a long header are looked at")
    func long() {
        let many = String(repeating: "text/plain,", count: 50_000)
        #expect(Negotiation(accept: many + "application/json", allowTables: false) == nil)
        #expect(Negotiation(accept: "application/json," + many, allowTables: false)?.encoding == .json)
    }
}
