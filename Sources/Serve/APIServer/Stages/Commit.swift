import KubeModel
import Store

/// Another write came between the read and the commit.
struct CommitConflict: Error {
    /// The revision that the object has now; nil when it is not there.
    var actual: Revision?
}

/// The commit stage: the only way from a request into the store. Takes nothing but an ``AdmittedRequest``.
struct Committer: Sendable {
    let store: Store

    /// Commits the mutations of an admitted request; answers when they are durable and in the cache.
    ///
    /// - Parameter key: the object to answer with its new revision.
    /// - Parameter unstoredRevision: the version that a dry run answers with.
    /// - Throws: ``CommitConflict`` when an expectation does not hold, ``StatusError`` 500 when the store refuses.
    func commit(_ admitted: AdmittedRequest, _ mutations: [Mutation], reading key: String, unstoredRevision: Revision? = nil) async throws -> CachedObject {
        guard let mutation = mutations.first(where: { $0.key == key }), case .put(let value) = mutation.change else {
            throw StatusError.internalError("a commit reads an object that it does not write")
        }
        guard let revision = try await run(admitted, mutations) else {
            return try CachedObject(key: key, value: value, revision: unstoredRevision)
        }
        return try CachedObject(key: key, value: value, revision: revision)
    }

    /// Commits the mutations of an admitted request that leaves no object to answer.
    func commit(_ admitted: AdmittedRequest, _ mutations: [Mutation], reading key: String?) async throws -> Revision? {
        try await run(admitted, mutations)
    }

    /// The revision of the commit; nil when nothing was to be stored.
    private func run(_ admitted: AdmittedRequest, _ mutations: [Mutation]) async throws -> Revision? {
        if admitted.isDryRun { return nil }
        do {
            return try await store.commit(mutations)
        } catch StoreError.conflict(_, let actual) {
            throw CommitConflict(actual: actual)
        } catch {
            throw StatusError.internalError("the store did not take the write: \(error)")
        }
    }
}
