/// What must be sent to the kernel so that it holds another ruleset: one transaction, of the size of the change.
public struct RulesetDelta: Hashable, Sendable {
    /// How the kernel's tool writes the table, such as `inet kastell`.
    public var table: String
    /// The commands, one a line, in the order in which names may be used and given up.
    public internal(set) var commands: [String] = []
    /// The chains that were added, changed or removed.
    public internal(set) var changedChains: Set<String> = []
    /// How many elements of sets and maps come or go.
    public internal(set) var changedElements = 0

    /// Nothing, in a table.
    init(table: String) { self.table = table }

    /// The commands that take a table away.
    public init(removing table: String) {
        self.table = table
        // The first line makes sure that there is something to delete.
        commands = ["add table \(table)", "delete table \(table)"]
    }

    /// Whether there is nothing to do.
    public var isEmpty: Bool { commands.isEmpty }
    /// The commands as libnftables reads them; it carries out all of them or none.
    public var text: String { commands.map { $0 + "\n" }.joined() }
}

extension Ruleset {
    /// The commands that make the table from nothing, whatever there was of it.
    public var replacement: RulesetDelta {
        var empty = Ruleset()
        empty.table = table
        var delta = empty.delta(to: self)
        // The first line makes sure that there is something to delete.
        delta.commands =
            ["add table inet \(table)", "delete table inet \(table)", "add table inet \(table)"] + delta.commands
        return delta
    }

    /// The commands that lead from this table to `other`.
    ///
    /// Linear in the number of names, and in the content of those that differ; with `edits`, in what these name.
    ///
    /// - Parameters:
    ///   - other: the table as it is to be.
    ///   - edits: everything that may differ; nil for all of it.
    /// - Returns: one transaction, empty when nothing differs.
    public func delta(to other: Ruleset, edits: RulesetEdits? = nil) -> RulesetDelta {
        var delta = RulesetDelta(table: "inet \(table)")
        let writer = RulesetWriter(table: "inet \(table)")
        let chains = ChainChanges(from: self.chains, to: other.chains, among: edits?.chains)
        let names = edits.map { $0.sets.union($0.elements.keys) }
        delta.changedChains = Set(chains.added + chains.changed + chains.removed)

        var late: [String] = []
        var removals: [String] = []
        for name in (names ?? Set(other.sets.keys)).sorted() {
            guard let after = other.sets[name] else { continue }
            let before = sets[name]
            if let before, !after.isInterval, let touched = edits?.elements[name], edits?.sets.contains(name) == false {
                let gone = touched.filter { before.elements.contains($0) && !after.elements.contains($0) }
                let new = touched.filter { after.elements.contains($0) && !before.elements.contains($0) }
                removals += writer.remove(name, gone)
                late += writer.fill(name, new)
                delta.changedElements += gone.count + new.count
                continue
            }
            if before == after { continue }
            if before?.types != after.types || before?.isInterval != after.isInterval
                || before?.timeout != after.timeout
            {
                // A set of another type has another name, so this is one that is new.
                delta.commands.append(writer.declare(name, after))
                late += writer.fill(name, after.elements)
                delta.changedElements += after.elements.count
            } else if let before, after.isInterval {
                // Single changes make libnftables read the whole set back; these are few networks.
                removals.append("flush set inet \(table) \(name)")
                late += writer.fill(name, after.elements)
                delta.changedElements += before.elements.count + after.elements.count
            } else if let before {
                let (gone, new) = (
                    before.elements.subtracting(after.elements), after.elements.subtracting(before.elements)
                )
                removals += writer.remove(name, gone)
                late += writer.fill(name, new)
                delta.changedElements += gone.count + new.count
            }
        }
        for name in (names ?? Set(other.maps.keys)).sorted() {
            guard let after = other.maps[name] else { continue }
            let before = maps[name]
            let touched = before == nil ? nil : edits?.elements[name]
            if touched == nil, before == after { continue }
            if before == nil { delta.commands.append(writer.declare(name, after)) }
            let old = Self.elements(of: before, touched)
            let wanted = Self.elements(of: after, touched)
            let gone = old.filter { wanted[$0.key] != $0.value }
            let new = wanted.filter { old[$0.key] != $0.value }
            removals += writer.remove(name, Set(gone.keys))
            late += writer.fill(name, new)
            delta.changedElements += gone.count + new.count
        }
        for name in chains.added {
            if let chain = other.chains[name] { delta.commands.append(writer.declare(name, chain)) }
        }
        delta.commands += removals
        // A chain that goes is emptied first: chains may lead to each other.
        for name in chains.changed + chains.removed { delta.commands.append("flush chain inet \(table) \(name)") }
        for name in chains.added + chains.changed {
            for rule in other.chains[name]?.rules ?? [] { delta.commands.append(writer.rule(rule, in: name)) }
        }
        delta.commands += late
        for name in chains.removed { delta.commands.append("delete chain inet \(table) \(name)") }
        for name in (names ?? Set(maps.keys)).sorted() where maps[name] != nil && other.maps[name] == nil {
            delta.commands.append("delete map inet \(table) \(name)")
        }
        for name in (names ?? Set(sets.keys)).sorted() where sets[name] != nil && other.sets[name] == nil {
            delta.commands.append("delete set inet \(table) \(name)")
        }
        return delta
    }

    /// The elements of a map; only some of them when these are named.
    private static func elements(of map: VerdictMap?, _ touched: Set<[FieldValue]>?) -> [[FieldValue]: String] {
        guard let map else { return [:] }
        guard let touched else { return map.elements }
        var found: [[FieldValue]: String] = [:]
        for key in touched { found[key] = map.elements[key] }
        return found
    }
}

/// The names of the chains that differ.
private struct ChainChanges {
    var added: [String] = []
    var changed: [String] = []
    var removed: [String] = []

    init(from before: [String: Chain], to after: [String: Chain], among names: Set<String>?) {
        if let names {
            for name in names.sorted() {
                switch (before[name], after[name]) {
                case (nil, nil): continue
                case (nil, _?): added.append(name)
                case (_?, nil): removed.append(name)
                case (let old?, let new?): if old != new { changed.append(name) }
                }
            }
            return
        }
        for (name, chain) in after {
            if let old = before[name] {
                if old != chain { changed.append(name) }
            } else {
                added.append(name)
            }
        }
        for name in before.keys where after[name] == nil { removed.append(name) }
        added.sort()
        changed.sort()
        removed.sort()
    }
}
