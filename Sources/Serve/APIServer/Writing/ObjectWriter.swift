import CustomResources
import JSONValue
import KubeModel
import ObjectDefaults
import ObjectPatch
import ObjectWarnings
import PolicyModel
import Store

/// Turns an authorized write into an admitted one: reads the body, brings it to its final form, has it admitted and
/// checked. What it hands on can only be made by ``Admission``.
struct ObjectWriter: Sendable {
    let registry: Registry
    let cache: ObjectCache
    let store: Store
    let admission: Admission
    let committer: Committer
    let clock: @Sendable () -> Timestamp

    /// How often a write is tried again when another one came between its read and its commit.
    static let attempts = 10

    /// Field ownership on an endpoint of a resource.
    func managedFields(_ resource: ServedResource, _ subresource: String?) -> ManagedFields {
        if let custom = resource.custom { return custom.managedFields(subresource) }
        let kind = resource.facts.groupVersionKind
        return ManagedFields(kind: kind, subresource: subresource ?? "", catalog: registry.catalog) { object, apiVersion in
            guard let version = GroupVersion(apiVersion) else { return nil }
            if version == kind.groupVersion { return object }
            return ObjectConversion.convert(object, from: kind, to: GroupVersionKind(group: version.group, version: version.version, kind: kind.kind))
        }
    }

    /// Records who owns the fields of an object that a client writes, in the form in which the object will be stored.
    private func own(_ object: inout JSON, live: JSON?, _ resource: ServedResource, _ subresource: String?, manager: String, now: Timestamp) {
        var written = object
        ObjectNormalization.normalize(&written, kind: resource.facts.groupVersionKind)
        // An empty list that is given is owned, although it is stored as none.
        for field in ["rules", "subjects"] where object[field] == [] { written[field] = [] }
        if resource.facts.isBuiltin("CSINode", in: "storage.k8s.io"), object["spec"]?["drivers"] == [] { written[path: "spec", "drivers"] = [] }
        if resource.facts.isBuiltin("DaemonSet", in: "apps") {
            let path = ["metadata", "annotations", "deprecated.daemonset.template.generation"]
            // The form in which daemon sets are written carries their generation.
            if written[path: path] == nil { written[path: path] = "0" }
        }
        let owned = managedFields(resource, subresource).update(live: live, new: written, manager: manager, now: now.description)
        object["metadata"]?["managedFields"] = owned["metadata"]?["managedFields"]
    }

    // MARK: Create

    func create(_ request: AuthorizedRequest, _ resource: ServedResource) async throws -> WriteResult {
        let options = try WriteOptions(request.request, kind: "CreateOptions")
        let body = try RequestBody.object(request.request, resource: resource, validation: options.fieldValidation, now: clock())
        return try await create(request, resource, object: body.object, options: options, warnings: body.warnings)
    }

    /// What must still hold when a new object is stored: that its kind is defined as it was when it was checked.
    private func guards(_ resource: ServedResource) throws(StatusError) -> [Mutation] {
        guard let custom = resource.custom else { return [] }
        if custom.isTerminating {
            throw StatusError(
                code: 405, reason: "MethodNotAllowed", message: "create not allowed while custom resource definition is terminating",
                details: .init(group: resource.facts.group, kind: resource.facts.plural))
        }
        let definitions = GroupResource(group: "apiextensions.k8s.io", resource: "customresourcedefinitions")
        return [.init(resource: definitions, key: custom.definitionKey, change: .keep, expect: .revision(custom.definitionRevision))]
    }

