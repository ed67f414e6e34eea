import CustomResources
import JSONValue
import KubeModel
import NIOCore
import NIOHTTP1
import ObjectTables
import Store
import Synchronization

/// Answers get, list and watch from the cache. Never waits for the store, save for revisions older than the cache.
struct ObjectReader: Sendable {
    let registry: Registry
    let cache: ObjectCache
    let store: Store
    let clock: @Sendable () -> Timestamp

    func answer(_ request: AuthorizedRequest, _ resource: ServedResource, negotiation: Negotiation) -> Answer {
        Answer(resource: resource, negotiation: negotiation, catalog: registry.catalog, now: clock())
    }

    /// One object.
    func get(_ request: AuthorizedRequest, _ resource: ServedResource) throws(StatusError) -> APIResponse {
        let negotiation = try negotiate(request.request)
        try checkInclude(request.request)
        try checkVersion(request.request)
        let object = try object(resource, namespace: request.info.namespace, name: request.info.name)
        if negotiation.shape == .partialMetadata, request.request.headers.first(name: "accept")?.contains("PartialObjectMetadataList") == true {
            throw StatusError(
                code: 406, reason: "NotAcceptable",
                message: "you requested PartialObjectMetadataList, but the requested object is not a list (*core.\(resource.facts.kind))")
        }
        return answer(request, resource, negotiation: negotiation)
            .object(object, include: request.request.query["includeObject"], warnings: resource.deprecationWarnings)
    }

    /// The stored object, or the refusal that says it is not there.
    func object(_ resource: ServedResource, namespace: String, name: String) throws(StatusError) -> CachedObject {
        guard let storage = resource.storage, let objects = cache[storage.resource] else {
            throw .notFound(resource.facts.groupResource, name: name)
        }
        guard let object = objects[resource.key(namespace: namespace, name: name)] else {
            throw .notFound(resource.facts.groupResource, name: name)
        }
        return object
    }

    /// A client that has seen a version is never answered with an older one.
    private func checkVersion(_ request: APIRequest) throws(StatusError) {
        guard let text = request.query["resourceVersion"], !text.isEmpty else { return }
        guard let wanted = UInt64(text), let revision = Int64(exactly: wanted).map(Revision.init(rawValue:)) else {
            throw StatusError(code: 500, reason: "", message: ListOptions.unreadable(text))
        }
        if revision > cache.revision { throw Self.tooLarge(revision, current: cache.revision) }
    }

    private static func tooLarge(_ wanted: Revision, current: Revision) -> StatusError {
        StatusError(
            code: 504, reason: "Timeout", message: "Timeout: Too large resource version: \(wanted.rawValue), current: \(current.rawValue)",
            details: .init(causes: [.init(reason: "ResourceVersionTooLarge", message: "Too large resource version")], retryAfterSeconds: 1))
    }

    private func checkInclude(_ request: APIRequest) throws(StatusError) { _ = try ObjectTables.IncludeObject(query: request.query["includeObject"]) }

    func negotiate(_ request: APIRequest, watch: Bool = false) throws(StatusError) -> Negotiation {
        guard let negotiation = Negotiation(accept: request.headers.first(name: "accept"), allowTables: true) else {
            throw Negotiation.notAcceptable(available: watch ? Negotiation.watchRepresentations : Negotiation.representations)
        }
        return negotiation
    }

    /// A collection, or one page of it.
    func list(_ request: AuthorizedRequest, _ resource: ServedResource) throws(StatusError) -> APIResponse {
        let negotiation = try negotiate(request.request)
        if negotiation.shape == .partialMetadata, let accept = request.request.headers.first(name: "accept"),
            accept.contains("as=PartialObjectMetadata;")
        {
            throw StatusError(
                code: 406, reason: "NotAcceptable",
                message: "you requested PartialObjectMetadata, but the requested object is a list (*core.\(resource.facts.kind)List)")
        }
        let options = try ListOptions(request.request, resource: resource, isWatch: false)
        try checkInclude(request.request)
        let page = try page(resource, namespace: request.info.namespace, options: options)
        return answer(request, resource, negotiation: negotiation).list(
            page.objects, metadata: page.metadata, include: request.request.query["includeObject"])
            .adding(warnings: resource.deprecationWarnings)
    }

    struct Page {
        var objects: [CachedObject]
        var metadata: JSON
    }

