import JSONValue
import KubeModel
import PolicyModel

/// The rules for when the failure of a pod ends its job.
enum PodFailurePolicies {
    static func validate(_ policy: JSON, _ spec: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let rules = policy.list("rules")
        let here = path.child("rules")
        if rules.count > 20 { errors.tooMany(here, rules.count, 20) }
        let pod = spec["template"]?["spec"] ?? .object([:])
        let names = Set((pod.list("containers") + pod.list("initContainers")).map { $0.text("name") })
        for (at, rule) in rules.enumerated() { validate(rule: rule, spec, names, here.index(at), &errors) }
    }

    private static func validate(
        rule: JSON, _ spec: JSON, _ names: Set<String>, _ path: FieldPath, _ errors: inout [FieldError]
    ) {
        let actions = ["Count", "FailIndex", "FailJob", "Ignore"]
        let action = rule.text("action")
        if action == "FailIndex" {
            if !spec.has("backoffLimitPerIndex") {
                errors.invalid(path.child("action"), .string(action), "requires the backoffLimitPerIndex to be set")
            }
        } else {
            choice(action, actions, path.child("action"), &errors)
        }
        let codes = rule.given("onExitCodes")
        let conditions = rule.list("onPodConditions")
        if let codes { exitCodes(codes, names, path.child("onExitCodes"), &errors) }
        if conditions.count > 20 { errors.tooMany(path.child("onPodConditions"), conditions.count, 20) }
        for (at, condition) in conditions.enumerated() {
            let here = path.child("onPodConditions").index(at)
            errors.qualifiedName(condition.text("type"), here.child("type"))
            choice(condition.text("status"), ["False", "True", "Unknown"], here.child("status"), &errors)
        }
        if codes != nil, !conditions.isEmpty {
            errors.invalid(path, "specifying both OnExitCodes and OnPodConditions is not supported")
        }
        if codes == nil, conditions.isEmpty {
            errors.invalid(path, "specifying one of OnExitCodes and OnPodConditions is required")
        }
    }

    private static func choice(_ value: String, _ allowed: [String], _ path: FieldPath, _ errors: inout [FieldError]) {
        if value.isEmpty {
            errors.required(path, "valid values: [\(allowed.map(goQuoted).joined(separator: " "))]")
        } else if !allowed.contains(value) {
            errors.notSupported(path, .string(value), allowed)
        }
    }

    private static func exitCodes(_ codes: JSON, _ names: Set<String>, _ path: FieldPath, _ errors: inout [FieldError]) {
        let comparison = codes.text("operator")
        choice(comparison, ["In", "NotIn"], path.child("operator"), &errors)
        if let name = codes["containerName"]?.string, !names.contains(name) {
            errors.invalid(
                path.child("containerName"), .string(name),
                "must be one of the container or initContainer names in the pod template")
        }
        let values = codes.list("values")
        let here = path.child("values")
        if values.isEmpty {
            errors.invalid(here, codes["values"] ?? .null, "at least one value is required")
        } else if values.count > 255 {
            errors.tooMany(here, values.count, 255)
        }
        var seen = Set<Int64>()
        var isOrdered = true
        var last: Int64?
        for (at, value) in values.compactMap(\.int).enumerated() {
            if comparison == "In", value == 0 {
                errors.invalid(here.index(at), JSON(value), "must not be 0 for the In operator")
            }
            if !seen.insert(value).inserted { errors.duplicate(here.index(at), JSON(value)) }
            if let last, last > value { isOrdered = false }
            last = value
        }
        if !isOrdered { errors.invalid(here, .array(values), "must be ordered") }
    }
}

/// The rules for when some of its indexes are enough for a job.
enum SuccessPolicies {
    private struct Fault: Error { var message: String }

    static func validate(_ policy: JSON, _ spec: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let rules = policy.list("rules")
        let here = path.child("rules")
        let completions = spec.count("completions")
        if rules.isEmpty {
            errors.required(here, "at least one rules must be specified when the successPolicy is specified")
        }
        if rules.count > 20 { errors.tooMany(here, rules.count, 20) }
        for (at, rule) in rules.enumerated() { validate(rule: rule, completions, here.index(at), &errors) }
    }

