public import OCIModel

/// What the node has given to one pod: addresses, ids, namespaces, folders, and the objects that its environment reads.
public struct PodIdentity: Hashable, Sendable {
    /// The addresses of the pod, the primary one first; empty before it has any.
    public var podIPs: [String]
    /// The addresses of the node, the primary one first.
    public var hostIPs: [String]
    /// Which block of subordinate ids is the pod's, from 0; nil when it has none.
    public var idBlock: Int?
    /// The namespaces of the pod that its containers join; a kind without a path is made anew.
    public var namespaces: [RuntimeNamespace.Kind: String]
    /// The process namespace of the container that an ephemeral container looks at.
    public var targetProcesses: String?
    /// The handler that the pod's RuntimeClass names; empty for the default one.
    public var handler: String
    /// The files that the node made for the pod.
    public var files: PodFilePaths
    /// The volumes that are ready, by name.
    public var volumes: [String: VolumeFacts]
    /// The devices behind volumes in block mode, by the name of the volume.
    public var blockDevices: [String: RuntimeDevice]
    /// What the environment is read from.
    public var environment: EnvironmentSources

    /// Nothing given yet.
    public init() {
        podIPs = []
        hostIPs = []
        namespaces = [:]
        handler = ""
        files = PodFilePaths()
        volumes = [:]
        blockDevices = [:]
        environment = EnvironmentSources()
    }
}

/// Where the node keeps the files that it mounts into every container of a pod; nil for one that is not mounted.
public struct PodFilePaths: Hashable, Sendable {
    /// Mounted as `/etc/hosts`.
    public var hosts: String?
    /// Mounted as `/etc/hostname`.
    public var hostname: String?
    /// Mounted as `/etc/resolv.conf`.
    public var resolver: String?
    /// Mounted as `/dev/shm`; nil for a filesystem of the container's own.
    public var sharedMemory: String?
    /// Mounted where the container says that it leaves its last words.
    public var terminationLog: String?

    /// No file.
    public init() {}
}

/// A volume that is ready to be mounted.
public struct VolumeFacts: Hashable, Sendable {
    /// Where it is on the node.
    public var path: String
    /// Whether the volume itself can only be read, whatever its mounts say.
    public var isReadOnly: Bool
    /// Whether the node may change the owner of its files for `fsGroup`.
    public var takesOwnership: Bool

    /// A volume at `path`.
    public init(path: String, isReadOnly: Bool = false, takesOwnership: Bool = true) {
        self.path = path
        self.isReadOnly = isReadOnly
        self.takesOwnership = takesOwnership
    }
}

/// The objects of a pod's namespace that environments are read from.
public struct EnvironmentSources: Hashable, Sendable {
    /// The variables that tell of services, in order.
    public var services: [EnvironmentVariable]
    /// ConfigMaps by name; one that is not here does not exist.
    public var configMaps: [String: [String: String]]
    /// Secrets by name, decoded; one that is not here does not exist.
    public var secrets: [String: [String: String]]

    /// Nothing to read from.
    public init(
        services: [EnvironmentVariable] = [], configMaps: [String: [String: String]] = [:],
        secrets: [String: [String: String]] = [:]
    ) {
        self.services = services
        self.configMaps = configMaps
        self.secrets = secrets
    }
}

/// One variable of an environment.
public struct EnvironmentVariable: Hashable, Sendable {
    /// The name.
    public var name: String
    /// The value; it may be a secret.
    public var value: String

    /// `name=value`.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}