    /// Selects the objects of a list.
    func page(_ resource: ServedResource, namespace: String, options: ListOptions) throws(StatusError) -> Page {
        guard let storage = resource.storage, let objects = cache[storage.resource] else { return Page(objects: [], metadata: [:]) }
        let prefix = resource.prefix(namespace: namespace)
        let selection = ObjectSelection(prefix: prefix, labels: options.labels, fields: options.fields)
        var revision = cache.revision
        var start: String?
        var entries: SortedEntries?
        if let token = options.continueToken {
            // No token of ours names a revision that is yet to come.
            if token.revision > revision { throw Self.tooLarge(token.revision, current: revision) }
            revision = token.revision
            start = prefix + token.start
        }
        if let wanted = options.resourceVersion, wanted.rawValue > 0, options.continueToken == nil {
            if wanted > revision {
                throw StatusError(
                    code: 504, reason: "Timeout", message: "Timeout: Too large resource version: \(wanted.rawValue), current: \(revision.rawValue)",
                    details: .init(causes: [.init(reason: "ResourceVersionTooLarge", message: "Too large resource version")], retryAfterSeconds: 1))
            }
            // Without a match and with a limit, a revision means exactly that one.
            if options.versionMatch == .exact || (options.versionMatch == .unset && options.limit > 0) { revision = wanted }
        }
        let snapshot = objects.snapshot(atLeast: cache.revision)
        let unchanged = objects.lastChange <= revision
        if options.continueToken == nil, options.versionMatch != .exact, options.resourceVersion == nil || options.limit == 0 {
            revision = snapshot.revision
            entries = snapshot.entries
        } else if unchanged {
            entries = snapshot.entries
        }
        let old: SortedEntries
        if let entries { old = entries } else { old = try self.entries(at: revision, prefix: prefix, storage: storage, objects: objects) }
        var selected: [CachedObject] = []
        var hasMore = false
        var remaining = 0
        let counts = options.labels.isEverything && options.fields.requirements.isEmpty
        old.forEach(prefix: prefix, from: start) { object in
            guard selection.matches(object) else { return true }
            if options.limit > 0, selected.count >= options.limit {
                hasMore = true
                remaining += 1
                return counts
            }
            selected.append(object)
            return true
        }
        var metadata: JSON = ["resourceVersion": .string(String(revision.rawValue))]
        if hasMore, let last = selected.last {
            let rest = String(decoding: last.key.utf8.dropFirst(prefix.utf8.count), as: UTF8.self) + "\0"
            metadata["continue"] = .string(ContinueToken(revision: revision, start: rest).text)
            if counts { metadata["remainingItemCount"] = JSON(remaining) }
        }
        return Page(objects: selected, metadata: metadata)
    }

    /// The objects as they were at an old revision, from the log.
    private func entries(
        at revision: Revision, prefix: String, storage: ServedResource.Storage, objects: ResourceCache
    ) throws(StatusError) -> SortedEntries {
        let found: Result<SortedEntries, any Error> = Result {
            var entries = SortedEntries()
            for entry in try store.list(prefix: prefix, at: revision).entries {
                entries.insert(try objects.object(key: entry.key, value: try entry.value.get(), revision: entry.revision))
            }
            return entries
        }
        switch found {
        case .success(let entries): return entries
        case .failure(StoreError.compacted):
            throw StatusError(
                code: 410, reason: "Expired",
                message: "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.")
        case .failure(let error): throw .internalError("reading revision \(revision.rawValue): \(error)")
        }
    }

    /// Opens a watch on a collection or on one object.
    func watch(_ request: AuthorizedRequest, _ resource: ServedResource) throws(StatusError) -> APIResponse {
        let options = try ListOptions(request.request, resource: resource, isWatch: true)
        let negotiation = try negotiate(request.request, watch: true)
        guard let storage = resource.storage, let objects = cache[storage.resource] else {
            throw StatusError(code: 405, reason: "MethodNotAllowed", message: "the server does not allow this method on the requested resource", details: .init())
        }
        var prefix = resource.prefix(namespace: request.info.namespace)
        // The options bind the watch to the name already; the prefix only makes it cheaper.
        if !request.info.name.isEmpty, !resource.facts.isNamespaced || !request.info.namespace.isEmpty {
            prefix = resource.key(namespace: request.info.namespace, name: request.info.name)
        }
        let selection = ObjectSelection(prefix: prefix, labels: options.labels, fields: options.fields)
        let watcher = try open(selection, options: options, objects: objects)
        let stream = WatchStream(
            watcher: watcher, objects: objects, answer: answer(request, resource, negotiation: negotiation),
            include: request.request.query["includeObject"], cache: cache, allowBookmarks: options.allowBookmarks,
            timeoutSeconds: options.timeoutSeconds)
        return APIResponse(
            status: 200, contentType: negotiation.encoding == .json ? "application/json" : "application/json",
            headers: Answer.headers(resource.deprecationWarnings), body: .watch(stream))
    }

