import CustomResources
import JSONValue
import KubeModel
import PolicyModel

/// The rules for the schemas of custom resources: they must be structural, and say only what is enforced.
///
/// Source: KEP-1152; Kubernetes documentation, "Specifying a structural schema".
struct SchemaRules {
    /// Where a schema stands, which decides what it may say.
    private enum Place { case root, property, item, valueValidation }

    private static let unsupported = [
        "$ref": "$ref is not supported", "$schema": "$schema is not supported", "id": "id is not supported",
        "definitions": "definitions is not supported", "dependencies": "dependencies is not supported",
        "patternProperties": "patternProperties is not supported", "additionalItems": "additionalItems is not supported",
    ]
    private static let types = ["array", "boolean", "integer", "number", "object", "string"]

    /// The faults of the schema of a version.
    static func validate(_ schema: JSON, at path: FieldPath, _ errors: inout [FieldError]) {
        // A root without anything is told by the version.
        guard schema.object != nil else { return }
        var found: [FieldError] = []
        check(schema, path, .root, &found)
        // Of a schema that is faulty in itself, its defaults cannot be judged.
        if found.isEmpty { defaults(schema, path, &found) }
        errors += found
    }

    private static func check(_ schema: JSON, _ path: FieldPath, _ place: Place, _ errors: inout [FieldError]) {
        for (key, why) in unsupported.sorted(by: { $0.key < $1.key }) where schema.has(key) { errors.forbidden(path.child(key), why) }
        if place == .valueValidation { bare(schema, path, &errors) } else { type(schema, path, place, &errors) }
        if schema.flag("uniqueItems") {
            errors.forbidden(path.child("uniqueItems"), "uniqueItems cannot be set to true since the runtime complexity becomes quadratic")
        }
        if let pattern = schema["pattern"]?.string {
            do throws(Pattern.Fault) { _ = try Pattern(pattern) } catch {
                errors.invalid(path.child("pattern"), .string(pattern), "must be a valid regular expression, but isn't: \(error)")
            }
        }
        extensions(schema, path, &errors)
        members(schema, path, place, &errors)
        for key in ["allOf", "anyOf", "oneOf"] {
            for (at, part) in schema.list(key).enumerated() {
                // The usual way to spell "integer or string" beside the extension.
                if schema.flag("x-kubernetes-int-or-string"), part == ["type": "integer"] || part == ["type": "string"] { continue }
                if schema.flag("x-kubernetes-int-or-string"), key == "allOf", isIntOrString(part) { continue }
                check(part, path.child(key).index(at), .valueValidation, &errors)
            }
        }
        if let not = schema.given("not") { check(not, path.child("not"), .valueValidation, &errors) }
        rules(schema, path, &errors)
    }

    private static func isIntOrString(_ part: JSON) -> Bool {
        Set(part.list("anyOf")) == [["type": "integer"], ["type": "string"]]
    }

    private static func type(_ schema: JSON, _ path: FieldPath, _ place: Place, _ errors: inout [FieldError]) {
        let type = schema.text("type")
        if type.isEmpty {
            if place == .root {
                errors.required(path.child("type"), "must not be empty at the root")
            } else if !schema.flag("x-kubernetes-int-or-string"), !schema.flag("x-kubernetes-preserve-unknown-fields") {
                let what = place == .item ? "array items" : "object fields"
                errors.required(path.child("type"), "must not be empty for specified \(what)")
            }
            return
        }
        if !types.contains(type) {
            errors.notSupported(path.child("type"), .string(type), types)
        } else if place == .root, type != "object" {
            errors.invalid(path.child("type"), .string(type), "must be object at the root")
        } else if schema.flag("x-kubernetes-int-or-string") {
            errors.invalid(path.child("type"), .string(type), "must be empty if x-kubernetes-int-or-string is true")
        } else if type == "array", !schema.has("items") {
            errors.required(path.child("items"), "must be specified")
        }
    }

    /// Inside a value validation nothing may describe the structure.
    private static func bare(_ schema: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let structural = [
            "type", "title", "description", "default", "nullable", "additionalProperties", "x-kubernetes-preserve-unknown-fields",
            "x-kubernetes-embedded-resource", "x-kubernetes-int-or-string", "x-kubernetes-list-type", "x-kubernetes-list-map-keys",
            "x-kubernetes-map-type",
        ]
        for key in structural where schema.has(key) && schema[key]?.isEmptyValue == false {
            errors.forbidden(path.child(key), "must be empty to be structural")
        }
    }

