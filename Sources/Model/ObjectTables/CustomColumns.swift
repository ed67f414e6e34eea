public import JSONValue
import KubeModel

extension TablePrinter {
    /// The printer of a custom resource.
    ///
    /// - Parameter additionalColumns: `additionalPrinterColumns` of the served version; without any, the age is shown.
    ///   A column whose path cannot be read stays empty.
    public init(additionalColumns: [JSON]) {
        let given = additionalColumns.isEmpty ? [Self.ageColumn] : additionalColumns
        let paths = given.map { ColumnPath($0["jsonPath"]?.string ?? "") }
        let types = given.map { $0["type"]?.string ?? "" }
        var columns = [Column(name: "Name", format: "name")]
        for (position, column) in given.enumerated() {
            let path = given[position]["jsonPath"]?.string ?? ""
            let stated = column["description"]?.string ?? ""
            columns.append(
                Column(
                    name: column["name"]?.string ?? "", type: types[position], format: column["format"]?.string ?? "",
                    description: stated.isEmpty ? "The value at \(path)." : stated,
                    priority: Int(column["priority"]?.int ?? 0)))
        }
        self.init(columns: columns) { row in
            [row.name]
                + paths.indices.map { position in
                    // Columns show one value; of several it is the first.
                    guard let value = paths[position]?.values(in: row.object).first else { return .null }
                    return CustomCell.cell(value, type: types[position], at: row.now)
                }
        }
    }

    private static let ageColumn: JSON = [
        "name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp",
    ]
}

/// A found value in the type of its column.
enum CustomCell {
    static func cell(_ value: JSON, type: String, at now: Timestamp) -> JSON {
        switch type {
        case "string": .string(text(value))
        case "integer":
            switch value {
            case .int: value
            case .double(let number): Int64(exactly: number.rounded(.towardZero)).map { .int($0) } ?? .null
            case .null, .bool, .string, .array, .object: .null
            }
        case "number": value.number.map { .double($0) } ?? .null
        case "boolean": value.bool.map { .bool($0) } ?? .null
        case "date": value.string.map { .string(age($0, at: now)) } ?? .null
        default: .null
        }
    }

    /// Any value as text: scalars bare, lists and objects as JSON with sorted keys.
    private static func text(_ value: JSON) -> String {
        switch value {
        case .null: "<no value>"
        case .string(let text): text
        case .bool, .int, .double: value.description
        case .array, .object: value.sorted.description
        }
    }

    private static func age(_ text: String, at now: Timestamp) -> String {
        if text.isEmpty || text == "null" { return "<unknown>" }
        guard Timestamp(text) != nil else { return "<invalid>" }
        return TableRow.age(.string(text), at: now)
    }
}
