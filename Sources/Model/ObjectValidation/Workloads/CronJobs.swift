import JSONValue
import KubeModel
import PolicyModel

/// The rules for cron jobs.
enum CronJobs {
    static let rules = KindRules(
        create: { subject, errors in
            ObjectMeta.validate(subject.new.metadata, namespaced: true, names: .subdomain, &errors)
            spec(subject, &errors)
            // The jobs' names add eleven characters.
            if subject.new.name.utf8.count > 52 {
                errors.invalid("metadata.name", .string(subject.new.name), "must be no more than 52 characters")
            }
        },
        update: { subject, errors in
            ObjectMeta.validateUpdate(subject.new.metadata, subject.previous.metadata, &errors)
            spec(subject, &errors)
        })

    private static func spec(_ subject: Subject, _ errors: inout [FieldError]) {
        let spec = subject.new.spec
        let old = subject.old?.spec
        schedule(spec, old, "spec.schedule", &errors)
        errors.nonNegative(spec.number("startingDeadlineSeconds"), "spec.startingDeadlineSeconds")
        if old == nil || old?["timeZone"] != spec["timeZone"], let zone = spec["timeZone"]?.string {
            timeZone(zone, "spec.timeZone", &errors)
        }
        let concurrency = spec.text("concurrencyPolicy")
        let policies = ["Allow", "Forbid", "Replace"]
        if concurrency.isEmpty {
            errors.required("spec.concurrencyPolicy")
        } else if !policies.contains(concurrency) {
            errors.notSupported("spec.concurrencyPolicy", .string(concurrency), policies)
        }
        let job = spec["jobTemplate"]?["spec"] ?? .object([:])
        let path: FieldPath = "spec.jobTemplate.spec"
        let options = PodOptions(
            isPod: false, context: subject.context, template: old?["jobTemplate"]?["spec"]?["template"])
        Jobs.spec(job, options, path, &errors)
        if let selector = job.given("selector") {
            errors.invalid(
                path.child("selector"), LabelSelectors.printed(selector), "`selector` will be auto-generated")
        }
        if job.flag("manualSelector") { errors.notSupported(path.child("manualSelector"), true, ["nil", "false"]) }
        for key in ["successfulJobsHistoryLimit", "failedJobsHistoryLimit"] {
            errors.nonNegative(spec.number(key), FieldPath("spec").child(key))
        }
    }

    private static func schedule(_ spec: JSON, _ old: JSON?, _ path: FieldPath, _ errors: inout [FieldError]) {
        let schedule = spec.text("schedule")
        if schedule.isEmpty { return errors.required(path) }
        if let fault = CronSchedule.fault(schedule) { errors.invalid(path, .string(schedule), fault) }
        guard schedule.contains("TZ") else { return }
        if old?.text("schedule").contains("TZ") != true {
            errors.invalid(
                path, .string(schedule), "cannot use TZ or CRON_TZ in schedule, use timeZone field instead")
        } else if spec.has("timeZone") {
            errors.invalid(path, .string(schedule), "cannot use both timeZone field and TZ or CRON_TZ in schedule")
        }
    }

    private static func timeZone(_ zone: String, _ path: FieldPath, _ errors: inout [FieldError]) {
        if zone.isEmpty { return errors.invalid(path, "", "timeZone must be nil or non-empty string") }
        if zone.lowercased() == "local" {
            return errors.invalid(
                path, .string(zone),
                "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones")
        }
        if !TimeZones.names.contains(zone) { errors.invalid(path, .string(zone), "unknown time zone \(zone)") }
    }
}

/// The syntax of a schedule: five fields, or a word such as `@daily`.
///
/// Source: github.com/robfig/cron v3, `ParseStandard`.
enum CronSchedule {
    private struct Fault: Error { var message: String }
    private struct Bounds {
        var low: Int
        var high: Int
        var names: [String]
    }