    func create(
        _ request: AuthorizedRequest, _ given: ServedResource, object body: JSON, options: WriteOptions, warnings: [String] = [],
        hasManagedFields: Bool = false
    ) async throws -> WriteResult {
        var resource = given
        guard let storage = resource.storage else { throw StatusError.methodNotAllowed }
        var object = body
        try bindNamespace(&object, request: request, resource: resource)
        let now = clock()
        let facts = resource.facts
        let generateName = object["metadata"]?["generateName"]?.string ?? ""
        let isGenerated = (object["metadata"]?["name"]?.string ?? "").isEmpty && !generateName.isEmpty
        var tries = 0
        while true {
            tries += 1
            let guards = try guards(resource)
            var candidate = object
            // What only the server sets is dropped before anyone can claim it.
            for field in ["resourceVersion", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "managedFields"]
            where field != "resourceVersion" && field != "managedFields" {
                candidate["metadata"]?[field] = nil
            }
            if let version = object["metadata"]?["resourceVersion"]?.string, !version.isEmpty, version != "0" {
                throw StatusError(code: 500, reason: "", message: "resourceVersion should not be set on objects to be created")
            }
            candidate["metadata"]?["resourceVersion"] = nil
            if isGenerated { candidate["metadata"]?["name"] = .string(Identifiers.name(generateName: generateName)) }
            let ownerWarnings = Metadata.dedupOwnerReferences(&candidate)
            if !hasManagedFields { own(&candidate, live: nil, resource, nil, manager: options.fieldManager, now: now) }
            let proposal = Proposal(operation: .create, resource: resource, subresource: nil, object: candidate, old: nil, isDryRun: options.isDryRun)
            let early = warnings + ownerWarnings + ObjectWarnings.onArrival(candidate, kind: facts.groupVersionKind)
            let admitted = try await admission.admit(proposal, request, warnings: early) { [resource] object, warnings throws(StatusError) in
                object[path: "metadata", "uid"] = .string(Identifiers.uid())
                object[path: "metadata", "creationTimestamp"] = .string(now.description)
                if let custom = resource.custom {
                    ObjectStrategy.prepareCustomResourceForCreate(&object, hasStatusSubresource: custom.version.hasStatus)
                } else {
                    ObjectStrategy.prepareForCreate(&object, kind: facts.groupVersionKind, context: .init(request.user, now: now))
                }
                let errors = Validation.create(object, resource: resource)
                if !errors.isEmpty {
                    throw .invalid(facts.kind, group: facts.groupInRefusals, name: object["metadata"]?["name"]?.string ?? "", errors)
                }
                warnings += ObjectWarnings.onCreate(object, kind: facts.groupVersionKind)
                ObjectNormalization.finish(&object, kind: facts.groupVersionKind, now: now)
            }
            let stored = try encode(admitted.object, resource: resource, storage: storage)
            let key = resource.key(namespace: admitted.namespace, name: admitted.name)
            if admitted.isDryRun, cache[storage.resource]?[key] != nil {
                throw WarnedRefusal.of(StatusError.alreadyExists(facts.groupResource, name: admitted.name), warnings: admitted.warnings)
            }
            let all = admitted.warnings
            do {
                let object = try await committer.commit(
                    admitted, [.init(resource: storage.resource, key: key, change: .put(stored), expect: .absent)] + guards + mutations(of: admitted.charges), reading: key)
                return WriteResult(object: object, resource: resource, status: 201, warnings: all)
            } catch is CommitConflict {
                admission.settle(proposal.with(admitted.object))
                if resource.custom != nil, cache[storage.resource]?[key] == nil, tries < Self.attempts {
                    // The kind was defined anew, or is about to go.
                    guard let now = registry.current(resource) else { throw Router.noSuchResource }
                    resource = now
                    continue
                }
                // Another write charged the same quota.
                if !admitted.charges.isEmpty, cache[storage.resource]?[key] == nil, tries < Self.attempts { continue }
                if isGenerated, tries < 8 { continue }
                var error = StatusError.alreadyExists(facts.groupResource, name: admitted.name)
                if cache[storage.resource]?[key]?.tree["metadata"]?["deletionTimestamp"] != nil {
                    error.message = "object is being deleted: " + error.message
                }
                throw WarnedRefusal.of(error, warnings: all)
            }
        }
    }

    /// Sets the namespace of the path on the object; refuses another one.
    private func bindNamespace(_ object: inout JSON, request: AuthorizedRequest, resource: ServedResource) throws(StatusError) {
        if object["metadata"]?.object == nil { object["metadata"] = [:] }
        guard resource.facts.isNamespaced else {
            if let namespace = object["metadata"]?["namespace"]?.string, !namespace.isEmpty {
                throw .badRequest("namespace must be empty for cluster-scoped objects, found \(goQuoted(namespace))")
            }
            return
        }
        let given = object["metadata"]?["namespace"]?.string ?? ""
        if !given.isEmpty, given != request.info.namespace {
            throw .badRequest("the namespace of the provided object does not match the namespace sent on the request")
        }
        object["metadata"]?["namespace"] = .string(request.info.namespace)
    }

