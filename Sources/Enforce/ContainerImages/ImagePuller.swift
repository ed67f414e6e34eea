package import ContentStore
package import OCIModel

/// What happens during a pull.
package enum PullProgress: Hashable, Sendable {
    /// A host is asked.
    case asking(endpoint: String)
    /// It did not give what it should; the next one is asked.
    case failed(endpoint: String, why: String)
    /// The image is known: so many layers, so many bytes.
    case resolved(digest: ImageDigest, layers: Int, bytes: Int64)
    /// So much of a blob is here.
    case received(ImageDigest, bytes: Int64, of: Int64)
    /// A blob is here and verified.
    case done(ImageDigest)
}

extension ImageLibrary {
    /// How many blobs are fetched at once.
    private static let parallel = 3
    /// How often something is asked for when its registry may answer another time.
    private static let attempts = 4
    /// And when there is another host to ask.
    private static let attemptsBeforeNext = 2

    /// Fetches an image and gives it its name. Blobs that are here are not fetched, and those that broke off go on.
    ///
    /// - Parameters:
    ///   - registries: which hosts stand for the image's registry.
    ///   - credentials: of the pod and the node.
    ///   - remembersCredentials: whether only pods that would offer the same credentials may use it afterwards; a node's owner who
    ///     fetches an image gives it to all.
    ///   - maximumSize: of all layers as they travel, in bytes.
    package func pull(
        _ reference: ImageReference, registries: ImageRegistryConfiguration = ImageRegistryConfiguration(),
        credentials: ImageRegistryCredentials = ImageRegistryCredentials(), remembersCredentials: Bool = false, maximumSize: Int64 = 32 << 30,
        progress: @escaping @Sendable (PullProgress) -> Void = { _ in }
    ) async throws -> ImageRecord {
        var failures: [any Error] = []
        let endpoints = registries.endpoints(for: reference.domain)
        for (index, endpoint) in endpoints.enumerated() {
            progress(.asking(endpoint: endpoint.description))
            let offered = credentials.offered(to: endpoint, for: reference)
            var client: RegistryClient?
            do {
                let asked = try RegistryClient(endpoint, repository: reference.path, credentials: offered)
                client = asked
                let attempts = index == endpoints.count - 1 ? Self.attempts : Self.attemptsBeforeNext
                // One mark for each set of credentials, however often they fetch the image.
                let known = remembersCredentials ? try store.image(reference)?.pullers ?? [] : []
                let puller = remembersCredentials ? CredentialMark.make(offered, known: known) : nil
                let record = try await pull(reference, from: asked, attempts, puller: puller, maximumSize: maximumSize, progress)
                await asked.shutDown()
                return record
            } catch {
                await client?.shutDown()
                // The disk and the image itself are the same whoever is asked.
                guard error is RegistryError || Self.isWrongContent(error) else { throw error }
                progress(.failed(endpoint: endpoint.description, why: "\(error)"))
                failures.append(error)
            }
        }
        guard let first = failures.first else { throw ImageError("no host is configured for \(reference.domain)") }
        // Each host has its own reason, and the last one is seldom the one to mend.
        throw failures.count == 1 ? first : ImageError(failures.map { "\($0)" }.joined(separator: "; "))
    }

    private static func isWrongContent(_ error: any Error) -> Bool {
        switch error as? ContentStoreError {
        case .mismatch, .size: true
        default: false
        }
    }

    private func pull(
        _ reference: ImageReference, from client: RegistryClient, _ attempts: Int, puller: String?, maximumSize: Int64,
        _ progress: @escaping @Sendable (PullProgress) -> Void
    ) async throws -> ImageRecord {
        let lease = try store.lease()
        defer { lease.end() }
        let target = try await document(reference.selector, client, lease, attempts)
        var descriptor = target
        for _ in 0..<3 where descriptor.knownType?.isIndex == true {
            let index = try ImageIndex(parsing: try store.read(descriptor.digest, limit: ImageManifest.maximumSize))
            guard let chosen = index.select(platform) else {
                throw ImageError("\(reference.familiar) has nothing for \(platform), only for \(index.platforms.map(\.description).joined(separator: ", "))")
            }
            let found = try await document(chosen.digest.description, client, lease, attempts)
            // What the index says of it is what was verified.
            guard found.mediaType == chosen.mediaType, found.size == chosen.size else { throw ImageError("the manifest \(chosen.digest) is not what the index says of it") }
            descriptor = found
        }
        guard descriptor.knownType?.isManifest == true else { throw ImageError("\(reference.familiar) is \(descriptor.mediaType.prefix(200)) and no image") }
        let manifest = try ImageManifest(parsing: try store.read(descriptor.digest, limit: ImageManifest.maximumSize))
        guard manifest.contentSize <= maximumSize else { throw ImageError("\(reference.familiar) has \(manifest.contentSize) bytes, more than the \(maximumSize) that are allowed") }
        progress(.resolved(digest: target.digest, layers: manifest.layers.count, bytes: manifest.contentSize))

        var blobs = [manifest.configuration]
        for layer in manifest.layers where !blobs.contains(where: { $0.digest == layer.digest }) { blobs.append(layer) }
        try lease.keep(blobs.map(\.digest))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, blob) in blobs.enumerated() {
                if index >= Self.parallel { try await group.next() }
                group.addTask { try await fetch(blob, client, attempts, progress) }
            }
            try await group.waitForAll()
        }
        var name = reference.description
        // A tag beside a digest was not asked for: it may mean something else by now.
        if let digest = reference.digest { name = reference.pinned(to: digest).description }
        var image = try record(name, target)
        image.pullers = puller.map { [$0] }
        try store.add([image])
        return image
    }

    /// Fetches a manifest or index into the store.
    private func document(_ selector: String, _ client: RegistryClient, _ lease: ContentLease, _ attempts: Int) async throws -> ImageDescriptor {
        if let digest = ImageDigest(selector) {
            try lease.keep([digest])
        }
        let (descriptor, bytes) = try await retrying(attempts) { try await client.manifest(selector) }
        try lease.keep([descriptor.digest])
        try store.store(bytes, as: descriptor.digest)
        return descriptor
    }

    private func fetch(
        _ blob: ImageDescriptor, _ client: RegistryClient, _ attempts: Int, _ progress: @escaping @Sendable (PullProgress) -> Void
    ) async throws {
        try await retrying(attempts) {
            while true {
                switch try store.tryIngest(blob.digest, size: blob.size) {
                case .present: return
                case .busy: try await Task.sleep(for: .milliseconds(50))
                case .writer(let writer):
                    return try await client.blob(blob, into: writer) { progress(.received(blob.digest, bytes: $0, of: blob.size)) }
                }
            }
        }
        progress(.done(blob.digest))
    }

    private func retrying<Value: Sendable>(_ attempts: Int, _ body: () async throws -> Value) async throws -> Value {
        var wait = Duration.milliseconds(200)
        for _ in 1..<attempts {
            do { return try await body() } catch let error as RegistryError {
                guard error.isTransient else { throw error }
            }
            try await Task.sleep(for: wait)
            wait *= 4
        }
        return try await body()
    }
}
