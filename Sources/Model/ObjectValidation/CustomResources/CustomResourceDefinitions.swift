import CustomResources
import JSONValue
import KubeModel
import PolicyModel

/// The rules for definitions of custom resources.
///
/// Source: apiextensions.k8s.io/v1. What all versions have alike stands once, before the versions, in the form in which
/// the server keeps it, and its faults are told there: `spec.validation`, `spec.subresources` and so on.
enum CustomResourceDefinitions {
    static let rules = KindRules(
        create: { subject, errors in
            metadata(subject.new, &errors)
            spec(subject.new, &errors)
            storedVersions(subject.new, &errors)
        },
        update: { subject, errors in
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, core: false, &errors)
            spec(subject.new, &errors)
            immutable(subject.new.spec, subject.previous, &errors)
            storedVersions(subject.new, &errors)
        },
        status: { subject, errors in
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, core: false, &errors)
            storedVersions(subject.new, &errors)
        })

    private static let approval = "api-approved.kubernetes.io"

    private static func metadata(_ definition: JSON, _ errors: inout [FieldError]) {
        let names = definition.spec["names"] ?? [:]
        let name = definition.name
        ObjectMeta.validate(definition.metadata, namespaced: false, names: .subdomain, core: false, &errors)
        if name != "\(names.text("plural")).\(definition.spec.text("group"))" {
            errors.invalid("metadata.name", .string(name), "must be spec.names.plural+\".\"+spec.group")
        }
    }

    // MARK: The spec

    private static func spec(_ definition: JSON, _ errors: inout [FieldError]) {
        let spec = definition.spec
        group(spec.text("group"), definition, &errors)
        let scope = spec.text("scope")
        if scope.isEmpty {
            errors.required("spec.scope")
        } else if scope != "Cluster", scope != "Namespaced" {
            errors.notSupported("spec.scope", .string(scope), ["Cluster", "Namespaced"])
        }
        if spec.flag("preserveUnknownFields") {
            errors.invalid(
                "spec.preserveUnknownFields", true,
                "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead")
        }
        versions(spec, &errors)
        names(spec["names"] ?? [:], &errors)
        for (place, columns) in Hoisted.placed("additionalPrinterColumns", as: "additionalPrinterColumns", in: spec) {
            for (at, column) in (columns.array ?? []).enumerated() { self.column(column, place.index(at), &errors) }
        }
        for (place, schema) in Hoisted.placed("schema", as: "validation", in: spec) {
            SchemaRules.validate(schema["openAPIV3Schema"] ?? [:], at: place.child("openAPIV3Schema"), &errors)
        }
        for (place, subresources) in Hoisted.placed("subresources", as: "subresources", in: spec) {
            if let scale = subresources.given("scale") { self.scale(scale, place.child("scale"), &errors) }
        }
        selectableFields(spec, &errors)
        conversion(spec["conversion"] ?? [:], &errors)
    }

    private static let ownGroups: Set<String> = Set(SchemaCatalog.builtin.groups.map(\.name)).union(["extensions", "policy"])

    private static func group(_ group: String, _ definition: JSON, _ errors: inout [FieldError]) {
        if group.isEmpty {
            errors.required("spec.group")
            return
        }
        let faults = Names.dnsSubdomain(group)
        errors.invalid("spec.group", .string(group), all: faults)
        if !faults.isEmpty { return }
        if ownGroups.contains(group) {
            errors.invalid("spec.group", .string(group), "is served by the API server itself; define the resource in a group of your own")
        } else if !group.contains(".") {
            errors.invalid("spec.group", .string(group), "should be a domain with at least one dot")
        }
        let isProtected = [".k8s.io", ".kubernetes.io"].contains { group.hasSuffix($0) }
        if isProtected, definition.annotation(approval) == nil {
            errors.required(
                FieldPath("metadata.annotations").key(approval),
                "protected groups must have approval annotation \"\(approval)\", see https://github.com/kubernetes/enhancements/pull/1111")
        }
    }

    private static func versions(_ spec: JSON, _ errors: inout [FieldError]) {
        let versions = spec.list("versions")
        var seen = Set<String>()
        var hasTwins = false
        for (at, version) in versions.enumerated() {
            let path = FieldPath("spec.versions").index(at)
            let name = version.text("name")
            hasTwins = !seen.insert(name).inserted || hasTwins
            errors.invalid(path.child("name"), .string(name), all: Names.dns1035Label(name))
            if version["deprecationWarning"] != nil, !version.flag("deprecated") {
                errors.invalid(path.child("deprecationWarning"), version["deprecationWarning"] ?? .null, "can only be set for deprecated versions")
            }
            if version["schema"]?["openAPIV3Schema"]?.object == nil {
                errors.required(path.child("schema", "openAPIV3Schema"))
            }
        }
        let shown = spec["versions"]?.array == nil ? JSON.null : .array(Hoisted.shown(versions))
        if hasTwins { errors.invalid("spec.versions", shown, "must contain unique version names") }
        if versions.count(where: { $0.flag("storage") }) != 1 {
            errors.invalid("spec.versions", shown, "must have exactly one version marked as storage version")
        }
    }

    private static func names(_ names: JSON, _ errors: inout [FieldError]) {
        for key in ["plural", "singular", "kind", "listKind"] {
            let path = FieldPath("spec.names").child(key)
            let name = names.text(key)
            if name.isEmpty {
                errors.required(path)
            } else {
                // Kinds are held to the same rule as resources, but for their capitals.
                let isKind = key == "kind" || key == "listKind"
                errors.invalid(path, .string(name), all: Names.dns1035Label(isKind ? name.lowercased() : name))
            }
        }
        for key in ["shortNames", "categories"] {
            for (at, name) in names.texts(key).enumerated() {
                errors.invalid(FieldPath("spec.names").child(key).index(at), .string(name), all: Names.dns1035Label(name))
            }
        }
        if !names.text("kind").isEmpty, names.text("kind") == names.text("listKind") {
            errors.invalid("spec.names.listKind", .string(names.text("listKind")), "kind and listKind may not be the same")
        }
    }

    // MARK: Columns, subresources, selectable fields, conversion

    private static let columnTypes = ["boolean", "date", "integer", "number", "string"]
    private static let columnFormats = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"]

    private static func column(_ column: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        if column.text("name").isEmpty { errors.required(path.child("name")) }
        let type = column.text("type")
        if type.isEmpty {
            errors.required(path.child("type"), "must be one of " + columnTypes.joined(separator: ","))
        } else if !columnTypes.contains(type) {
            errors.invalid(path.child("type"), .string(type), "must be one of " + columnTypes.joined(separator: ","))
        }
        let format = column.text("format")
        if !format.isEmpty, !columnFormats.contains(format) {
            errors.invalid(path.child("format"), .string(format), "must be one of " + columnFormats.joined(separator: ","))
        }
        let jsonPath = column.text("jsonPath")
        if jsonPath.isEmpty {
            errors.required(path.child("JSONPath"))
        } else if !jsonPath.hasPrefix(".") {
            errors.invalid(path.child("JSONPath"), .string(jsonPath), "must be a simple json path starting with .")
        }
    }

    private static func scale(_ scale: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        func check(_ key: String, under roots: [String], isRequired: Bool) {
            let text = scale.text(key)
            if text.isEmpty {
                if isRequired { errors.required(path.child(key)) }
                return
            }
            let isSimple = !text.contains("[") && !text.contains("]") && !text.hasSuffix(".") && !text.contains("..")
            if !isSimple {
                errors.invalid(path.child(key), .string(text), "should be a simple json path")
            } else if !roots.contains(where: { text.hasPrefix($0 + ".") }) {
                errors.invalid(path.child(key), .string(text), "should be a json path under " + roots.joined(separator: " or "))
            }
        }
        check("specReplicasPath", under: [".spec"], isRequired: true)
        check("statusReplicasPath", under: [".status"], isRequired: true)
        check("labelSelectorPath", under: [".status", ".spec"], isRequired: false)
    }

    private static let selectableLimit = 8

    private static func selectableFields(_ spec: JSON, _ errors: inout [FieldError]) {
        let schemas = spec.list("versions").map { $0["schema"]?["openAPIV3Schema"] ?? [:] }
        for (place, fields) in Hoisted.placed("selectableFields", as: "selectableFields", in: spec) {
            let all = fields.array ?? []
            if all.count > selectableLimit { errors.tooMany(place, all.count, selectableLimit) }
            // Where versions differ, the place names the version.
            let at = Hoisted.position(of: place) ?? 0
            let schema = schemas.indices.contains(at) ? schemas[at] : [:]
            var seen = Set<String>()
            for (position, field) in all.enumerated() {
                let path = place.index(position).child("jsonPath")
                let text = field.text("jsonPath")
                if text.isEmpty {
                    errors.required(path)
                    continue
                }
                if let why = SelectablePath.fault(text, in: schema) { errors.invalid(path, .string(text), why) }
                if !seen.insert(text).inserted { errors.duplicate(path, .string(text)) }
            }
        }
    }

    private static func conversion(_ conversion: JSON, _ errors: inout [FieldError]) {
        let strategy = conversion.text("strategy")
        switch strategy {
        case "": errors.required("spec.conversion.strategy")
        case "None":
            if conversion.has("webhook") {
                errors.forbidden("spec.conversion.webhookClientConfig", "should not be set when strategy is not set to Webhook")
            }
        case "Webhook":
            let webhook = conversion["webhook"] ?? [:]
            if !webhook.has("clientConfig") {
                errors.required("spec.conversion.webhookClientConfig", "required when strategy is set to Webhook")
            }
            if webhook.texts("conversionReviewVersions").isEmpty { errors.required("spec.conversion.conversionReviewVersions") }
            if webhook.has("clientConfig"), !webhook.texts("conversionReviewVersions").isEmpty {
                // Better no definition than objects that nobody converts.
                errors.invalid(
                    "spec.conversion.strategy", .string(strategy), "this server calls no conversion webhooks; use \"None\" with versions of one form")
            }
        default: errors.notSupported("spec.conversion.strategy", .string(strategy), ["None", "Webhook"])
        }
    }

    // MARK: Updates and status

    private static func immutable(_ new: JSON, _ old: JSON, _ errors: inout [FieldError]) {
        let previous = old.spec
        if CustomResourceDefinition.condition("Established", of: old) {
            errors.immutableText(new["scope"], previous["scope"], "spec.scope")
            errors.immutableText(new["names"]?["kind"], previous["names"]?["kind"], "spec.names.kind")
        }
        errors.immutableText(new["group"], previous["group"], "spec.group")
        errors.immutableText(new["names"]?["plural"], previous["names"]?["plural"], "spec.names.plural")
    }

    private static func storedVersions(_ definition: JSON, _ errors: inout [FieldError]) {
        let stored = definition["status"]?["storedVersions"]
        let path = FieldPath("status.storedVersions")
        guard let names = stored?.array, !names.isEmpty else {
            errors.invalid(path, stored ?? .null, "must have at least one stored version")
            return
        }
        let versions = definition.spec.list("versions")
        let known = Set(versions.map { $0.text("name") })
        for (at, name) in names.enumerated() where !known.contains(name.string ?? "") {
            errors.invalid(path.index(at), name, "must appear in spec.versions")
        }
        if let storage = versions.last(where: { $0.flag("storage") })?.text("name"), !names.contains(.string(storage)) {
            errors.invalid(path, .array(names), "must have the storage version \(storage)")
        }
    }
}

