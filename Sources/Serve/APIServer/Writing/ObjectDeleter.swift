import JSONValue
import KubeModel
import PolicyModel
import Store

/// The options of a deletion, from the body and the query.
struct DeleteOptions: Sendable {
    var gracePeriodSeconds: Int64?
    var propagationPolicy: String?
    var orphanDependents: Bool?
    var preconditionUID: String?
    var preconditionVersion: String?
    var isDryRun = false

    init(_ request: APIRequest, catalog: SchemaCatalog) throws(StatusError) {
        var body: JSON = [:]
        if !request.body.isEmpty {
            body = try RequestBody.parse(request, kind: "DeleteOptions").value
            if let kind = body["kind"]?.string, !kind.isEmpty, kind != "DeleteOptions" {
                throw .badRequest("the kind in the data (\(kind)) does not match the expected kind (DeleteOptions)")
            }
        }
        let query = request.query
        gracePeriodSeconds = body["gracePeriodSeconds"]?.int
        propagationPolicy = body["propagationPolicy"]?.string
        orphanDependents = body["orphanDependents"]?.bool
        preconditionUID = body["preconditions"]?["uid"]?.string
        preconditionVersion = body["preconditions"]?["resourceVersion"]?.string
        var dryRun = body["dryRun"]?.strings ?? []
        if let text = query["gracePeriodSeconds"], !text.isEmpty {
            guard let value = Int64(text) else { throw .badRequest("strconv.ParseInt: parsing \(goQuoted(text)): invalid syntax") }
            gracePeriodSeconds = value
        }
        if let text = query["propagationPolicy"], !text.isEmpty { propagationPolicy = text }
        if query["orphanDependents"] != nil { orphanDependents = query.isTrue("orphanDependents") }
        dryRun += query.all("dryRun")
        var errors: [FieldError] = []
        if dryRun.contains(where: { $0 != "All" }) { errors.append(.notSupported("dryRun", .array(dryRun.map { .string($0) }), ["All"])) }
        if propagationPolicy != nil, orphanDependents != nil {
            errors.append(.invalid("propagationPolicy", .string(propagationPolicy ?? ""), "orphanDependents and deletionPropagation cannot be both set"))
        }
        if let policy = propagationPolicy, !["Foreground", "Background", "Orphan"].contains(policy) {
            errors.append(.notSupported("propagationPolicy", .string(policy), ["Foreground", "Background", "Orphan", "nil"]))
        }
        if !errors.isEmpty { throw .invalid("DeleteOptions", group: "meta.k8s.io", name: "", errors) }
        isDryRun = dryRun.contains("All")
    }
}

/// Deletes objects: at once, or after their grace period and finalizers.
struct ObjectDeleter: Sendable {
    let writer: ObjectWriter

    func delete(_ request: AuthorizedRequest, _ resource: ServedResource) async throws -> WriteResult {
        let options = try DeleteOptions(request.request, catalog: writer.registry.catalog)
        return try await delete(request, resource, namespace: request.info.namespace, name: request.info.name, options: options)
    }

    func delete(
        _ request: AuthorizedRequest, _ resource: ServedResource, namespace: String, name: String, options: DeleteOptions
    ) async throws -> WriteResult {
        guard let storage = resource.storage, let objects = writer.cache[storage.resource] else { throw StatusError.methodNotAllowed }
        let facts = resource.facts
        let key = resource.key(namespace: namespace, name: name)
        for _ in 1...ObjectWriter.attempts {
            guard let current = objects[key] else { throw StatusError.notFound(facts.groupResource, name: name) }
            try checkPreconditions(options, current: current, resource: resource)
            let old = writer.served(current, resource: resource)
            var oldPlain = old
            oldPlain["metadata"]?["resourceVersion"] = nil
            let proposal = Proposal(operation: .delete, resource: resource, subresource: nil, object: oldPlain, old: oldPlain, isDryRun: options.isDryRun)
            let plan = DeletionPlan(old: oldPlain, resource: facts, options: options, now: writer.clock())
            let admitted = try await writer.admission.admit(proposal, request) { _, _ in }
            do {
                switch plan {
                case .unchanged: return WriteResult(object: current, resource: resource, status: 200, warnings: [])
                case .mark(let marked):
                    let bytes = try writer.encode(marked, resource: resource, storage: storage)
                    let object = try await writer.committer.commit(
                        admitted.replacing(marked), [.init(resource: storage.resource, key: key, change: .put(bytes), expect: .revision(current.revision))],
                        reading: key)
                    return WriteResult(object: object, resource: resource, status: 200, warnings: warnings(resource, options))
                case .remove(let final):
                    _ = try await writer.committer.commit(
                        admitted,
                        [.init(resource: storage.resource, key: key, change: .delete, expect: .revision(current.revision))]
                            + writer.mutations(of: admitted.charges), reading: nil)
                    return answer(resource, current: current, final: final, options: options)
                }
            } catch is CommitConflict { continue }
        }
        throw StatusError.conflict(facts.groupResource, name: name, "the object has been modified; please apply your changes to the latest version and try again")
    }