    private static func validate(rule: JSON, _ completions: Int64, _ path: FieldPath, _ errors: inout [FieldError]) {
        let indexes = rule["succeededIndexes"]?.string
        let count = rule.number("succeededCount")
        if indexes == nil, count == nil {
            errors.required(path, "at least one of succeededCount or succeededIndexes must be specified")
        }
        var total: Int64 = 0
        if let indexes {
            let here = path.child("succeededIndexes")
            if indexes.utf8.count > 64 * 1024 { errors.tooLong(here, 64 * 1024) }
            do {
                total = try Self.total(indexes, completions)
            } catch {
                errors.invalid(here, .string(indexes), "error parsing succeededIndexes: \(error.message)")
            }
        }
        guard let count else { return }
        let here = path.child("succeededCount")
        errors.nonNegative(count, here)
        if count > completions {
            errors.invalid(
                here, JSON(count), "must be less than or equal to \(completions) (the number of specified completions)")
        }
        if indexes != nil, count > total {
            errors.invalid(
                here, JSON(count),
                "must be less than or equal to \(total) (the number of indexes in the specified succeededIndexes field)")
        }
    }

    /// How many indexes a text such as `1,3-5` names.
    private static func total(_ text: String, _ completions: Int64) throws(Fault) -> Int64 {
        if text.isEmpty { return 0 }
        var total: Int64 = 0
        var last: Int64?
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let (first, end) = try interval(String(part), completions)
            if let last, last >= first {
                throw Fault(message: "non-increasing order, previous: \(last), current: \(first)")
            }
            total += end - first + 1
            last = end
        }
        return total
    }

    private static func interval(_ text: String, _ completions: Int64) throws(Fault) -> (Int64, Int64) {
        let limits = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        if limits.count > 2 {
            throw Fault(
                message: "the fragment \(goQuoted(text)) violates the requirement that an index interval can have at most "
                    + "two parts separated by '-'")
        }
        func index(_ text: String) throws(Fault) -> Int64 {
            guard let value = Int64(text) else {
                throw Fault(message: "cannot convert string to integer for index: \(goQuoted(text))")
            }
            if value >= completions { throw Fault(message: "too large index: \(goQuoted(text))") }
            return value
        }
        let first = try index(limits[0])
        if limits.count == 1 { return (first, first) }
        let end = try index(limits[1])
        if first >= end { throw Fault(message: "non-increasing order, previous: \(first), current: \(end)") }
        return (first, end)
    }
}

/// The rules for changes of a job's status.
enum JobStatuses {
    static func status(_ subject: Subject, _ errors: inout [FieldError]) {
        let status = subject.new.status
        ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
        StatusCounts.nonNegative(status, ["active", "succeeded", "failed", "ready", "terminating"], &errors)
        for key in ["succeeded", "failed"] {
            var seen = Set<String>()
            for (at, uid) in (status["uncountedTerminatedPods"]?.texts(key) ?? []).enumerated() {
                let path = FieldPath("status.uncountedTerminatedPods").child(key).index(at)
                if uid.isEmpty {
                    errors.invalid(path, "", "must not be empty")
                } else if !seen.insert(uid).inserted {
                    errors.duplicate(path, .string(uid))
                }
            }
        }
        conditions(status, subject.previous.status, &errors)
    }

    private static func isTrue(_ status: JSON, _ type: String) -> Bool {
        status.list("conditions").contains { $0.text("type") == type && $0.text("status") == "True" }
    }

    private static func conditions(_ new: JSON, _ old: JSON, _ errors: inout [FieldError]) {
        let path: FieldPath = "status.conditions"
        let isComplete = isTrue(new, "Complete")
        let isFailed = isTrue(new, "Failed")
        if isComplete, isFailed { errors.invalid(path, "cannot set Complete=True and Failed=true conditions") }
        if isComplete, isTrue(new, "FailureTarget") {
            errors.invalid(path, "cannot set Complete=True and FailureTarget=true conditions")
        }
        let becomesComplete = isComplete && !isTrue(old, "Complete")
        let becomesFailed = isFailed && !isTrue(old, "Failed")
        if becomesComplete, !isTrue(new, "SuccessCriteriaMet") {
            errors.invalid(path, "cannot set Complete=True condition without the SuccessCriteriaMet=true condition")
        }
        if becomesFailed, !isTrue(new, "FailureTarget") {
            errors.invalid(path, "cannot set Failed=True condition without the FailureTarget=true condition")
        }
        for type in ["Complete", "Failed", "SuccessCriteriaMet", "FailureTarget"] where isTrue(old, type) && !isTrue(new, type) {
            errors.invalid(path, "cannot disable the terminal \(type)=True condition")
        }
        if becomesComplete || becomesFailed {
            if new.count("active") > 0 {
                errors.invalid("status.active", JSON(new.count("active")), "active>0 is invalid for finished job")
            }
            if !new.has("startTime") { errors.required("status.startTime", "startTime is required for finished job") }
        }
        if !isComplete, let time = new.given("completionTime") {
            errors.invalid(
                "status.completionTime", time, "cannot set completionTime when there is no Complete=True condition")
        }
        if becomesComplete, !new.has("completionTime") {
            errors.required("status.completionTime", "completionTime is required for Complete jobs")
        }
    }
}
