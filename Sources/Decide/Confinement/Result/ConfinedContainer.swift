public import OCIModel
public import PolicyModel

/// One container, confined: everything that its runtime is told, but the paths that the node finds only when it starts it.
public struct ConfinedContainer: Hashable, Sendable {
    /// The name of the container.
    public var name: String
    /// What it shares with the other containers of its pod.
    public var pod: ConfinedPod
    /// The process.
    public var process: RuntimeProcess
    /// Whether the root filesystem can only be read.
    public var hasReadOnlyRoot: Bool
    /// The mounts of the kernel's own filesystems and of the node's files, in order.
    public var systemMounts: [RuntimeMount]
    /// The mounts of volumes, outer ones first.
    public var volumeMounts: [VolumeMountPlan]
    /// What only Linux has.
    public var linux: RuntimeLinux
    /// What it may use.
    public var resources: ResourcePlan
    /// The name in its own UTS namespace; nil where that is the node's.
    public var hostname: String?
    /// Whether it sees the machine as the node does.
    public var isPrivileged: Bool
    /// The fields that decided.
    public var grounds: [RuleReference]
    /// What was granted and means less here than its name says.
    public var notes: [ConfinementNote]

    /// What the runtime is told.
    ///
    /// - Parameters:
    ///   - root: the root filesystem.
    ///   - cgroup: the cgroup in the form of the runtime's manager; nil for the runtime's choice.
    ///   - annotations: what the runtime passes on.
    ///   - source: where the source of a volume's mount is by now. The node follows a sub-path without leaving the volume
    ///     and gives the path of what it found; nil leaves the path of the volume as it was given.
    /// - Returns: the content of the bundle's `config.json`.
    public func runtimeSpec(
        root: String, cgroup: String? = nil, annotations: [String: String] = [:],
        source: (VolumeMountPlan) -> String? = { _ in nil }
    ) -> RuntimeSpec {
        var linux = linux
        linux.cgroupsPath = cgroup
        let volumes = volumeMounts.map { mount in
            RuntimeMount(
                destination: mount.destination, type: "bind", source: source(mount) ?? mount.source,
                options: mount.options)
        }
        return RuntimeSpec(
            process: process, root: RuntimeRoot(path: root, isReadOnly: hasReadOnlyRoot), hostname: hostname,
            mounts: systemMounts + volumes, annotations: annotations, linux: linux)
    }
}

/// One mount of a volume into a container.
public struct VolumeMountPlan: Hashable, Sendable {
    /// How mounts made later on one side are seen on the other.
    public enum Propagation: String, Hashable, Sendable {
        /// On neither.
        case none = "None"
        /// Those of the node in the container.
        case hostToContainer = "HostToContainer"
        /// Both ways.
        case bidirectional = "Bidirectional"
    }

    /// The name of the volume.
    public var volume: String
    /// Where the volume is on the node.
    public var source: String
    /// The part of the volume that is mounted, free of `..`; empty for all of it. The node follows it without leaving the volume.
    public var subPath: String
    /// Where it is seen inside.
    public var destination: String
    /// Whether it can only be read.
    public var isReadOnly: Bool
    /// Whether read-only holds for every mount below it.
    public var isRecursivelyReadOnly: Bool
    /// How later mounts spread.
    public var propagation: Propagation

    /// The options of the mount.
    public var options: [String] {
        let spread =
            switch propagation {
            case .none: "rprivate"
            case .hostToContainer: "rslave"
            case .bidirectional: "rshared"
            }
        return ["rbind", spread, isRecursivelyReadOnly ? "rro" : isReadOnly ? "ro" : "rw"]
    }
}
