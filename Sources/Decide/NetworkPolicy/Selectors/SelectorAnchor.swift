/// A label without which a selector cannot match: selectors are filed under theirs, so that a change of an endpoint
/// asks only those that could hold of it.
enum SelectorAnchor: Hashable {
    case pair(String, String)
    case key(String)
}

extension EndpointSelector {
    /// Labels of which a matching endpoint has at least one; nil when it may have none at all.
    var anchors: [SelectorAnchor]? {
        switch self {
        case .equals(let key, let value): [.pair(key, value)]
        case .isIn(let key, let values): values.map { .pair(key, $0) }
        case .has(let key), .contains(let key, _), .startsWith(let key, _), .endsWith(let key, _): [.key(key)]
        case .and(let parts): parts.compactMap(\.anchors).min { Self.cost($0) < Self.cost($1) }
        case .or(let parts): Self.union(parts.map(\.anchors))
        case .all, .global, .notEquals, .notIn, .not: nil
        }
    }

    // A pair is rarer than a key; every endpoint of a cluster has the keys of its namespace.
    private static func cost(_ anchors: [SelectorAnchor]) -> Int {
        anchors.reduce(0) { sum, anchor in
            switch anchor {
            case .pair(let key, _): sum + (key == EndpointLabel.orchestrator ? 1000 : key == EndpointLabel.namespace ? 2 : 1)
            case .key: sum + 100
            }
        }
    }

    private static func union(_ parts: [[SelectorAnchor]?]) -> [SelectorAnchor]? {
        var all: [SelectorAnchor] = []
        for part in parts {
            guard let part else { return nil }
            all += part
        }
        return all
    }
}
