import Authentication
import JSONValue
import KubeModel
import ObjectDefaults
import ObjectPatch
import PolicyModel
import RBAC

/// The kinds that are asked and answered, never stored: access reviews, token reviews, who am I.
///
/// Source: authorization.k8s.io/v1 and authentication.k8s.io/v1 of Kubernetes 1.36.
struct Reviews: Sendable {
    let registry: Registry
    let reader: ObjectReader
    let writer: ObjectWriter
    let authorizer: Authorizer
    let authenticate: Authenticate
    let subresources: Subresources

    func serve(_ request: AuthorizedRequest, _ resource: ServedResource) throws(StatusError) -> Outcome {
        let kind = resource.facts.groupVersionKind
        if kind.group.isEmpty, kind.kind == "Binding" { return subresources.bind(request, resource) }
        let options = try WriteOptions(request.request, kind: "CreateOptions")
        let body = try RequestBody.object(request.request, resource: resource, validation: options.fieldValidation, now: reader.clock())
        var object = body.object
        let negotiation = try reader.negotiate(request.request)
        if resource.facts.isNamespaced {
            let given = object["metadata"]?["namespace"]?.string ?? ""
            if !given.isEmpty, given != request.info.namespace {
                throw .badRequest("the namespace of the provided object does not match the namespace sent on the request")
            }
            object[path: "metadata", "namespace"] = .string(request.info.namespace)
        }
        ObjectNormalization.normalize(&object, kind: kind)
        // Whoever asks owns what was asked, as with every other write.
        if kind.kind != "SelfSubjectReview", kind.kind != "SelfSubjectRulesReview",
            let managed = managed(object, resource: resource, options: options)
        {
            object[path: "metadata", "managedFields"] = managed
        }
        if kind.group == "authorization.k8s.io", kind.kind != "SelfSubjectRulesReview" {
            let errors = AccessReviewValidation.faults(of: object, kind: kind.kind)
            if !errors.isEmpty { throw .invalid("", group: kind.group, name: "", errors) }
        }
        switch kind.kind {
        case "SubjectAccessReview", "LocalSubjectAccessReview": object["status"] = accessReview(object, user: Self.subject(object["spec"] ?? [:]))
        case "SelfSubjectAccessReview": object["status"] = accessReview(object, user: request.user)
        case "SelfSubjectRulesReview":
            let namespace = object["spec"]?["namespace"]?.string ?? ""
            if namespace.isEmpty { throw .badRequest("no namespace on request") }
            object = [
                "kind": .string(kind.kind), "apiVersion": .string(kind.groupVersion.description), "metadata": [:], "spec": [:],
                "status": authorizer.rules(for: request.user, namespace: namespace).status,
            ]
            return .now(reader.answer(request, resource, negotiation: negotiation).tree(object, status: 201, warnings: body.warnings))
        case "SelfSubjectReview": object["status"] = ["userInfo": Self.json(request.user)]
        case "TokenReview": object["status"] = try tokenReview(object["spec"] ?? [:])
        default: throw .methodNotAllowed
        }
        object[path: "metadata", "creationTimestamp"] = kind.kind == "SelfSubjectReview" ? .string(reader.clock().description) : nil
        return .now(reader.answer(request, resource, negotiation: negotiation).tree(object, status: 201, warnings: body.warnings))
    }

    private func managed(_ object: JSON, resource: ServedResource, options: WriteOptions) -> JSON? {
        var plain = object
        plain["status"] = nil
        let updated = writer.managedFields(resource, nil).update(
            live: nil, new: plain, manager: options.fieldManager, now: reader.clock().description)
        return updated["metadata"]?["managedFields"]
    }

    private static func subject(_ spec: JSON) -> UserInfo {
        var extra: [String: [String]] = [:]
        for (key, values) in spec["extra"]?.object ?? JSONObject() { extra[key.lowercased()] = values.strings }
        return UserInfo(name: spec["user"]?.string ?? "", uid: spec["uid"]?.string ?? "", groups: spec["groups"]?.strings ?? [], extra: extra)
    }

    private func accessReview(_ review: JSON, user: UserInfo) -> JSON {
        let spec = review["spec"] ?? [:]
        let attributes: AccessAttributes
        if let resource = spec["resourceAttributes"] {
            attributes = AccessAttributes(
                user: user, verb: resource["verb"]?.string ?? "", namespace: resource["namespace"]?.string ?? "",
                apiGroup: resource["group"]?.string ?? "", apiVersion: resource["version"]?.string ?? "",
                resource: resource["resource"]?.string ?? "", subresource: resource["subresource"]?.string ?? "",
                name: resource["name"]?.string ?? "")
        } else {
            attributes = AccessAttributes(
                user: user, verb: spec["nonResourceAttributes"]?["verb"]?.string ?? "", path: spec["nonResourceAttributes"]?["path"]?.string ?? "")
        }
        var status = authorizer.review(attributes)
        let ignored = AccessReviewValidation.ignoredSelectors(of: review)
        if !ignored.isEmpty {
            let found = [status["evaluationError"]?.string].compactMap { $0 }
            status["evaluationError"] = .string((found + ignored).joined(separator: "; "))
        }
        return status
    }

    private func tokenReview(_ spec: JSON) throws(StatusError) -> JSON {
        let token = spec["token"]?.string ?? ""
        if token.isEmpty { throw .badRequest("token is required for TokenReview in authentication") }
        let audiences = spec["audiences"]?.strings ?? []
        switch authenticate.review(token: token, audiences: audiences) {
        case .success(let found):
            var status: JSON = ["authenticated": true, "user": Self.json(found.user)]
            if !found.audiences.isEmpty { status["audiences"] = JSON(found.audiences) }
            return status
        case .failure(let refusal):
            return ["user": [:], "error": .string(refusal.reviewError)]
        }
    }

    /// A user as `authentication.k8s.io/v1` writes it.
    static func json(_ user: UserInfo) -> JSON {
        var object: JSON = ["username": .string(user.name)]
        if !user.uid.isEmpty { object["uid"] = .string(user.uid) }
        if !user.groups.isEmpty { object["groups"] = JSON(user.groups) }
        if !user.extra.isEmpty {
            var extra = JSONObject()
            for (key, values) in user.extra.sorted(by: { $0.key < $1.key }) { extra[key] = JSON(values) }
            object["extra"] = .object(extra)
        }
        return object
    }
}
