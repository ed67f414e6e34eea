public import JSONValue

extension StructuralSchema {
    /// Drops nulls where null is no value, and fills in what is left out.
    ///
    /// - Source: KEP-575, "Defaulting" and its rules for nulls.
    public func applyDefaults(to value: inout JSON) {
        switch value {
        case .object(var members):
            value = .null  // gives up our reference, so that the members change in place
            for (name, schema) in properties {
                if let present = members[name], present.isNull, !schema.isNullable { members[name] = nil }
                if members[name] == nil, let given = schema.defaultValue { members[name] = given }
            }
            for key in members.keys {
                guard let schema = member(key), var inner = members[key] else { continue }
                if inner.isNull, !schema.isNullable {
                    // Only a map's own members come here: those of named fields were dropped above.
                    members[key] = schema.defaultValue
                    continue
                }
                members[key] = .null
                schema.applyDefaults(to: &inner)
                members[key] = inner
            }
            value = .object(members)
        case .array(var elements):
            guard let items else { return }
            value = .null
            for position in elements.indices {
                if elements[position].isNull, !items.isNullable, let given = items.defaultValue { elements[position] = given }
                items.applyDefaults(to: &elements[position])
            }
            value = .array(elements)
        case .null, .bool, .int, .double, .string: break
        }
    }
}
