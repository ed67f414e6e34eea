public import JSONValue

/// Which system calls of a container are answered.
public struct RuntimeSeccomp: Hashable, Sendable {
    /// What becomes of a call.
    public enum Action: String, Hashable, Sendable, CaseIterable {
        /// It is made.
        case allow = "SCMP_ACT_ALLOW"
        /// It fails with an error number.
        case errno = "SCMP_ACT_ERRNO"
        /// It is made and logged.
        case log = "SCMP_ACT_LOG"
        /// The thread gets a signal.
        case trap = "SCMP_ACT_TRAP"
        /// A tracer decides.
        case trace = "SCMP_ACT_TRACE"
        /// The thread ends.
        case killThread = "SCMP_ACT_KILL_THREAD"
        /// The process ends.
        case killProcess = "SCMP_ACT_KILL_PROCESS"
        /// The thread ends; the older name.
        case kill = "SCMP_ACT_KILL"
    }

    /// How an argument is compared.
    public enum Comparison: String, Hashable, Sendable, CaseIterable {
        case notEqual = "SCMP_CMP_NE"
        case less = "SCMP_CMP_LT"
        case lessOrEqual = "SCMP_CMP_LE"
        case equal = "SCMP_CMP_EQ"
        case greaterOrEqual = "SCMP_CMP_GE"
        case greater = "SCMP_CMP_GT"
        /// The argument, masked with the first value, equals the second one.
        case maskedEqual = "SCMP_CMP_MASKED_EQ"
    }

    /// A demand on one argument of a call.
    public struct Argument: Hashable, Sendable {
        /// Which argument, from 0.
        public var index: Int
        /// The value, or the mask.
        public var value: UInt64
        /// What the masked argument must equal.
        public var second: UInt64
        /// How it is compared.
        public var comparison: Comparison

        /// The argument `index` compared with `value`.
        public init(_ index: Int, _ comparison: Comparison, _ value: UInt64, _ second: UInt64 = 0) {
            self.index = index
            self.value = value
            self.second = second
            self.comparison = comparison
        }

        var json: JSON {
            var object = RuntimeObject()
            object.set("index", index)
            object.set("value", value)
            object.set("valueTwo", second == 0 ? nil : second)
            object.set("op", .string(comparison.rawValue))
            return object.json
        }
    }

    /// What becomes of some calls.
    public struct Rule: Hashable, Sendable {
        /// The names of the calls; a name that the architecture does not have is passed over.
        public var names: [String]
        /// What becomes of them.
        public var action: Action
        /// The error number; nil for EPERM.
        public var errorNumber: UInt32?
        /// All of these must hold.
        public var arguments: [Argument]

        /// A rule on the named calls.
        public init(
            _ names: [String], _ action: Action = .allow, errorNumber: UInt32? = nil, arguments: [Argument] = []
        ) {
            self.names = names
            self.action = action
            self.errorNumber = errorNumber
            self.arguments = arguments
        }

        var json: JSON {
            var object = RuntimeObject()
            object.set("names", names)
            object.set("action", .string(action.rawValue))
            object.set("errnoRet", errorNumber)
            object.set("args", arguments.map(\.json))
            return object.json
        }
    }

    /// What becomes of a call that no rule names.
    public var defaultAction: Action
    /// The error number of the default action; nil for EPERM.
    public var defaultErrorNumber: UInt32?
    /// The architectures whose calls are filtered, such as `SCMP_ARCH_X86_64`.
    public var architectures: [String]
    /// Flags of the filter, such as `SECCOMP_FILTER_FLAG_LOG`.
    public var flags: [String]
    /// The rules.
    public var rules: [Rule]

    /// A filter of these rules.
    public init(
        defaultAction: Action, defaultErrorNumber: UInt32? = nil, architectures: [String] = [], flags: [String] = [],
        rules: [Rule] = []
    ) {
        self.defaultAction = defaultAction
        self.defaultErrorNumber = defaultErrorNumber
        self.architectures = architectures
        self.flags = flags
        self.rules = rules
    }

