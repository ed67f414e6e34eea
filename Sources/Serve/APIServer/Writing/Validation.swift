import JSONValue
import KubeModel
import ObjectValidation
import PodSecurityPolicy
import RBAC

/// The semantic validation of every kind: the general rules, and those of the engines that own a kind.
enum Validation {
    /// The faults of a new object.
    static func create(_ object: JSON, resource: ServedResource) -> [FieldError] {
        let facts = resource.facts
        if let custom = resource.custom { return ObjectValidation.validateCreate(object, version: custom.version) }
        if facts.kind == "PodSecurityPolicy" { return PodSecurityPolicyValidation.validateCreate(object) }
        let general = ObjectValidation.validateCreate(object, kind: facts.groupVersionKind, namespaced: facts.isNamespaced)
        guard facts.group == RBACKind.group, let kind = RBACKind(rawValue: facts.kind) else { return general }
        return general + RBACValidation.validate(object, kind: kind) + aggregation(object, kind)
    }

    /// The faults of a changed object.
    static func update(_ object: JSON, old: JSON, resource: ServedResource, subresource: String?) -> [FieldError] {
        let facts = resource.facts
        if let custom = resource.custom {
            return ObjectValidation.validateUpdate(object, old: old, version: custom.version, subresource: subresource)
        }
        if facts.kind == "PodSecurityPolicy" { return PodSecurityPolicyValidation.validateUpdate(object, old: old) }
        let general = ObjectValidation.validateUpdate(
            object, old: old, kind: facts.groupVersionKind, namespaced: facts.isNamespaced, subresource: subresource)
        guard facts.group == RBACKind.group, let kind = RBACKind(rawValue: facts.kind) else { return general }
        return general + RBACValidation.validate(object, kind: kind, old: old) + aggregation(object, kind)
    }

    private static func aggregation(_ object: JSON, _ kind: RBACKind) -> [FieldError] {
        kind == .clusterRole ? ObjectValidation.aggregationFaults(object) : []
    }
}
