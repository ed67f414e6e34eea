import JSONValue
import KubeModel

/// `podFailurePolicy`: what the way in which a pod failed means for its Job.
///
/// Source: Kubernetes documentation, "Pod failure policy"; KEP-3329.
struct JobFailurePolicy: Hashable, Sendable {
    /// What a failed pod leads to.
    enum Verdict: Hashable, Sendable {
        /// It counts towards `backoffLimit`; no rule says otherwise.
        case count
        /// It does not count, and is replaced.
        case ignore
        /// Its index is not tried again.
        case failIndex
        /// The Job has failed, for the reason in the message.
        case failJob(String)
    }

    let rules: [JSON]
    init(_ policy: JSON) { rules = policy["rules"]?.array ?? [] }

    /// The verdict of the first rule that matches.
    func judge(_ pod: JSON) -> Verdict {
        for (index, rule) in rules.enumerated() {
            let cause: String
            if let codes = rule["onExitCodes"], codes.object != nil {
                guard let (name, code) = Self.match(codes, pod) else { continue }
                cause = "Container \(name) for pod \(pod.namespace)/\(pod.name) failed with exit code \(code)"
            } else {
                guard let type = Self.match(rule["onPodConditions"]?.array ?? [], pod) else { continue }
                cause = "Pod \(pod.namespace)/\(pod.name) has condition \(type)"
            }
            switch rule["action"]?.string {
            case "Ignore": return .ignore
            case "FailIndex": return .failIndex
            case "Count": return .count
            case "FailJob": return .failJob("\(cause) matching FailJob rule at index \(index)")
            default: continue  // a rule of a later version decides nothing
            }
        }
        return .count
    }

    private static func match(_ codes: JSON, _ pod: JSON) -> (name: String, code: Int64)? {
        let wanted = codes["containerName"]?.string
        let values = Set((codes["values"]?.array ?? []).compactMap(\.int))
        let status = pod["status"]
        for container in (status?["containerStatuses"]?.array ?? []) + (status?["initContainerStatuses"]?.array ?? []) {
            let name = container["name"]?.string ?? ""
            guard wanted == nil || wanted == name, let code = container[path: "state", "terminated", "exitCode"]?.int, code != 0 else { continue }
            switch codes["operator"]?.string {
            case "In": if values.contains(code) { return (name, code) }
            case "NotIn": if !values.contains(code) { return (name, code) }
            default: continue
            }
        }
        return nil
    }

    private static func match(_ patterns: [JSON], _ pod: JSON) -> String? {
        for condition in pod["status"]?["conditions"]?.array ?? [] {
            let isWanted = patterns.contains { $0["type"] == condition["type"] && ($0["status"]?.string ?? "True") == condition["status"]?.string }
            if isWanted { return condition["type"]?.string }
        }
        return nil
    }
}

/// `successPolicy`: which indexes are enough.
///
/// Source: Kubernetes documentation, "Success policy"; KEP-3998.
enum JobSuccessPolicy {
    /// The message of the rule that is met; nil when none is.
    static func met(_ policy: JSON?, succeeded: CompletionIndexes, completions: Int) -> String? {
        for (index, rule) in (policy?["rules"]?.array ?? []).enumerated() {
            let wanted = rule["succeededIndexes"]?.string.map { CompletionIndexes($0, below: completions) }
            let reached = wanted.map { $0.countShared(with: succeeded) } ?? succeeded.count
            guard let most = rule["succeededCount"]?.int.map({ Int(clamping: $0) }) ?? wanted?.count, reached >= most else { continue }
            return "Matched rules at index \(index)"
        }
        return nil
    }
}
