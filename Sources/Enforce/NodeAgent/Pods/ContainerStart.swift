import Confinement
import ContainerRuntime
import Glibc
import JSONValue
import KubeClient
import KubeModel
import LinuxKernel
import Logging
import OCIModel
import PodLifecycle
import PodVolumes

/// Why a container was not started: what its status shows.
struct ContainerStartFailure: Error, Sendable {
    var reason: String
    var message: String
    /// The whole pod fails for it, and is not tried again.
    var podFailure: PodFailure?
}

/// A container that was started.
struct StartedContainer: Sendable {
    var image: String
    var imageID: String
    var at: Timestamp
    var process: RuntimeProcess
    /// The signal that its image wants to be stopped with; nil for the usual one.
    var stopSignal: String?
}

/// Starts one container of a pod: image, volumes, confinement, root file system, process, in this order.
struct ContainerStart: Sendable {
    let services: PodServices
    let pod: JSON
    let folder: PodFolder
    /// What the containers of the pod share.
    let shared: ConfinedPod
    let podIPs: [String]
    let container: JSON
    /// The id that it gets at the runtime.
    let id: String
    /// How often it was started before.
    let attempt: Int64
    /// The process namespace of the container that an ephemeral container looks at.
    let target: String?
    /// Raised when the pod is to end: its image is not waited for then.
    let end: Interruption

    private var name: String { container["name"]?.string ?? "" }

    private func tell(_ reason: String, _ message: String, isWarning: Bool = false) {
        services.events.record([Notice(isWarning: isWarning, reason: reason, message: message)], about: pod)
    }

    /// - Throws: ``ContainerStartFailure``; nothing is left of the container then.
    func run() async throws(ContainerStartFailure) -> StartedContainer {
        let image = try await image()
        let identity = try await identity()
        let root: (path: String, accounts: ImageAccounts)
        let users = shared.users.flatMap { ids in identity.namespaces[.user].map { ImageService.Users(first: ids.hostID, namespace: $0) } }
        do { root = try await services.images.mountRoot(id, of: image, users: users) } catch {
            throw failed("CreateContainerError", "the root file system could not be mounted: \(error)")
        }
        do throws(ContainerStartFailure) {
            return try await start(image, identity, root.path, root.accounts)
        } catch {
            try? await services.runtime.remove(id)
            try? await services.images.unmountRoot(id)
            throw error
        }
    }

    private func failed(_ reason: String, _ message: String) -> ContainerStartFailure {
        tell("Failed", "Error: \(message)", isWarning: true)
        return ContainerStartFailure(reason: reason, message: message)
    }

    private func image() async throws(ContainerStartFailure) -> ImageService.Ready {
        let credentials: ImageRegistryCredentials
        do { credentials = try await services.objects.credentials(pod) } catch {
            throw failed("ErrImagePull", "the pod's imagePullSecrets cannot be used: \(error)")
        }
        do throws(ImagePullFailure) {
            return try await end.unlessRaised { [services, pod, container] () throws(ImagePullFailure) in
                try await services.images.image(container, credentials: credentials) { services.events.record([$0], about: pod) }
            }
        } catch {
            // Called off is not failed: by the pod's end, or by the agent's, whose successor fetches it.
            if end.isRaised || Task.isCancelled { throw ContainerStartFailure(reason: "ContainerCreating", message: "") }
            throw ContainerStartFailure(reason: error.reason, message: error.message)
        }
    }

    /// What the node gives the container, volumes and the objects of its environment with it.
    private func identity() async throws(ContainerStartFailure) -> PodIdentity {
        var identity = await services.sandboxes.identity(pod, folder: folder, podIPs: podIPs)
        do throws(VolumeError) {
            let ready = try await services.volumes.prepare(pod, shared: shared)
            identity.volumes = ready.volumes
            identity.blockDevices = ready.blockDevices
        } catch {
            tell(error.reason.rawValue, error.description, isWarning: true)
            throw ContainerStartFailure(reason: "ContainerCreating", message: "")
        }
        do { identity.environment = try await services.objects.environment(pod, container) } catch {
            throw failed("CreateContainerConfigError", "the environment cannot be read: \(error)")
        }
        identity.targetProcesses = target
        do {
            let words = folder.lastWords(id)
            try folder.write(words, "", mode: 0o666)
            if let users = shared.users { _ = unsafe chown(words, users.hostID, users.hostID) }
            identity.files.terminationLog = words
        } catch { throw failed("CreateContainerError", "\(error)") }
        return identity
    }

