import CustomResources
import JSONValue
import KubeModel
import ObjectDefaults
import ObjectPatch
import PolicyModel

/// The subresources that are not merely another face of their object.
struct Subresources: Sendable {
    let registry: Registry
    let reader: ObjectReader
    let writer: ObjectWriter
    let deleter: ObjectDeleter
    let tokens: TokenIssuer
    let streams: StreamServer

    func serves(_ resource: ServedResource, _ subresource: ResourceFacts.Subresource) -> Bool {
        switch subresource.name {
        case "scale", "binding", "eviction", "token", "log", "exec", "attach", "portforward", "proxy", "finalize": true
        default: false
        }
    }

    func serve(_ request: AuthorizedRequest, _ resource: ServedResource, _ subresource: ResourceFacts.Subresource) throws(StatusError) -> Outcome {
        switch subresource.name {
        case "scale": return try scale(request, resource)
        case "binding": return bind(request, resource)
        case "eviction": return evict(request, resource)
        case "token": return token(request, resource)
        case "finalize": return finalize(request, resource)
        default:
            // These lead to the node that runs the pod.
            return try NodePath(reader: reader, admission: writer.admission, streams: streams, authorizer: writer.admission.authorizer)
                .serve(request, resource, subresource: subresource.name)
        }
    }

    // MARK: Scale

    private func scale(_ request: AuthorizedRequest, _ resource: ServedResource) throws(StatusError) -> Outcome {
        let scaleKind = GroupVersionKind(group: "autoscaling", version: "v1", kind: "Scale")
        if request.info.verb == "get" {
            let negotiation = try reader.negotiate(request.request)
            let object = try reader.object(resource, namespace: request.info.namespace, name: request.info.name)
            let scale = Self.scale(of: resource.served(object.tree), resource)
            return .now(reader.answer(request, resource, negotiation: negotiation).tree(scale))
        }
        let writer = writer
        let reader = reader
        return .later {
            await Router.answering {
                let negotiation = try reader.negotiate(request.request)
                let options = try WriteOptions(request.request, kind: request.info.verb == "patch" ? "PatchOptions" : "UpdateOptions")
                let body = request.info.verb == "update"
                    ? try RequestBody.object(request.request, resource: resource, validation: options.fieldValidation, kind: scaleKind, now: reader.clock()) : nil
                if let body { try PathIdentity.check(body.object, request.info) }
                let result = try await writer.update(request, resource, subresource: "scale", options: options, mayCreate: false) {
                    current throws(StatusError) in
                    guard let current else { throw Router.noSuchResource }
                    let scale = Self.scale(of: current, resource)
                    var wanted = scale
                    if let body { wanted = body.object } else {
                        wanted = try RequestPatch.scale(request.request, scale: scale, options: options, now: reader.clock())
                    }
                    // A custom resource judges its replicas itself.
                    if resource.custom == nil, let replicas = wanted["spec"]?["replicas"]?.int, replicas < 0 {
                        throw .invalid(
                            "Scale", group: "autoscaling", name: request.info.name,
                            [.invalid("spec.replicas", .int(replicas), "must be greater than or equal to 0")])
                    }
                    var object = current
                    var owned = false
                    if let custom = resource.custom {
                        custom.apply(scale: wanted, to: &object)
                        owned = Self.own(&object, current: current, scale: scale, wanted: wanted, custom, options: options, now: reader.clock())
                    } else {
                        ScaleConversion.apply(wanted, to: &object)
                    }
                    let version = wanted["metadata"]?["resourceVersion"]
                    object["metadata"]?["resourceVersion"] = version == scale["metadata"]?["resourceVersion"] && body == nil ? nil : version
                    return .init(object: object, warnings: body?.warnings ?? [], hasManagedFields: owned, isFromPresent: true)
                }
                guard case .stored(let stored) = result.content else {
                    throw StatusError.internalError("the scaled object was not stored")
                }
                return reader.answer(request, resource, negotiation: negotiation).tree(Self.scale(of: resource.served(stored.tree), resource), warnings: result.warnings)
            }
        }
    }