    /// A job that is deleted without a word about its pods leaves them.
    private func warnings(_ resource: ServedResource, _ options: DeleteOptions) -> [String] {
        guard resource.facts.isBuiltin("Job", in: "batch"), options.propagationPolicy == nil, options.orphanDependents == nil else { return [] }
        return [
            "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning"
        ]
    }

    private func answer(_ resource: ServedResource, current: CachedObject, final: JSON, options: DeleteOptions) -> WriteResult {
        let facts = resource.facts
        if StorageTraits(facts.groupResource).returnsDeletedObject {
            var object = final
            object["metadata"]?["resourceVersion"] = .string(String(current.revision.rawValue))
            return WriteResult(tree: object, resource: resource, status: 200, warnings: [])
        }
        var details: JSON = ["name": .string(current.name)]
        if !facts.group.isEmpty { details["group"] = .string(facts.group) }
        details["kind"] = .string(facts.plural)
        details["uid"] = .string(current.uid)
        return WriteResult(
            tree: ["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "details": details], resource: resource, status: 200,
            warnings: [])
    }

    private func checkPreconditions(_ options: DeleteOptions, current: CachedObject, resource: ServedResource) throws(StatusError) {
        let facts = resource.facts
        func refuse(_ why: String) -> StatusError {
            .conflict(GroupResource(group: facts.group, resource: facts.kind), name: current.name, why)
        }
        if let uid = options.preconditionUID, uid != current.uid {
            throw refuse(
                "the UID in the precondition (\(uid)) does not match the UID in record (\(current.uid)). The object might have been deleted and then recreated")
        }
        if let version = options.preconditionVersion, version != String(current.revision.rawValue) {
            throw refuse(
                "the ResourceVersion in the precondition (\(version)) does not match the ResourceVersion in record (\(current.revision.rawValue)). The object might have been modified")
        }
    }

    /// Deletes what a list selects; answers the objects as they were.
    func deleteCollection(_ request: AuthorizedRequest, _ resource: ServedResource, reader: ObjectReader) async throws -> APIResponse {
        let options = try DeleteOptions(request.request, catalog: writer.registry.catalog)
        let listing = try ListOptions(request.request, resource: resource, isWatch: false)
        let negotiation = try reader.negotiate(request.request)
        let page = try reader.page(resource, namespace: request.info.namespace, options: listing)
        for object in page.objects {
            do {
                _ = try await delete(request, resource, namespace: object.namespace, name: object.name, options: options)
            } catch let error as StatusError where error.code == 404 {
                continue  // someone else deleted it
            }
        }
        return reader.answer(request, resource, negotiation: negotiation).list(page.objects, metadata: page.metadata, include: nil)
    }
}

/// What a deletion does with one object. Pure.
enum DeletionPlan: Sendable {
    /// It waits for its deletion already, and this request brings that no nearer.
    case unchanged
    /// It is marked, and goes when its grace period is over and its finalizers are gone.
    case mark(JSON)
    /// It goes now; the object as it was at its end.
    case remove(JSON)

