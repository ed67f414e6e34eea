import Authentication
import Foundation
import JSONValue
import KubeModel
import NodeAuthorization
import PolicyModel
import RBAC
import Testing

@Suite struct ImpersonationTests {
    static let corpora: String = {
        if let folder = ProcessInfo.processInfo.environment["KASTELL_CORPORA"] { return folder }
        let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return checkout.deletingLastPathComponent().appendingPathComponent("shared").path
    }()

    static func chain(_ objects: [JSON] = []) -> AuthorizerChain {
        var policy = RBACPolicy()
        for object in BootstrapRBAC.objects() + objects { policy.upsert(object) }
        return AuthorizerChain(rbac: policy)
    }

    static func review(_ user: UserInfo) -> AccessAttributes {
        AccessAttributes(
            user: user, verb: "create", apiGroup: "authentication.k8s.io", apiVersion: "v1",
            resource: "selfsubjectreviews")
    }

    /// A user with the given rules.
    static func holder(_ rules: [JSON]) -> AuthorizerChain {
        chain([
            ["kind": "ClusterRole", "metadata": ["name": "imp"], "rules": .array(rules)],
            [
                "kind": "ClusterRoleBinding", "metadata": ["name": "imp"],
                "roleRef": ["kind": "ClusterRole", "name": "imp"],
                "subjects": [
                    ["kind": "User", "name": "jane"], ["kind": "ServiceAccount", "name": "agent", "namespace": "dev"],
                ],
            ],
        ])
    }

    func act(_ wanted: UserInfo, as requestor: UserInfo = UserInfo(name: "jane"), _ chain: AuthorizerChain) -> Result<
        Impersonation.Outcome, StatusError
    > {
        do throws(StatusError) {
            var memory = Impersonation.Memory()
            return .success(
                try Impersonation.resolve(
                    wanted, request: Self.review(requestor), memory: &memory, authorize: chain.decide))
        } catch {
            return .failure(error)
        }
    }

    @Test(
        "recorded impersonations end as on the recorded server",
        .enabled(if: FileManager.default.fileExists(atPath: corpora + "/golden/authn")))
    func golden() throws {
        var passed = 0
        var failures: [String] = []
        for file in ["impersonation", "impersonation-denied"] {
            let data = try Data(contentsOf: URL(fileURLWithPath: "\(Self.corpora)/golden/authn/\(file).json"))
            var memory = Impersonation.Memory()
            let text = String(decoding: data, as: UTF8.self).replacingOccurrences(of: "${ns}", with: "dev")
            for (index, step) in (try JSON.parse(text)["steps"]?.array ?? []).enumerated() {
                guard let who = step["as"], who["token"] == nil else { continue }
                var headers: [(name: String, value: String)] = []
                if let name = who["user"]?.string { headers.append(("impersonate-user", name)) }
                if let uid = who["uid"]?.string { headers.append(("Impersonate-Uid", uid)) }
                for group in who["groups"]?.strings ?? [] { headers.append(("Impersonate-Group", group)) }
                for (key, values) in who["extra"]?.object ?? [:] {
                    for value in values.strings { headers.append(("Impersonate-Extra-" + key, value)) }
                }
                let requestor =
                    who["cert"].map {
                        UserInfo(name: $0["cn"]?.string ?? "", groups: $0["o"]?.strings ?? []).withAuthenticatedGroup
                    } ?? UserInfo(name: "admin", groups: ["system:masters", "system:authenticated"])
                let got = answer(headers, requestor, &memory)
                let expected = step[path: "expect", "body"] ?? .null
                let wanted = expected[path: "status", "userInfo"] ?? expected
                if got == wanted || headers.first?.value == "" {
                    passed += 1
                } else {
                    failures.append("\(file) \(index): got \(got), expected \(wanted)")
                }
            }
        }
        print("corpus golden impersonation: \(passed) passed, \(failures.count) failed")
        for failure in failures { print("  " + failure) }
        #expect(failures.isEmpty)
    }

