import Confinement
import Glibc
package import ContainerImages
import ContentStore
import JSONValue
import KubeModel
import LinuxKernel
package import OCIModel

/// Gets the images of containers: those that are here, or from their registries. What two containers want at once is fetched
/// once, and an image that failed is not asked for again at once.
package actor ImageService {
    /// An image that a container can be made of.
    struct Ready: Sendable {
        var record: ImageRecord
        var configuration: ImageConfiguration
        /// As the status shows it: the name with the digest.
        var id: String
    }

    /// What is told of on the way, as events of the pod.
    typealias Report = @Sendable (Notice) -> Void

    private let library: ImageLibrary
    private let registries: ImageRegistryConfiguration
    private let pulls = SharedFetches<PullKey, ImageRecord>()
    /// By what was asked and by whom: a pod without credentials does not keep those from pulling who have some.
    private var backOffs: [PullKey: (backOff: ImagePullBackOff, cause: String)] = [:]

    private let origin = ContinuousClock.now

    /// One fetch: those who have other credentials fetch for themselves.
    private struct PullKey: Hashable {
        var image: String
        var credentials: ImageRegistryCredentials
    }

    /// The folder by which users of a pod's own reach their files: they cannot pass through the node's.
    private let passage: String

    package init(library: ImageLibrary, registries: ImageRegistryConfiguration = ImageRegistryConfiguration(), passage: String) {
        self.library = library
        self.passage = passage
        self.registries = registries
    }

    /// Seconds of a clock that never goes back.
    private var now: Int64 { origin.duration(to: .now).components.seconds }

    /// The image of a container, as its pull policy wants it.
    ///
    /// - Throws: `ImagePullFailure`, which has the reason and message that the container's status shows.
    func image(_ container: JSON, credentials: ImageRegistryCredentials, report: Report) async throws(ImagePullFailure) -> Ready {
        let text = container["image"]?.string ?? ""
        let reference: ImageReference
        do { reference = try ImageReference(text) } catch {
            let failure = ImagePullFailure.invalidName(image: text, reason: "\(error)")
            report(Notice(isWarning: true, reason: "InspectFailed", message: failure.message))
            report(Notice(isWarning: true, reason: "Failed", message: "Error: \(failure.reason)"))
            throw failure
        }
        let policy = container["imagePullPolicy"]?.string.flatMap(ImagePullPolicy.init) ?? .standard(for: reference)
        var present = try await look(reference, text)
        // What another pod's secret fetched is asked for anew, as if it were not here.
        if let found = present, !library.mayUse(found, as: reference, registries: registries, credentials: credentials) { present = nil }
        switch policy.action(image: text, isPresent: present != nil) {
        case .use(let message):
            guard let present else { throw .inspect(image: text, cause: "the image is gone") }
            report(Notice(reason: "Pulled", message: message))
            return try await ready(present, text)
        case .fail(let failure):
            report(Notice(isWarning: true, reason: failure.reason, message: failure.message))
            throw failure
        case .pull(let message):
            return try await pull(reference, text, credentials, message, report)
        }
    }

    private func look(_ reference: ImageReference, _ text: String) async throws(ImagePullFailure) -> ImageRecord? {
        do {
            let library = library
            return try await KernelCall.waiting { try library.store.image(reference) }
        } catch { throw .inspect(image: text, cause: "\(error)") }
    }

    private func pull(
        _ reference: ImageReference, _ text: String, _ credentials: ImageRegistryCredentials, _ message: String, _ report: Report
    ) async throws(ImagePullFailure) -> Ready {
        let key = PullKey(image: text, credentials: credentials)
        if let last = backOffs[key], last.backOff.remaining(at: now) > 0 {
            let failure = ImagePullFailure.backOff(image: text, cause: last.cause)
            report(Notice(reason: "BackOff", message: "Back-off pulling image \"\(text)\""))
            throw failure
        }
        report(Notice(reason: "Pulling", message: message))
        let began = ContinuousClock.now
        do {
            let record = try await pulls.value(key) { [library, registries] in
                try await library.pull(reference, registries: registries, credentials: credentials, remembersCredentials: true)
            }
            backOffs[key] = nil
            let took = began.duration(to: .now)
            report(Notice(reason: "Pulled", message: ImagePullPolicy.pulledMessage(image: text, took: took, waited: .zero, size: record.size)))
            return try await ready(record, text)
        } catch is CancellationError {
            throw .pull(image: text, cause: "nobody waits for it any more")
        } catch {
            let cause = "failed to pull and unpack image \"\(text)\": \(error)"
            // Names are the pods' to choose: those that nobody asks for any more are not kept.
            backOffs = backOffs.filter { !$0.value.backOff.isForgotten(at: now) }
            var backOff = backOffs[key]?.backOff ?? ImagePullBackOff()
            if backOff.remaining(at: now) == 0 { backOff.fail(at: now) }
            backOffs[key] = (backOff, cause)
            report(Notice(isWarning: true, reason: "Failed", message: "Failed to pull image \"\(text)\": \(cause)"))
            report(Notice(isWarning: true, reason: "Failed", message: "Error: ErrImagePull"))
            throw .pull(image: text, cause: cause)
        }
    }

    private func ready(_ record: ImageRecord, _ text: String) async throws(ImagePullFailure) -> Ready {
        do {
            let library = library
            return try await KernelCall.waiting {
                try library.store.use(record.name)
                let (_, _, configuration) = try library.resolve(record.target)
                let reference = try ImageReference(record.name)
                return Ready(record: record, configuration: configuration, id: "\(reference.domain)/\(reference.path)@\(record.target.digest)")
            }
        } catch { throw .inspect(image: text, cause: "\(error)") }
    }

    // MARK: Root file systems

    /// The users of a pod that has its own.
    struct Users: Sendable {
        /// The number of their root, as the node has it.
        var first: UInt32
        /// The file of their user namespace.
        var namespace: String
    }

    /// Mounts the root file system of a container; answers its path, and what the image's account files say.
    ///
    /// It can be written: the runtime makes in it what mounts need, and sees to it that the container of a read-only one cannot.
    ///
    /// - Parameter users: whom the image's files belong to; nil for the node's own users.
    nonisolated func mountRoot(_ id: String, of image: Ready, users: Users?) async throws -> (path: String, accounts: ImageAccounts) {
        let (library, passage) = (library, passage)
        return try await KernelCall.waiting {
            let root: String
            if let users {
                root = try Self.mount(id, image.record, for: users, library, passage)
            } else {
                root = try library.mountRoot(id, of: image.record)
            }
            // An image without them is one; files that are too long have no users.
            let passwd = (try? FileTree.text("etc/passwd", in: root, limit: 1 << 20)) ?? ""
            let group = (try? FileTree.text("etc/group", in: root, limit: 1 << 20)) ?? ""
            return (root, ImageAccounts(passwd: passwd, group: group))
        }
    }

    /// The root file system for users of a pod's own: the layers are mounted with the files belonging to them, which costs
    /// nothing; where only the machine's root may do that, the files are copied.
    private static func mount(_ id: String, _ image: ImageRecord, for users: Users, _ library: ImageLibrary, _ passage: String) throws -> String {
        let folder = library.store.rootPath(id)
        var layers: [String] = []
        defer { for layer in layers { try? UserMounts.unmount(layer) } }
        let seen = passage + "/" + id
        guard unsafe mkdir(seen, 0o711) == 0 || errno == EEXIST else { throw SystemError("make \(seen)", errno) }
        do {
            let root = try library.mountRoot(id, of: image, owner: users.first) { path, number in
                let layer = "\(folder)/layer-\(number)"
                guard unsafe mkdir(layer, 0o700) == 0 || errno == EEXIST else { throw SystemError("make \(layer)", errno) }
                try UserMounts.mount(path, on: layer, for: users.namespace)
                layers.append(layer)
                return layer
            }
            try UserMounts.mount(root, on: seen)
        } catch let error as SystemError where [EPERM, EINVAL, ENOSYS].contains(error.code) {
            for layer in layers { try? UserMounts.unmount(layer) }
            try? library.unmountRoot(id)
            let root = try library.mountRoot(id, of: image)
            let copy = folder + "/copy"
            try UserMounts.copy(root, to: copy, shiftedBy: users.first)
            try UserMounts.unmount(root)
            try UserMounts.mount(copy, on: seen)
        }
        return seen
    }

    /// Unmounts a root file system and removes what the container wrote. Nothing when there is none.
    nonisolated func unmountRoot(_ id: String) async throws {
        let (library, passage) = (library, passage)
        try await KernelCall.waiting {
            try UserMounts.unmount(passage + "/" + id)
            _ = unsafe rmdir(passage + "/" + id)
            try library.unmountRoot(id)
        }
    }

    /// Removes what no container needs when the disk is nearly full.
    nonisolated func collect() async throws -> ContentStore.Collected {
        let library = library
        return try await KernelCall.waiting { try library.store.collect(ImageCollectionPolicy()) }
    }
}
