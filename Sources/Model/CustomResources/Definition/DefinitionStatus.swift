public import JSONValue
public import KubeModel

/// The status of a CRD: which of its names it got, and whether it is served. Pure.
///
/// Source: apiextensions.k8s.io/v1, the conditions `NamesAccepted` and `Established`.
public enum DefinitionStatus {
    /// Whether a CRD has all the names that it wants and is served, so that no other CRD can change its status.
    public static func isSettled(_ definition: JSON) -> Bool {
        CustomResourceDefinition.condition("Established", of: definition) && CustomResourceDefinition.condition("NamesAccepted", of: definition)
            && CustomResourceDefinition.Names(definition["spec"]?["names"])
                == CustomResourceDefinition.Names(definition["status"]?["acceptedNames"])
    }

    /// The status that a CRD has beside the others of its group.
    ///
    /// - Parameters:
    ///   - definition: the stored CRD.
    ///   - others: all other CRDs; those of other groups are ignored.
    ///   - now: the time of conditions that change.
    /// - Returns: the new status; the present one when nothing changes.
    public static func settled(_ definition: JSON, others: [JSON], now: Timestamp) -> JSON {
        var status = definition["status"] ?? [:]
        let group = definition["spec"]?["group"]?.string ?? ""
        let wanted = definition["spec"]?["names"] ?? [:]
        let had = status["acceptedNames"] ?? [:]
        let taken = Taken(others.filter { $0["spec"]?["group"]?.string == group })
        var accepted = JSONObject()
        var conflict: (reason: String, message: String)?
        func settle(_ field: String, reason: String, _ isTaken: (String) -> Bool) {
            let name = wanted[field]?.string ?? ""
            if name.isEmpty { return }
            if isTaken(name) {
                conflict = (reason, "\(goQuoted(name)) is already in use")
                accepted[field] = had[field]
            } else {
                accepted[field] = .string(name)
            }
        }
        settle("plural", reason: "PluralConflict") { taken.resources.contains($0) }
        settle("singular", reason: "SingularConflict") { taken.resources.contains($0) }
        let shortNames = wanted["shortNames"]?.strings ?? []
        let clashing = shortNames.filter { taken.resources.contains($0) }
        if clashing.isEmpty {
            if !shortNames.isEmpty { accepted["shortNames"] = JSON(shortNames) }
        } else {
            conflict = ("ShortNamesConflict", clashing.map { "\(goQuoted($0)) is already in use" }.joined(separator: ", "))
            accepted["shortNames"] = had["shortNames"]
        }
        settle("kind", reason: "KindConflict") { taken.kinds.contains($0) }
        settle("listKind", reason: "ListKindConflict") { taken.kinds.contains($0) }
        if let categories = wanted["categories"]?.strings, !categories.isEmpty { accepted["categories"] = JSON(categories) }
        if accepted["plural"] == nil { accepted["plural"] = "" }
        if accepted["kind"] == nil { accepted["kind"] = "" }
        status["acceptedNames"] = .object(accepted)
        if let conflict {
            set("NamesAccepted", false, conflict.reason, conflict.message, in: &status, now: now)
        } else {
            set("NamesAccepted", true, "NoConflicts", "no conflicts found", in: &status, now: now)
        }
        // Once served, a kind stays served: its objects exist.
        if !CustomResourceDefinition.condition("Established", of: definition) {
            if conflict == nil {
                set("Established", true, "InitialNamesAccepted", "the initial names have been accepted", in: &status, now: now)
            } else {
                set("Established", false, "NotAccepted", "not all names are accepted", in: &status, now: now)
            }
        }
        return status
    }

    private static func set(_ type: String, _ value: Bool, _ reason: String, _ message: String, in status: inout JSON, now: Timestamp) {
        var conditions = status["conditions"]?.array ?? []
        let text = value ? "True" : "False"
        let at = conditions.firstIndex { $0["type"]?.string == type }
        let present = at.map { conditions[$0] }
        if present?["status"]?.string == text, present?["reason"]?.string == reason, present?["message"]?.string == message { return }
        let since = present?["status"]?.string == text ? present?["lastTransitionTime"] : nil
        let condition: JSON = [
            "type": .string(type), "status": .string(text), "lastTransitionTime": since ?? .string(now.description),
            "reason": .string(reason), "message": .string(message),
        ]
        if let at { conditions[at] = condition } else { conditions.append(condition) }
        status["conditions"] = .array(conditions)
    }

    /// The names that other CRDs of a group have.
    private struct Taken {
        var resources: Set<String> = []
        var kinds: Set<String> = []

        init(_ definitions: [JSON]) {
            for definition in definitions {
                let names = CustomResourceDefinition.Names(definition["status"]?["acceptedNames"])
                resources.formUnion([names.plural, names.singular] + names.shortNames)
                kinds.formUnion([names.kind, names.listKind])
            }
            resources.remove("")
            kinds.remove("")
        }
    }
}
