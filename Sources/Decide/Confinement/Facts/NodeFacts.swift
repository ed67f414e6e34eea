public import JSONValue
public import OCIModel

/// What a node can do, and what its owner allows: read from the kernel and the configuration once, and passed in, so that
/// the same pod on the same facts is always confined in the same way.
public struct NodeFacts: Hashable, Sendable {
    /// With whose rights the node runs.
    public enum Privilege: Hashable, Sendable {
        /// As root of the machine.
        case root
        /// As root of a user namespace only, which owns these other namespaces too.
        case rootless(owns: Set<RuntimeNamespace.Kind>)
    }

    /// Processors whose calls a default filter is known for.
    public enum Architecture: String, Hashable, Sendable, CaseIterable {
        case x86_64
        case aarch64
    }

    /// The name of the Node.
    public var name: String
    /// With whose rights it runs.
    public var privilege: Privilege
    /// The processor.
    public var architecture: Architecture
    /// The capabilities that the node itself holds and so can hand on, such as `CAP_CHOWN`.
    public var capabilities: Set<String>
    /// How many user ids, from 0 on, the node can give to a process: all of them as root, those of its map when rootless.
    public var ownIDs: UInt64
    /// Ids beside its own that the node may give to pods with users of their own, as the node sees them.
    public var subordinateIDs: [IDRange]
    /// Whether a user namespace can be made.
    public var hasUserNamespaces: Bool
    /// What can be limited.
    public var cgroups: CgroupFacts
    /// Whether the kernel filters system calls.
    public var hasSeccomp: Bool
    /// Filters from the node's folder by their path in it.
    public var seccompProfiles: [String: JSON]
    /// AppArmor; nil where the kernel has none.
    public var appArmor: AppArmorFacts?
    /// SELinux; nil where the kernel has none, or it is not active.
    public var selinux: SELinuxFacts?
    /// Whether read-only can be made to hold for every mount below one (Linux 5.12).
    public var hasRecursiveReadOnly: Bool
    /// The handlers that a RuntimeClass may name; the empty name is the default one.
    public var handlers: Set<String>
    /// Sysctls beside the safe ones that pods may set; a name, or a prefix that ends in `*`.
    public var allowedUnsafeSysctls: [String]
    /// The most processes and threads of a pod; nil for no limit.
    public var podPidsLimit: Int64?
    /// Limits of the POSIX kind that every process starts with.
    public var rlimits: [RuntimeRlimit]
    /// The device nodes of the machine, which privileged containers see.
    public var devices: [RuntimeDevice]
    /// The lowest adjustment that the node may give when memory is short: its own, where it may not lower it.
    public var lowestOOMScoreAdjustment: Int
    /// How many processors there are.
    public var processors: Int
    /// The memory in bytes.
    public var memory: Int64
    /// What pods may ask for in all, by resource; what `resourceFieldRef` says of a container without limits.
    public var allocatable: [String: String]
    /// How names are looked up.
    public var dns: DNSFacts

    /// A node with root, with everything that a current kernel has but SELinux and AppArmor.
    public init(name: String) {
        self.name = name
        privilege = .root
        architecture = .x86_64
        capabilities = Set(Capability.all)
        ownIDs = 1 << 32
        subordinateIDs = []
        hasUserNamespaces = true
        cgroups = CgroupFacts()
        hasSeccomp = true
        seccompProfiles = [:]
        hasRecursiveReadOnly = true
        handlers = [""]
        allowedUnsafeSysctls = []
        rlimits = []
        devices = []
        lowestOOMScoreAdjustment = -1000
        processors = 1
        memory = 8 << 30
        allocatable = [:]
        dns = DNSFacts()
    }

    /// Whether the node is root of a user namespace only.
    var isRootless: Bool {
        switch privilege {
        case .root: false
        case .rootless: true
        }
    }

    /// Whether a namespace of the node is its own, and not that of a machine on which it has no rights.
    func owns(_ kind: RuntimeNamespace.Kind) -> Bool {
        switch privilege {
        case .root: true
        case .rootless(let owned): owned.contains(kind)
        }
    }
}