    /// The bytes of an object as they are stored: storage version, identity first, without the resource version.
    func encode(_ object: JSON, resource: ServedResource, storage: ServedResource.Storage) throws(StatusError) -> [UInt8] {
        var tree = object
        if resource.custom == nil, resource.needsConversion {
            guard let converted = ObjectConversion.convert(object, from: resource.facts.groupVersionKind, to: storage.kind) else {
                throw .internalError("\(resource.facts.groupVersionKind) cannot be converted to \(storage.kind)")
            }
            tree = converted
        }
        var metadata = tree["metadata"]?.object ?? JSONObject()
        metadata["resourceVersion"] = nil
        metadata["selfLink"] = nil
        metadata.moveToFront("namespace")
        metadata.moveToFront("name")
        var writer = JSONWriter(capacity: 2048)
        writer.raw("{\"kind\":\"\(storage.kind.kind)\",\"apiVersion\":\"\(storage.kind.groupVersion)\",\"metadata\":")
        writer.write(metadata)
        for (key, value) in tree.object ?? JSONObject() where key != "kind" && key != "apiVersion" && key != "metadata" {
            writer.byte(0x2C)
            writer.string(key)
            writer.byte(0x3A)
            writer.write(value)
        }
        writer.byte(0x7D)
        return writer.bytes
    }

    /// What is written of the quotas that the write is charged to.
    func mutations(of charges: [QuotaCharge]) throws(StatusError) -> [Mutation] {
        if charges.isEmpty { return [] }
        guard let quotas = registry["", "v1", "resourcequotas"], let storage = quotas.storage else { return [] }
        var mutations: [Mutation] = []
        for charge in charges {
            let bytes = try encode(charge.quota, resource: quotas, storage: storage)
            mutations.append(.init(resource: QuotaCharge.resource, key: charge.key, change: .put(bytes), expect: .revision(charge.revision)))
        }
        return mutations
    }

    // MARK: Update

    /// What an update makes of the present object; nil as the present object means that there is none.
    typealias Change = @Sendable (_ current: JSON?) throws(StatusError) -> ChangedObject

    /// The new object of an update and what was found on the way.
    struct ChangedObject: Sendable {
        var object: JSON
        var warnings: [String] = []
        /// Field ownership has been computed already (server-side apply).
        var hasManagedFields = false
        /// Made by changing the present object: needs no resource version.
        var isFromPresent = false
    }

    func put(_ request: AuthorizedRequest, _ resource: ServedResource, subresource: String?) async throws -> WriteResult {
        let options = try WriteOptions(request.request, kind: "UpdateOptions")
        let body = try RequestBody.object(request.request, resource: resource, validation: options.fieldValidation, now: clock())
        var object = body.object
        let name = object["metadata"]?["name"]?.string ?? ""
        if name.isEmpty {
            if resource.facts.isNamespaced || object["metadata"]?["name"] == nil {
                throw StatusError.undeterminable(name: request.info.name)
            }
        }
        if !name.isExactly(request.info.name) {
            throw StatusError.badRequest("the name of the object (\(name)) does not match the name on the URL (\(request.info.name))")
        }
        try bindNamespace(&object, request: request, resource: resource)
        return try await update(request, resource, subresource: subresource, options: options, mayCreate: subresource == nil && ObjectStrategy.allowsCreateOnUpdate(resource.facts.groupVersionKind)) {
            [object, warnings = body.warnings] _ in ChangedObject(object: object, warnings: warnings)
        }
    }

    func patch(_ request: AuthorizedRequest, _ resource: ServedResource, subresource: String?) async throws -> WriteResult {
        _ = try RequestPatch.form(of: request.request)
        let options = try WriteOptions(request.request, kind: "PatchOptions")
        let patch = try RequestPatch(request.request, resource: resource, options: options, registry: registry, now: clock())
        let isApply = patch.isApply
        return try await update(request, resource, subresource: subresource, options: options, mayCreate: isApply && subresource == nil) {
            current throws(StatusError) in try patch.apply(to: current, subresource: subresource)
        }
    }

