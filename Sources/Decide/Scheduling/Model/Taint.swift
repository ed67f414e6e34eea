public import JSONValue
public import KubeModel

/// What keeps pods off a node, or drives them away.
///
/// Source: Kubernetes documentation, "Taints and Tolerations".
public struct Taint: Hashable, Sendable {
    /// What a taint does to pods that do not tolerate it. An unknown effect does nothing, as upstream.
    public enum Effect: String, Hashable, Sendable {
        case noSchedule = "NoSchedule"
        case preferNoSchedule = "PreferNoSchedule"
        case noExecute = "NoExecute"
    }
    /// The key, such as `node.kubernetes.io/not-ready`.
    public var key: String
    /// The value; empty when there is none.
    public var value: String
    /// What it does; nil when the API's word is not known.
    public var effect: Effect?
    /// When it was set; only for `NoExecute`.
    public var timeAdded: Timestamp?

    /// A taint.
    public init(key: String, value: String = "", effect: Effect?, timeAdded: Timestamp? = nil) {
        self.key = key
        self.value = value
        self.effect = effect
        self.timeAdded = timeAdded
    }

    /// Reads an element of `spec.taints`.
    public init(_ object: JSON) {
        self.init(
            key: object["key"]?.string ?? "", value: object["value"]?.string ?? "",
            effect: object["effect"]?.string.flatMap(Effect.init(rawValue:)),
            timeAdded: object["timeAdded"]?.string.flatMap { Timestamp($0) })
    }

    /// The element of `spec.taints`.
    public var json: JSON {
        var object: JSON = ["key": .string(key), "effect": .string(effect?.rawValue ?? "")]
        if !value.isEmpty { object["value"] = .string(value) }
        if let timeAdded { object["timeAdded"] = .string(timeAdded.description) }
        return object
    }

    /// Whether both say the same: key and effect, whatever the value.
    public func matches(_ other: Taint) -> Bool { key == other.key && effect == other.effect }
}

/// What a pod puts up with.
public struct Toleration: Hashable, Sendable {
    /// The key; empty means every key.
    public var key: String
    /// `Equal`, `Exists` or empty, which means `Equal`.
    public var comparison: String
    /// The value to equal.
    public var value: String
    /// The effect; empty means every effect.
    public var effect: String
    /// How long a `NoExecute` taint is put up with; nil means for ever.
    public var seconds: Int64?

    /// Reads an element of `spec.tolerations`.
    public init(_ object: JSON) {
        key = object["key"]?.string ?? ""
        comparison = object["operator"]?.string ?? ""
        value = object["value"]?.string ?? ""
        effect = object["effect"]?.string ?? ""
        seconds = object["tolerationSeconds"]?.int
    }

    /// Whether the pod puts up with `taint`.
    public func tolerates(_ taint: Taint) -> Bool {
        if !effect.isEmpty, effect != taint.effect?.rawValue { return false }
        if !key.isEmpty, key != taint.key { return false }
        switch comparison {
        case "", "Equal": return value == taint.value
        case "Exists": return true
        default: return false
        }
    }
}

extension [Toleration] {
    /// The first taint with one of the effects that nothing here tolerates.
    func firstUntolerated(_ taints: [Taint], effects: Set<Taint.Effect>) -> Taint? {
        taints.first { taint in
            guard let effect = taint.effect, effects.contains(effect) else { return false }
            return !contains { $0.tolerates(taint) }
        }
    }
}