    private func start(
        _ image: ImageService.Ready, _ identity: PodIdentity, _ root: String, _ accounts: ImageAccounts
    ) async throws(ContainerStartFailure) -> StartedContainer {
        let configuration = image.configuration
        let facts = ImageFacts(
            user: configuration.user, environment: configuration.environment, entrypoint: configuration.entrypoint, command: configuration.command,
            workingDirectory: configuration.workingDirectory, accounts: accounts)
        let confined: ConfinedContainer
        switch Confinement.decide(pod: pod, container: name, image: facts, node: services.facts, identity: identity) {
        case .confined(let container): confined = container
        case .refused(let first, _):
            tell(first.reason.failsPod ? first.reason.rawValue : "Failed", (first.reason.failsPod ? "" : "Error: ") + first.message, isWarning: true)
            throw ContainerStartFailure(
                reason: first.reason.rawValue, message: first.message,
                podFailure: first.reason.failsPod ? PodFailure(reason: first.reason.rawValue, message: first.message) : nil)
        }
        for note in confined.notes { services.log.info("confinement", metadata: ["pod": "\(pod.namespace)/\(pod.name)", "field": "\(note.field)", "note": "\(note.text)"]) }
        var sources: [VolumeMountPlan: String] = [:]
        for mount in confined.volumeMounts {
            do throws(VolumeError) { sources[mount] = try await services.volumes.source(of: mount, container: name, pod: pod) } catch {
                throw failed("CreateContainerConfigError", error.message)
            }
        }
        let spec = confined.runtimeSpec(
            root: root, cgroup: services.sandboxes.cgroup(pod: pod.uid, container: id),
            annotations: annotations(configuration), source: { sources[$0] })
        return try await start(spec, image)
    }

    /// What somebody who finds the container later has to know of it.
    private func annotations(_ configuration: ImageConfiguration) -> [String: String] {
        var annotations = ["io.kubernetes.pod.uid": pod.uid, "io.kubernetes.container.name": name]
        if !configuration.stopSignal.isEmpty { annotations[ContainerBundle.stopSignalAnnotation] = configuration.stopSignal }
        return annotations
    }

    private func start(_ spec: RuntimeSpec, _ image: ImageService.Ready) async throws(ContainerStartFailure) -> StartedContainer {
        let log = ContainerLogFiles(folder: services.logs, pod: pod, container: name)
        do {
            try log.prepare()
            try await services.runtime.create(
                ContainerRuntime.Request(
                    id: id, name: "\(pod.namespace)_\(pod.name)_\(name)", spec: spec, log: log.path(attempt),
                    hasInput: container["stdin"]?.bool == true))
            tell("Created", "Created container: \(name)")
        } catch {
            let message = (error as? ContainerError)?.reason ?? "\(error)"
            throw failed("CreateContainerError", message)
        }
        do {
            try await services.runtime.start(id)
        } catch {
            let message = (error as? ContainerError)?.reason ?? "\(error)"
            tell("Failed", "Error: \(message)", isWarning: true)
            throw ContainerStartFailure(reason: "RunContainerError", message: message)
        }
        tell("Started", "Started container \(name)")
        log.prune(keeping: attempt)
        return StartedContainer(image: container["image"]?.string ?? "", imageID: image.id, at: services.clock(), process: spec.process,
            stopSignal: image.configuration.stopSignal.isEmpty ? nil : image.configuration.stopSignal)
    }
}

/// The log files of one container, one for each time that it was started.
struct ContainerLogFiles: Sendable {
    let folder: String

    init(folder: String, pod: JSON, container: String) {
        self.folder = "\(folder)/\(pod.uid)/\(container)"
    }

    func path(_ attempt: Int64) -> String { "\(folder)/\(attempt).log" }

    func prepare() throws {
        let parent = String(folder[..<(folder.lastIndex(of: "/") ?? folder.endIndex)])
        for path in [parent, folder] where unsafe mkdir(path, 0o700) != 0 && errno != EEXIST { throw SystemError("make \(path)", errno) }
    }

    /// Removes the logs of runs before the last one.
    func prune(keeping attempt: Int64) {
        for name in (try? FileTree.names(folder)) ?? [] {
            if let number = Int64(name.prefix { $0.isNumber }), number < attempt - 1 { try? FileTree.remove(folder + "/" + name) }
        }
    }
}
