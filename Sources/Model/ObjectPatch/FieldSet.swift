/// A set of fields of an object: what one manager owns.
///
/// A tree that mirrors the object. A field may be in the set itself, have children that are, or both. The entries of
/// each level are sorted, so that two sets are combined in one pass.
public struct FieldSet: Hashable, Sendable {
    /// One child of the field that a set stands for.
    public struct Entry: Hashable, Sendable {
        /// Which child it is.
        public var element: PathElement
        /// Whether the field itself is in the set.
        public var isMember: Bool
        /// The fields below it that are in the set.
        public var children: FieldSet

        init(_ element: PathElement, isMember: Bool, children: FieldSet = FieldSet()) {
            self.element = element
            self.isMember = isMember
            self.children = children
        }
    }

    /// Sorted by their elements; each is a member or has children.
    public private(set) var entries: [Entry] = []

    /// The empty set.
    public init() {}

    /// The set of these fields, each given by the names of the members on its path.
    public init(_ paths: [String]...) {
        for path in paths { insert(path.map { .field($0) }) }
    }

    /// Entries with distinct elements, in any order.
    init(unsorted: [Entry]) {
        entries = unsorted.filter { $0.isMember || !$0.children.isEmpty }
        var isSorted = true
        for at in entries.indices.dropFirst() where !(entries[at - 1].element < entries[at].element) {
            isSorted = false
            break
        }
        if !isSorted { entries.sort { $0.element < $1.element } }
    }

    private init(sorted: [Entry]) { entries = sorted }

    /// Whether no field is in the set.
    public var isEmpty: Bool { entries.isEmpty }

    /// Adds the field at `path`, not its parents. The empty path, the whole object, is never in a set.
    public mutating func insert(_ path: [PathElement]) { insert(path[...]) }

    private mutating func insert(_ path: ArraySlice<PathElement>) {
        guard let first = path.first else { return }
        let at = position(of: first)
        if at == entries.count || entries[at].element != first {
            entries.insert(Entry(first, isMember: false), at: at)
        }
        if path.count == 1 { entries[at].isMember = true } else { entries[at].children.insert(path.dropFirst()) }
    }

    /// The index of the entry of `element`, or the one where it would stand.
    private func position(of element: PathElement) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].element < element { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The entry of one child.
    public subscript(_ element: PathElement) -> Entry? {
        let at = position(of: element)
        return at < entries.count && entries[at].element == element ? entries[at] : nil
    }

    /// Whether the field at `path` is in the set.
    public func contains(_ path: [PathElement]) -> Bool {
        var set = self
        for (depth, element) in path.enumerated() {
            guard let entry = set[element] else { return false }
            if depth == path.count - 1 { return entry.isMember }
            set = entry.children
        }
        return false
    }

    /// The paths of the fields in the set: those of one level first, then those below each of them.
    public var paths: [[PathElement]] {
        var found: [[PathElement]] = []
        collect(below: [], into: &found)
        return found
    }

    private func collect(below prefix: [PathElement], into found: inout [[PathElement]]) {
        for entry in entries where entry.isMember { found.append(prefix + [entry.element]) }
        for entry in entries where !entry.children.isEmpty {
            entry.children.collect(below: prefix + [entry.element], into: &found)
        }
    }
}

// MARK: - Combination

extension FieldSet {
    /// Walks both sets in order. `combine` gets the entry of each side, one of them possibly nil.
    private func zipped(_ other: FieldSet, _ combine: (Entry?, Entry?) -> Entry?) -> FieldSet {
        var result: [Entry] = []
        result.reserveCapacity(Swift.max(entries.count, other.entries.count))
        var i = 0
        var j = 0
        while i < entries.count || j < other.entries.count {
            let order =
                i == entries.count
                ? 1 : j == other.entries.count ? -1 : entries[i].element.compare(other.entries[j].element)
            let combined =
                order == 0
                ? combine(entries[i], other.entries[j])
                : order < 0 ? combine(entries[i], nil) : combine(nil, other.entries[j])
            if let combined, combined.isMember || !combined.children.isEmpty { result.append(combined) }
            if order <= 0 { i += 1 }
            if order >= 0 { j += 1 }
        }
        return FieldSet(sorted: result)
    }

    /// The fields in either set.
    public func union(_ other: FieldSet) -> FieldSet {
        if isEmpty { return other }
        if other.isEmpty { return self }
        return zipped(other) { left, right in
            guard let left, let right else { return left ?? right }
            return Entry(
                left.element, isMember: left.isMember || right.isMember, children: left.children.union(right.children))
        }
    }

    /// The fields in both sets.
    public func intersection(_ other: FieldSet) -> FieldSet {
        if isEmpty || other.isEmpty { return FieldSet() }
        return zipped(other) { left, right in
            guard let left, let right else { return nil }
            return Entry(
                left.element, isMember: left.isMember && right.isMember,
                children: left.children.intersection(right.children))
        }
    }

    /// The fields in this set that are not in `other`.
    public func subtracting(_ other: FieldSet) -> FieldSet {
        if isEmpty || other.isEmpty { return self }
        return zipped(other) { left, right in
            guard let left, let right else { return left }
            return Entry(
                left.element, isMember: left.isMember && !right.isMember,
                children: left.children.subtracting(right.children))
        }
    }

    /// The fields in this set that are neither in `other` nor below a field that is.
    public func subtractingRecursively(_ other: FieldSet) -> FieldSet {
        if isEmpty || other.isEmpty { return self }
        return zipped(other) { left, right in
            guard let left, let right else { return left }
            if right.isMember { return nil }
            return Entry(
                left.element, isMember: left.isMember, children: left.children.subtractingRecursively(right.children))
        }
    }
}
