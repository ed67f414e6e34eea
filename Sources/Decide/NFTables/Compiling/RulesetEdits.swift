/// What a delta between two states of a table has to look at: everything else is the same.
public struct RulesetEdits: Hashable, Sendable {
    /// The chains that came, went or changed.
    public internal(set) var chains: Set<String> = []
    /// The sets that came, went or were written anew.
    public internal(set) var sets: Set<String> = []
    /// Elements that came or went, by the name of their set or map.
    public internal(set) var elements: [String: Set<[FieldValue]>] = [:]
    /// What new numbers of the flow log mean.
    public internal(set) var notes: [Int: Note] = [:]

    /// Nothing.
    public init() {}

    /// Both, one after the other.
    public mutating func merge(_ later: RulesetEdits) {
        chains.formUnion(later.chains)
        sets.formUnion(later.sets)
        elements.merge(later.elements) { $0.union($1) }
        notes.merge(later.notes) { $1 }
    }
}

// Every change of the table goes through here, so that no delta misses one.
extension RulesetCompiler {
    /// What was changed since the last call.
    public mutating func takeEdits() -> RulesetEdits {
        defer { edits = RulesetEdits() }
        return edits
    }

    mutating func put(_ chain: Chain?, at name: String) {
        ruleset.chains[name] = chain
        edits.chains.insert(name)
    }

    mutating func put(_ set: NamedSet?, at name: String) {
        ruleset.sets[name] = set
        edits.sets.insert(name)
    }

    mutating func insert(_ element: [FieldValue], into set: String) {
        ruleset.sets[set]?.elements.insert(element)
        edits.elements[set, default: []].insert(element)
    }

    mutating func remove(_ element: [FieldValue], from set: String) {
        ruleset.sets[set]?.elements.remove(element)
        edits.elements[set, default: []].insert(element)
    }

    /// Leads a key of a map to a chain; nil takes it out.
    mutating func lead(_ key: [FieldValue], of map: String, to chain: String?) {
        ruleset.maps[map]?.elements[key] = chain
        edits.elements[map, default: []].insert(key)
    }

    mutating func put(_ note: Note?, at number: Int) {
        ruleset.notes[number] = note
        edits.notes[number] = note
    }
}
