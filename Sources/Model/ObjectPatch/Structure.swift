import JSONValue
import KubeModel

/// Why a value does not have the structure that its type asks for. Nothing was changed.
struct StructureError: Error, CustomStringConvertible {
    struct Fault {
        /// Where, as a conflict prints it: `.spec.ports`.
        var path: String
        var message: String
    }

    var faults: [Fault]

    init(_ faults: [Fault]) { self.faults = faults }
    init(_ message: String) { faults = [Fault(path: "", message: message)] }

    /// The same faults, found below `element`.
    func below(_ element: PathElement) -> StructureError {
        let prefix = element.description
        return StructureError(faults.map { Fault(path: prefix + $0.path, message: $0.message) })
    }

    var description: String {
        let lines = faults.map { $0.path.isEmpty ? $0.message : "\($0.path): \($0.message)" }
        return lines.count == 1 ? lines[0] : (["errors:"] + lines.map { "  " + $0 }).joined(separator: "\n")
    }
}

/// Reads the structure of values: which type each has, and what identifies the elements of lists.
///
/// The operations on it (`Structure+…`) are those of structured merging: validate, compare, merge, remove.
struct Structure {
    typealias Reference = MergeType.Reference

    let catalog: SchemaCatalog

    func type(_ reference: Reference) -> MergeType { MergeType(reference, catalog) }

    /// What identifies an element of an associative list.
    func identity(of element: JSON, in list: MergeType.List) throws(StructureError) -> PathElement {
        guard list.isAssociative else { throw StructureError("invalid indexing of non-associative list") }
        if list.keys.isEmpty {
            switch element {
            case .bool, .int, .double, .string: return .value(of: element)
            case .object: throw StructureError("associative list without keys has an element that's a map type")
            case .array: throw StructureError("not supported: associative list with lists as elements")
            case .null: throw StructureError("associative list without keys has an element that's an explicit null")
            }
        }
        switch element {
        case .object(let object):
            var fields: [PathElement.KeyField] = []
            for key in list.keys {
                if let value = object[key] {
                    fields.append(.init(name: key, value: value))
                } else if let value = try defaultKey(key, of: list) {
                    fields.append(.init(name: key, value: value))
                }
            }
            guard !fields.isEmpty else {
                let names = list.keys.map(goQuoted).joined(separator: " ")
                throw StructureError(
                    "associative list with keys has an element that omits all key fields [\(names)] "
                        + "(and doesn't have default values for any key fields)"
                )
            }
            return .key(of: fields)
        case .null: throw StructureError("associative list with keys may not have a null element")
        case .bool, .int, .double, .string, .array:
            throw StructureError("associative list with keys may not have non-map elements")
        }
    }

    private func defaultKey(_ key: String, of list: MergeType.List) throws(StructureError) -> JSON? {
        guard let map = type(list.element).map else {
            throw StructureError("couldn't find default value for \(key): associative list may not have non-map types")
        }
        return map.fields[key]?.defaultValue
    }

    /// Whether two values are equal; numbers are compared as numbers, however they were written.
    static func isSame(_ left: JSON, _ right: JSON) -> Bool {
        switch (left, right) {
        case (.array(let ours), .array(let theirs)):
            return ours.count == theirs.count && zip(ours, theirs).allSatisfy(isSame)
        case (.object(let ours), .object(let theirs)):
            return ours.count == theirs.count
                && ours.members.allSatisfy { member in theirs[member.key].map { isSame(member.value, $0) } ?? false }
        case (.double, .int), (.int, .double):
            return left.number == right.number
        default:
            return left == right
        }
    }

    static let noForm = StructureError("schema error: invalid atom: inlined")
}

// MARK: - Validation

extension Structure {
    /// What does not fit the type, in the order of the value.
    func faults(in value: JSON, _ reference: Reference, allowsDuplicates: Bool) -> [StructureError.Fault] {
        let type = type(reference).deduced(for: value)
        switch type.form {
        case .scalar(let scalar):
            return scalarFault(value, scalar).map { [.init(path: "", message: $0)] } ?? []
        case .list(let list):
            switch value {
            case .null: return []
            case .array(let elements): return faults(in: elements, list, allowsDuplicates)
            case .bool, .int, .double, .string, .object:
                return [.init(path: "", message: "expected list, got &{\(value.goText)}")]
            }
        case .map(let map):
            switch value {
            case .null: return []
            case .object(let object): return faults(in: object, map, allowsDuplicates)
            case .bool, .int, .double, .string, .array:
                return [.init(path: "", message: "expected map, got &{\(value.goText)}")]
            }
        case .none:
            return Self.noForm.faults
        }
    }

    private func scalarFault(_ value: JSON, _ scalar: MergeType.Scalar) -> String? {
        switch (scalar, value) {
        case (_, .null), (.numeric, .int), (.numeric, .double), (.string, .string), (.boolean, .bool): nil
        case (.untyped, .int), (.untyped, .double), (.untyped, .string), (.untyped, .bool): nil
        case (.numeric, _): "expected numeric (int or float), got \(value.goType)"
        case (.string, _): "expected string, got &value.valueUnstructured{Value:\(value.goSyntax)}"
        case (.boolean, _): "expected boolean, got &{\(value.goText)}"
        case (.untyped, _): "expected any scalar, got &{\(value.goText)}"
        }
    }

    private func faults(in elements: [JSON], _ list: MergeType.List, _ allowsDuplicates: Bool) -> [StructureError.Fault]
    {
        var found: [StructureError.Fault] = []
        var seen = Set<PathElement>()
        for (index, element) in elements.enumerated() {
            var identity = PathElement.index(index)
            if list.isAssociative {
                do throws(StructureError) {
                    identity = try self.identity(of: element, in: list)
                } catch {
                    found.append(.init(path: "", message: "element \(index): \(error)"))
                    return found
                }
                if !seen.insert(identity).inserted, !allowsDuplicates {
                    found.append(.init(path: "", message: "duplicate entries for key \(identity)"))
                }
            }
            let below = faults(in: element, list.element, allowsDuplicates: allowsDuplicates)
            if !below.isEmpty { found += StructureError(below).below(identity).faults }
        }
        return found
    }

    private func faults(in object: JSONObject, _ map: MergeType.Map, _ allowsDuplicates: Bool) -> [StructureError.Fault]
    {
        var found: [StructureError.Fault] = []
        for (key, value) in object {
            guard let type = map.type(of: key) else {
                found.append(.init(path: ".\(key)", message: "field not declared in schema"))
                break
            }
            let below = faults(in: value, type, allowsDuplicates: allowsDuplicates)
            if !below.isEmpty { found += StructureError(below).below(.field(key)).faults }
        }
        return found
    }
}
