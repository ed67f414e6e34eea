import JSONValue
import KubeModel
import PolicyModel

/// The rules for configurations of admission webhooks, validating and mutating.
enum Webhooks {
    static let rules = KindRules(
        create: { subject, errors in
            ObjectMeta.validate(subject.new.metadata, namespaced: false, names: .subdomain, &errors)
            webhooks(subject, Options(), &errors)
        },
        update: { subject, errors in
            ObjectMeta.validate(subject.new.metadata, namespaced: false, names: .subdomain, &errors)
            webhooks(subject, Options(stored: subject.previous), &errors)
        })

    /// What is demanded; what is stored already in breach of a rule may stay so.
    private struct Options {
        var demandsKnownVersion = true
        var demandsNoSideEffects = true
        var demandsUniqueNames = true

        init() {}
        init(stored: JSON) {
            let hooks = stored.list("webhooks")
            demandsKnownVersion = hooks.allSatisfy { hook in
                let versions = hook.texts("admissionReviewVersions")
                return versions.isEmpty || versions.contains(where: accepted.contains)
            }
            demandsNoSideEffects = hooks.allSatisfy { harmless.contains($0.text("sideEffects")) }
            demandsUniqueNames = Set(hooks.map { $0.text("name") }).count == hooks.count
        }
    }

    private static let accepted = ["v1", "v1beta1"]
    private static let harmless = ["None", "NoneOnDryRun"]

    private static func webhooks(_ subject: Subject, _ options: Options, _ errors: inout [FieldError]) {
        var names: Set<String> = []
        for (at, hook) in subject.new.list("webhooks").enumerated() {
            let path = FieldPath("webhooks").index(at)
            webhook(hook, subject, options, path, &errors)
            reviewVersions(hook, options, path.child("admissionReviewVersions"), &errors)
            let name = hook.text("name")
            if options.demandsUniqueNames, !name.isEmpty, !names.insert(name).inserted {
                errors.duplicate(path.child("name"), .string(name))
            }
        }
    }

    private static func webhook(
        _ hook: JSON, _ subject: Subject, _ options: Options, _ path: FieldPath, _ errors: inout [FieldError]
    ) {
        qualifiedName(hook.text("name"), path.child("name"), &errors)
        for (at, rule) in hook.list("rules").enumerated() {
            AdmissionRules.rule(rule, path.child("rules").index(at), &errors)
        }
        if hook.has("failurePolicy") {
            errors.oneOf(hook["failurePolicy"], ["Fail", "Ignore"], path.child("failurePolicy"))
        }
        if hook.has("matchPolicy") {
            errors.oneOf(hook["matchPolicy"], ["Equivalent", "Exact"], path.child("matchPolicy"))
        }
        let effects = options.demandsNoSideEffects ? harmless : ["None", "NoneOnDryRun", "Some", "Unknown"]
        if hook.has("sideEffects") {
            errors.oneOf(hook["sideEffects"], effects, path.child("sideEffects"))
        } else {
            errors.required(path.child("sideEffects"), "must specify one of \(effects.joined(separator: ", "))")
        }
        if let timeout = hook.number("timeoutSeconds"), !(1...30).contains(timeout) {
            errors.invalid(
                path.child("timeoutSeconds"), JSON(timeout), "the timeout value must be between 1 and 30 seconds")
        }
        for key in ["namespaceSelector", "objectSelector"] {
            LabelSelectors.validate(hook[key], path.child(key), &errors)
        }
        if subject.kind.kind == "MutatingWebhookConfiguration", hook.has("reinvocationPolicy") {
            errors.oneOf(hook["reinvocationPolicy"], ["IfNeeded", "Never"], path.child("reinvocationPolicy"))
        }
        clientConfig(hook["clientConfig"] ?? [:], path.child("clientConfig"), &errors)
        let old = subject.previous.list("webhooks").first { $0.text("name") == hook.text("name") }
        if subject.isUpdate, let old, sameMeaning(old["matchConditions"], hook["matchConditions"]) { return }
        AdmissionRules.matchConditions(
            hook.list("matchConditions"), subject.context, path.child("matchConditions"), &errors)
    }

    private static func qualifiedName(_ name: String, _ path: FieldPath, _ errors: inout [FieldError]) {
        if name.isEmpty { return errors.required(path) }
        let faults = Names.dnsSubdomain(name)
        if !faults.isEmpty { return errors.invalid(path, .string(name), faults.joined(separator: ",")) }
        if name.split(separator: ".", omittingEmptySubsequences: false).count < 3 {
            errors.invalid(path, .string(name), "should be a domain with at least three segments separated by dots")
        }
    }

