import Testing

/// Recorded writes, decoded, defaulted, prepared and written as the server would.
@Suite struct CorpusTests {
    static let areas = [
        "admission", "apply", "audit", "authn", "authz", "bootstrap", "concurrency", "crd", "crud", "csr", "defaulting",
        "delete",
        "discovery", "dryrun", "encryption", "malformed", "node", "paging", "patch", "psa", "quota", "selectors",
        "strict",
        "subresources", "tables", "validation", "vap", "watch", "webhook",
    ]

    @Test("what is written is answered as a reference server answers it", .enabled(if: Corpus.exists))
    func writes() {
        var passed = 0
        var failures: [String] = []
        for area in Self.areas {
            for (name, scenario) in Corpus.scenarios(in: area) {
                var replay = Replay()
                replay.run(name, scenario)
                passed += replay.passed.count
                failures += replay.failures
            }
        }
        for failure in failures { print(failure) }
        print("corpus writes: \(passed) passed, \(failures.count) failed")
        #expect(failures.count == 0)
        #expect(passed > 400)
    }
}
