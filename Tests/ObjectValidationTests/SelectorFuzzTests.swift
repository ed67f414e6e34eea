import Fuzzing
import KubeModel
import ObjectValidation
import Testing

@Suite("Selectors from anybody") struct SelectorFuzzTests {
    private static let words = ["in", "notin", "(", ")", ",", "!", "=", "==", "!=", ">", "<", "\\", "\\,", "\\=", " ", "example.com/", "99999999999999999999"]

    @Test("a label selector is read or refused; what was read names keys and matches without a trap", arguments: 0..<16)
    func labels(seed: UInt64) {
        var mutator = Mutator(
            seed: seed, samples: ["app in (a,b),!x", "app=a,tier!=b", "example.com/size>5,y<-3", "app notin (),z", "a==b"], pieces: Self.words)
        var read = 0
        for _ in 0..<400 {
            let text = mutator.text()
            guard let selector = try? ObjectValidation.parseLabelSelector(text) else { continue }
            read += 1
            #expect(!selector.matchesNothing && selector.requirements.count <= text.utf8.count, "seed \(seed): \(text)")
            for requirement in selector.requirements {
                let key =
                    switch requirement {
                    case .in(let key, _), .notIn(let key, _), .exists(let key), .doesNotExist(let key), .greaterThan(let key, _), .lessThan(let key, _): key
                    }
                #expect(!key.isEmpty && key.utf8.count <= 317 && key.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "seed \(seed): \(text)")
            }
            for labels in [[:], ["app": "a", "x": ""], ["example.com/size": "9223372036854775808", "y": "-9223372036854775808"]] { _ = selector.matches(labels) }
        }
        #expect(read > 10, "seed \(seed)")
    }

    @Test("a field selector is read or refused; what was read is the same when it is written and read again", arguments: 0..<16)
    func fields(seed: UInt64) throws {
        var mutator = Mutator(
            seed: seed, samples: ["metadata.name=a,status.phase!=Running", "metadata.name==a\\,b", "a=\\=\\\\", "spec.nodeName="], pieces: Self.words)
        var read = 0
        for _ in 0..<400 {
            let text = mutator.text()
            guard let selector = try? ObjectValidation.parseFieldSelector(text) else { continue }
            read += 1
            let written = selector.requirements.map { requirement in
                var value = ""
                for scalar in requirement.value.unicodeScalars {
                    if ["\\", ",", "="].contains(scalar) { value.unicodeScalars.append("\\") }
                    value.unicodeScalars.append(scalar)
                }
                return requirement.key + (requirement.isEqual ? "=" : "!=") + value
            }
            let again = try ObjectValidation.parseFieldSelector(written.joined(separator: ","))
            #expect(Set(again.requirements) == Set(selector.requirements), "seed \(seed): \(text)")
        }
        #expect(read > 10, "seed \(seed)")
    }

    @Test("long selectors cost as much as they are long")
    func long() throws {
        let many = Array(repeating: "a", count: 20_000).joined(separator: ",")
        #expect(try ObjectValidation.parseLabelSelector(many).requirements.count == 20_000)
        _ = try? ObjectValidation.parseLabelSelector("a in (" + many)
        _ = try? ObjectValidation.parseLabelSelector(String(repeating: "!", count: 100_000))
        _ = try? ObjectValidation.parseFieldSelector(String(repeating: "\\", count: 100_000))
        #expect(try ObjectValidation.parseFieldSelector(String(repeating: "a=b,", count: 20_000)).requirements.count == 20_000)
    }
}
