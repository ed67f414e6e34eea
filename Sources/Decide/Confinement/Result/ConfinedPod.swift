public import OCIModel
public import ObjectDefaults

/// What all containers of a pod share.
public struct ConfinedPod: Hashable, Sendable {
    /// Where a namespace of a container comes from.
    public enum Sharing: String, Hashable, Sendable {
        /// It is the node's.
        case node
        /// The containers of the pod share it.
        case pod
        /// Each container has its own.
        case container
    }

    /// Where the namespaces come from.
    public var sharing: [RuntimeNamespace.Kind: Sharing]
    /// The ids of the pod's own users; nil when they are the node's.
    public var users: RuntimeIDMapping?
    /// Kernel parameters of the pod's namespaces.
    public var sysctls: [String: String]
    /// The name in the pod's own UTS namespace.
    public var hostname: String
    /// Groups of every container beside those of its image.
    public var supplementalGroups: [UInt32]
    /// Whether groups of the image are left out.
    public var ignoresImageGroups: Bool
    /// What is done to volumes before a container starts; nil when nothing is.
    public var fsGroup: FSGroupPlan?
    /// What the pod as a whole may use.
    public var resources: ResourcePlan
    /// How the pod ranks when memory is short.
    public var quality: PodQuality
    /// The size of `/dev/shm` in bytes.
    public var sharedMemoryBytes: Int64
    /// The SELinux label of the pod's files; nil without SELinux.
    public var mountLabel: String?
    /// What was granted and means less here than its name says.
    public var notes: [ConfinementNote]
}

/// How the files of volumes are given to a group.
public struct FSGroupPlan: Hashable, Sendable {
    /// When the owner of files that are there already is changed.
    public enum ChangePolicy: String, Hashable, Sendable {
        /// At every start.
        case always = "Always"
        /// Only when the top folder's owner or permissions are not as they should be.
        case onRootMismatch = "OnRootMismatch"
    }

    /// The group, as the containers see it.
    public var group: UInt32
    /// The group, as the node sees it.
    public var nodeGroup: UInt32
    /// When files that are there are changed.
    public var policy: ChangePolicy
    /// The volumes that it holds for, by name, in the order of the pod.
    public var volumes: [String]
    /// The permissions that the group gets on folders, with set-group-id, and on files.
    public static let folderMode: UInt32 = 0o2770
    /// The permissions that the group gets on files of volumes that can be written.
    public static let fileMode: UInt32 = 0o660
    /// The permissions that the group gets on files of volumes that can only be read.
    public static let readOnlyFileMode: UInt32 = 0o440
}

/// A pod that is confined, or why it is not.
public enum PodConfinementDecision: Hashable, Sendable {
    /// What its containers share.
    case confined(ConfinedPod)
    /// The pod does not run here.
    case refused(ConfinementRefusal, also: [ConfinementRefusal])

    /// What the containers share; nil when refused.
    public var pod: ConfinedPod? {
        switch self {
        case .confined(let pod): pod
        case .refused: nil
        }
    }

    /// Every refusal, the first one first; empty when confined.
    public var refusals: [ConfinementRefusal] {
        switch self {
        case .confined: []
        case .refused(let first, let others): [first] + others
        }
    }
}
