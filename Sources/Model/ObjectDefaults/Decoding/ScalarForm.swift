import JSONValue

/// The written form of scalars.
enum ScalarForm {
    /// A number as it stood in the body, as far as the tree still knows.
    static func text(ofNumber value: JSON) -> String {
        guard case .double(let number) = value else { return value.description }
        if number.rounded() == number, number.magnitude >= 9.2e18, number.magnitude < 1e20 {
            let whole = number.magnitude < 1.8e19 ? String(UInt64(number.magnitude)) : String(UInt128(number.magnitude))
            return number < 0 ? "-" + whole : whole
        }
        return number.description
    }

    /// What an element of a list or map is when it is null.
    static func zero(of shape: Shape) -> JSON {
        switch shape {
        case .string, .bytes: ""
        case .boolean: false
        case .integer, .number, .intOrString: 0
        case .quantity: "0"
        case .time, .microTime, .any, .schemaValue, .schemaOrBoolean, .schemaOrList, .schemaOrNames, .list, .map: .null
        case .structure: [:]
        }
    }
}
