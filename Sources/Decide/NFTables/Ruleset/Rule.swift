public import NetworkPolicy

/// One condition of a rule.
public enum Condition: Hashable, Sendable {
    /// The field has one of the values; networks and ranges hold what lies in them.
    case among(PacketField, [FieldValue])
    /// The field has none of the values.
    case notAmong(PacketField, [FieldValue])
    /// The fields, in this order, are an element of the named set.
    case isIn([PacketField], set: String)
    /// The fields are no element of the named set.
    case isNotIn([PacketField], set: String)
    /// The packet belongs, or is related, to a connection that was let through; otherwise it is the first of one.
    case isEstablished
    /// Connection tracking cannot make sense of the packet.
    case isInvalid
    /// A TCP segment that opens no connection, and belongs to none that is known.
    case continuesUnknownConnection
    /// The mark has the bit.
    case isMarked(MarkBit)
    /// Holds of one packet in so many, by chance.
    case oneIn(Int)

    /// The field has this value.
    public static func equals(_ field: PacketField, _ value: FieldValue) -> Condition { .among(field, [value]) }
    /// The field has this number.
    public static func equals(_ field: PacketField, _ number: UInt8) -> Condition {
        .among(field, [.number(UInt16(number))])
    }
}

/// Bits of the packet's mark that the table keeps to itself.
public enum MarkBit: UInt32, Hashable, Sendable {
    /// A rule passed: the rest of the tier is skipped.
    case passed = 0x0800_0000
    /// The source becomes the node's before the packet leaves.
    case masquerade = 0x0400_0000
}

/// What a rule does when all of its conditions hold.
public enum Statement: Hashable, Sendable {
    /// Sends the packet to the flow log with the number of a note.
    case log(Int)
    /// Sets a bit of the mark.
    case mark(MarkBit)
    /// Clears a bit of the mark.
    case unmark(MarkBit)
    /// Goes where the map says; the next rule when the map has no such element.
    case dispatch([PacketField], map: String)
    /// Lets the packet through this chain's hook.
    case accept
    case drop
    /// Goes back to the chain that jumped here.
    case `return`
    /// Drops, and tells the sender that nothing is there.
    case reject
    case jump(String)
    case goto(String)
    /// Sends the connection to one of the backends, each as likely as the others.
    case toBackend(IPAddress.Family, [Backend])
    /// Remembers the source in a set, for as long as the set says.
    case remember(IPAddress.Family, set: String)
    case masquerade

    /// Where a service sends a connection.
    public struct Backend: Hashable, Sendable {
        /// The address.
        public var address: IPAddress
        /// The port.
        public var port: UInt16
        /// A backend.
        public init(address: IPAddress, port: UInt16) {
            self.address = address
            self.port = port
        }
    }
}

/// One rule: the statements are carried out, in order, when every condition holds.
public struct Rule: Hashable, Sendable {
    /// What must hold.
    public var conditions: [Condition]
    /// What is done then.
    public var statements: [Statement]

    /// A rule.
    public init(_ conditions: [Condition] = [], _ statements: Statement...) {
        self.conditions = conditions
        self.statements = statements
    }

    init(_ conditions: [Condition], _ statements: [Statement]) {
        self.conditions = conditions
        self.statements = statements
    }
}