    private func open(_ selection: ObjectSelection, options: ListOptions, objects: ResourceCache) throws(StatusError) -> Watcher {
        let wanted = options.resourceVersion?.rawValue ?? 0
        if options.sendInitialEvents == true || (options.sendInitialEvents == nil && wanted == 0) {
            let watcher = Watcher(selection)
            let revision = objects.watchFromNow(watcher, global: cache.revision, prefix: selection.prefix)
            if options.sendInitialEvents == true, options.allowBookmarks { watcher.push(.initialEventsEnd(revision)) }
            return watcher
        }
        if wanted == 0 {
            let watcher = Watcher(selection)
            _ = objects.watchChanges(watcher, global: cache.revision)
            return watcher
        }
        let after = Revision(rawValue: wanted)
        if after > cache.revision {
            throw StatusError(
                code: 504, reason: "Timeout", message: "Timeout: Too large resource version: \(wanted), current: \(cache.revision.rawValue)",
                details: .init(causes: [.init(reason: "ResourceVersionTooLarge", message: "Too large resource version")], retryAfterSeconds: 1))
        }
        let watcher = Watcher(selection)
        if case .resumed = objects.watch(watcher, after: after) { return watcher }
        return try resumeFromLog(selection, after: after, objects: objects)
    }

    /// Reads the changes that are older than the cache's window from the store's log, then follows the cache.
    private func resumeFromLog(_ selection: ObjectSelection, after: Revision, objects: ResourceCache) throws(StatusError) -> Watcher {
        let watcher = Watcher(selection, held: true)
        let floor = objects.watchChanges(watcher, global: cache.revision)
        do {
            var items: [WatchItem] = []
            var position = after
            while position < floor {
                let page = try store.events(after: position, prefix: selection.prefix, limit: 1000)
                for change in page.events where change.revision <= floor {
                    guard let value = change.kind == .delete ? change.previousValue : change.value else { continue }
                    let object = try objects.object(key: change.key, value: value, revision: change.revision)
                    var previous: CachedObject?
                    if let before = change.previousValue {
                        previous = try objects.object(key: change.key, value: before, revision: change.revision)
                    }
                    if let item = watcher.translate(CacheEvent(object: object, previous: previous, isRemoval: change.kind == .delete)) {
                        items.append(item)
                    }
                }
                if page.isLast { break }
                position = page.through
            }
            watcher.release(first: items, floor: floor)
            return watcher
        } catch StoreError.compacted(let oldest) {
            objects.unwatch(watcher)
            throw StatusError(code: 410, reason: "Expired", message: "too old resource version: \(after.rawValue) (\(oldest.rawValue))")
        } catch {
            objects.unwatch(watcher)
            throw .internalError("reading the log after revision \(after.rawValue): \(error)")
        }
    }
}

extension APIResponse {
    /// The response with the headers that tell by which flow schema the request was classified.
    func adding(_ flow: FlowClassifier.Flow?) -> APIResponse {
        guard let flow else { return self }
        var copy = self
        copy.headers.append(("x-kubernetes-pf-flowschema-uid", flow.schemaUID))
        copy.headers.append(("x-kubernetes-pf-prioritylevel-uid", flow.levelUID))
        return copy
    }

    /// The response with warning headers added.
    func adding(warnings: [String]) -> APIResponse {
        if warnings.isEmpty { return self }
        var copy = self
        copy.headers += Answer.headers(warnings)
        return copy
    }
}

extension ServedResource {
    /// What the API says to everyone who uses a deprecated version.
    var deprecationWarnings: [String] {
        if let custom { return custom.version.deprecationWarning.map { [$0] } ?? [] }
        return switch (facts.group, facts.version, facts.plural) {
        case ("policy", "v1beta1", "podsecuritypolicies"):
            ["policy/v1beta1 PodSecurityPolicy is deprecated in v1.21+, unavailable in v1.25+"]
        case ("extensions", "v1beta1", "podsecuritypolicies"):
            ["extensions/v1beta1 PodSecurityPolicy is deprecated in v1.11+, unavailable in v1.16+; use policy/v1beta1 PodSecurityPolicy"]
        case ("", "v1", "endpoints"): ["v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"]
        case ("", "v1", "componentstatuses"): ["v1 ComponentStatus is deprecated in v1.19+"]
        default: []
        }
    }
}
