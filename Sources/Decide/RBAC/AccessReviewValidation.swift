public import JSONValue
public import KubeModel
import PolicyModel

/// The faults of a question about access, and what of it could not be understood.
///
/// Source: `authorization.k8s.io/v1` of Kubernetes 1.36; KEP-4601 (authorization by selectors).
public enum AccessReviewValidation {
    /// The faults of a review of `kind`.
    public static func faults(of review: JSON, kind: String) -> [FieldError] {
        let spec = review["spec"]
        let resource = given(spec?["resourceAttributes"])
        let path = given(spec?["nonResourceAttributes"])
        var errors: [FieldError] = []
        if resource != nil, let path {
            errors.append(
                .invalid("spec.nonResourceAttributes", goForm(path), "cannot be specified in combination with resourceAttributes"))
        }
        if resource == nil, path == nil {
            errors.append(
                .invalid("spec.resourceAttributes", .null, "exactly one of nonResourceAttributes or resourceAttributes must be specified"))
        }
        if kind != "SelfSubjectAccessReview", (spec?["user"]?.string ?? "").isEmpty, (spec?["groups"]?.array ?? []).isEmpty {
            errors.append(.invalid("spec.user", "", "at least one of user or group must be specified"))
        }
        for field in ["fieldSelector", "labelSelector"] {
            if let selector = given(resource?[field]) { errors += faults(ofSelector: selector, at: "spec.resourceAttributes.\(field)") }
        }
        return errors + metadata(review, kind: kind, resource: resource, path: path)
    }

    private static func given(_ value: JSON?) -> JSON? { value?.object == nil ? nil : value }

    private static func metadata(_ review: JSON, kind: String, resource: JSON?, path: JSON?) -> [FieldError] {
        var rest = review["metadata"]?.object ?? JSONObject()
        rest["managedFields"] = nil
        let isLocal = kind == "LocalSubjectAccessReview"
        if isLocal { rest["namespace"] = nil }
        var errors: [FieldError] = []
        if rest.contains(where: { !$0.value.isEmptyValue }) {
            errors.append(.invalid("metadata", review["metadata"] ?? [:], isLocal ? "must be empty except for namespace" : "must be empty"))
        }
        guard isLocal else { return errors }
        let namespace = resource?["namespace"]?.string ?? ""
        if resource != nil, namespace != review["metadata"]?["namespace"]?.string ?? "" {
            errors.append(.invalid("spec.resourceAttributes.namespace", .string(namespace), "must match metadata.namespace"))
        }
        if let path { errors.append(.invalid("spec.nonResourceAttributes", goForm(path), "disallowed on this kind of request")) }
        return errors
    }

    /// The attributes of a path in the form in which they are printed.
    private static func goForm(_ path: JSON) -> JSON { ["Path": path["path"] ?? "", "Verb": path["verb"] ?? ""] }

    private static func faults(ofSelector selector: JSON, at path: String) -> [FieldError] {
        let raw = selector["rawSelector"]?.string ?? ""
        let requirements = selector["requirements"]?.array ?? []
        var errors: [FieldError] = []
        func field(_ rest: String) -> FieldPath { FieldPath(rawValue: path + rest) }
        if !raw.isEmpty, !requirements.isEmpty {
            errors.append(.invalid(field(".rawSelector"), .string(raw), "may not specified at the same time as requirements"))
        }
        if raw.isEmpty, requirements.isEmpty {
            errors.append(.required(field(".requirements"), "when \(path) is specified, requirements or rawSelector is required"))
        }
        for (index, requirement) in requirements.enumerated() {
            let place = ".requirements[\(index)]"
            let values = requirement["values"]?.array ?? []
            switch requirement["operator"]?.string ?? "" {
            case "In", "NotIn":
                if values.isEmpty { errors.append(.required(field(place + ".values"), "must be specified when `operator` is 'In' or 'NotIn'")) }
            case "Exists", "DoesNotExist":
                if !values.isEmpty {
                    errors.append(.forbidden(field(place + ".values"), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
                }
            default: break  // a later version's operator: it is said in the answer that it was ignored
            }
            if (requirement["key"]?.string ?? "").isEmpty { errors.append(.required(field(place + ".key"), "must be specified")) }
        }
        return errors
    }

    /// What of a question's selectors was ignored, because it could not be read.
    public static func ignoredSelectors(of review: JSON) -> [String] {
        let resource = review["spec"]?["resourceAttributes"]
        return ["fieldSelector", "labelSelector"].compactMap { field in
            let known: Set<String> = field == "fieldSelector" ? ["In", "NotIn"] : ["In", "NotIn", "Exists", "DoesNotExist"]
            let requirements = resource?[field]?["requirements"]?.array ?? []
            let read = requirements.filter { requirement in
                guard known.contains(requirement["operator"]?.string ?? "") else { return false }
                return field == "labelSelector" || requirement["values"]?.array?.count == 1
            }
            if read.count == requirements.count { return nil }
            return "spec.resourceAttributes.\(field) \(read.isEmpty ? "" : "partially ")ignored due to parse error"
        }
    }
}