    /// Reads, changes, admits and commits until no other write came between.
    func update(
        _ request: AuthorizedRequest, _ resource: ServedResource, subresource: String?, options: WriteOptions, mayCreate: Bool, change: Change
    ) async throws -> WriteResult {
        guard let storage = resource.storage, let objects = cache[storage.resource] else { throw StatusError.methodNotAllowed }
        let facts = resource.facts
        let key = resource.key(namespace: request.info.namespace, name: request.info.name)
        for attempt in 1...Self.attempts {
            guard let current = objects[key] else {
                guard mayCreate else { throw StatusError.notFound(facts.groupResource, name: request.info.name) }
                let creation = try request.creating(admission.authorizer)
                let changed = try change(nil)
                var object = changed.object
                if object["metadata"]?["uid"]?.string.map({ !$0.isEmpty }) == true {
                    throw StatusError.conflict(
                        facts.groupResource, name: request.info.name,
                        "Precondition failed: UID in precondition: \(object["metadata"]?["uid"]?.string ?? ""), UID in object meta: ")
                }
                object["metadata"]?["resourceVersion"] = nil
                return try await create(creation, resource, object: object, options: options, warnings: changed.warnings, hasManagedFields: changed.hasManagedFields)
            }
            let old = served(current, resource: resource)
            let changed = try change(old)
            if let result = try await attemptUpdate(
                request, resource, storage: storage, subresource: subresource, options: options, current: current, old: old, changed: changed)
            {
                return result
            }
            if attempt == Self.attempts { break }
        }
        throw StatusError.conflict(
            facts.groupResource, name: request.info.name,
            "the object has been modified; please apply your changes to the latest version and try again")
    }

    func served(_ object: CachedObject, resource: ServedResource) -> JSON { resource.served(object.tree) }

    /// One attempt; nil when another write came between and the attempt may be repeated.
    private func attemptUpdate(
        _ request: AuthorizedRequest, _ resource: ServedResource, storage: ServedResource.Storage, subresource: String?, options: WriteOptions,
        current: CachedObject, old: JSON, changed: ChangedObject
    ) async throws -> WriteResult? {
        let facts = resource.facts
        let name = request.info.name
        var object = changed.object
        if object["metadata"]?.object == nil { object["metadata"] = [:] }
        let isPinned = try checkPreconditions(object, isFromPresent: changed.isFromPresent, current: current, resource: resource)
        let now = clock()
        if (object["metadata"]?["uid"]?.string ?? "").isEmpty { object["metadata"]?["uid"] = old["metadata"]?["uid"] }
        object["metadata"]?["resourceVersion"] = nil
        var oldPlain = old
        oldPlain["metadata"]?["resourceVersion"] = nil
        var warnings = changed.warnings
        warnings += Metadata.dedupOwnerReferences(&object)
        // A binding is the scheduler's act, not a claim on fields.
        if !changed.hasManagedFields, subresource != "binding" {
            own(&object, live: oldPlain, resource, subresource, manager: options.fieldManager, now: now)
        }
        let proposal = Proposal(
            operation: .update, resource: resource, subresource: subresource, object: object, old: oldPlain, isDryRun: options.isDryRun)
        let admitted = try await admission.admit(proposal, request, warnings: warnings) { object, warnings throws(StatusError) in
            Metadata.carryOver(from: oldPlain, to: &object)
            if let custom = resource.custom {
                ObjectStrategy.prepareCustomResourceForUpdate(
                    &object, old: oldPlain, subresource: subresource, hasStatusSubresource: custom.version.hasStatus)
            } else {
                ObjectStrategy.prepareForUpdate(
                    &object, old: oldPlain, kind: facts.groupVersionKind, subresource: subresource, context: .init(request.user, now: now))
            }
            let errors = Validation.update(object, old: oldPlain, resource: resource, subresource: subresource)
            if !errors.isEmpty { throw .invalid(facts.kind, group: facts.groupInRefusals, name: name, errors) }
            // An object keeps its identity, whatever validation thinks of it.
            object["metadata"]?["uid"] = oldPlain["metadata"]?["uid"]
            if subresource == nil { warnings += ObjectWarnings.onUpdate(object, old: oldPlain, kind: facts.groupVersionKind) }
            ObjectNormalization.finish(&object, kind: facts.groupVersionKind, now: now)
            object = ManagedFields.withoutIdleTimes(object, live: oldPlain)
        }
        warnings = admitted.warnings
        let result = admitted.object
        if result == oldPlain {
            return WriteResult(object: current, resource: resource, status: 200, warnings: warnings)
        }
        let metadata = result["metadata"]
        // The last finalizer of an object that waits for its deletion is gone: so is the object.
        let finalized = metadata?["deletionTimestamp"]?.string != nil && (metadata?["finalizers"]?.array ?? []).isEmpty
            && (metadata?["deletionGracePeriodSeconds"]?.int ?? 0) == 0
            && (!facts.isBuiltin("Namespace", in: "") || (result["spec"]?["finalizers"]?.array ?? []).isEmpty)
        let bytes = try encode(result, resource: resource, storage: storage)
        let mutation = Mutation(
            resource: storage.resource, key: current.key, change: finalized ? .delete : .put(bytes), expect: .revision(current.revision))
        do {
            if finalized {
                // What held the object goes with this update: so does what it took.
                let release = try admission.charge(
                    Proposal(operation: .delete, resource: resource, object: oldPlain, old: oldPlain, isDryRun: options.isDryRun),
                    namespace: request.info.namespace)
                _ = try await committer.commit(admitted, [mutation] + mutations(of: release), reading: nil)
                var answer = result
                answer["metadata"]?["resourceVersion"] = .string(String(current.revision.rawValue))
                return WriteResult(tree: answer, resource: resource, status: 200, warnings: warnings)
            }
            let object = try await committer.commit(
                admitted, [mutation] + mutations(of: admitted.charges), reading: current.key, unstoredRevision: current.revision)
            return WriteResult(object: object, resource: resource, status: 200, warnings: warnings)
        } catch is CommitConflict {
            let isOvertaken = cache[storage.resource]?[current.key]?.revision != current.revision
            if isPinned, isOvertaken || admitted.charges.isEmpty {
                throw StatusError.conflict(
                    facts.groupResource, name: name, "the object has been modified; please apply your changes to the latest version and try again")
            }
            return nil
        }
    }

