import JSONValue
import KubeModel
import NodeAuthorization
import PolicyModel
import RBAC
import Testing

/// Replays the part of recorded scenarios that authorization decides.
@Suite struct GoldenTests {
    /// The objects of the start as they are once the aggregation controller has run.
    static let aggregated: [JSON] = {
        var objects = BootstrapRBAC.objects()
        for _ in 0..<3 {
            let roles = objects.filter { $0["kind"] == "ClusterRole" }
            objects = objects.map { object in
                guard let rules = ClusterRoleAggregation.aggregate(object, all: roles) else { return object }
                var full = object
                full["rules"] = .array(rules)
                return full
            }
        }
        return objects
    }()

    struct Replay {
        var policy: RBACPolicy = {
            var policy = RBACPolicy()
            for object in aggregated { policy.upsert(object) }
            return policy
        }()
        var graph = NodeGraph()
        var stored: [String: JSON] = [:]
        var checked = 0
        var failures: [String] = []
        var chain: AuthorizerChain { AuthorizerChain(node: NodeAuthorizer(graph: graph), rbac: policy) }
    }

    @Test(
        "recorded requests are authorized as by the recorded server", .enabled(if: Corpus.exists("golden/authz")),
        arguments: ["authz", "node", "authn"])
    func replay(area: String) throws {
        var failures: [String] = []
        var passed = 0
        for (name, steps) in try Corpus.scenarios(area) {
            var replay = Replay()
            for (index, step) in steps.enumerated() where step["method"] != nil {
                let text = substitute(step.description)
                run(try JSON.parse(text), "\(name) \(index)", &replay)
            }
            passed += replay.checked - replay.failures.count
            failures += replay.failures
        }
        print("corpus golden \(area): \(passed) passed, \(failures.count) failed")
        for failure in failures { print("  " + failure) }
        #expect(failures.isEmpty)
    }

    func substitute(_ text: String) -> String {
        var out = text
        for (name, value) in [("${ns}", "the-namespace"), ("${u}", "u1")] {
            out = out.split(separator: name, omittingEmptySubsequences: false).joined(separator: value)
        }
        return out
    }

    func user(_ who: JSON?) -> UserInfo? {
        guard let who else { return UserInfo(name: "admin", groups: ["system:masters", "system:authenticated"]) }
        if who.string == "anonymous" { return .anonymous }
        if let name = who["user"]?.string, who["cert"] == nil {
            var groups = who["groups"]?.strings ?? []
            if name.hasPrefix("system:serviceaccount:"), groups.isEmpty {
                let namespace = String(name.split(separator: ":")[2])
                groups = UserInfo.serviceAccountGroups(namespace: namespace)
            }
            if name == "system:anonymous" { return .anonymous }
            if !groups.contains("system:authenticated") { groups.append("system:authenticated") }
            return UserInfo(name: name, groups: groups)
        }
        guard let name = who[path: "cert", "cn"]?.string, who["user"] == nil, who["groups"] == nil else { return nil }
        return UserInfo(name: name, groups: (who[path: "cert", "o"]?.strings ?? []) + ["system:authenticated"])
    }

    func run(_ step: JSON, _ label: String, _ replay: inout Replay) {
        guard let user = user(step["as"]), let status = step[path: "expect", "status"]?.int else { return }
        if user.name.isEmpty { return }
        let method = step["method"]?.string ?? ""
        let path = step["path"]?.string ?? ""
        let question = attributes(method, path, user: user)
        let body = step[path: "expect", "body"]
        if status == 401 || status == 400 || path.contains("${") { return }
        if question.resource == "subjectaccessreviews", status == 201 { review(step, label, &replay) }
        if question.resource == "selfsubjectrulesreviews", status == 201 { rules(step, user, label, &replay) }
        var object = step["body"]
        if question.verb == "patch", let patch = object { object = merged(replay.stored[key(question)] ?? [:], patch) }
        var refusal: StatusError?
        let verdict = replay.chain.decide(question)
        if !verdict.isAllowed {
            refusal = .forbidden(question, reason: verdict.reason)
        } else if let body = object, question.verb != "delete", let kind = RBACKind(resource: question.resource) {
            var filled = body
            RBACDefaults.apply(to: &filled, kind: kind)
            let check = EscalationCheck(policy: replay.policy, authorize: replay.chain.decide)
            refusal = check.refusal(question, object: filled, old: replay.stored[key(question)])
        }
        let message = body?["message"]?.string ?? ""
        let isAdmission = status == 403 && refusal == nil && question.user.groups.contains("system:nodes")
        if !isAdmission {
            replay.checked += 1
            if let refusal {
                if Int64(refusal.code) != status || !message.isEmpty && refusal.message != message {
                    replay.failures.append(
                        "\(label) \(method) \(path): got \(refusal.message), expected \(status) \(message)")
                }
            } else if status == 403 {
                replay.failures.append("\(label) \(method) \(path): allowed, expected \(message)")
            }
        }
        if status < 300 { apply(question, object, &replay) }
    }

    func key(_ question: AccessAttributes) -> String { "\(question.resource)/\(question.namespace)/\(question.name)" }

