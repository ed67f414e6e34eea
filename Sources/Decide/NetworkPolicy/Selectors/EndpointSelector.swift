/// A condition on the labels of an endpoint: Calico's selector language, in which the selectors of all policy kinds
/// are written. Two selectors with the same ``description`` select the same endpoints and share one set.
///
/// Source: Calico documentation, "Selectors".
public indirect enum EndpointSelector: Hashable, Sendable {
    /// Everything.
    case all
    /// What lies in no namespace, where a namespace selector may stand; elsewhere everything.
    case global
    case has(String)
    case equals(String, String)
    /// Also holds where the label is absent.
    case notEquals(String, String)
    case contains(String, String)
    case startsWith(String, String)
    case endsWith(String, String)
    /// The values are sorted and distinct.
    case isIn(String, [String])
    /// Also holds where the label is absent. The values are sorted and distinct.
    case notIn(String, [String])
    case not(EndpointSelector)
    case and([EndpointSelector])
    case or([EndpointSelector])

    /// Whether the labels satisfy the selector. Linear in its size.
    public func matches(_ labels: [String: String]) -> Bool {
        switch self {
        case .all, .global: true
        case .has(let key): labels[key] != nil
        case .equals(let key, let value): labels[key] == value
        case .notEquals(let key, let value): labels[key] != value
        case .contains(let key, let part): labels[key].map { Self.holds($0, part) } ?? false
        case .startsWith(let key, let part): labels[key].map { $0.utf8.starts(with: part.utf8) } ?? false
        case .endsWith(let key, let part): labels[key].map { $0.utf8.reversed().starts(with: part.utf8.reversed()) } ?? false
        case .isIn(let key, let values): labels[key].map(values.contains) ?? false
        case .notIn(let key, let values): labels[key].map { !values.contains($0) } ?? true
        case .not(let inner): !inner.matches(labels)
        case .and(let parts): parts.allSatisfy { $0.matches(labels) }
        case .or(let parts): parts.contains { $0.matches(labels) }
        }
    }

    private static func holds(_ text: String, _ part: String) -> Bool {
        let (text, part) = (Array(text.utf8), Array(part.utf8))
        guard text.count >= part.count else { return false }
        return (0...(text.count - part.count)).contains { text[$0...].starts(with: part) }
    }

    /// The values, sorted by their bytes and without duplicates, as ``isIn(_:_:)`` wants them.
    static func sorted(_ values: some Sequence<String>) -> [String] {
        Set(values).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// All parts at once, without those that always hold; one part stands alone.
    static func every(_ parts: [EndpointSelector]) -> EndpointSelector {
        let parts = parts.filter { $0 != .all }
        return parts.count > 1 ? .and(parts) : parts.first ?? .all
    }

    /// The selector over labels whose keys have `prefix` before them; `all()` and `global()` become what they mean of
    /// an owner (the namespace or the service account) that `marker` names when the endpoint has one.
    func ofOwner(prefix: String, marker: String) -> EndpointSelector {
        switch self {
        case .all: .has(marker)
        case .global: .not(.has(marker))
        case .has(let key): .has(prefix + key)
        case .equals(let key, let value): .equals(prefix + key, value)
        case .notEquals(let key, let value): .notEquals(prefix + key, value)
        case .contains(let key, let value): .contains(prefix + key, value)
        case .startsWith(let key, let value): .startsWith(prefix + key, value)
        case .endsWith(let key, let value): .endsWith(prefix + key, value)
        case .isIn(let key, let values): .isIn(prefix + key, values)
        case .notIn(let key, let values): .notIn(prefix + key, values)
        case .not(let inner): .not(inner.ofOwner(prefix: prefix, marker: marker))
        case .and(let parts): .and(parts.map { $0.ofOwner(prefix: prefix, marker: marker) })
        case .or(let parts): .or(parts.map { $0.ofOwner(prefix: prefix, marker: marker) })
        }
    }
}

extension EndpointSelector: CustomStringConvertible {
    /// The canonical form, as Calico writes it.
    public var description: String {
        switch self {
        case .all: "all()"
        case .global: "global()"
        case .has(let key): "has(\(key))"
        case .equals(let key, let value): "\(key) == \(Self.quoted(value))"
        case .notEquals(let key, let value): "\(key) != \(Self.quoted(value))"
        case .contains(let key, let value): "\(key) contains \(Self.quoted(value))"
        case .startsWith(let key, let value): "\(key) starts with \(Self.quoted(value))"
        case .endsWith(let key, let value): "\(key) ends with \(Self.quoted(value))"
        case .isIn(let key, let values): "\(key) in {\(values.map(Self.quoted).joined(separator: ", "))}"
        case .notIn(let key, let values): "\(key) not in {\(values.map(Self.quoted).joined(separator: ", "))}"
        case .not(let inner): "!\(inner)"
        case .and(let parts): "(\(parts.map(\.description).joined(separator: " && ")))"
        case .or(let parts): "(\(parts.map(\.description).joined(separator: " || ")))"
        }
    }

    // The language has no escapes: a value holds at most one kind of quotation mark.
    private static func quoted(_ value: String) -> String { value.contains("\"") ? "'\(value)'" : "\"\(value)\"" }
}
