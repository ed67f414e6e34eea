/// Numbers for things that several others share. A number lives as long as somebody uses the thing, and is never given
/// to another one: whoever still holds it cannot take one thing for another.
struct SharedNames<Key: Hashable & Sendable>: Sendable {
    private var entries: [Key: (number: Int, users: Int)] = [:]
    private var last = 0

    /// The number of what is in use.
    func number(_ key: Key) -> Int? { entries[key]?.number }

    /// One user more; `isNew` when it is the first.
    mutating func acquire(_ key: Key) -> (number: Int, isNew: Bool) {
        if let entry = entries[key] {
            entries[key] = (entry.number, entry.users + 1)
            return (entry.number, false)
        }
        last += 1
        entries[key] = (last, 1)
        return (last, true)
    }

    /// One user less; the number when it was the last.
    mutating func release(_ key: Key) -> Int? {
        guard let entry = entries[key] else { return nil }
        entries[key] = entry.users > 1 ? (entry.number, entry.users - 1) : nil
        return entry.users > 1 ? nil : entry.number
    }
}