    func merged(_ old: JSON, _ patch: JSON) -> JSON {
        guard let members = patch.object else { return patch }
        var result = old
        for (key, value) in members {
            result[key] = value.isNull ? nil : value.object == nil ? value : merged(old[key] ?? [:], value)
        }
        return result
    }

    func apply(_ question: AccessAttributes, _ object: JSON?, _ replay: inout Replay) {
        var question = question
        let kind = RBACKind(resource: question.resource)
        if question.verb == "delete", question.subresource.isEmpty {
            replay.stored[key(question)] = nil
            if let kind { replay.policy.remove(kind, namespace: question.namespace, name: question.name) }
            if question.resource == "pods" {
                replay.graph.removePod(namespace: question.namespace, name: question.name)
            }
        }
        guard ["create", "update", "patch"].contains(question.verb), question.subresource.isEmpty, var object else {
            return
        }
        object[path: "metadata", "namespace"] = question.namespace.isEmpty ? nil : .string(question.namespace)
        question.name = object[path: "metadata", "name"]?.string ?? question.name
        replay.stored[key(question)] = object
        if let kind { replay.policy.upsert(object, kind: kind) }
        if question.resource == "pods" {
            if object[path: "spec", "serviceAccountName"] == nil {
                object[path: "spec", "serviceAccountName"] = "default"
            }
            replay.graph.upsertPod(object)
        }
    }

    func review(_ step: JSON, _ label: String, _ replay: inout Replay) {
        guard let spec = step[path: "body", "spec"], let status = step[path: "expect", "body", "status"] else { return }
        let user = UserInfo(name: spec["user"]?.string ?? "", groups: spec["groups"]?.strings ?? [])
        let wanted = spec["resourceAttributes"] ?? [:]
        var question = AccessAttributes(
            user: user, verb: wanted["verb"]?.string ?? "", namespace: wanted["namespace"]?.string ?? "",
            apiGroup: wanted["group"]?.string ?? "", resource: wanted["resource"]?.string ?? "",
            subresource: wanted["subresource"]?.string ?? "", name: wanted["name"]?.string ?? "")
        if let path = spec["nonResourceAttributes"] {
            question = AccessAttributes(user: user, verb: path["verb"]?.string ?? "", path: path["path"]?.string ?? "")
        }
        let verdict = replay.chain.decide(question)
        replay.checked += 1
        if verdict.isAllowed != status["allowed"]?.bool || verdict.reason != status["reason"]?.string ?? "" {
            replay.failures.append("\(label) review: got \(verdict.isAllowed) \(verdict.reason), expected \(status)")
        }
    }

    func rules(_ step: JSON, _ user: UserInfo, _ label: String, _ replay: inout Replay) {
        let namespace = step[path: "body", "spec", "namespace"]?.string ?? ""
        let status = replay.chain.rules(for: user, namespace: namespace).status
        replay.checked += 1
        for list in ["resourceRules", "nonResourceRules"] {
            let got = (status[list]?.array ?? []).map(\.sorted.description).sorted()
            let expected = (step[path: "expect", "body", "status", list]?.array ?? []).map(\.sorted.description)
                .sorted()
            if got != expected { replay.failures.append("\(label) rules: got \(got), expected \(expected)") }
        }
    }

    // MARK: - The objects of the start

    @Test("the objects of the start are those of the recorded server", .enabled(if: Corpus.exists("golden/bootstrap")))
    func bootstrap() throws {
        var byPath: [String: JSON] = [:]
        for object in Self.aggregated {
            guard let kind = object["kind"]?.string.flatMap(RBACKind.init(rawValue:)) else { continue }
            let name = object[path: "metadata", "name"]?.string ?? ""
            byPath["\(kind.resource)/\(object[path: "metadata", "namespace"]?.string ?? "")/\(name)"] = object
        }
        var failures: [String] = []
        var passed = 0
        for (name, steps) in try Corpus.scenarios("bootstrap") {
            for step in steps {
                guard let body = step[path: "expect", "body"] else { continue }
                let question = attributes("GET", step["path"]?.string ?? "", user: .anonymous)
                guard question.apiGroup == RBACKind.group else { continue }
                for item in body["items"]?.array ?? [body] {
                    let itemName = item[path: "metadata", "name"]?.string ?? question.name
                    let object = byPath["\(question.resource)/\(question.namespace)/\(itemName)"]
                    for field in [
                        "rules", "roleRef", "subjects", "aggregationRule", "metadata.labels", "metadata.annotations",
                    ] {
                        let keys = field.split(separator: ".").map(String.init)
                        guard let expected = item[field] ?? item[path: keys] else { continue }
                        let got = object?[path: keys] ?? "(absent)"
                        if got == expected {
                            passed += 1
                        } else {
                            failures.append("\(name) \(itemName) \(field): got \(got), expected \(expected)")
                        }
                    }
                }
            }
        }
        print("corpus golden bootstrap: \(passed) passed, \(failures.count) failed")
        for failure in failures { print("  " + failure.prefix(600)) }
        #expect(failures.isEmpty)
    }
}
