import JSONValue
public import OCIModel
import PolicyModel

/// A pod with `hostUsers: false` has users of its own: 65536 ids that no other pod and no user of the node has.
///
/// Source: KEP-127.
enum UserNamespace {
    static let id: ControlID = "hostUsers"

    static func decide(_ scope: PodScope, _ findings: inout Findings) -> RuntimeIDMapping? {
        guard scope.hasOwnUsers else { return nil }
        let path: FieldPath = "spec.hostUsers"
        findings.decided(by: path)
        let ranges = UserNamespaceRanges(scope.node)
        if !scope.node.hasUserNamespaces {
            findings.refuse(
                id, .notEnforceable, at: path, found: "false", "the node's kernel has no user namespaces",
                remedy: "remove spec.hostUsers, or use a kernel with CONFIG_USER_NS")
            return nil
        }
        if ranges.count == 0 {
            findings.refuse(
                id, .notEnforceable, at: path, found: "false",
                "the node has no subordinate ids to give to a pod: it needs \(UserNamespaceRanges.size) of them for each",
                remedy: UserNamespaceRanges.mend)
            return nil
        }
        guard let block = scope.identity.idBlock else {
            findings.refuse(
                id, .sandbox, at: path, found: "false",
                "could not find an empty slot to allocate a user namespace: all \(ranges.count) blocks of ids are taken",
                remedy: "end another pod with hostUsers: false, or \(UserNamespaceRanges.mend)")
            return nil
        }
        guard let mapping = ranges.mapping(block: block) else {
            findings.refuse(
                id, .sandbox, at: path, found: "false",
                "block \(block) of subordinate ids does not exist: the node has \(ranges.count)",
                remedy: UserNamespaceRanges.mend)
            return nil
        }
        return mapping
    }
}

/// The node's subordinate ids cut into blocks of 65536, one for each pod.
public struct UserNamespaceRanges: Hashable, Sendable {
    /// How many ids a pod has: all that 16 bits can name, `nobody` with them.
    public static let size: UInt32 = 65536
    static let mend =
        "give the node's user at least 65536 more ids in /etc/subuid and /etc/subgid (usermod --add-subuids, --add-subgids), then restart the node"

    private let firsts: [UInt32]

    /// The blocks of a node, in the order of its ranges. Ids below 65536 are never given: they are those of the node's users.
    public init(_ node: NodeFacts) {
        var firsts: [UInt32] = []
        for range in node.subordinateIDs {
            var first = UInt64(max(range.first, Self.size))
            // The greatest number stands for no user, and past it there are none.
            let end = min(UInt64(range.first) + UInt64(range.count), UInt64(UInt32.max))
            while first + UInt64(Self.size) <= end, let id = UInt32(exactly: first) {
                firsts.append(id)
                first += UInt64(Self.size)
            }
        }
        self.firsts = firsts
    }

    /// How many pods can have users of their own.
    public var count: Int { firsts.count }

    /// The ids of a block; nil when there is no such block.
    public func mapping(block: Int) -> RuntimeIDMapping? {
        guard firsts.indices.contains(block) else { return nil }
        return RuntimeIDMapping(containerID: 0, hostID: firsts[block], size: Self.size)
    }
}

/// Which block of ids belongs to which pod. Two pods never share one.
public struct UserNamespaceBlocks: Hashable, Sendable {
    private var blocks: [String: Int] = [:]
    private let ranges: UserNamespaceRanges

    /// No block is taken.
    public init(_ node: NodeFacts) { ranges = UserNamespaceRanges(node) }

    /// The block of a pod, by its uid; nil when it has none.
    public func block(of pod: String) -> Int? { blocks[pod] }

    /// Gives a pod the first free block, or tells the one that it has; nil when all are taken.
    public mutating func take(for pod: String) -> Int? {
        if let present = blocks[pod] { return present }
        let taken = Set(blocks.values)
        guard let free = (0..<ranges.count).first(where: { !taken.contains($0) }) else { return nil }
        blocks[pod] = free
        return free
    }

    /// Notes that a running pod has the ids from `first` on, after a restart of the node.
    ///
    /// - Returns: false when those ids are no block, or another pod has them; then nothing is noted.
    public mutating func restore(pod: String, first: UInt32) -> Bool {
        guard let block = (0..<ranges.count).first(where: { ranges.mapping(block: $0)?.hostID == first }),
            !blocks.contains(where: { $0.value == block && $0.key != pod })
        else { return false }
        blocks[pod] = block
        return true
    }

    /// Frees the block of a pod that is gone.
    public mutating func release(_ pod: String) { blocks[pod] = nil }
}
