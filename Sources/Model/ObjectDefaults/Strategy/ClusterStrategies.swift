import JSONValue
import KubeModel

/// API services.
enum APIServiceStrategy {
    /// A service that this server itself answers is available at once.
    static func prepareForCreate(_ service: inout JSON, now: Timestamp) {
        guard service[path: "spec", "service"].isAbsent else { return }
        let condition: JSON = [
            "type": "Available", "status": "True", "lastTransitionTime": .string(now.description), "reason": "Local",
            "message": "Local APIServices are always available",
        ]
        service["status"] = ["conditions": [condition]]
    }
}

/// Requests for certificates. Who asks is told by the server; who approves changes conditions only.
enum CertificateSigningRequestStrategy {
    static func prepareForCreate(_ request: inout JSON, context: ObjectStrategy.Context) {
        request.editOrCreate("spec") { spec in
            spec["username"] = context.userName.isEmpty ? nil : .string(context.userName)
            spec["uid"] = context.userUID.isEmpty ? nil : .string(context.userUID)
            spec["groups"] = context.userGroups.isEmpty ? nil : JSON(context.userGroups)
            var extra: JSON = [:]
            for (key, values) in context.userExtra.sorted(by: { $0.key < $1.key }) { extra[key] = JSON(values) }
            spec["extra"] = context.userExtra.isEmpty ? nil : extra
        }
    }

    static func prepareStatus(_ new: inout JSON, old: JSON, now: Timestamp) {
        fillTimes(&new, old: old, now: now)
        // Approval has a subresource of its own, so these conditions stay as they are.
        func isVerdict(_ condition: JSON) -> Bool { ["Approved", "Denied"].contains(condition.text("type")) }
        let kept = (old["status"]?.elements("conditions") ?? []).filter(isVerdict)
        let given = (new["status"]?.elements("conditions") ?? [])
        guard !kept.isEmpty else { return }
        var merged: [JSON] = []
        var missing = kept
        for condition in given {
            if isVerdict(condition), let at = missing.firstIndex(where: { $0.text("type") == condition.text("type") }) {
                merged.append(missing.remove(at: at))
            } else {
                merged.append(condition)
            }
        }
        new[path: "status", "conditions"] = .array(missing + merged)
    }

    static func prepareApproval(_ new: inout JSON, old: JSON, now: Timestamp) {
        fillTimes(&new, old: old, now: now)
        new["spec"] = old["spec"]
        let conditions = new[path: "status", "conditions"]
        new["status"] = old["status"]
        if new["status"].isAbsent { new["status"] = [:] }
        new[path: "status", "conditions"] = conditions
    }

    /// Conditions without times get them: the transition of an unchanged condition stays.
    private static func fillTimes(_ new: inout JSON, old: JSON, now: Timestamp) {
        let time = JSON.string(now.description)
        let before = old["status"]?.elements("conditions") ?? []
        new.edit("status") { status in
            status.editEach("conditions") { condition in
                condition.fill("lastUpdateTime", time)
                let same = before.first {
                    $0["type"] == condition["type"] && $0["status"] == condition["status"]
                        && $0.has("lastTransitionTime")
                }
                condition.fill("lastTransitionTime", same?["lastTransitionTime"] ?? time)
            }
        }
    }
}
