import NFTables

/// What `list table` prints, as far as it tells whether the table is ours: the names, and how many rules a chain has.
struct TableListing {
    private(set) var chains: [String: [String]] = [:]
    private(set) var sets: Set<String> = []
    private(set) var maps: Set<String> = []

    init(_ text: String) {
        var chain: String?
        var depth = 0
        for line in text.split(separator: "\n") {
            let line = line.drop { $0 == "\t" || $0 == " " }
            let words = line.split(separator: " ")
            if depth == 1, words.count >= 3, words[2] == "{" {
                switch words[0] {
                case "chain":
                    chain = String(words[1])
                    chains[String(words[1])] = []
                case "set": sets.insert(String(words[1]))
                case "map": maps.insert(String(words[1]))
                default: break
                }
            } else if depth == 2, let name = chain, !line.hasPrefix("type "), !line.hasPrefix("comment "), !line.hasPrefix("}") {
                chains[name]?.append(String(line))
            }
            if line.hasSuffix("{") { depth += 1 }
            if line == "}" {
                depth -= 1
                if depth == 1 { chain = nil }
            }
        }
    }

    func agrees(with ruleset: Ruleset) -> Bool {
        sets == Set(ruleset.sets.keys) && maps == Set(ruleset.maps.keys)
            && chains.mapValues(\.count) == ruleset.chains.mapValues(\.rules.count)
    }
}