    /// Whether the write names the version that it changes; throws when that is not the present one.
    private func checkPreconditions(
        _ object: JSON, isFromPresent: Bool, current: CachedObject, resource: ServedResource
    ) throws(StatusError) -> Bool {
        let facts = resource.facts
        let metadata = object["metadata"]
        let version = metadata?["resourceVersion"]?.string ?? ""
        var pinned = false
        if !version.isEmpty {
            guard let number = UInt64(version) else {
                throw StatusError(code: 500, reason: "", message: "strconv.ParseUint: parsing \(goQuoted(version)): invalid syntax")
            }
            pinned = number != 0
            if pinned, number != UInt64(current.revision.rawValue) {
                throw .conflict(
                    facts.groupResource, name: current.name,
                    "the object has been modified; please apply your changes to the latest version and try again")
            }
        }
        // What a patch makes of the uid is a matter of validation.
        if !isFromPresent, let uid = metadata?["uid"]?.string, !uid.isEmpty, uid != current.uid {
            throw .conflict(
                facts.groupResource, name: current.name,
                "StorageError: invalid object, Code: 4, Key: \(current.key), ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: \(uid), UID in object meta: \(current.uid)")
        }
        if !pinned, !isFromPresent, resource.custom != nil || !ObjectStrategy.allowsUnconditionalUpdate(facts.groupVersionKind) {
            // Some kinds are refused in the name of their resource, as kube-apiserver does.
            let isAggregated = resource.custom != nil || ["apiregistration.k8s.io", "apiextensions.k8s.io"].contains(facts.group)
            throw .invalid(
                isAggregated ? facts.plural : facts.kind, group: facts.group, name: current.name,
                [.init(.invalid, "metadata.resourceVersion", isAggregated ? .text("0") : .text("0x0"), "must be specified for an update")])
        }
        return pinned
    }
}

extension ResourceFacts {
    /// Whether this is a kind of a built-in group; CRDs may give any name to kinds of theirs.
    func isBuiltin(_ kind: String, in group: String) -> Bool { self.kind == kind && self.group == group }

    /// The group under which validation speaks of the kind: events are one kind in two groups.
    var groupInRefusals: String { group == "events.k8s.io" ? "" : group }
}

extension StatusError {
    static var methodNotAllowed: StatusError {
        .init(code: 405, reason: "MethodNotAllowed", message: "the server does not allow this method on the requested resource", details: .init())
    }
}

/// What a write answers.
struct WriteResult: Sendable {
    enum Content: Sendable {
        case stored(CachedObject)
        case tree(JSON)
    }
    var content: Content
    var resource: ServedResource
    var status: Int
    var warnings: [String]

    init(object: CachedObject, resource: ServedResource, status: Int, warnings: [String]) {
        content = .stored(object)
        self.resource = resource
        self.status = status
        self.warnings = warnings
    }
    init(tree: JSON, resource: ServedResource, status: Int, warnings: [String]) {
        content = .tree(tree)
        self.resource = resource
        self.status = status
        self.warnings = warnings
    }
}
