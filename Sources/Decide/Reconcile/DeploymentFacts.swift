import JSONValue
import KubeModel

/// What the fields of a Deployment mean.
struct DeploymentFacts {
    static let revisionKey = "deployment.kubernetes.io/revision"
    static let historyKey = "deployment.kubernetes.io/revision-history"
    static let desiredKey = "deployment.kubernetes.io/desired-replicas"
    static let maximumKey = "deployment.kubernetes.io/max-replicas"
    static let rollbackKey = "deprecated.deployment.rollback.to"
    static let hashLabel = "pod-template-hash"
    /// The annotations of a Deployment that its ReplicaSets do not get.
    static let ownAnnotations: Set<String> = [
        "kubectl.kubernetes.io/last-applied-configuration", revisionKey, historyKey, desiredKey, maximumKey, rollbackKey,
    ]

    let object: JSON
    init(_ object: JSON) { self.object = object }

    var spec: JSON { object["spec"] ?? [:] }
    var replicas: Int64 { spec["replicas"]?.int ?? 1 }
    var isPaused: Bool { spec["paused"]?.bool ?? false }
    var isRolling: Bool { spec["strategy"]?["type"]?.string != "Recreate" }
    var template: JSON { spec["template"] ?? [:] }
    var minReadySeconds: Int64 { spec["minReadySeconds"]?.int ?? 0 }

    /// Seconds without progress after which a rollout counts as failed; nil when it may take for ever.
    var progressDeadline: Int64? {
        let seconds = spec["progressDeadlineSeconds"]?.int
        return seconds == Int64(Int32.max) ? nil : seconds
    }

    /// How many old ReplicaSets are kept; nil when all are.
    var historyLimit: Int? {
        guard let limit = spec["revisionHistoryLimit"]?.int, limit != Int64(Int32.max) else { return nil }
        return Int(clamping: limit)
    }

    /// Both bounds as numbers of pods: the surge rounded up, the unavailable down, and one of them at least one.
    private var bounds: (surge: Int64, unavailable: Int64) {
        let rolling = spec["strategy"]?["rollingUpdate"]
        let surge = scaled(rolling?["maxSurge"], roundingUp: true)
        let unavailable = scaled(rolling?["maxUnavailable"], roundingUp: false)
        return surge == 0 && unavailable == 0 ? (0, 1) : (surge, unavailable)
    }

    private func scaled(_ value: JSON?, roundingUp: Bool) -> Int64 {
        // As many pods as the API can count: a percentage has no bound of its own.
        let most = Int64(Int32.max)
        if let number = value?.int { return max(0, min(number, most)) }
        guard let text = value?.string, text.hasSuffix("%"), let percent = Int64(text.dropLast()) else { return 0 }
        let (product, overflow) = percent.multipliedReportingOverflow(by: replicas)
        if overflow || product > most * 100 { return most }
        return max(0, roundingUp ? (product + 99) / 100 : product / 100)
    }

    var maxSurge: Int64 { isRolling ? bounds.surge : 0 }
    var maxUnavailable: Int64 { isRolling && replicas > 0 ? min(bounds.unavailable, replicas) : 0 }

    /// Whether two pod templates are the same but for the label with their hash.
    static func isSame(_ left: JSON?, _ right: JSON?) -> Bool {
        func plain(_ template: JSON?) -> JSON {
            var template = template ?? [:]
            template["metadata"]?["labels"]?[hashLabel] = nil
            for key in ["labels", "annotations"] where template["metadata"]?[key]?.isEmptyValue == true { template["metadata"]?[key] = nil }
            if template["metadata"]?["creationTimestamp"]?.isNull == true { template["metadata"]?["creationTimestamp"] = nil }
            if template["metadata"]?.isEmptyValue == true { template["metadata"] = nil }
            return template
        }
        return plain(left) == plain(right)
    }

    static func revision(_ object: JSON) -> Int64 { object.annotations[revisionKey].flatMap { Int64($0) } ?? 0 }

    /// Older first; of the same second, by name.
    static func isOlder(_ left: JSON, _ right: JSON) -> Bool {
        (left.creationTime, left.name) < (right.creationTime, right.name)
    }
}