    private static func members(_ schema: JSON, _ path: FieldPath, _ place: Place, _ errors: inout [FieldError]) {
        let inner: Place = place == .valueValidation ? .valueValidation : .property
        for (name, member) in schema.members("properties") {
            let at = path.child("properties").key(name)
            if place == .root, name == "metadata" {
                let more = member.members("properties").contains { $0.key != "name" && $0.key != "generateName" }
                if more {
                    errors.forbidden(at, "must not specify anything other than name and generateName, but metadata is implicitly specified")
                }
                continue
            }
            check(member, at, inner, &errors)
        }
        switch schema["additionalProperties"] {
        case .bool(false)?:
            errors.forbidden(path.child("additionalProperties"), "additionalProperties cannot be set to false")
        case .object?:
            if schema.has("properties"), !(schema["properties"]?.object?.isEmpty ?? true) {
                errors.forbidden(path.child("additionalProperties"), "additionalProperties and properties are mutual exclusive")
            }
            check(schema["additionalProperties"] ?? [:], path.child("additionalProperties"), inner, &errors)
        default: break
        }
        switch schema["items"] {
        case .array?: errors.forbidden(path.child("items"), "items must be a schema object and not an array")
        case .object?: check(schema["items"] ?? [:], path.child("items"), place == .valueValidation ? .valueValidation : .item, &errors)
        default: break
        }
    }

    private static func extensions(_ schema: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let list = schema.text("x-kubernetes-list-type")
        let type = schema.text("type")
        if !list.isEmpty {
            if !["atomic", "map", "set"].contains(list) {
                errors.notSupported(path.child("x-kubernetes-list-type"), .string(list), ["atomic", "map", "set"])
            } else if type != "array" {
                errors.invalid(path.child("type"), .string(type), "must be array if x-kubernetes-list-type is specified")
            }
        }
        let keys = schema.texts("x-kubernetes-list-map-keys")
        if list == "map" {
            if keys.isEmpty {
                errors.required(path.child("x-kubernetes-list-map-keys"), "must not be empty if x-kubernetes-list-type is map")
            }
            let items = schema["items"] ?? [:]
            for (at, key) in keys.enumerated() {
                let place = path.child("x-kubernetes-list-map-keys").index(at)
                guard let member = items["properties"]?[key] else {
                    errors.invalid(place, .string(key), "must refer to a property of the items")
                    continue
                }
                if !items.texts("required").contains(key), !member.has("default") {
                    errors.required(
                        path.child("items", "properties").key(key).child("default"),
                        "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property")
                }
            }
        } else if !keys.isEmpty {
            errors.forbidden(path.child("x-kubernetes-list-map-keys"), "must be unset if x-kubernetes-list-type is not map")
        }
        let map = schema.text("x-kubernetes-map-type")
        if !map.isEmpty, map != "atomic", map != "granular" {
            errors.notSupported(path.child("x-kubernetes-map-type"), .string(map), ["atomic", "granular"])
        }
        if schema.flag("x-kubernetes-embedded-resource") {
            if type != "object" { errors.invalid(path.child("type"), .string(type), "must be object if x-kubernetes-embedded-resource is true") }
            if !schema.flag("x-kubernetes-preserve-unknown-fields"), !schema.has("properties") {
                errors.required(
                    path.child("properties"),
                    "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields")
            }
        }
        if schema["x-kubernetes-preserve-unknown-fields"] == false {
            errors.invalid(path.child("x-kubernetes-preserve-unknown-fields"), false, "must be true or undefined")
        }
    }

    /// Rules in CEL. A rule that nobody evaluates would look like protection: such a definition is refused.
    private static func rules(_ schema: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        for (at, rule) in schema.list("x-kubernetes-validations").enumerated() {
            let place = path.child("x-kubernetes-validations").index(at).child("rule")
            if rule.text("rule").isEmpty {
                errors.required(place, "rule is not specified")
                continue
            }
            let shown: JSON = [
                "Rule": .string(rule.text("rule")), "Message": .string(rule.text("message")),
                "MessageExpression": .string(rule.text("messageExpression")), "Reason": rule["reason"] ?? .null,
                "FieldPath": .string(rule.text("fieldPath")), "OptionalOldSelf": rule["optionalOldSelf"] ?? .null,
            ]
            errors.invalid(place, shown, "this server does not evaluate CEL rules and accepts none that it would not enforce; remove it")
        }
    }

    // MARK: Defaults

    /// A default must be a value of its schema, with nothing that would be pruned.
    private static func defaults(_ schema: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        if let value = schema.given("default"), let compiled = try? StructuralSchema(schema) {
            let place = path.child("default")
            var pruned = value
            let lost = compiled.prune(&pruned)
            if !lost.isEmpty {
                errors.invalid(place, value, "must not have unknown fields: " + lost.joined(separator: ", "))
            }
            compiled.applyDefaults(to: &pruned)
            for fault in compiled.faults(of: pruned) {
                var fault = fault
                fault.field = fault.field.rawValue.isEmpty ? place : FieldPath("\(place).\(fault.field)")
                errors.append(fault)
            }
        }
        for (name, member) in schema.members("properties") { defaults(member, path.child("properties").key(name), &errors) }
        if let items = schema["items"], items.object != nil { defaults(items, path.child("items"), &errors) }
        if let values = schema["additionalProperties"], values.object != nil { defaults(values, path.child("additionalProperties"), &errors) }
    }
}