/// A run of ids.
public struct IDRange: Hashable, Sendable {
    /// The first one.
    public var first: UInt32
    /// How many.
    public var count: UInt32

    /// `count` ids from `first` on.
    public init(first: UInt32, count: UInt32) {
        self.first = first
        self.count = count
    }
}

/// What the control groups of a node can do.
public struct CgroupFacts: Hashable, Sendable {
    /// The two interfaces of the kernel.
    public enum Version: Int, Hashable, Sendable {
        case v1 = 1
        case v2 = 2
    }

    /// What a controller limits.
    public enum Controller: String, Hashable, Sendable, CaseIterable {
        case cpu
        case memory
        case pids
        case hugetlb
        case devices
    }

    /// The interface in force.
    public var version: Version
    /// The controllers in which the node can make groups and write limits.
    public var writable: Set<Controller>
    /// Whether swap is counted, so that it can be forbidden.
    public var countsSwap: Bool
    /// The sizes of huge pages, as the controller names them: `2MB`, `1GB`.
    public var hugePageSizes: [String]

    /// The interface and what can be written in it; all of it when nothing is said.
    public init(
        version: Version = .v2, writable: Set<Controller> = Set(Controller.allCases), countsSwap: Bool = true,
        hugePageSizes: [String] = []
    ) {
        self.version = version
        self.writable = writable
        self.countsSwap = countsSwap
        self.hugePageSizes = hugePageSizes
    }
}

/// What AppArmor knows on a node.
public struct AppArmorFacts: Hashable, Sendable {
    /// The profile that stands for `RuntimeDefault`.
    public var defaultProfile: String
    /// Every profile that is loaded.
    public var loaded: Set<String>

    /// The default profile and those loaded beside it.
    public init(defaultProfile: String, loaded: Set<String> = []) {
        self.defaultProfile = defaultProfile
        self.loaded = loaded.union([defaultProfile])
    }
}

/// What SELinux gives to containers that say nothing.
public struct SELinuxFacts: Hashable, Sendable {
    /// The label of processes.
    public var process: SELinuxLabel
    /// The type of files.
    public var fileType: String
    /// The type of privileged processes.
    public var privilegedType: String

    /// The labels of the policy `container-selinux`.
    public init(
        process: SELinuxLabel = SELinuxLabel(user: "system_u", role: "system_r", type: "container_t", level: "s0"),
        fileType: String = "container_file_t", privilegedType: String = "spc_t"
    ) {
        self.process = process
        self.fileType = fileType
        self.privilegedType = privilegedType
    }
}

/// The four parts of a label of SELinux.
public struct SELinuxLabel: Hashable, Sendable, CustomStringConvertible {
    /// The SELinux user.
    public var user: String
    /// The role.
    public var role: String
    /// The type, by which most rules decide.
    public var type: String
    /// The level, by which pods are kept from each other.
    public var level: String

    /// A label of four parts.
    public init(user: String, role: String, type: String, level: String) {
        self.user = user
        self.role = role
        self.type = type
        self.level = level
    }

    /// `user:role:type:level`.
    public var description: String { "\(user):\(role):\(type):\(level)" }
}

/// How names are looked up on a node and in the cluster.
public struct DNSFacts: Hashable, Sendable {
    /// The domain of the cluster.
    public var clusterDomain: String
    /// The servers of the cluster.
    public var clusterServers: [String]
    /// The servers of the node.
    public var hostServers: [String]
    /// The search domains of the node.
    public var hostSearches: [String]
    /// The resolver options of the node.
    public var hostOptions: [String]

    /// No servers, and the usual domain.
    public init(
        clusterDomain: String = "cluster.local", clusterServers: [String] = [], hostServers: [String] = [],
        hostSearches: [String] = [], hostOptions: [String] = []
    ) {
        self.clusterDomain = clusterDomain
        self.clusterServers = clusterServers
        self.hostServers = hostServers
        self.hostSearches = hostSearches
        self.hostOptions = hostOptions
    }
}
