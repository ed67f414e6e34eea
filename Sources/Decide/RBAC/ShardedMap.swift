/// A dictionary in shards, so that changing one entry while a copy of the map is still in use costs a shard of the
/// entries, not all of them. Copies are snapshots.
struct ShardedMap<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private static var shardCount: Int { 256 }
    private var shards: [[Key: Value]] = Array(repeating: [:], count: Self.shardCount)

    private func shard(of key: Key) -> Int { Int(truncatingIfNeeded: key.hashValue) & (Self.shardCount - 1) }

    subscript(key: Key) -> Value? {
        get { shards[shard(of: key)][key] }
        _modify { yield &shards[shard(of: key)][key] }
    }

    subscript(key: Key, default value: @autoclosure () -> Value) -> Value {
        get { self[key] ?? value() }
        _modify { yield &shards[shard(of: key)][key, default: value()] }
    }

    /// The number of entries; walks the shards.
    var count: Int { shards.reduce(0) { $0 + $1.count } }
}
