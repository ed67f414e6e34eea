/// Objects in the order of their keys' bytes, as a value: a copy is a consistent snapshot that costs nothing to take.
///
/// Entries lie in chunks of at most ``capacity``, so that a change copies one chunk and the list of chunks, not all.
struct SortedEntries: Sendable {
    static let capacity = 256
    private var chunks: [[CachedObject]] = []
    private(set) var count = 0
    /// Whether no key has held anything but ASCII, as nearly everywhere: then it is asked once a search, not once a step.
    private var isASCII = true

    /// How keys are compared in a search for `key`.
    private func order(for key: String) -> KeyOrder { isASCII && key.utf8Span.isKnownASCII ? .ascii : .bytes }

    /// The chunk that holds `key` or would: the last one that starts at or before it.
    private func chunk(for key: String, _ order: KeyOrder) -> Int {
        var low = 0
        var high = chunks.count
        while low < high {
            let middle = (low + high) / 2
            if !order.isBefore(key, chunks[middle][0].key) { low = middle + 1 } else { high = middle }
        }
        return max(0, low - 1)
    }

    /// The first position in a chunk whose key is not before `key`.
    private func position(in chunk: [CachedObject], of key: String, _ order: KeyOrder) -> Int {
        var low = 0
        var high = chunk.count
        while low < high {
            let middle = (low + high) / 2
            if order.isBefore(chunk[middle].key, key) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    subscript(_ key: String) -> CachedObject? {
        guard !chunks.isEmpty else { return nil }
        let order = order(for: key)
        let chunk = chunks[chunk(for: key, order)]
        let at = position(in: chunk, of: key, order)
        return at < chunk.count && order.areSame(chunk[at].key, key) ? chunk[at] : nil
    }

    /// Adds or replaces the object of the entry's key.
    mutating func insert(_ entry: CachedObject) {
        if !entry.key.utf8Span.isKnownASCII { isASCII = false }
        if chunks.isEmpty {
            chunks = [[entry]]
            count = 1
            return
        }
        let order = order(for: entry.key)
        let index = chunk(for: entry.key, order)
        let at = position(in: chunks[index], of: entry.key, order)
        if at < chunks[index].count, order.areSame(chunks[index][at].key, entry.key) {
            chunks[index][at] = entry
            return
        }
        chunks[index].insert(entry, at: at)
        count += 1
        if chunks[index].count > Self.capacity {
            let half = chunks[index].count / 2
            let upper = Array(chunks[index][half...])
            chunks[index].removeSubrange(half...)
            chunks.insert(upper, at: index + 1)
        }
    }

    mutating func remove(_ key: String) {
        guard !chunks.isEmpty else { return }
        let order = order(for: key)
        let index = chunk(for: key, order)
        let at = position(in: chunks[index], of: key, order)
        guard at < chunks[index].count, order.areSame(chunks[index][at].key, key) else { return }
        chunks[index].remove(at: at)
        count -= 1
        if chunks[index].isEmpty { chunks.remove(at: index) }
    }

    /// Visits the objects whose keys start with `prefix`, in order, from `start` on; ends when `body` answers false.
    func forEach(prefix: String, from start: String? = nil, _ body: (CachedObject) -> Bool) {
        guard !chunks.isEmpty else { return }
        // A page may go on after any text that a client sends.
        let first = start.map { KeyOrder.bytes.isBefore($0, prefix) ? prefix : $0 } ?? prefix
        let order = order(for: first)
        var index = chunk(for: first, order)
        var at = position(in: chunks[index], of: first, order)
        while index < chunks.count {
            while at < chunks[index].count {
                let entry = chunks[index][at]
                guard entry.key.utf8.starts(with: prefix.utf8) else { return }
                if !body(entry) { return }
                at += 1
            }
            index += 1
            at = 0
        }
    }
}

/// How storage keys are compared: always by their bytes, as the store's file has it.
///
/// Swift's own comparison looks through Unicode normalisation, and would take a role `é` in one scalar for another whose
/// name is `e` with an accent after it. For ASCII both are the same, and Swift's is the faster one.
private enum KeyOrder {
    case ascii, bytes

    func isBefore(_ left: String, _ right: String) -> Bool {
        switch self {
        case .ascii: left < right
        case .bytes: left.utf8.lexicographicallyPrecedes(right.utf8)
        }
    }

    func areSame(_ left: String, _ right: String) -> Bool {
        switch self {
        case .ascii: left == right
        case .bytes: left.utf8.elementsEqual(right.utf8)
        }
    }
}
