import NFTables

/// What `list table` prints, as far as it tells whether the table is ours: the names, and how many rules a chain has.
struct TableListing {
    private(set) var chains: [String: Int] = [:]
    /// How many elements each set has; nil for those that packets fill.
    private(set) var sets: [String: Int?] = [:]
    private(set) var maps: [String: Int?] = [:]
    /// Everything but what packets change: equal texts are equal tables.
    private(set) var stable = ""

    init(_ text: String) {
        var block: (kind: Substring, name: String)?
        var depth = 0
        var (elements, isListing, isDynamic) = (0, false, false)
        for line in text.split(separator: "\n") {
            let line = line.drop { $0 == "\t" || $0 == " " }
            let words = line.split(separator: " ")
            if depth == 1, words.count >= 3, words[2] == "{" {
                block = (words[0], String(words[1]))
                (elements, isListing, isDynamic) = (0, false, false)
                if words[0] == "chain" { chains[String(words[1])] = 0 }
            } else if depth == 2, let block, line != "}" {
                if block.kind == "chain" {
                    let isRule = !line.hasPrefix("type ") && !line.hasPrefix("comment ")
                    chains[block.name, default: 0] += isRule ? 1 : 0
                } else {
                    if line.hasPrefix("flags "), line.contains("dynamic") { isDynamic = true }
                    if line.hasPrefix("elements = ") { isListing = true }
                    if isListing {
                        // Elements stand between commas, and a line that goes on ends with one.
                        elements += line.split(separator: ",").filter { $0.contains { $0 != " " } }.count
                        if isDynamic { continue }
                    }
                }
            }
            stable += line + "\n"
            // The braces of an element list open and close in one block.
            if line.hasSuffix("{"), !isListing { depth += 1 }
            if line == "}" {
                if depth == 2, let block {
                    if block.kind == "set" { sets[block.name] = isDynamic ? .some(nil) : elements }
                    if block.kind == "map" { maps[block.name] = isDynamic ? .some(nil) : elements }
                }
                depth -= 1
                isListing = false
            }
        }
    }

    func agrees(with ruleset: Ruleset) -> Bool {
        chains == ruleset.chains.mapValues(\.rules.count) && maps == ruleset.maps.mapValues { $0.elements.count }
            && sets == ruleset.sets.mapValues { $0.timeout == nil ? $0.elements.count : nil }
    }
}
