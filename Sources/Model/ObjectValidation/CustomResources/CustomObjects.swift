public import CustomResources
public import JSONValue
public import KubeModel
import PolicyModel

extension ObjectValidation {
    /// The faults of a new custom resource.
    ///
    /// - Parameters:
    ///   - object: pruned and defaulted, with name and namespace as the request has them.
    ///   - version: the version of the request.
    public static func validateCreate(_ object: JSON, version: CustomVersion) -> [FieldError] {
        var errors: [FieldError] = []
        ObjectMeta.validate(object.metadata, namespaced: version.facts.isNamespaced, names: .subdomain, core: false, &errors)
        return errors + CustomObjects.contentFaults(object, version)
    }

    /// The faults of a changed custom resource.
    ///
    /// - Parameter subresource: `status`, `scale`, or nil for the object itself.
    public static func validateUpdate(_ new: JSON, old: JSON, version: CustomVersion, subresource: String?) -> [FieldError] {
        var errors: [FieldError] = []
        ObjectMeta.validateUpdate(new.metadata, old.metadata, core: false, &errors)
        return errors + CustomObjects.contentFaults(new, version)
    }
}

/// What a custom resource must hold, whatever happens to it.
private enum CustomObjects {
    static func contentFaults(_ object: JSON, _ version: CustomVersion) -> [FieldError] {
        var errors = version.schema.faults(of: object)
        if errors.isEmpty { errors += version.schema.structureFaults(of: object) }
        if let scale = version.scale, let replicas = object[path: scale.specReplicas] {
            let path = FieldPath("." + scale.specReplicas.joined(separator: "."))
            switch replicas {
            case .int(let count):
                if count < 0 {
                    errors.invalid(path, JSON(count), "should be a non-negative integer")
                } else if count > Int64(Int32.max) {
                    errors.invalid(path, JSON(count), "should be less than or equal to \(Int32.max)")
                }
            case .null, .bool, .double, .string, .array, .object: errors.invalid(path, replicas, "should be an integer")
            }
        }
        return errors
    }
}
