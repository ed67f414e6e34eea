/// The whole content of the table `inet kastell`: what the kernel does with every packet of a node.
///
/// A value: two rulesets that are equal are the same table. ``delta(to:)`` tells what to send to the kernel to get from
/// one to the other, ``PacketWalk`` what becomes of a packet.
public struct Ruleset: Hashable, Sendable {
    /// The group of the kernel's log that the table writes to.
    public static let logGroup: UInt16 = 77
    /// What stands before the number of a note in a log message.
    public static let logPrefix = "kastell:"

    /// What the numbers mean that every ruleset has.
    public static var fixedNotes: [Int: Note] { BaseChains.notes }

    /// The name of the table, of the family `inet`.
    public var table = "kastell"
    /// The sets by name.
    public var sets: [String: NamedSet] = [:]
    /// The maps from fields to verdicts, by name.
    public var maps: [String: VerdictMap] = [:]
    /// The chains by name.
    public var chains: [String: Chain] = [:]
    /// What each numbered message of the flow log means.
    public var notes: [Int: Note] = [:]

    /// An empty table.
    public init() {}

    /// How many rules there are.
    public var ruleCount: Int { chains.values.reduce(0) { $0 + $1.rules.count } }
}

/// Rules that are asked in order.
public struct Chain: Hashable, Sendable {
    /// Where in the kernel's path of a packet the chain is asked.
    public struct Hook: Hashable, Sendable {
        /// The kernel's name of the place.
        public enum Place: String, Hashable, Sendable { case prerouting, input, forward, output, postrouting }
        /// What the chain may do.
        public enum Kind: String, Hashable, Sendable { case filter, nat }
        /// The place.
        public var place: Place
        /// The kind.
        public var kind: Kind
        /// Smaller comes first.
        public var priority: Int
        /// Whether a packet that no rule decides about is let through.
        public var accepts: Bool
    }

    /// Where the kernel asks it; nil for a chain that others lead to.
    public var hook: Hook?
    /// What it stands for, for whoever lists the table.
    public var comment = ""
    /// The rules.
    public var rules: [Rule]

    /// A chain that others lead to.
    public init(comment: String = "", _ rules: [Rule]) {
        self.comment = comment
        self.rules = rules
    }

    init(hook: Hook, _ rules: [Rule]) {
        self.hook = hook
        self.rules = rules
    }
}

/// A set of fields that rules share.
public struct NamedSet: Hashable, Sendable {
    /// The types of an element's parts.
    public var types: [FieldType]
    /// Whether the elements are networks: looked up by interval, and sent whole when they change. Everything else is a
    /// hash set, in which one element costs the same whatever the size.
    public var isInterval = false
    /// How many seconds an element that a packet put in stays; nil for sets that only we fill.
    public var timeout: Int?
    /// What it stands for, for whoever lists the table.
    public var comment = ""
    /// The elements.
    public var elements: Set<[FieldValue]>

    /// A set.
    public init(_ types: [FieldType], comment: String = "", _ elements: Set<[FieldValue]> = []) {
        self.types = types
        self.comment = comment
        self.elements = elements
    }
}

/// A map from fields to chains.
public struct VerdictMap: Hashable, Sendable {
    /// The types of a key's parts.
    public var types: [FieldType]
    /// The chain that each key goes to.
    public var elements: [[FieldValue]: String]

    /// A map.
    public init(_ types: [FieldType], _ elements: [[FieldValue]: String] = [:]) {
        self.types = types
        self.elements = elements
    }
}
