public import JSONValue
public import KubeModel
public import PolicyModel

extension StructuralSchema {
    /// The faults of a value, in the order and the words of kube-apiserver.
    ///
    /// Linear in the size of the value, times the number of alternatives at each place.
    ///
    /// - Parameters:
    ///   - value: pruned and defaulted.
    ///   - path: the field that holds it; empty for a whole object.
    /// - Returns: every fault at once; none when the value fits.
    /// - Source: OpenAPI 3.0 section 4.7.24; JSON Schema validation, draft 4; the texts are those of
    ///   `k8s.io/kube-openapi`.
    public func faults(of value: JSON, at path: FieldPath = "") -> [FieldError] {
        var errors: [FieldError] = []
        check(value, at: path, &errors)
        return errors
    }

    private func check(_ value: JSON, at path: FieldPath, _ errors: inout [FieldError]) {
        if value.isNull {
            if !isNullable, let wanted = typeText { errors.append(Self.wrongType(value, path, wanted)) }
            return
        }
        if let wanted = typeText, !accepts(value) { errors.append(Self.wrongType(value, path, wanted)) }
        combinations(value, at: path, &errors)
        switch value {
        case .string(let text): check(text, at: path, &errors)
        case .int, .double: checkNumber(value, at: path, &errors)
        case .array(let elements): check(elements, at: path, &errors)
        case .null, .bool, .object: break
        }
        if let enumeration = rules.enumeration, !enumeration.contains(where: { Self.isSame($0, value) }) {
            errors.append(.notSupported(path, value, enumeration.map { $0.string ?? $0.description }))
        }
        if case .object(let members) = value { check(members, at: path, &errors) }
    }

    // MARK: Types

    /// The type as a refusal names it.
    private var typeText: String? { isIntOrString && type == nil ? "integer,string" : type?.rawValue }

    private func accepts(_ value: JSON) -> Bool {
        if isIntOrString, type == nil { return value.string != nil || Self.isIntegral(value) }
        switch type {
        case nil: return true
        case .array?: return value.array != nil
        case .boolean?: return value.bool != nil
        case .integer?: return Self.isIntegral(value)
        case .number?: return value.number != nil
        case .object?: return value.object != nil
        case .string?: return value.string != nil
        }
    }

    private static func isIntegral(_ value: JSON) -> Bool {
        switch value {
        case .int: true
        case .double(let number): number.rounded() == number && abs(number) < 9.3e18
        case .null, .bool, .string, .array, .object: false
        }
    }