    private static let fields = [
        Bounds(low: 0, high: 59, names: []), Bounds(low: 0, high: 23, names: []), Bounds(low: 1, high: 31, names: []),
        Bounds(
            low: 1, high: 12,
            names: ["", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
        Bounds(low: 0, high: 6, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
    ]

    /// What is wrong with a schedule.
    static func fault(_ schedule: String) -> String? {
        do {
            try parse(schedule)
            return nil
        } catch {
            return error.message
        }
    }

    private static func parse(_ schedule: String) throws(Fault) {
        var text = schedule[...]
        if text.hasPrefix("TZ=") || text.hasPrefix("CRON_TZ=") {
            let zone = text.drop { $0 != "=" }.dropFirst().prefix { $0 != " " }
            if !TimeZones.names.contains(String(zone)) {
                throw Fault(message: "provided bad location \(zone): unknown time zone \(zone)")
            }
            text = text.drop { $0 != " " }
            while text.first == " " { text = text.dropFirst() }
        }
        if text.hasPrefix("@") { return try descriptor(String(text)) }
        let words = text.split { $0.isWhitespace }.map(String.init)
        if words.count != 5 {
            throw Fault(
                message: "expected exactly 5 fields, found \(words.count): [\(words.joined(separator: " "))]")
        }
        for (word, bounds) in zip(words, fields) {
            for part in word.split(separator: ",") { try range(String(part), bounds) }
        }
    }

    private static func descriptor(_ text: String) throws(Fault) {
        if ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"].contains(text) { return }
        guard text.hasPrefix("@every ") else { throw Fault(message: "unrecognized descriptor: \(text)") }
        let duration = String(text.dropFirst("@every ".count))
        if !isDuration(duration) {
            throw Fault(
                message: "failed to parse duration \(text): time: invalid duration \(goQuoted(duration))")
        }
    }

    /// Go's syntax of durations: `1h30m`.
    private static func isDuration(_ text: String) -> Bool {
        var rest = text[...]
        if rest.first == "-" || rest.first == "+" { rest = rest.dropFirst() }
        if rest == "0" { return true }
        if rest.isEmpty { return false }
        while !rest.isEmpty {
            let number = rest.prefix { $0.isNumber || $0 == "." }
            if number.isEmpty || number == "." { return false }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix { !$0.isNumber && $0 != "." }
            if !["ns", "us", "µs", "ms", "s", "m", "h"].contains(String(unit)) { return false }
            rest = rest.dropFirst(unit.count)
        }
        return true
    }

    private static func range(_ text: String, _ bounds: Bounds) throws(Fault) {
        let steps = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let limits = steps[0].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        var start = bounds.low
        var end = bounds.high
        if limits[0] != "*", limits[0] != "?" {
            start = try number(limits[0], bounds.names)
            switch limits.count {
            case 1: end = start
            case 2: end = try number(limits[1], bounds.names)
            default: throw Fault(message: "too many hyphens: \(text)")
            }
        }
        var step = 1
        switch steps.count {
        case 1: break
        case 2:
            step = try number(steps[1], [])
            if limits.count == 1 { end = bounds.high }
        default: throw Fault(message: "too many slashes: \(text)")
        }
        if start < bounds.low {
            throw Fault(message: "beginning of range (\(start)) below minimum (\(bounds.low)): \(text)")
        }
        if end > bounds.high { throw Fault(message: "end of range (\(end)) above maximum (\(bounds.high)): \(text)") }
        if start > end { throw Fault(message: "beginning of range (\(start)) beyond end of range (\(end)): \(text)") }
        if step == 0 { throw Fault(message: "step of range should be a positive number: \(text)") }
    }

    private static func number(_ text: String, _ names: [String]) throws(Fault) -> Int {
        if !text.isEmpty, let at = names.firstIndex(of: text.lowercased()) { return at }
        guard let value = Int(text) else {
            let rule = !text.isEmpty && text.utf8.allSatisfy(Names.isDigit) ? "value out of range" : "invalid syntax"
            throw Fault(message: "failed to parse int from \(text): strconv.Atoi: parsing \(goQuoted(text)): \(rule)")
        }
        if value < 0 { throw Fault(message: "negative number (\(value)) not allowed: \(text)") }
        return value
    }
}
