public import JSONValue
import KubeModel

/// Amounts of resources by name: `cpu` in thousandths, everything else in whole units, rounded up as Kubernetes does.
///
/// Sums are exact: 128 bits hold any number of 64-bit quantities that a cluster can name. An amount of zero is not kept,
/// so that what was added and removed again leaves no trace.
public struct ResourceAmounts: Hashable, Sendable {
    /// The amounts that are not zero.
    public private(set) var amounts: [String: Int128] = [:]

    /// Nothing of anything.
    public init() {}

    /// Reads a `ResourceList`; what is no quantity counts as zero.
    public init(list: JSON?) {
        for (name, value) in list?.object ?? JSONObject() {
            self[name] = Self.amount(of: value, for: name)
        }
    }

    /// The amount of a resource.
    public subscript(_ name: String) -> Int128 {
        get { amounts[name] ?? 0 }
        set { amounts[name] = newValue == 0 ? nil : newValue }
    }

    /// Adds every amount of `other`.
    public static func += (left: inout ResourceAmounts, right: ResourceAmounts) {
        for (name, amount) in right.amounts { left[name] += amount }
    }

    /// Takes every amount of `other` away.
    public static func -= (left: inout ResourceAmounts, right: ResourceAmounts) {
        for (name, amount) in right.amounts { left[name] -= amount }
    }

    /// Raises each amount to that of `other` where that is more.
    mutating func formMaximum(_ other: ResourceAmounts) {
        for (name, amount) in other.amounts { self[name] = max(self[name], amount) }
    }

    static func amount(of value: JSON, for name: String) -> Int128 {
        guard let quantity = quantity(value) else { return 0 }
        return Int128(name == "cpu" ? quantity.milliValue : quantity.value)
    }

    private static func quantity(_ value: JSON) -> Quantity? {
        switch value {
        case .string(let text): Quantity(text)
        case .int(let number): Quantity(number)
        case .double(let number): Quantity("\(number)")
        case .null, .bool, .array, .object: nil
        }
    }

    /// Whether the scheduler counts the resource beside cpu, memory, ephemeral storage and pods: extended resources,
    /// huge pages, attachable volumes and other names with a domain.
    static func isScalar(_ name: String) -> Bool {
        name.contains("/") || name.hasPrefix("hugepages-") || name.hasPrefix("attachable-volumes-")
    }
}