/// What the versions of a definition have alike, which the server keeps once for all of them.
enum Hoisted {
    /// Where a property of versions is told, and its value: once when it is the same in all, else for each version.
    static func placed(_ property: String, as top: String, in spec: JSON) -> [(FieldPath, JSON)] {
        let versions = spec.list("versions")
        let values = versions.map { $0.given(property) }
        if isAlike(property, versions) { return values.first.flatMap(\.self).map { [(FieldPath("spec").child(top), $0)] } ?? [] }
        return values.enumerated().compactMap { at, value in
            value.map { (FieldPath("spec.versions").index(at).child(property), $0) }
        }
    }

    /// The version that a place of ``placed(_:as:in:)`` belongs to; nil when it is that of all.
    static func position(of place: FieldPath) -> Int? {
        guard let open = place.rawValue.firstIndex(of: "["), let close = place.rawValue.firstIndex(of: "]") else { return nil }
        return Int(place.rawValue[place.rawValue.index(after: open)..<close])
    }

    private static func isAlike(_ property: String, _ versions: [JSON]) -> Bool {
        versions.dropFirst().allSatisfy { $0.given(property) == versions.first?.given(property) }
    }

    /// The versions as a refusal prints them.
    static func shown(_ versions: [JSON]) -> [JSON] {
        let alike = ["schema", "subresources", "additionalPrinterColumns", "selectableFields"].filter { isAlike($0, versions) }
        return versions.map { version in
            var version = version
            for property in alike { version[property] = nil }
            return GoTypes.value(version, as: "CustomResourceDefinitionVersion")
        }
    }
}

/// A selectable field: a path to a scalar of the schema.
enum SelectablePath {
    /// What is wrong with a path such as `.spec.color`; nil when it can be selected by.
    static func fault(_ text: String, in schema: JSON) -> String? {
        let wrong = "is an invalid path: "
        guard text.hasPrefix(".") else { return wrong + "must start with ." }
        let parts = text.dropFirst().split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        if parts.contains("") || text.contains("[") { return wrong + "must be a simple path of fields" }
        if parts.first == "metadata" { return wrong + "must not be in metadata" }
        var node = schema
        for part in parts {
            guard let next = node["properties"]?[part] else { return wrong + "does not refer to a valid field" }
            node = next
        }
        let type = node.text("type")
        guard ["string", "integer", "boolean"].contains(type) else {
            return wrong + "must refer to a field of type string, integer or boolean, not \(type.isEmpty ? "any" : type)"
        }
        return nil
    }
}
