import JSONValue
import KubeModel
import NetworkPolicy
import PolicyModel

/// How a policy stands on one node.
struct PolicyStanding {
    enum State: Equatable {
        /// The kernel holds its rules.
        case inForce
        /// Nobody can tell what it says: what it may have denied is denied.
        case unreadable(PolicyReadError)
        /// The kernel did not take its rules: what it may have denied is denied.
        case refused(String)
        /// The object is no longer there.
        case gone
    }

    var key: PolicyKey
    /// The object that the state is of.
    var object: JSON
    var state: State

    /// The notice for people; nil when there is nobody to tell.
    func notice(node: String) -> Notice? {
        switch state {
        case .inForce:
            Notice(reason: "InForce", message: "in force on node \(node) (generation \(object.generation))")
        case .unreadable(let fault):
            Notice(
                isWarning: true, reason: "Unreadable",
                message: "denies everything to the pods that it selects on node \(node): \(fault.field): \(fault.reason)")
        case .refused(let reason):
            Notice(
                isWarning: true, reason: "Refused",
                message: "denies everything to the pods that it selects on node \(node): the kernel did not take its rules: \(reason)")
        case .gone: nil
        }
    }

    /// The type of a node's condition: every node has its own.
    static func conditionType(node: String) -> String { node + conditionSuffix }
    static let conditionSuffix = "/InForce"

    /// The condition that a status shows; nil when there is nobody to tell.
    func condition(node: String, now: Timestamp) -> JSON? {
        guard let notice = notice(node: node) else { return nil }
        return [
            "type": .string(Self.conditionType(node: node)), "status": notice.isWarning ? "False" : "True",
            "observedGeneration": .int(object.generation), "lastTransitionTime": .string(now.description),
            "reason": .string(notice.reason), "message": .string(String(notice.message.prefix(1024))),
        ]
    }

    /// The conditions of an object with this node's in its place; nil when they say all of it already.
    ///
    /// - Parameter forgetting: conditions of other nodes that became so before this moment are left out.
    func merged(into conditions: [JSON], node: String, now: Timestamp, known: Set<String>, forgetting: Timestamp) -> [JSON]? {
        guard var own = condition(node: node, now: now) else { return nil }
        let type = Self.conditionType(node: node)
        var kept = conditions.filter { condition in
            guard let other = condition["type"]?.string, other.hasSuffix(Self.conditionSuffix), other != type else { return true }
            if known.contains(String(other.dropLast(Self.conditionSuffix.utf8.count))) { return true }
            return (condition["lastTransitionTime"]?.string).flatMap { Timestamp($0) }.map { $0 >= forgetting } ?? false
        }
        if let place = kept.firstIndex(where: { $0["type"]?.string == type }) {
            if kept[place]["status"] == own["status"] { own["lastTransitionTime"] = kept[place]["lastTransitionTime"] }
            kept[place] = own
        } else {
            kept.append(own)
        }
        return kept == conditions ? nil : kept
    }
}