    init(old: JSON, resource: ResourceFacts, options: DeleteOptions, now: Timestamp) {
        let metadata = old["metadata"]
        let isMarked = metadata?["deletionTimestamp"]?.string != nil
        if resource.isBuiltin("Namespace", in: "") {
            self = Self.namespace(old, isMarked: isMarked, options: options, resource: resource, now: now)
            return
        }
        if !isMarked, CustomResourceCleanup.concerns(resource) {
            self = .mark(Self.marked(CustomResourceCleanup.begin(old, now: now), grace: nil, now: now, bumpsGeneration: false))
            return
        }
        let present = metadata?["finalizers"]?.strings ?? []
        let finalizers = Self.finalizers(present, resource: resource, options: options)
        let grace = Self.gracePeriod(old, resource: resource, options: options)
        var object = old
        object["metadata"]?["finalizers"] = finalizers.isEmpty ? nil : JSON(finalizers)
        if isMarked {
            let left = metadata?["deletionGracePeriodSeconds"]?.int ?? 0
            if grace < left || (grace == 0 && finalizers.isEmpty && left > 0) {
                object = Self.marked(object, grace: grace, now: now, bumpsGeneration: false)
                self = grace == 0 && finalizers.isEmpty ? .remove(object) : .mark(object)
            } else if grace == 0, finalizers.isEmpty, left == 0 {
                self = .remove(object)
            } else {
                self = finalizers == present ? .unchanged : .mark(object)
            }
            return
        }
        if grace == 0, finalizers.isEmpty {
            self = .remove(resource.isBuiltin("Pod", in: "") ? Self.marked(old, grace: 0, now: now, bumpsGeneration: true) : old)
        } else {
            self = .mark(Self.marked(object, grace: grace, now: now, bumpsGeneration: true))
        }
    }

    private static func marked(_ object: JSON, grace: Int64?, now: Timestamp, bumpsGeneration: Bool) -> JSON {
        var object = object
        object[path: "metadata", "deletionTimestamp"] = .string(now.adding(seconds: grace ?? 0).description)
        if let grace { object[path: "metadata", "deletionGracePeriodSeconds"] = .int(grace) }
        if bumpsGeneration, let generation = object["metadata"]?["generation"]?.int, generation > 0 {
            object[path: "metadata", "generation"] = .int(generation &+ 1)
        }
        return object
    }

    /// Seconds that the object is given; only pods have any.
    private static func gracePeriod(_ old: JSON, resource: ResourceFacts, options: DeleteOptions) -> Int64 {
        guard resource.kind == "Pod", resource.group.isEmpty else { return 0 }
        let phase = old["status"]?["phase"]?.string ?? ""
        // A pod that no node has, or that has ended, has nothing to wait for.
        if (old["spec"]?["nodeName"]?.string ?? "").isEmpty || phase == "Failed" || phase == "Succeeded" { return 0 }
        var grace = options.gracePeriodSeconds ?? old["spec"]?["terminationGracePeriodSeconds"]?.int ?? 30
        if grace < 0 { grace = 1 }
        return grace
    }

    /// The finalizers that the deletion leaves, with those that carry its propagation policy.
    private static func finalizers(_ present: [String], resource: ResourceFacts, options: DeleteOptions) -> [String] {
        var wantsOrphan = present.contains("orphan")
        var wantsForeground = present.contains("foregroundDeletion")
        if let policy = options.propagationPolicy {
            wantsOrphan = policy == "Orphan"
            wantsForeground = policy == "Foreground"
        } else if let orphan = options.orphanDependents {
            wantsOrphan = orphan
            wantsForeground = false
        } else if !wantsOrphan, !wantsForeground, StorageTraits(resource.groupResource).orphansByDefault {
            wantsOrphan = true
        }
        var kept = present.filter { $0 != "orphan" && $0 != "foregroundDeletion" }
        if wantsOrphan { kept.append("orphan") }
        if wantsForeground { kept.append("foregroundDeletion") }
        return kept
    }

    /// A namespace is marked, turns to Terminating, and goes when its content and its finalizers are gone.
    private static func namespace(
        _ old: JSON, isMarked: Bool, options: DeleteOptions, resource: ResourceFacts, now: Timestamp
    ) -> DeletionPlan {
        if isMarked {
            let empty = (old["spec"]?["finalizers"]?.array ?? []).isEmpty && (old["metadata"]?["finalizers"]?.array ?? []).isEmpty
            return empty ? .remove(old) : .unchanged
        }
        var object = old
        object[path: "metadata", "deletionTimestamp"] = .string(now.description)
        object[path: "status", "phase"] = "Terminating"
        let kept = finalizers(old["metadata"]?["finalizers"]?.strings ?? [], resource: resource, options: options)
        object["metadata"]?["finalizers"] = kept.isEmpty ? nil : JSON(kept)
        return .mark(object)
    }
}