    /// The filter as a runtime reads it.
    public var json: JSON {
        var object = RuntimeObject()
        object.set("defaultAction", .string(defaultAction.rawValue))
        object.set("defaultErrnoRet", defaultErrorNumber)
        object.set("architectures", architectures)
        object.set("flags", flags)
        object.set("syscalls", rules.map(\.json))
        return object.json
    }
}

extension RuntimeSeccomp {
    /// Why a profile was not read. Nothing is filtered by a part of it.
    public struct Fault: Error, Hashable, Sendable, CustomStringConvertible {
        /// Where in the profile, such as `syscalls[3].action`.
        public var place: String
        /// What is wrong there.
        public var description: String

        init(_ place: String, _ problem: String) {
            self.place = place
            description = "\(place): \(problem)"
        }
    }

    /// Reads a profile in the form of the runtime specification.
    ///
    /// What is not understood is a fault: a rule that holds only sometimes must not be taken for one that always holds.
    public init(_ json: JSON) throws(Fault) {
        guard let object = json.object else { throw Fault("profile", "is no object") }
        let known: Set<String> = [
            "defaultAction", "defaultErrnoRet", "architectures", "flags", "syscalls", "comment", "$schema",
        ]
        for (key, value) in object where !known.contains(key) && !value.isEmptyValue {
            throw Fault(key, "is not a member of a profile of the OCI runtime specification")
        }
        self.init(
            defaultAction: try Self.action(json["defaultAction"], "defaultAction"),
            defaultErrorNumber: try Self.number(json["defaultErrnoRet"], "defaultErrnoRet").map {
                UInt32(clamping: $0)
            },
            architectures: json["architectures"]?.strings ?? [], flags: json["flags"]?.strings ?? [])
        for (index, entry) in (json["syscalls"]?.array ?? []).enumerated() {
            rules.append(try Self.rule(entry, "syscalls[\(index)]"))
        }
    }

    private static func rule(_ json: JSON, _ place: String) throws(Fault) -> Rule {
        let known: Set<String> = ["names", "name", "action", "errnoRet", "args", "comment"]
        for (key, value) in json.object ?? JSONObject() where !known.contains(key) && !value.isEmptyValue {
            throw Fault("\(place).\(key)", "is not a member of a rule of the OCI runtime specification")
        }
        let names = (json["names"]?.strings ?? []) + [json["name"]?.string].compactMap { $0 }
        if names.isEmpty { throw Fault("\(place).names", "is empty") }
        var rule = Rule(
            names, try action(json["action"], "\(place).action"),
            errorNumber: try number(json["errnoRet"], "\(place).errnoRet").map { UInt32(clamping: $0) })
        for (index, entry) in (json["args"]?.array ?? []).enumerated() {
            let place = "\(place).args[\(index)]"
            guard let comparison = Comparison(rawValue: entry["op"]?.string ?? "") else {
                throw Fault("\(place).op", "is unknown")
            }
            guard let position = try number(entry["index"], "\(place).index"), position < 6 else {
                throw Fault("\(place).index", "is not 0 to 5")
            }
            rule.arguments.append(
                Argument(
                    Int(position), comparison, try number(entry["value"], "\(place).value") ?? 0,
                    try number(entry["valueTwo"], "\(place).valueTwo") ?? 0))
        }
        return rule
    }

    private static func action(_ json: JSON?, _ place: String) throws(Fault) -> Action {
        guard let action = Action(rawValue: json?.string ?? "") else { throw Fault(place, "is unknown") }
        return action
    }

    private static func number(_ json: JSON?, _ place: String) throws(Fault) -> UInt64? {
        guard let json, !json.isNull else { return nil }
        guard let value = json.int, value >= 0 else { throw Fault(place, "is no number from 0 to 9223372036854775807") }
        return UInt64(value)
    }
}