    private static func typeName(of value: JSON) -> String {
        switch value {
        case .null: "null"
        case .bool: "boolean"
        case .int: "integer"
        case .double: isIntegral(value) ? "integer" : "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    private static func wrongType(_ value: JSON, _ path: FieldPath, _ wanted: String) -> FieldError {
        let name = typeName(of: value)
        return .init(.typeInvalid, path, .value(.string(name)), "\(path) in body must be of type \(wanted): \(goQuoted(name))")
    }

    /// Equality of JSON, in which 1 and 1.0 are one number.
    static func isSame(_ left: JSON, _ right: JSON) -> Bool {
        if let a = left.number, let b = right.number { return a == b }
        return left == right
    }

    // MARK: Combinations

    /// A fault of a combination names no field: clients see `<nil>`.
    private static func nowhere(_ text: String) -> FieldError { .invalid("<nil>", "", text) }

    private func combinations(_ value: JSON, at path: FieldPath, _ errors: inout [FieldError]) {
        if !rules.anyOf.isEmpty {
            let attempts = rules.anyOf.map { $0.faults(of: value, at: path) }
            if !attempts.contains(where: \.isEmpty) {
                errors.append(Self.nowhere("\(goQuoted(path.rawValue)) must validate at least one schema (anyOf)"))
                errors += attempts.min { $0.count < $1.count } ?? []
            }
        }
        if !rules.oneOf.isEmpty {
            let attempts = rules.oneOf.map { $0.faults(of: value, at: path) }
            let valid = attempts.count(where: \.isEmpty)
            if valid != 1 {
                let found = valid == 0 ? "Found none valid" : "Found \(valid) valid alternatives"
                errors.append(Self.nowhere("\(goQuoted(path.rawValue)) must validate one and only one schema (oneOf). \(found)"))
                if valid == 0 { errors += attempts.min { $0.count < $1.count } ?? [] }
            }
        }
        if !rules.allOf.isEmpty {
            let attempts = rules.allOf.map { $0.faults(of: value, at: path) }
            let failed = attempts.filter { !$0.isEmpty }
            if !failed.isEmpty {
                let none = failed.count == attempts.count ? ". None validated" : ""
                errors += failed.flatMap(\.self)
                errors.append(Self.nowhere("\(goQuoted(path.rawValue)) must validate all the schemas (allOf)\(none)"))
            }
        }
        if let not = rules.not, not.faults(of: value, at: path).isEmpty {
            errors.append(Self.nowhere("\(goQuoted(path.rawValue)) must not validate the schema (not)"))
        }
    }

    // MARK: Scalars

    private func check(_ text: String, at path: FieldPath, _ errors: inout [FieldError]) {
        // Lengths are counted in characters of Unicode.
        if let limit = rules.maxLength, text.unicodeScalars.count > limit {
            errors.append(.tooLong(path, maximum: Int(clamping: limit)))
        }
        if let limit = rules.minLength, text.unicodeScalars.count < limit {
            errors.append(.invalid(path, .string(text), "\(path) in body should be at least \(limit) chars long"))
        }
        if let (shown, pattern) = rules.pattern, !pattern.matches(text) {
            errors.append(.invalid(path, .string(text), "\(path) in body should match '\(shown)'"))
        }
        if let format = rules.format, let known = StringFormat(rawValue: format.replacing("-", with: "")), !known.accepts(text) {
            errors.append(
                .init(.typeInvalid, path, .value(.string(text)), "\(path) in body must be of type \(format): \(goQuoted(text))"))
        }
    }

    private func checkNumber(_ value: JSON, at path: FieldPath, _ errors: inout [FieldError]) {
        guard type == .integer || type == .number || type == nil, let number = value.number else { return }
        if let range = rangeFault(value, number, path) { errors.append(Self.nowhere(range)) }
        if let divisor = rules.multipleOf, divisor != 0 {
            let quotient = number / divisor
            if quotient.rounded() != quotient {
                errors.append(.invalid(path, value, "\(path) in body should be a multiple of \(Self.text(divisor))"))
            }
        }
        if let limit = rules.maximum, rules.excludesMaximum ? number >= limit : number > limit {
            let words = rules.excludesMaximum ? "less than" : "less than or equal to"
            errors.append(.invalid(path, value, "\(path) in body should be \(words) \(Self.text(limit))"))
        }
        if let limit = rules.minimum, rules.excludesMinimum ? number <= limit : number < limit {
            let words = rules.excludesMinimum ? "greater than" : "greater than or equal to"
            errors.append(.invalid(path, value, "\(path) in body should be \(words) \(Self.text(limit))"))
        }
    }

    /// A number that its type and format cannot hold.
    private func rangeFault(_ value: JSON, _ number: Double, _ path: FieldPath) -> String? {
        let format = rules.format ?? ""
        let holds: Bool =
            switch (type, format) {
            case (.integer?, "int32"): Self.isIntegral(value) && (-2_147_483_648...2_147_483_647).contains(number)
            case (.integer?, _): Self.isIntegral(value)
            case (.number?, "float"): abs(number) <= Double(Float.greatestFiniteMagnitude)
            default: true
            }
        if holds { return nil }
        let type = self.type?.rawValue ?? ""
        let wanted = format.isEmpty ? "\(type) (default format)" : "\(type) with format \(format)"
        return "Checked value must be of type \(wanted) in \(path)"
    }

    /// A limit as Go prints it: without a fraction that is none.
    private static func text(_ number: Double) -> String { Int64(exactly: number).map(String.init) ?? "\(number)" }

    // MARK: Lists and objects

    private func check(_ elements: [JSON], at path: FieldPath, _ errors: inout [FieldError]) {
        if let items {
            for (position, element) in elements.enumerated() { items.check(element, at: path.index(position), &errors) }
        }
        if let limit = rules.minItems, elements.count < limit {
            errors.append(.invalid(path, JSON(elements.count), "\(path) in body should have at least \(limit) items"))
        }
        if let limit = rules.maxItems, elements.count > limit {
            errors.append(.tooMany(path, actual: elements.count, maximum: Int(clamping: limit)))
        }
        if rules.hasUniqueItems, Set(elements).count != elements.count {
            errors.append(.invalid(path, .array(elements), "\(path) in body shouldn't contain duplicates"))
        }
    }

    private func check(_ members: JSONObject, at path: FieldPath, _ errors: inout [FieldError]) {
        if let limit = rules.minProperties, members.count < limit {
            errors.append(.invalid(path, JSON(members.count), "\(path) in body should have at least \(limit) properties"))
        }
        if let limit = rules.maxProperties, members.count > limit {
            errors.append(.tooMany(path, actual: members.count, maximum: Int(clamping: limit)))
        }
        for name in rules.required where members[name] == nil { errors.append(.required(path.child(name))) }
        for (key, value) in members.sorted(by: { $0.key < $1.key }) {
            // Metadata is validated as such.
            if path.rawValue.isEmpty, key == "metadata" { continue }
            guard let schema = member(key) else { continue }
            schema.check(value, at: path.child(key), &errors)
        }
    }

    /// The faults of embedded resources, of sets and of maps with keys, which no other rule finds.
    public func structureFaults(of value: JSON, at path: FieldPath = "") -> [FieldError] {
        var errors: [FieldError] = []
        checkStructure(value, at: path, &errors)
        return errors
    }

    private func checkStructure(_ value: JSON, at path: FieldPath, _ errors: inout [FieldError]) {
        switch value {
        case .object(let members):
            if isEmbeddedResource {
                for name in ["apiVersion", "kind"] where (members[name]?.string ?? "").isEmpty {
                    errors.append(.required(path.child(name)))
                }
            }
            for (key, inner) in members.sorted(by: { $0.key < $1.key }) {
                member(key)?.checkStructure(inner, at: path.child(key), &errors)
            }
        case .array(let elements):
            switch listType {
            case .set?:
                var seen = Set<JSON>()
                for (position, element) in elements.enumerated() where !seen.insert(element).inserted {
                    errors.append(.duplicate(path.index(position), element))
                }
            case .map?:
                var seen = Set<JSON>()
                for (position, element) in elements.enumerated() {
                    let key = JSON.object(JSONObject(listMapKeys.compactMap { name in element[name].map { (name, $0) } }))
                    if !seen.insert(key).inserted { errors.append(.duplicate(path.index(position), key)) }
                }
            case .atomic?, nil: break
            }
            guard let items else { return }
            for (position, element) in elements.enumerated() {
                items.checkStructure(element, at: path.index(position), &errors)
            }
        case .null, .bool, .int, .double, .string: break
        }
    }
}
