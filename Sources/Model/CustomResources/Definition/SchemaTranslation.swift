import JSONValue
import KubeModel

/// Brings the schema of a CRD into the form of the schema facts, in which patches and field ownership read types.
enum SchemaTranslation {
    private static let names = [
        "x-kubernetes-list-type": "listType", "x-kubernetes-list-map-keys": "listMapKeys", "x-kubernetes-map-type": "mapType",
        "x-kubernetes-preserve-unknown-fields": "preserveUnknown", "x-kubernetes-int-or-string": "intOrString",
        "x-kubernetes-embedded-resource": "embedded",
    ]
    private static let metadataTypes = [
        "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", "io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry",
        "io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference", "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1",
        "io.k8s.apimachinery.pkg.apis.meta.v1.Time",
    ]

    /// The name of the type of a kind: the group's labels turned round, as OpenAPI names are.
    static func typeName(of kind: GroupVersionKind) -> String {
        (kind.group.split(separator: ".").reversed().map(String.init) + [kind.version, kind.kind]).joined(separator: ".")
    }

    /// A catalog of one version's type and those of metadata.
    static func catalog(of definition: JSON, kind: GroupVersionKind) -> SchemaCatalog {
        var catalog = SchemaCatalog()
        catalog.adopt(metadataTypes, from: .builtin)
        var facts = self.facts(definition)
        facts["gvk"] = [.array([.string(kind.group), .string(kind.version), .string(kind.kind)])]
        var fields = facts["fields"]?.object ?? JSONObject()
        if fields["apiVersion"] == nil { fields["apiVersion"] = ["type": "string"] }
        if fields["kind"] == nil { fields["kind"] = ["type": "string"] }
        fields["metadata"] = ["ref": .string(metadataTypes[0])]
        facts["fields"] = .object(fields)
        catalog.add(["types": .object(JSONObject([(typeName(of: kind), facts)]))])
        return catalog
    }

    static func facts(_ schema: JSON) -> JSON {
        var result: JSON = [:]
        for (key, value) in schema.object ?? [:] {
            switch key {
            case "properties":
                var fields = JSONObject()
                for (name, member) in value.object ?? [:] { fields[name] = facts(member) }
                result["fields"] = .object(fields)
            case "items": result["items"] = facts(value)
            case "additionalProperties":
                if value.object != nil { result["values"] = facts(value) } else if value == true { result["values"] = [:] }
            default: result[names[key] ?? key] = value
            }
        }
        return result
    }
}
