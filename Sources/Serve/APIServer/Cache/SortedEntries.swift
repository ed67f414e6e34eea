/// Objects in the order of their keys, as a value: a copy is a consistent snapshot that costs nothing to take.
///
/// Entries lie in chunks of at most ``capacity``, so that a change copies one chunk and the list of chunks, not all.
struct SortedEntries: Sendable {
    static let capacity = 256
    private var chunks: [[CachedObject]] = []
    private(set) var count = 0

    /// The chunk that holds `key` or would: the last one that starts at or before it.
    private func chunk(for key: String) -> Int {
        var low = 0
        var high = chunks.count
        while low < high {
            let middle = (low + high) / 2
            if chunks[middle][0].key <= key { low = middle + 1 } else { high = middle }
        }
        return max(0, low - 1)
    }

    /// The first position in a chunk whose key is not before `key`.
    private func position(in chunk: [CachedObject], of key: String) -> Int {
        var low = 0
        var high = chunk.count
        while low < high {
            let middle = (low + high) / 2
            if chunk[middle].key < key { low = middle + 1 } else { high = middle }
        }
        return low
    }

    subscript(_ key: String) -> CachedObject? {
        guard !chunks.isEmpty else { return nil }
        let chunk = chunks[chunk(for: key)]
        let at = position(in: chunk, of: key)
        return at < chunk.count && chunk[at].key == key ? chunk[at] : nil
    }

    /// Adds or replaces the object of the entry's key.
    mutating func insert(_ entry: CachedObject) {
        if chunks.isEmpty {
            chunks = [[entry]]
            count = 1
            return
        }
        let index = chunk(for: entry.key)
        let at = position(in: chunks[index], of: entry.key)
        if at < chunks[index].count, chunks[index][at].key == entry.key {
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
        let index = chunk(for: key)
        let at = position(in: chunks[index], of: key)
        guard at < chunks[index].count, chunks[index][at].key == key else { return }
        chunks[index].remove(at: at)
        count -= 1
        if chunks[index].isEmpty { chunks.remove(at: index) }
    }

    /// Visits the objects whose keys start with `prefix`, in order, from `start` on; ends when `body` answers false.
    func forEach(prefix: String, from start: String? = nil, _ body: (CachedObject) -> Bool) {
        guard !chunks.isEmpty else { return }
        let first = start.map { max($0, prefix) } ?? prefix
        var index = chunk(for: first)
        var at = position(in: chunks[index], of: first)
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
