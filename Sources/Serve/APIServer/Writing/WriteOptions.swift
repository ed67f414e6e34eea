import JSONValue
import KubeModel
import NIOHTTP1
import ObjectPatch
import PolicyModel

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
        let dryRun = query.all("dryRun")
        if dryRun.contains(where: { $0 != "All" }) {
            errors.append(.notSupported("dryRun", .array(dryRun.map { .string($0) }), ["All"]))
        }
        isDryRun = dryRun.contains("All")
        if query["force"] != nil {
            force = query.isTrue("force")
        }
        if let text = query["fieldValidation"], !text.isEmpty {
            if let value = FieldValidation(rawValue: text) {
                fieldValidation = value
            } else {
                errors.append(.notSupported("fieldValidation", .string(text), ["", "Ignore", "Strict", "Warn"]))
            }
        }
        let given = query["fieldManager"] ?? ""
        if kind == "PatchOptions" {
            let isApply = request.mediaType == "application/apply-patch+yaml"
            errors += FieldManager.patchOptionFaults(name: given, force: force, isApply: isApply)
        } else {
            errors += FieldManager.faults(in: given)
        }
        if !errors.isEmpty { throw .invalid(kind, group: "meta.k8s.io", name: "", errors) }
        fieldManager = FieldManager.name(given: given, userAgent: request.userAgent)
    }
}