    private static func scale(of object: JSON, _ resource: ServedResource) -> JSON {
        resource.custom?.scale(of: object) ?? ScaleConversion.scale(of: object, kind: resource.facts.groupVersionKind)
    }

    /// Records who owns the replicas of a custom resource after a write to its Scale.
    private static func own(
        _ object: inout JSON, current: JSON, scale: JSON, wanted: JSON, _ custom: CustomKind, options: WriteOptions, now: Timestamp
    ) -> Bool {
        let before = current["metadata"]?["managedFields"]
        var live = scale
        live["metadata"]?["managedFields"] = custom.scaleOwners.entries(ofObject: before)
        live["metadata"]?["resourceVersion"] = nil
        var new = wanted
        new["metadata"]?["resourceVersion"] = nil
        new["metadata"]?["managedFields"] = live["metadata"]?["managedFields"]
        let written = ManagedFields(kind: .scale, subresource: "scale").update(
            live: live, new: new, manager: options.fieldManager, now: now.description)
        object[path: "metadata", "managedFields"] = custom.scaleOwners.entries(
            afterScaling: written["metadata"]?["managedFields"], of: before, apiVersion: custom.version.facts.groupVersion.description)
        return true
    }

    // MARK: Binding

    /// Puts a pod on a node (`pods/binding`, or the older `bindings`).
    func bind(_ request: AuthorizedRequest, _ resource: ServedResource) -> Outcome {
        let registry = registry
        let writer = writer
        let reader = reader
        return .later {
            await Router.answering {
                let negotiation = try reader.negotiate(request.request)
                guard let pods = registry["", "v1", "pods"] else { throw Router.noSuchResource }
                let options = try WriteOptions(request.request, kind: "CreateOptions")
                let bindingKind = GroupVersionKind(group: "", version: "v1", kind: "Binding")
                let body = try RequestBody.object(
                    request.request, resource: resource, validation: options.fieldValidation, kind: bindingKind, now: reader.clock())
                let binding = body.object
                let given = binding["metadata"]?["name"]?.string ?? ""
                if !request.info.name.isEmpty, !given.isExactly(request.info.name) {
                    throw StatusError.badRequest("name in URL does not match name in Binding object")
                }
                let name = request.info.name.isEmpty ? given : request.info.name
                let errors = PodBinding.check(binding)
                if !errors.isEmpty { throw StatusError(code: 500, reason: "", message: errors.aggregateMessage) }
                let target = request.naming(name)
                let result = try await writer.update(target, pods, subresource: "binding", options: options, mayCreate: false) {
                    current throws(StatusError) in
                    guard let current else { throw .notFound(GroupResource(group: "", resource: "pods"), name: name) }
                    return .init(object: try PodBinding.bind(current, binding, name: name, now: reader.clock()), isFromPresent: true)
                }
                return reader.answer(request, resource, negotiation: negotiation).document(
                    ["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "code": 201], status: 201, warnings: result.warnings)
            }
        }
    }

    // MARK: Namespace finalize

    /// Replaces the finalizers of a namespace, and nothing else of it.
    private func finalize(_ request: AuthorizedRequest, _ resource: ServedResource) -> Outcome {
        let writer = writer
        let reader = reader
        return .later {
            await Router.answering {
                let negotiation = try reader.negotiate(request.request)
                let options = try WriteOptions(request.request, kind: "UpdateOptions")
                let body = try RequestBody.object(request.request, resource: resource, validation: options.fieldValidation, now: reader.clock())
                let result = try await writer.update(request, resource, subresource: "finalize", options: options, mayCreate: false) {
                    current throws(StatusError) in
                    guard var object = current else { throw Router.noSuchResource }
                    object[path: "spec", "finalizers"] = body.object["spec"]?["finalizers"]
                    object["metadata"]?["resourceVersion"] = body.object["metadata"]?["resourceVersion"]
                    return .init(object: object, warnings: body.warnings, isFromPresent: true)
                }
                return result.response(reader.answer(request, resource, negotiation: negotiation), include: nil)
            }
        }
    }

    // MARK: Service account tokens

    private func token(_ request: AuthorizedRequest, _ resource: ServedResource) -> Outcome {
        let reader = reader
        let registry = registry
        let tokens = tokens
        let admission = writer.admission
        return .later {
            await Router.answering {
                let negotiation = try reader.negotiate(request.request)
                let options = try WriteOptions(request.request, kind: "CreateOptions")
                let kind = GroupVersionKind(group: "authentication.k8s.io", version: "v1", kind: "TokenRequest")
                let body = try RequestBody.object(
                    request.request, resource: resource, validation: options.fieldValidation, kind: kind, now: reader.clock())
                var question = body.object
                if question["metadata"]?.object == nil { question["metadata"] = [:] }
                let owned = ManagedFields(kind: kind, subresource: "token", catalog: registry.catalog).update(
                    live: nil, new: question, manager: options.fieldManager, now: reader.clock().description)
                question[path: "metadata", "managedFields"] = owned["metadata"]?["managedFields"]
                _ = try await admission.admit(
                    Proposal(
                        operation: .create, resource: resource, subresource: "token", object: question, old: nil, isDryRun: options.isDryRun,
                        targetName: request.info.name),
                    request
                ) { _, _ in }
                let account = try reader.object(resource, namespace: request.info.namespace, name: request.info.name)
                let answer = try tokens.issue(question, account: account, user: request.user, reader: reader)
                return reader.answer(request, resource, negotiation: negotiation).tree(answer, status: 201, warnings: body.warnings)
            }
        }
    }
}

/// What a binding does to a pod. Pure.
enum PodBinding {
    static func check(_ binding: JSON) -> [FieldError] {
        var errors: [FieldError] = []
        let kind = binding["target"]?["kind"]?.string ?? ""
        if !kind.isEmpty, kind != "Node" { errors.append(.notSupported("target.kind", .string(kind), ["Node", "<empty>"])) }
        if (binding["target"]?["name"]?.string ?? "").isEmpty { errors.append(.required("target.name")) }
        return errors
    }

    static func bind(_ pod: JSON, _ binding: JSON, name: String, now: Timestamp) throws(StatusError) -> JSON {
        let resource = GroupResource(group: "", resource: "pods/binding")
        let node = pod["spec"]?["nodeName"]?.string ?? ""
        if pod["metadata"]?["deletionTimestamp"]?.string != nil {
            throw .conflict(resource, name: name, "pod \(name) is being deleted, cannot be assigned to a host")
        }
        if !node.isEmpty { throw .conflict(resource, name: name, "pod \(name) is already assigned to node \(goQuoted(node))") }
        if !(pod["spec"]?["schedulingGates"]?.array ?? []).isEmpty {
            throw .conflict(resource, name: name, "pod \(name) has non-empty .spec.schedulingGates")
        }
        var object = pod
        object["metadata"]?["resourceVersion"] = nil
        object[path: "spec", "nodeName"] = binding["target"]?["name"]
        for field in ["annotations", "labels"] {
            for (key, value) in binding["metadata"]?[field]?.object ?? JSONObject() {
                if field == "labels", object["metadata"]?["labels"]?[key] != nil { continue }
                object[path: "metadata", field, key] = value
            }
        }
        var conditions = (object["status"]?["conditions"]?.array ?? []).filter { $0["type"]?.string != "PodScheduled" }
        conditions.append(["type": "PodScheduled", "status": "True", "lastProbeTime": .null, "lastTransitionTime": .string(now.description)])
        object[path: "status", "conditions"] = .array(conditions)
        return object
    }
}
