import JSONValue

/// What a container may use. The members are those of cgroup v1; a runtime on cgroup v2 converts them, and
/// ``unified`` says what only v2 has.
public struct RuntimeResources: Hashable, Sendable {
    /// Which devices may be used; rules in order, the last that fits decides.
    public var devices: [RuntimeDeviceRule]
    /// Memory.
    public var memory: RuntimeMemory
    /// Processor time.
    public var cpu: RuntimeCPU
    /// The greatest number of processes and threads; nil for no limit.
    public var pidsLimit: Int64?
    /// Huge pages in bytes by page size, such as `2MB`.
    public var hugePageLimits: [String: UInt64]
    /// Files of cgroup v2 and what is written to them.
    public var unified: [String: String]

    /// No limit on anything.
    public init() {
        devices = []
        memory = RuntimeMemory()
        cpu = RuntimeCPU()
        hugePageLimits = [:]
        unified = [:]
    }

    var json: JSON {
        var object = RuntimeObject()
        object.set("devices", devices.map(\.json))
        object.setIfPresent("memory", memory.object)
        object.setIfPresent("cpu", cpu.object)
        if let pidsLimit {
            var pids = RuntimeObject()
            pids.set("limit", pidsLimit)
            object.set("pids", pids.json)
        }
        object.set(
            "hugepageLimits",
            hugePageLimits.sorted { $0.key < $1.key }.map { size, limit -> JSON in
                var entry = RuntimeObject()
                entry.set("pageSize", .string(size))
                entry.set("limit", limit)
                return entry.json
            })
        object.set("unified", unified)
        return object.json
    }
}

/// A rule of the device controller.
public struct RuntimeDeviceRule: Hashable, Sendable {
    /// Whether the access is allowed.
    public var isAllowed: Bool
    /// The kind; nil for every kind.
    public var kind: RuntimeDevice.Kind?
    /// The number of the driver; nil for every one.
    public var major: Int64?
    /// The number of the device; nil for every one.
    public var minor: Int64?
    /// Of `r`ead, `w`rite and `m`knod.
    public var access: String

    /// A rule on the devices that fit; on all of them when nothing is said.
    public init(
        isAllowed: Bool, kind: RuntimeDevice.Kind? = nil, major: Int64? = nil, minor: Int64? = nil,
        access: String = "rwm"
    ) {
        self.isAllowed = isAllowed
        self.kind = kind
        self.major = major
        self.minor = minor
        self.access = access
    }

    var json: JSON {
        var object = RuntimeObject()
        object.set("allow", .bool(isAllowed))
        object.set("type", kind.map { .string($0.rawValue) })
        object.set("major", major)
        object.set("minor", minor)
        object.set("access", .string(access))
        return object.json
    }
}

/// The memory of a container, in bytes.
public struct RuntimeMemory: Hashable, Sendable {
    /// The most that it may have; beyond it, it is killed.
    public var limit: Int64?
    /// Memory and swap together; the same as ``limit`` for no swap.
    public var swap: Int64?
    /// How gladly the kernel swaps, 0 to 100; cgroup v1 only.
    public var swappiness: UInt64?

    /// No limit.
    public init() {}

    var object: RuntimeObject {
        var object = RuntimeObject()
        object.set("limit", limit)
        object.set("swap", swap)
        object.set("swappiness", swappiness)
        return object
    }
}

/// The processor time of a container.
public struct RuntimeCPU: Hashable, Sendable {
    /// The weight against its neighbours, 2 to 262144.
    public var shares: UInt64?
    /// Microseconds that it may run in each period.
    public var quota: Int64?
    /// The period in microseconds.
    public var period: UInt64?

    /// No limit, and the kernel's weight.
    public init() {}

    var object: RuntimeObject {
        var object = RuntimeObject()
        object.set("shares", shares)
        object.set("quota", quota)
        object.set("period", period)
        return object
    }
}
