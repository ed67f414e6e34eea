public import JSONValue
public import KubeModel

/// What one node, or one container, uses: as a node tells the API server.
public struct UsageSample: Hashable, Sendable {
    /// The last counters.
    public var counters: UsageCounters
    /// When they were read.
    public var time: Timestamp
    /// How much of a processor was used until then; nil when it is not known yet.
    public var rate: UsageRate?

    /// Counters with the rate that led to them.
    public init(counters: UsageCounters, time: Timestamp, rate: UsageRate?) {
        self.counters = counters
        self.time = time
        self.rate = rate
    }

    /// The last reading of a series.
    public init(_ series: UsageSeries) { self.init(counters: series.last.counters, time: series.last.time, rate: series.rate) }
}

/// What a container uses.
public struct ContainerUsage: Hashable, Sendable {
    /// The name that the pod's spec gives it.
    public var name: String
    /// When its present run began; nil when that is not known.
    public var started: Timestamp?
    /// What it uses; nil when it was not read yet.
    public var sample: UsageSample?

    /// A container's usage.
    public init(name: String, started: Timestamp?, sample: UsageSample?) {
        self.name = name
        self.started = started
        self.sample = sample
    }
}

/// What the containers of a pod use: those that run, init containers and ephemeral ones too.
public struct PodUsage: Hashable, Sendable {
    /// The pod's namespace.
    public var namespace: String
    /// Its name.
    public var name: String
    /// Its uid as the node has it.
    public var uid: String
    /// When the node took it; nil when that is not known.
    public var started: Timestamp?
    /// Its running containers, by name.
    public var containers: [ContainerUsage]

    /// A pod's usage.
    public init(namespace: String, name: String, uid: String, started: Timestamp?, containers: [ContainerUsage]) {
        self.namespace = namespace
        self.name = name
        self.uid = uid
        self.started = started
        self.containers = containers
    }
}

/// What a node and its pods use, read in one pass.
public struct NodeUsage: Hashable, Sendable {
    /// The node's name.
    public var node: String
    /// When the machine started; nil when that is not known.
    public var booted: Timestamp?
    /// The memory of the machine, in bytes.
    public var capacity: UInt64
    /// The machine; nil when it cannot be read, or was not read yet.
    public var sample: UsageSample?
    /// The pods.
    public var pods: [PodUsage]

    /// A node's usage.
    public init(node: String, booted: Timestamp?, capacity: UInt64, sample: UsageSample?, pods: [PodUsage]) {
        self.node = node
        self.booted = booted
        self.capacity = capacity
        self.sample = sample
        self.pods = pods
    }
}

// MARK: - On the tunnel

extension NodeUsage {
    /// As the operation `stats` answers it.
    public var json: JSON {
        var json: JSON = ["node": .string(node), "capacity": .int(Int64(clamping: capacity)), "pods": .array(pods.map(\.json))]
        json["booted"] = booted.map(\.pair)
        json["sample"] = sample.map(\.json)
        return json
    }

    /// Reads what a node answers; nil when it is no such answer.
    public init?(_ json: JSON) {
        guard let node = json["node"]?.string, let capacity = json["capacity"]?.count, let pods = json["pods"]?.array else { return nil }
        self.init(
            node: node, booted: json["booted"].flatMap(Timestamp.init(pair:)), capacity: capacity,
            sample: json["sample"].flatMap(UsageSample.init), pods: pods.compactMap(PodUsage.init))
    }
}

extension PodUsage {
    var json: JSON {
        var json: JSON = [
            "namespace": .string(namespace), "name": .string(name), "uid": .string(uid), "containers": .array(containers.map(\.json)),
        ]
        json["started"] = started.map(\.pair)
        return json
    }

    init?(_ json: JSON) {
        guard let namespace = json["namespace"]?.string, let name = json["name"]?.string, let uid = json["uid"]?.string,
            let containers = json["containers"]?.array
        else { return nil }
        self.init(
            namespace: namespace, name: name, uid: uid, started: json["started"].flatMap(Timestamp.init(pair:)),
            containers: containers.compactMap(ContainerUsage.init))
    }
}

extension ContainerUsage {
    var json: JSON {
        var json: JSON = ["name": .string(name)]
        json["started"] = started.map(\.pair)
        json["sample"] = sample.map(\.json)
        return json
    }

    init?(_ json: JSON) {
        guard let name = json["name"]?.string else { return nil }
        self.init(name: name, started: json["started"].flatMap(Timestamp.init(pair:)), sample: json["sample"].flatMap(UsageSample.init))
    }
}

extension UsageSample {
    var json: JSON {
        var json: JSON = [
            "time": time.pair, "processor": .int(Int64(clamping: counters.processor)), "workingSet": .int(Int64(clamping: counters.workingSet)),
        ]
        json["memory"] = counters.memory.map { .int(Int64(clamping: $0)) }
        json["anonymous"] = counters.anonymous.map { .int(Int64(clamping: $0)) }
        if let rate {
            json["nanoCores"] = .int(Int64(clamping: rate.nanoCores))
            json["window"] = .int(Int64(clamping: rate.window))
        }
        return json
    }

    init?(_ json: JSON) {
        guard let time = json["time"].flatMap(Timestamp.init(pair:)), let processor = json["processor"]?.count,
            let workingSet = json["workingSet"]?.count
        else { return nil }
        var rate: UsageRate?
        if let nanoCores = json["nanoCores"]?.count, let window = json["window"]?.count, window > 0 {
            rate = UsageRate(nanoCores: nanoCores, window: window)
        }
        self.init(
            counters: UsageCounters(
                processor: processor, memory: json["memory"]?.count, workingSet: workingSet, anonymous: json["anonymous"]?.count),
            time: time, rate: rate)
    }
}

extension JSON {
    /// A number that counts something.
    fileprivate var count: UInt64? { int.flatMap { UInt64(exactly: $0) } }
}

extension Timestamp {
    fileprivate var pair: JSON { [.int(seconds), .int(Int64(nanoseconds))] }

    fileprivate init?(pair: JSON) {
        guard let parts = pair.array, parts.count == 2, let seconds = parts[0].int, let nanoseconds = parts[1].int,
            (0..<1_000_000_000).contains(nanoseconds)
        else { return nil }
        // What no date can say is no moment.
        guard (-62_167_219_200...253_402_300_799).contains(seconds) else { return nil }
        self.init(seconds: seconds, nanoseconds: Int32(nanoseconds))
    }
}
