import JSONValue
import KubeModel
import NodeAuthorization
import PolicyModel
import RBAC
import Testing

@Suite struct CorpusTests {
    static let bootstrap: RBACPolicy = {
        var policy = RBACPolicy()
        for object in BootstrapRBAC.objects() { policy.upsert(object) }
        return policy
    }()

    /// The objects of a case, complete, with the server's own.
    func chain(_ row: JSON) -> AuthorizerChain {
        var policy = Self.bootstrap
        for entry in (row["roles"]?.array ?? []) + (row["bindings"]?.array ?? []) {
            var object = entry
            object[path: "metadata", "name"] = entry["name"]
            object[path: "metadata", "namespace"] = entry["namespace"]
            policy.upsert(object)
        }
        return AuthorizerChain(rbac: policy)
    }

    @Test(
        "each recorded case is decided with the words of the recorded server",
        .enabled(if: Corpus.exists("policy/rbac")))
    func cases() throws {
        var failures: [String] = []
        let rows = try Corpus.lines("policy/rbac/cases.jsonl")
        for row in rows {
            let problem = row["topic"]?.string == "request" ? request(row) : review(row)
            if let problem { failures.append("\(row["id"]?.string ?? ""): \(problem)") }
        }
        print("corpus rbac: \(rows.count - failures.count) passed, \(failures.count) failed")
        for failure in failures { print("  " + failure) }
        #expect(failures.isEmpty)
    }

    func review(_ row: JSON) -> String? {
        let spec = row["review"] ?? [:]
        let user = UserInfo(name: spec["user"]?.string ?? "", groups: spec["groups"]?.strings ?? [])
        let question: AccessAttributes
        if let path = spec["nonResourceAttributes"] {
            question = AccessAttributes(user: user, verb: path["verb"]?.string ?? "", path: path["path"]?.string ?? "")
        } else {
            let wanted = spec["resourceAttributes"] ?? [:]
            question = AccessAttributes(
                user: user, verb: wanted["verb"]?.string ?? "", namespace: wanted["namespace"]?.string ?? "",
                apiGroup: wanted["group"]?.string ?? "", apiVersion: wanted["version"]?.string ?? "",
                resource: wanted["resource"]?.string ?? "", subresource: wanted["subresource"]?.string ?? "",
                name: wanted["name"]?.string ?? "")
        }
        let verdict = chain(row).decide(question)
        let expected = row["expect"] ?? [:]
        let wantedReason = expected["reason"]?.string ?? ""
        if verdict.isAllowed == expected["allowed"]?.bool, verdict.reason == wantedReason,
            verdict.isAllowed == verdict.decision.violations.isEmpty
        {
            return nil
        }
        return "got \(verdict.isAllowed) \(verdict.reason), expected \(expected)"
    }

    func request(_ row: JSON) -> String? {
        var user = UserInfo(name: row["user"]?.string ?? "", groups: row["groups"]?.strings ?? [])
        if !user.groups.contains(UserInfo.authenticatedGroup) { user.groups.append(UserInfo.authenticatedGroup) }
        let question = attributes(
            row[path: "request", "method"]?.string ?? "", row[path: "request", "path"]?.string ?? "", user: user)
        let answer = refusal(question, body: row[path: "request", "body"], chain(row))
        let expected = row["expect"] ?? [:]
        guard let answer else { return expected["code"]?.int ?? 0 < 300 ? nil : "allowed, expected \(expected)" }
        let json = answer.json
        for key in ["code", "message", "details"] where expected[key] != nil && json[key] != expected[key] {
            return "\(key): got \(json[key] ?? .null), expected \(expected[key] ?? .null)"
        }
        return json["code"] == expected["code"] ? nil : "got \(json), expected \(expected)"
    }

    /// What a server would refuse, in its order: authorization, escalation, validation.
    func refusal(_ question: AccessAttributes, body: JSON?, _ chain: AuthorizerChain) -> StatusError? {
        let verdict = chain.decide(question)
        if !verdict.isAllowed { return .forbidden(question, reason: verdict.reason) }
        guard question.apiGroup == RBACKind.group, let kind = RBACKind(resource: question.resource), var object = body
        else {
            return nil
        }
        RBACDefaults.apply(to: &object, kind: kind)
        let check = EscalationCheck(policy: chain.rbac, authorize: chain.decide)
        if let refusal = check.refusal(question, object: object, old: nil) { return refusal }
        let name = object[path: "metadata", "name"]?.string ?? ""
        var errors = RBACValidation.nameErrors(name).map { FieldError.invalid("metadata.name", .string(name), $0) }
        if name.isEmpty { errors.append(.required("metadata.name", "name or generateName is required")) }
        errors += RBACValidation.validate(object, kind: kind)
        return errors.isEmpty ? nil : .invalid(kind.rawValue, group: RBACKind.group, name: name, errors)
    }
}
