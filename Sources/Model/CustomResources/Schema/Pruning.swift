public import JSONValue

extension StructuralSchema {
    /// Removes from a whole object the fields that the schema does not name.
    ///
    /// `apiVersion`, `kind` and `metadata` of the object itself and of embedded resources are always kept.
    ///
    /// - Returns: the paths of the removed fields, such as `spec.list[0].extra`, in the order of their names.
    /// - Source: KEP-1152, "Pruning".
    public func prune(_ object: inout JSON) -> [String] {
        var removed: [String] = []
        prune(&object, path: "", isResource: true, &removed)
        return removed
    }

    private static let resourceFields: Set<String> = ["apiVersion", "kind", "metadata"]

    private func prune(_ value: inout JSON, path: String, isResource: Bool, _ removed: inout [String]) {
        switch value {
        case .object(var members):
            let resource = isResource || isEmbeddedResource
            value = .null  // gives up our reference, so that the members change in place
            for key in members.keys.sorted() {
                if resource, Self.resourceFields.contains(key) { continue }
                let place = path.isEmpty ? key : "\(path).\(key)"
                if let member = member(key) {
                    guard var inner = members[key] else { continue }
                    members[key] = .null
                    member.prune(&inner, path: place, isResource: false, &removed)
                    members[key] = inner
                } else if !preservesUnknownFields, !allowsAnyMember {
                    members[key] = nil
                    removed.append(place)
                }
            }
            value = .object(members)
        case .array(var elements):
            guard let items else { return }
            value = .null
            for position in elements.indices {
                items.prune(&elements[position], path: "\(path)[\(position)]", isResource: false, &removed)
            }
            value = .array(elements)
        case .null, .bool, .int, .double, .string: break
        }
    }
}
