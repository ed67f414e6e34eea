import EncryptionAtRest
import JSONValue
import KubeModel
import Store

/// What stands in the store, by resource and by how it is protected. Read from the envelopes themselves, not from the
/// configuration.
struct EncryptionReport {
    private struct Key: Hashable {
        var resource: String
        var status: EncryptionStatus
    }
    private struct Count {
        var live = 0
        var history = 0
        var oldest = Int64.max
        var newest = Int64.min
    }
    private var counts: [Key: Count] = [:]

    /// Counts every value of the store, history too. Linear in the values.
    init(_ store: Store) throws(StoreError) {
        var counts: [Key: Count] = [:]
        try store.forEachEnvelope(history: true) { facts in
            let key = Key(resource: facts.resource.description, status: facts.status)
            var count = counts[key] ?? Count()
            if facts.isLive { count.live += 1 } else { count.history += 1 }
            count.oldest = min(count.oldest, facts.writtenAt)
            count.newest = max(count.newest, facts.writtenAt)
            counts[key] = count
        }
        self.counts = counts
    }

    /// - Parameters:
    ///   - source: where the configuration in force comes from.
    ///   - transformer: says what would seal now.
    func json(source: EncryptionSource, transformer: ValueTransformer) -> JSON {
        let rows = counts.sorted { ($0.key.resource, $0.key.status.description) < ($1.key.resource, $1.key.status.description) }
        let items = rows.map { key, count -> JSON in
            let writes = transformer.sealingStatus(for: GroupResource(text: key.resource))
            var row: JSON = ["resource": .string(key.resource)]
            switch key.status {
            case .plain: row["provider"] = "identity"
            case .encrypted(let provider, let name):
                row["provider"] = .string(provider.rawValue)
                row["key"] = .string(name)
            case .foreign(let head): row["provider"] = .string(head)
            }
            row["objects"] = JSON(count.live)
            row["history"] = JSON(count.history)
            row["oldestSealed"] = .string(Timestamp(seconds: count.oldest).description)
            row["newestSealed"] = .string(Timestamp(seconds: count.newest).description)
            row["current"] = .bool(writes == key.status)
            row["writes"] = .string(writes.description)
            return row
        }
        return [
            "configuration": .string(source.path), "generated": .bool(source.isGenerated), "resources": .array(items),
        ]
    }
}

extension GroupResource {
    /// Reads `deployments.apps` or `pods`.
    init(text: String) {
        let parts = text.split(separator: ".", maxSplits: 1).map(String.init)
        self.init(group: parts.count > 1 ? parts[1] : "", resource: parts.first ?? "")
    }
}
