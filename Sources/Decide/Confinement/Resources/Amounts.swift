import JSONValue
import KubeModel

/// Reads amounts of resources.
enum Amounts {
    static func quantity(_ json: JSON?) -> Quantity? {
        switch json {
        case .string(let text)?: Quantity(text)
        case .int(let number)?: Quantity(number)
        case .double(let number)?: Quantity("\(number)")
        case .null?, .bool?, .array?, .object?, nil: nil
        }
    }

    /// An amount of `requests` or `limits`; nil when it is not set.
    static func amount(_ resources: JSON?, _ list: String, _ name: String) -> Quantity? {
        quantity(resources?[list]?[name])
    }
}
