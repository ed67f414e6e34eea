public import JSONValue
public import KubeModel

/// The list `status.conditions` of an object.
public enum Conditions {
    /// The condition of that type.
    public static func find(_ type: String, in status: JSON?) -> JSON? {
        status?["conditions"]?.array?.first { $0["type"]?.string == type }
    }

    /// Sets a condition as the workload controllers do: one that says the same with the same reason stays as it is, and
    /// `lastTransitionTime` moves only when the status changes.
    ///
    /// `withUpdateTime` says whether the kind has `lastUpdateTime`, as Deployments have. `object` is a status.
    public static func set(
        _ type: String, _ status: String, reason: String, message: String, now: Timestamp, withUpdateTime: Bool, in object: inout JSON
    ) {
        let present = find(type, in: object)
        if let present, present["status"]?.string == status, present["reason"]?.string == reason { return }
        var condition: JSON = ["type": .string(type), "status": .string(status)]
        if withUpdateTime { condition["lastUpdateTime"] = .string(now.description) }
        let since = present?["status"]?.string == status ? present?["lastTransitionTime"]?.string : nil
        condition["lastTransitionTime"] = .string(since ?? now.description)
        condition["reason"] = .string(reason)
        condition["message"] = .string(message)
        remove(type, from: &object)
        object["conditions"] = .array((object["conditions"]?.array ?? []) + [condition])
    }

    /// Takes the condition of that type away.
    public static func remove(_ type: String, from object: inout JSON) {
        guard let all = object["conditions"]?.array else { return }
        let kept = all.filter { $0["type"]?.string != type }
        object["conditions"] = kept.isEmpty ? nil : .array(kept)
    }
}