    private static func reviewVersions(
        _ hook: JSON, _ options: Options, _ path: FieldPath, _ errors: inout [FieldError]
    ) {
        let versions = hook.texts("admissionReviewVersions")
        if versions.isEmpty {
            return errors.required(path, "must specify one of \(accepted.joined(separator: ", "))")
        }
        var seen: Set<String> = []
        for (at, version) in versions.enumerated() {
            if !seen.insert(version).inserted {
                errors.invalid(path.index(at), .string(version), "duplicate version")
                continue
            }
            errors.invalid(path.index(at), .string(version), all: Names.dns1035Label(version))
        }
        if options.demandsKnownVersion, !versions.contains(where: accepted.contains) {
            errors.invalid(
                path, JSON(versions), "must include at least one of \(accepted.joined(separator: ", "))")
        }
    }

    /// Where a webhook is called.
    static func clientConfig(_ config: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        let hasURL = config.has("url")
        if hasURL == config.has("service") {
            errors.required(path, "exactly one of url or service is required")
        } else if hasURL {
            url(config.text("url"), path.child("url"), &errors)
        } else {
            service(config["service"] ?? [:], path.child("service"), &errors)
        }
    }

    static func url(_ text: String, _ path: FieldPath, _ errors: inout [FieldError]) {
        let form = "; desired format: https://host[/path]"
        let parts = URLParts(text)
        if let fault = parts.fault {
            return errors.required(path, "url must be a valid URL: parse \(goQuoted(text)): \(fault)\(form)")
        }
        if parts.scheme != "https" {
            errors.invalid(path, .string(parts.scheme), "'https' is the only allowed URL scheme\(form)")
        }
        if parts.host.isEmpty { errors.invalid(path, .string(parts.host), "host must be specified\(form)") }
        if let user = parts.user {
            errors.invalid(path, .string(user), "user information is not permitted in the URL\(form)")
        }
        if !parts.fragment.isEmpty {
            errors.invalid(path, .string(parts.fragment), "fragments are not permitted in the URL\(form)")
        }
        if !parts.query.isEmpty {
            errors.invalid(path, .string(parts.query), "query parameters are not permitted in the URL\(form)")
        }
    }

    static func service(_ service: JSON, _ path: FieldPath, _ errors: inout [FieldError]) {
        if service.text("name").isEmpty { errors.required(path.child("name")) }
        if service.text("namespace").isEmpty { errors.required(path.child("namespace")) }
        let port = service.number("port") ?? 443
        if !(1...65535).contains(port) {
            errors.invalid(path.child("port"), JSON(port), "port is not valid: \(Wording.range(1, 65535))")
        }
        guard let given = service["path"]?.string, !given.isEmpty, given != "/" else { return }
        let field = path.child("path")
        if given == "//" { return errors.invalid(field, .string(given), "segment[0] may not be empty") }
        if !given.hasPrefix("/") { errors.invalid(field, .string(given), "must start with a '/'") }
        var checked = given.dropFirst()
        if checked.last == "/" { checked.removeLast() }
        for (at, step) in checked.split(separator: "/", omittingEmptySubsequences: false).enumerated() {
            if step.isEmpty {
                errors.invalid(field, .string(given), "segment[\(at)] may not be empty")
                continue
            }
            for fault in Names.dnsSubdomain(String(step)) {
                errors.invalid(field, .string(given), "segment[\(at)]: \(fault)")
            }
        }
    }
}

/// The parts of a URL, as far as the rules look at them.
struct URLParts {
    var scheme = ""
    var host = ""
    var user: String?
    var query = ""
    var fragment = ""
    /// Why the text is no URL.
    var fault: String?

    init(_ text: String) {
        if text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
            fault = "net/url: invalid control character in URL"
            return
        }
        var rest = text[...]
        if let hash = rest.firstIndex(of: "#") {
            fragment = String(rest[rest.index(after: hash)...])
            rest = rest[..<hash]
        }
        if let colon = rest.firstIndex(of: ":") {
            let name = rest[..<colon]
            if name.isEmpty {
                fault = "missing protocol scheme"
                return
            }
            let isScheme = name.prefix(1).allSatisfy { $0.isASCII && $0.isLetter }
                && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
            if isScheme {
                scheme = name.lowercased()
                rest = rest[rest.index(after: colon)...]
            } else if !name.contains("/") {
                fault = "first path segment in URL cannot contain colon"
                return
            }
        }
        if let mark = rest.firstIndex(of: "?") {
            query = String(rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        }
        guard rest.hasPrefix("//") else { return }
        var authority = rest.dropFirst(2)
        if let slash = authority.firstIndex(of: "/") { authority = authority[..<slash] }
        if let at = authority.lastIndex(of: "@") {
            user = String(authority[..<at])
            authority = authority[authority.index(after: at)...]
        }
        host = String(authority)
        if host.contains(" ") { fault = "invalid character \" \" in host name" }
        if let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") {
            let port = host[host.index(after: colon)...]
            if !port.allSatisfy({ $0.isASCII && $0.isNumber }) { fault = "invalid port \(goQuoted(":" + String(port))) after host" }
        }
    }
}