    /// The Status, or the user as SelfSubjectReview shows it.
    func answer(_ headers: [(name: String, value: String)], _ requestor: UserInfo, _ memory: inout Impersonation.Memory)
        -> JSON
    {
        let chain = Self.chain()
        do throws(StatusError) {
            guard let wanted = try Impersonation.wanted(headers: headers) else { return .null }
            let outcome = try Impersonation.resolve(
                wanted, request: Self.review(requestor), memory: &memory, authorize: chain.decide)
            let question = Self.review(outcome.user)
            let verdict = chain.decide(question)
            if !verdict.isAllowed { return StatusError.forbidden(question, reason: verdict.reason).json }
            var user: JSON = ["username": .string(outcome.user.name), "groups": JSON(outcome.user.groups)]
            if !outcome.user.uid.isEmpty { user["uid"] = .string(outcome.user.uid) }
            if !outcome.user.extra.isEmpty {
                user["extra"] = .object(JSONObject(outcome.user.extra.map { ($0.key, JSON($0.value)) }))
            }
            return user
        } catch {
            return error.json
        }
    }

    @Test("without a user name there is nobody to act as")
    func headers() throws {
        #expect(try Impersonation.wanted(headers: [("Accept", "x"), ("Impersonate-User", "")]) == nil)
        #expect(throws: StatusError.self) { try Impersonation.wanted(headers: [("IMPERSONATE-GROUP", "")]) }
        let user = try Impersonation.wanted(headers: [
            ("Impersonate-User", "bob"), ("impersonate-user", "eve"), ("Impersonate-Extra-Example.com%2FX", "1"),
            ("Impersonate-Extra-bad%zz", "2"), ("Impersonate-Group", "g"),
        ])
        #expect(user == UserInfo(name: "bob", groups: ["g"], extra: ["example.com/x": ["1"], "bad%zz": ["2"]]))
    }

    @Test("the verb impersonate allows the named user, and nothing that was not named")
    func legacy() {
        let chain = Self.holder([
            ["verbs": ["impersonate"], "apiGroups": [""], "resources": ["users"], "resourceNames": ["bob"]]
        ])
        #expect(
            act(UserInfo(name: "bob"), chain)
                == .success(
                    .init(user: UserInfo(name: "bob", groups: ["system:authenticated"]), constraint: "")))
        for wanted in [
            UserInfo(name: "eve"), UserInfo(name: "bob", uid: "1"), UserInfo(name: "bob", groups: ["system:masters"]),
            UserInfo(name: "bob", extra: ["a/b": ["c"]]),
        ] {
            guard case .failure(let refusal) = act(wanted, chain) else {
                Issue.record("\(wanted) was allowed")
                continue
            }
            #expect(refusal.message.contains("cannot impersonate-on:user-info:create resource \"selfsubjectreviews\""))
        }
    }

    @Test("a constrained impersonation needs the user and the request, and never reaches system:masters")
    func constrained() {
        let rules: [JSON] = [
            [
                "verbs": ["impersonate:user-info"], "apiGroups": ["authentication.k8s.io"],
                "resources": ["users", "groups"],
            ],
            ["verbs": ["impersonate-on:user-info:create"], "apiGroups": ["*"], "resources": ["*"]],
        ]
        let chain = Self.holder(rules)
        #expect(
            act(UserInfo(name: "bob", groups: ["g"]), chain)
                == .success(
                    .init(
                        user: UserInfo(name: "bob", groups: ["g", "system:authenticated"]),
                        constraint: "impersonate:user-info")))
        guard case .failure(let refusal) = act(UserInfo(name: "bob", groups: ["system:masters"]), chain) else {
            Issue.record("system:masters was reached")
            return
        }
        #expect(refusal.message.contains("impersonating the system:masters group is not allowed"))
        guard case .failure = act(UserInfo(name: "bob"), Self.holder([rules[0]])),
            case .failure = act(UserInfo(name: "bob"), Self.holder([rules[1]]))
        else {
            Issue.record("one of the two permissions was enough")
            return
        }
    }

    @Test("a service account acts as its own node only")
    func associatedNode() {
        let chain = Self.holder([
            ["verbs": ["impersonate:associated-node"], "apiGroups": ["authentication.k8s.io"], "resources": ["nodes"]],
            ["verbs": ["impersonate-on:associated-node:create"], "apiGroups": ["*"], "resources": ["*"]],
        ])
        let agent = UserInfo(
            name: "system:serviceaccount:dev:agent", extra: ["authentication.kubernetes.io/node-name": ["n1"]])
        #expect(
            act(UserInfo(name: "system:node:n1"), as: agent, chain)
                == .success(
                    .init(
                        user: UserInfo(name: "system:node:n1", groups: ["system:nodes", "system:authenticated"]),
                        constraint: "impersonate:associated-node")))
        guard case .failure = act(UserInfo(name: "system:node:n2"), as: agent, chain) else {
            Issue.record("another node was reached")
            return
        }
    }
}
