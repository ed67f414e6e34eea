/// The members of a JSON object in the order of the source; a key occurs once.
///
/// Objects of the Kubernetes API are small, so members lie in one array and are searched in line; beyond
/// ``indexThreshold`` members a hash index keeps lookup constant (a ConfigMap may have thousands of keys).
public struct JSONObject: Sendable {
    /// One member.
    public struct Member: Hashable, Sendable {
        /// The name before the colon, without quotes and with its escapes resolved.
        public var key: String
        /// What stands after the colon.
        public var value: JSON
        /// A member as it would stand in an object: `"key": value`.
        public init(key: String, value: JSON) {
            self.key = key
            self.value = value
        }

        /// Compares the bytes of the keys.
        public static func == (left: Member, right: Member) -> Bool { left.key.hasSameBytes(as: right.key) && left.value == right.value }
    }

    /// From this number of members on, a hash index is kept.
    static let indexThreshold = 24

    /// Every member in the order of the source; no two keys have the same bytes.
    public private(set) var members: [Member]
    private var index: [JSONKey: Int]?

    /// An object without members, `{}`.
    public init() { members = [] }

    /// The members in the given order; of members with the same key the last one's value is kept.
    public init(_ pairs: [(String, JSON)]) {
        self.init(members: pairs.map { Member(key: $0.0, value: $0.1) })
    }

    /// The members in the given order; of members with the same key the last one's value is kept.
    public init(members given: [Member]) {
        if Self.hasDuplicates(given) {
            members = []
            for member in given { self[member.key] = member.value }
        } else {
            members = given
            rebuildIndex()
        }
    }

    static func hasDuplicates(_ members: [Member]) -> Bool {
        if members.count < 2 { return false }
        if members.count < indexThreshold {
            for i in 1..<members.count {
                for j in 0..<i where members[i].key.hasSameBytes(as: members[j].key) { return true }
            }
            return false
        }
        var seen = Set<JSONKey>(minimumCapacity: members.count)
        for member in members where !seen.insert(JSONKey(member.key)).inserted { return true }
        return false
    }

    private mutating func rebuildIndex() {
        guard members.count >= Self.indexThreshold else {
            index = nil
            return
        }
        var fresh = [JSONKey: Int](minimumCapacity: members.count)
        for (position, member) in members.enumerated() { fresh[JSONKey(member.key)] = position }
        index = fresh
    }

    private func position(of key: String) -> Int? {
        if let index { return index[JSONKey(key)] }
        for position in members.indices where members[position].key.hasSameBytes(as: key) { return position }
        return nil
    }

    /// The value of the member `key`, whose bytes are compared; nil when there is none.
    ///
    /// Setting changes a member at its place or adds one at the end; setting nil removes it.
    public subscript(_ key: String) -> JSON? {
        get { position(of: key).map { members[$0].value } }
        set {
            switch (position(of: key), newValue) {
            case (let at?, let value?):
                members[at].value = value
            case (let at?, nil):
                members.remove(at: at)
                rebuildIndex()
            case (nil, let value?):
                members.append(Member(key: key, value: value))
                if index != nil { index?[JSONKey(key)] = members.count - 1 } else if members.count == Self.indexThreshold { rebuildIndex() }
            case (nil, nil):
                break
            }
        }
    }

    /// Puts a member first, where readers that skim (``ObjectHeader``) find it soonest.
    public mutating func moveToFront(_ key: String) {
        guard let at = position(of: key), at > 0 else { return }
        members.insert(members.remove(at: at), at: 0)
        rebuildIndex()
    }

    /// Changes each value in place; a nil answer removes the member.
    public mutating func updateValues(_ change: (String, JSON) throws -> JSON?) rethrows {
        var kept: [Member] = []
        kept.reserveCapacity(members.count)
        for member in members {
            if let value = try change(member.key, member.value) { kept.append(Member(key: member.key, value: value)) }
        }
        members = kept
        rebuildIndex()
    }

    /// Whether the object is `{}`.
    public var isEmpty: Bool { members.isEmpty }
    /// How many members there are, those with the value null included.
    public var count: Int { members.count }
    /// The keys in the order of the members.
    public var keys: [String] { members.map(\.key) }
}

extension JSONObject: Hashable {
    /// Compares the members in any order, keys by their bytes.
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        guard left.count == right.count else { return false }
        for member in left.members where right[member.key] != member.value { return false }
        return true
    }

    /// Hashes the members so that their order has no influence.
    public func hash(into hasher: inout Hasher) {
        // Order must not matter, so the members' own hashes are added up.
        var sum = 0
        for member in members { sum = sum &+ member.hashValue }
        hasher.combine(sum)
    }
}

extension JSONObject: Sequence, ExpressibleByDictionaryLiteral {
    /// Goes through the members in the order of the source.
    public struct Iterator: IteratorProtocol {
        private var base: IndexingIterator<[Member]>
        init(_ members: [Member]) { base = members.makeIterator() }
        /// The next member; nil after the last one.
        public mutating func next() -> (key: String, value: JSON)? { base.next().map { ($0.key, $0.value) } }
    }
    /// Begins at the first member.
    public func makeIterator() -> Iterator { Iterator(members) }
    /// The members in the order of the literal; of members with the same key the last one's value is kept.
    public init(dictionaryLiteral elements: (String, JSON)...) { self.init(elements) }
}
