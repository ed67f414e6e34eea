public import JSONValue

/// The process that a container starts with.
public struct RuntimeProcess: Hashable, Sendable {
    /// Whether it gets a terminal.
    public var hasTerminal: Bool
    /// As whom it runs.
    public var user: RuntimeUser
    /// The program and its arguments; never empty in a value that can run.
    public var arguments: [String]
    /// The environment as `NAME=value`.
    public var environment: [String]
    /// The folder that it starts in.
    public var workingDirectory: String
    /// What it may do beyond an ordinary process.
    public var capabilities: RuntimeCapabilities
    /// Its resource limits of the POSIX kind.
    public var rlimits: [RuntimeRlimit]
    /// Whether it and its children can never gain privileges by executing a file.
    public var noNewPrivileges: Bool
    /// The AppArmor profile; nil where the kernel has no AppArmor or none is meant.
    public var appArmorProfile: String?
    /// How readily the kernel kills it when memory is short, -1000 to 1000.
    public var oomScoreAdjustment: Int?
    /// The SELinux label; nil where the kernel has no SELinux or none is meant.
    public var selinuxLabel: String?

    /// A process that runs as root of its user namespace, without capabilities, and can gain none.
    public init(arguments: [String], user: RuntimeUser = RuntimeUser(), workingDirectory: String = "/") {
        hasTerminal = false
        self.user = user
        self.arguments = arguments
        environment = []
        self.workingDirectory = workingDirectory
        capabilities = RuntimeCapabilities()
        rlimits = []
        noNewPrivileges = true
    }

    /// The process in the form of the runtime specification, as `runc exec --process` reads it too.
    public var json: JSON {
        var object = RuntimeObject()
        object.set("terminal", hasTerminal ? true : nil)
        object.set("user", user.json)
        object.set("args", arguments)
        object.set("env", environment)
        object.set("cwd", .string(workingDirectory))
        object.set("capabilities", capabilities.json)
        object.set("rlimits", rlimits.map(\.json))
        object.set("noNewPrivileges", .bool(noNewPrivileges))
        object.set("apparmorProfile", appArmorProfile.map { .string($0) })
        object.set("oomScoreAdj", oomScoreAdjustment)
        object.set("selinuxLabel", selinuxLabel.map { .string($0) })
        return object.json
    }
}

/// As whom a process runs, in the numbers of its own user namespace.
public struct RuntimeUser: Hashable, Sendable {
    /// The user.
    public var uid: UInt32
    /// The primary group.
    public var gid: UInt32
    /// The supplementary groups.
    public var additionalGroups: [UInt32]

    /// The user `uid`; root when nothing is said.
    public init(uid: UInt32 = 0, gid: UInt32 = 0, additionalGroups: [UInt32] = []) {
        self.uid = uid
        self.gid = gid
        self.additionalGroups = additionalGroups
    }

    var json: JSON {
        var object = RuntimeObject()
        object.set("uid", uid)
        object.set("gid", gid)
        object.set("additionalGids", additionalGroups.map { JSON.int(Int64($0)) })
        return object.json
    }
}

/// The five capability sets of a process; names such as `CAP_NET_RAW`, in the order in which they are written.
public struct RuntimeCapabilities: Hashable, Sendable {
    /// What can ever be gained.
    public var bounding: [String]
    /// What is in force.
    public var effective: [String]
    /// What an executed file may inherit.
    public var inheritable: [String]
    /// What can be put in force.
    public var permitted: [String]
    /// What a user other than root keeps when it executes a file.
    public var ambient: [String]

    /// No capability in any set.
    public init() {
        bounding = []
        effective = []
        inheritable = []
        permitted = []
        ambient = []
    }

    /// The same names in the three sets that matter when the process starts; the inheritable and ambient sets stay empty, since
    /// files with inheritable capabilities would hand them to a user other than root (CVE-2022-24769).
    public init(_ names: [String]) {
        self.init()
        bounding = names
        effective = names
        permitted = names
    }

    var json: JSON {
        // An empty set is written: left out, it would leave the set as the runtime has it.
        let sets: [(String, [String])] = [
            ("bounding", bounding), ("effective", effective), ("inheritable", inheritable), ("permitted", permitted),
            ("ambient", ambient),
        ]
        return .object(JSONObject(sets.map { ($0.0, .array($0.1.map { .string($0) })) }))
    }
}

/// One resource limit of the POSIX kind.
public struct RuntimeRlimit: Hashable, Sendable {
    /// The name, such as `RLIMIT_NOFILE`.
    public var type: String
    /// What is in force.
    public var soft: UInt64
    /// As far as the process may raise it.
    public var hard: UInt64

    /// A limit by name.
    public init(type: String, soft: UInt64, hard: UInt64) {
        self.type = type
        self.soft = soft
        self.hard = hard
    }

    var json: JSON {
        var object = RuntimeObject()
        object.set("type", .string(type))
        object.set("hard", hard)
        object.set("soft", soft)
        return object.json
    }
}
