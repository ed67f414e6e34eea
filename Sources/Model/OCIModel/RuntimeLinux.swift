import JSONValue

/// The part of a container's configuration that only Linux has.
public struct RuntimeLinux: Hashable, Sendable {
    /// The namespaces that are the container's own or that it joins; a kind that is not named is the runtime's own.
    public var namespaces: [RuntimeNamespace]
    /// How users inside are users outside; empty without a user namespace.
    public var uidMappings: [RuntimeIDMapping]
    /// How groups inside are groups outside; empty without a user namespace.
    public var gidMappings: [RuntimeIDMapping]
    /// Devices beside those that every container has.
    public var devices: [RuntimeDevice]
    /// Kernel parameters of the container's namespaces, by name.
    public var sysctl: [String: String]
    /// The cgroup, in the form that the runtime's cgroup manager takes; nil for the runtime's choice.
    public var cgroupsPath: String?
    /// What the container may use.
    public var resources: RuntimeResources
    /// How mounts below the root filesystem spread: `rprivate`, `rslave`, `rshared`; nil for the runtime's choice.
    public var rootfsPropagation: String?
    /// Which system calls are answered; nil for all.
    public var seccomp: RuntimeSeccomp?
    /// Paths that cannot be read.
    public var maskedPaths: [String]
    /// Paths that cannot be written.
    public var readonlyPaths: [String]
    /// The SELinux label of mounts; nil where the kernel has no SELinux.
    public var mountLabel: String?

    /// Nothing set: every namespace is the runtime's own.
    public init() {
        namespaces = []
        uidMappings = []
        gidMappings = []
        devices = []
        sysctl = [:]
        resources = RuntimeResources()
        maskedPaths = []
        readonlyPaths = []
    }

    var json: JSON {
        var object = RuntimeObject()
        object.set("uidMappings", uidMappings.map(\.json))
        object.set("gidMappings", gidMappings.map(\.json))
        object.set("sysctl", sysctl)
        object.set("resources", resources.json)
        object.set("cgroupsPath", cgroupsPath.map { .string($0) })
        object.set("namespaces", namespaces.map(\.json))
        object.set("devices", devices.map(\.json))
        object.set("seccomp", seccomp?.json)
        object.set("rootfsPropagation", rootfsPropagation.map { .string($0) })
        object.set("maskedPaths", maskedPaths)
        object.set("readonlyPaths", readonlyPaths)
        object.set("mountLabel", mountLabel.map { .string($0) })
        return object.json
    }
}

/// One namespace of a container.
public struct RuntimeNamespace: Hashable, Sendable {
    /// The kinds that containers are made of.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// Users, groups and capabilities.
        case user
        /// Processes.
        case pid
        /// Links, addresses, routes, ports.
        case network
        /// System V IPC and POSIX message queues.
        case ipc
        /// The host name.
        case uts
        /// The mounts.
        case mount
        /// The view of the cgroup tree.
        case cgroup
    }

    /// What it is a namespace of.
    public var kind: Kind
    /// The file of a namespace to join; nil for a new one.
    public var path: String?

    /// A new namespace, or the one at `path`.
    public init(_ kind: Kind, path: String? = nil) {
        self.kind = kind
        self.path = path
    }

    var json: JSON {
        var object = RuntimeObject()
        object.set("type", .string(kind.rawValue))
        object.set("path", path.map { .string($0) })
        return object.json
    }
}

/// A run of ids inside a user namespace and the ids that they are outside.
public struct RuntimeIDMapping: Hashable, Sendable {
    /// The first id inside.
    public var containerID: UInt32
    /// The first id outside, as the runtime sees it.
    public var hostID: UInt32
    /// How many ids.
    public var size: UInt32

    /// `size` ids from `containerID` on are those from `hostID` on.
    public init(containerID: UInt32, hostID: UInt32, size: UInt32) {
        self.containerID = containerID
        self.hostID = hostID
        self.size = size
    }

    var json: JSON {
        var object = RuntimeObject()
        object.set("containerID", containerID)
        object.set("hostID", hostID)
        object.set("size", size)
        return object.json
    }
}

/// A device node that is made inside a container.
public struct RuntimeDevice: Hashable, Sendable {
    /// The kinds of device nodes.
    public enum Kind: String, Hashable, Sendable {
        /// Read and written in blocks.
        case block = "b"
        /// Read and written in characters.
        case character = "c"
    }

    /// Where it is inside.
    public var path: String
    /// What it is.
    public var kind: Kind
    /// The number of the driver.
    public var major: Int64
    /// The number of the device.
    public var minor: Int64
    /// The permissions, such as `0o660`.
    public var fileMode: UInt32
    /// Its owner inside.
    public var uid: UInt32
    /// Its group inside.
    public var gid: UInt32

    /// A device node at `path`.
    public init(
        path: String, kind: Kind, major: Int64, minor: Int64, fileMode: UInt32 = 0o660, uid: UInt32 = 0, gid: UInt32 = 0
    ) {
        self.path = path
        self.kind = kind
        self.major = major
        self.minor = minor
        self.fileMode = fileMode
        self.uid = uid
        self.gid = gid
    }

    var json: JSON {
        var object = RuntimeObject()
        object.set("path", .string(path))
        object.set("type", .string(kind.rawValue))
        object.set("major", major)
        object.set("minor", minor)
        object.set("fileMode", fileMode)
        object.set("uid", uid)
        object.set("gid", gid)
        return object.json
    }
}
