public import JSONValue
public import KubeModel

/// The form in which Go writes an object of a built-in kind: lists, maps and pointers that hold nothing are left out,
/// where their field may be.
///
/// `volumes: []` and `volumes: null` are the same as no `volumes`; `containers: null` and `lastProbeTime: null` stay.
public struct WrittenForm: Sendable {
    let catalog: SchemaCatalog

    /// The form of the objects of a catalogue.
    public init(catalog: SchemaCatalog = .builtin) { self.catalog = catalog }

    /// The object in this form. An object of a kind that is not in the catalogue stays as it is.
    ///
    /// - Complexity: linear; what does not change is not copied.
    public func of(_ object: JSON, kind: GroupVersionKind) -> JSON {
        guard let name = catalog.typeName(of: kind), let type = catalog.types[name] else { return object }
        return changed(object, type, name: name) ?? object
    }

    /// Optional fields that are written even when they hold nothing.
    private static let alwaysWritten: [String: Set<String>] = [
        "io.k8s.api.authentication.v1.TokenRequestSpec": ["audiences", "expirationSeconds", "boundObjectRef"],
        "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerStatus": ["currentMetrics"],
        "io.k8s.api.core.v1.AzureFilePersistentVolumeSource": ["secretNamespace"],
        "io.k8s.api.core.v1.ContainerImage": ["names"],
        "io.k8s.api.core.v1.GRPCAction": ["service"],
        "io.k8s.api.core.v1.ProjectedVolumeSource": ["sources"],
        "io.k8s.api.core.v1.TypedLocalObjectReference": ["apiGroup"],
        "io.k8s.api.core.v1.TypedObjectReference": ["apiGroup"],
        "io.k8s.api.discovery.v1.EndpointSlice": ["endpoints", "ports"],
        "io.k8s.api.flowcontrol.v1.LimitedPriorityLevelConfiguration": ["nominalConcurrencyShares"],
        "io.k8s.api.flowcontrol.v1.ResourcePolicyRule": ["namespaces"],
        "io.k8s.api.networking.v1.IngressClassParametersReference": ["scope"],
        "io.k8s.api.rbac.v1.ClusterRole": ["rules"],
        "io.k8s.api.rbac.v1.Role": ["rules"],
        "io.k8s.api.resource.v1.AllocatedDeviceStatus": ["conditions"],
        "io.k8s.api.resource.v1.CapacityRequestPolicy": ["default"],
        "io.k8s.api.resource.v1.DeviceClaim": ["requests"],
        "io.k8s.api.storage.v1.CSINodeDriver": ["topologyKeys"],
        "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionStatus":
            ["conditions", "storedVersions"],
    ]

    /// The value in this form; nil when it has it already.
    private func changed(_ value: JSON, _ type: SchemaNode, name: String?) -> JSON? {
        switch value {
        case .object(let object):
            let kept = name.flatMap { Self.alwaysWritten[$0] } ?? []
            var replacements: [String: JSON?] = [:]
            for (key, member) in object {
                guard let node = type.fields[key] ?? type.values else { continue }
                let resolved = catalog.resolve(node)
                if type.fields[key] != nil, isOmitted(member, resolved), !type.writes(key), !kept.contains(key) {
                    replacements[key] = .some(nil)
                } else if let inner = changed(member, resolved, name: node.ref) {
                    replacements[key] = inner
                }
            }
            if replacements.isEmpty { return nil }
            var result = object
            result.updateValues { key, member in
                if let replacement = replacements[key] { replacement } else { member }
            }
            return .object(result)
        case .array(let elements):
            guard let node = type.items else { return nil }
            let items = catalog.resolve(node)
            var result: [JSON]?
            for (index, element) in elements.enumerated() {
                guard let inner = changed(element, items, name: node.ref) else { continue }
                if result == nil { result = elements }
                result?[index] = inner
            }
            return result.map { .array($0) }
        case .null, .bool, .int, .double, .string:
            return nil
        }
    }

    private func isOmitted(_ value: JSON, _ type: SchemaNode) -> Bool {
        switch value {
        case .null: type.format != "date-time"
        case .array(let elements): elements.isEmpty && type.type == .array
        case .object(let object): object.isEmpty && type.type == .object && type.fields.isEmpty && type.values != nil
        case .bool, .int, .double, .string: false
        }
    }
}

extension SchemaNode {
    /// The fields that are required, and yet left out when they are nil.
    private static let omittedThoughRequired: Set<String> = ["validationActions", "parentRef", "counters"]

    /// Whether Go writes a field of this type though it is nil.
    func writes(_ field: String) -> Bool { required.contains(field) && !Self.omittedThoughRequired.contains(field) }
}
