import KubeModel
import ObjectPatch

/// The options of a write, read and checked.
struct WriteOptions: Sendable {
    enum FieldValidation: String, Sendable { case ignore = "Ignore", warn = "Warn", strict = "Strict" }

    var isDryRun = false
    var fieldManager = ""
    var fieldValidation = FieldValidation.warn
    var force: Bool?

    /// - Parameter kind: the options' kind in messages, such as `CreateOptions`.
    init(_ request: APIRequest, kind: String) throws(StatusError) {
        var errors: [FieldError] = []
        let query = request.query
        let dryRun = query.all("dryRun").filter { !$0.isEmpty }
        if dryRun.contains(where: { $0 != "All" }) {
            errors.append(.notSupported("dryRun", .array(dryRun.map { .string($0) }), ["All"]))
        }
        isDryRun = dryRun.contains("All")
        if query["force"] != nil {
            force = query.isTrue("force")
            if kind != "PatchOptions" || request.headers.first(name: "content-type")?.hasPrefix("application/apply-patch") != true {
                errors.append(.forbidden("force", "may not be specified for non-apply patch"))
            }
        }
        if let text = query["fieldValidation"], !text.isEmpty {
            if let value = FieldValidation(rawValue: text) {
                fieldValidation = value
            } else {
                errors.append(.notSupported("fieldValidation", .string(text), ["", "Ignore", "Warn", "Strict"]))
            }
        }
        let given = query["fieldManager"] ?? ""
        errors += ManagedFields.validate(fieldManager: given)
        if kind == "PatchOptions", given.isEmpty, request.headers.first(name: "content-type")?.hasPrefix("application/apply-patch") == true {
            errors.append(.required("fieldManager", "is required for apply patch"))
        }
        if !errors.isEmpty { throw .invalid(kind, group: "meta.k8s.io", name: "", errors) }
        fieldManager = given.isEmpty ? ManagedFields.manager(userAgent: request.userAgent) : given
    }
}
