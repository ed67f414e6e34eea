import JSONValue
import KubeModel
import NodeAuthorization
import PolicyModel
import RBAC
import Testing

@Suite struct PolicyTests {
    static func role(_ name: String, in namespace: String? = nil, _ rules: [JSON]) -> JSON {
        var role: JSON = [
            "kind": namespace == nil ? "ClusterRole" : "Role", "metadata": ["name": .string(name)],
            "rules": .array(rules),
        ]
        role[path: "metadata", "namespace"] = namespace.map { .string($0) }
        return role
    }

    static func binding(
        _ name: String, in namespace: String? = nil, to role: String, kind: String = "ClusterRole", _ subjects: [JSON]
    )
        -> JSON
    {
        var binding: JSON = [
            "kind": namespace == nil ? "ClusterRoleBinding" : "RoleBinding", "metadata": ["name": .string(name)],
            "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": .string(kind), "name": .string(role)],
            "subjects": .array(subjects),
        ]
        binding[path: "metadata", "namespace"] = namespace.map { .string($0) }
        return binding
    }

    static func user(_ name: String) -> JSON { ["kind": "User", "name": .string(name)] }

    static func policy(_ objects: [JSON]) -> RBACPolicy {
        var policy = RBACPolicy()
        for object in objects { policy.upsert(object) }
        return policy
    }

    static let reader: JSON = ["verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods"]]

    func ask(
        _ verb: String, _ resource: String = "pods", in namespace: String = "dev", name: String = "",
        user: String = "jane"
    )
        -> AccessAttributes
    {
        AccessAttributes(user: UserInfo(name: user), verb: verb, namespace: namespace, resource: resource, name: name)
    }

    @Test("an allow names the binding and the rule that gave it")
    func grounds() {
        let policy = Self.policy([
            Self.role(
                "reader", in: "dev", [["verbs": ["get"], "apiGroups": [""], "resources": ["nodes"]], Self.reader]),
            Self.binding("b", in: "dev", to: "reader", kind: "Role", [Self.user("jane")]),
        ])
        let verdict = policy.decide(ask("list"))
        #expect(
            verdict.decision
                == .allow(by: [
                    RuleReference(kind: "RoleBinding", namespace: "dev", name: "b"),
                    RuleReference(kind: "Role", namespace: "dev", name: "reader", path: "rules[1]"),
                ]))
        #expect(verdict.reason == "RBAC: allowed by RoleBinding \"b/dev\" of Role \"reader\" to User \"jane\"")
    }

    @Test(
        "a denial names the smallest change that would allow",
        arguments: [
            (
                "delete", "pods", "dev", "",
                "add the verb \"delete\" to Role \"dev/reader\" rules[0] (bound by RoleBinding \"dev/b\")"
            ),
            (
                "get", "configmaps", "dev", "b",
                "add \"b\" to the resourceNames of Role \"dev/reader\" rules[1] (bound by RoleBinding \"dev/b\")"
            ),
            (
                "get", "pods/log", "dev", "",
                "add the resource \"pods/log\" to Role \"dev/reader\" rules[0] (bound by RoleBinding \"dev/b\")"
            ),
            ("get", "nodes", "dev", "", "create ClusterRole \"absent\", to which ClusterRoleBinding \"c\" refers"),
            ("list", "pods", "prod", "", "create ClusterRole \"absent\", to which ClusterRoleBinding \"c\" refers"),
        ])
    func nearest(verb: String, resource: String, namespace: String, name: String, remedy: String) {
        var policy = Self.policy([
            Self.role(
                "reader", in: "dev",
                [
                    Self.reader,
                    ["verbs": ["get"], "apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["a"]],
                ]),
            Self.binding("b", in: "dev", to: "reader", kind: "Role", [Self.user("jane")]),
        ])
        if remedy.contains("absent") { policy.upsert(Self.binding("c", to: "absent", [Self.user("jane")])) }
        let parts = resource.split(separator: "/").map(String.init)
        var question = ask(verb, parts[0], in: namespace, name: name)
        question.subresource = parts.count > 1 ? parts[1] : ""
        #expect(policy.decide(question).decision.violations.first?.remedy == remedy)
    }

    @Test("a right held in another namespace is the nearest miss")
    func elsewhere() {
        let policy = Self.policy([
            Self.role("reader", [Self.reader]), Self.binding("b", in: "dev", to: "reader", [Self.user("jane")]),
        ])
        #expect(
            policy.decide(ask("list", in: "prod")).decision.violations.map(\.remedy)
                == ["bind ClusterRole \"reader\" in namespace \"prod\" too (bound by RoleBinding \"dev/b\")"])
    }

    @Test("a denial without anything near says what to grant")
    func nothingNear() {
        let verdict = RBACPolicy().decide(ask("list"))
        #expect(verdict.reason.isEmpty)
        #expect(
            verdict.decision.violations.map(\.remedy) == [
                "bind User \"jane\" or one of the user's groups by a RoleBinding in namespace \"dev\" to a Role with the rule "
                    + "{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"list\"]}"
            ])
    }

    @Test("names that only look alike are different names")
    func lookalikes() {
        let (composed, decomposed) = ("jos\u{e9}", "jose\u{301}")
        let policy = Self.policy([
            Self.role("reader", [Self.reader]), Self.binding("b", to: "reader", [Self.user(composed)]),
        ])
        #expect(policy.decide(ask("list", user: composed)).isAllowed)
        #expect(!policy.decide(ask("list", user: decomposed)).isAllowed)
    }

    @Test(
        "what cannot be read grants nothing",
        arguments: [
            ["verbs": "get", "apiGroups": [""], "resources": ["pods"]],
            ["verbs": ["get"], "apiGroups": [""], "resources": ["pods"], "resourceNames": [7]],
            ["verbs": ["get"], "apiGroups": [""], "resources": ["pods"], "resourceNames": "x"],
            "get", [:], .null,
        ] as [JSON])
    func unreadable(rule: JSON) {
        let policy = Self.policy([Self.role("r", [rule]), Self.binding("b", to: "r", [Self.user("jane")])])
        #expect(!policy.decide(ask("get")).isAllowed)
    }

    @Test("a Role never stands in for a ClusterRole of the same name, nor the other way round")
    func kindsApart() {
        let policy = Self.policy([
            Self.role("r", [Self.reader]), Self.binding("b", in: "dev", to: "r", kind: "Role", [Self.user("jane")]),
            Self.role("s", in: "dev", [Self.reader]), Self.binding("c", to: "s", [Self.user("joe")]),
            Self.binding("d", to: "s", kind: "Role", [Self.user("joe")]),
        ])
        #expect(!policy.decide(ask("get")).isAllowed)
        #expect(!policy.decide(ask("get", user: "joe")).isAllowed)
    }

    @Test("the end state depends on the objects, not on the path to it", arguments: 0..<8 as Range<UInt64>)
    func pathDoesNotMatter(seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        func pick(_ count: UInt64) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % count)
        }
        var live: [String: JSON] = [:]
        var policy = RBACPolicy()
        var snapshots: [(RBACPolicy, [String: JSON])] = []
        for _ in 0..<300 {
            let (name, namespace) = ("o\(pick(6))", ["dev", "prod"][pick(2)])
            let isRole = pick(2) == 0
            let kind: RBACKind = isRole ? .role : .roleBinding
            let key = "\(kind)/\(namespace)/\(name)"
            if pick(3) == 0 {
                live[key] = nil
                policy.remove(kind, namespace: namespace, name: name)
            } else {
                let verbs: JSON = .array([["get", "list", "watch"][pick(3)]])
                let object =
                    isRole
                    ? Self.role(name, in: namespace, [["verbs": verbs, "apiGroups": [""], "resources": ["pods"]]])
                    : Self.binding(
                        name, in: namespace, to: "o\(pick(6))", kind: "Role",
                        (0..<pick(3)).map { _ in Self.user("u\(pick(3))") })
                live[key] = object
                policy.upsert(object)
            }
            if pick(50) == 0 { snapshots.append((policy, live)) }
        }
        for (policy, live) in snapshots + [(policy, live)] {
            let fresh = Self.policy(live.sorted { $0.key < $1.key }.map(\.value))
            for user in 0..<3 {
                for verb in ["get", "list", "watch"] {
                    for namespace in ["dev", "prod"] {
                        let question = ask(verb, in: namespace, user: "u\(user)")
                        #expect(policy.decide(question) == fresh.decide(question), "seed \(seed)")
                        #expect(policy.decide(question).isAllowed == naive(live, question), "seed \(seed)")
                    }
                }
            }
        }
    }

    /// The answer by looking at everything.
    func naive(_ objects: [String: JSON], _ question: AccessAttributes) -> Bool {
        objects.values.contains { binding in
            binding["kind"] == "RoleBinding" && binding[path: "metadata", "namespace"]?.string == question.namespace
                && (binding["subjects"]?.array ?? []).contains { $0["name"]?.string == question.user.name }
                && objects.values.contains { role in
                    role["kind"] == "Role" && role["metadata"]?["namespace"]?.string == question.namespace
                        && role[path: "metadata", "name"] == binding[path: "roleRef", "name"]
                        && PolicyRule.rules(of: role).contains { $0.allows(question) }
                }
        }
    }

    @Test("a roleRef never changes")
    func immutable() {
        let old = Self.binding("b", to: "a", [])
        let errors = RBACValidation.validate(Self.binding("b", to: "c", []), kind: .clusterRoleBinding, old: old)
        #expect(
            errors.map(\.description) == [
                "roleRef: Invalid value: {\"apiGroup\":\"rbac.authorization.k8s.io\",\"kind\":\"ClusterRole\",\"name\":\"c\"}: "
                    + "cannot change roleRef"
            ])
        #expect(RBACValidation.validate(old, kind: .clusterRoleBinding, old: old).isEmpty)
    }

    @Test("what is granted must be held, and resource names narrow what is held")
    func coverage() {
        let held = [
            PolicyRule(verbs: ["get"], apiGroups: [""], resources: ["pods"], resourceNames: ["a"]),
            PolicyRule(verbs: ["update"], apiGroups: ["*"], resources: ["*/scale"]),
            PolicyRule(verbs: ["get"], nonResourceURLs: ["/logs/*"]),
        ]
        func missing(_ rule: PolicyRule) -> Int { RuleCoverage.missing(from: held, wanted: [rule]).count }
        #expect(missing(PolicyRule(verbs: ["get"], apiGroups: [""], resources: ["pods"], resourceNames: ["a"])) == 0)
        #expect(missing(PolicyRule(verbs: ["get"], apiGroups: [""], resources: ["pods"])) == 1)
        #expect(missing(PolicyRule(verbs: ["update"], apiGroups: ["apps"], resources: ["deployments/scale"])) == 0)
        #expect(missing(PolicyRule(verbs: ["update"], apiGroups: ["apps"], resources: ["deployments"])) == 1)
        #expect(missing(PolicyRule(verbs: ["get"], nonResourceURLs: ["/logs/a", "/logs/b/*", "/log"])) == 1)
    }

    // MARK: - The objects of the start

    @Test("the start creates everything once, mends what is missing, and leaves alone what says so")
    func reconciliation() {
        let all = BootstrapRBAC.objects()
        #expect(BootstrapRBAC.reconcile { _, _, _ in nil } == all.map { .create($0) })
        func find(_ kind: RBACKind, _ namespace: String, _ name: String) -> JSON? {
            all.first {
                $0["kind"]?.string == kind.rawValue && $0[path: "metadata", "name"]?.string == name
                    && ($0[path: "metadata", "namespace"]?.string ?? "") == namespace
            }
        }
        #expect(BootstrapRBAC.reconcile(existing: find).isEmpty)
        let changes = BootstrapRBAC.reconcile { kind, namespace, name in
            var object = find(kind, namespace, name)
            switch (kind, name) {
            case (.clusterRole, "system:basic-user"): object?["rules"] = .array([Self.reader])
            case (.clusterRole, "system:discovery"):
                object?["rules"] = []
                object?[path: "metadata", "annotations"] = ["rbac.authorization.kubernetes.io/autoupdate": "false"]
            case (.clusterRoleBinding, "cluster-admin"): object?["subjects"] = nil
            case (.clusterRoleBinding, "system:basic-user"): object?[path: "roleRef", "name"] = "other"
            default: break
            }
            return object
        }
        #expect(changes.count == 3)
        guard case .update(let user)? = changes.first else {
            Issue.record("no update")
            return
        }
        #expect(user["rules"]?[at: 0] == Self.reader)
        #expect((user["rules"]?.array?.count ?? 0) > 1)
        #expect(
            changes.contains {
                if case .recreate(let object) = $0 {
                    object[path: "roleRef", "name"] == "system:basic-user"
                } else {
                    false
                }
            })
    }

    // MARK: - Nodes

    @Test("a node reaches an object only while one of its pods refers to it")
    func nodeGraph() {
        var graph = NodeGraph()
        func pod(_ name: String, on node: String, secret: String, mirror: Bool = false) -> JSON {
            var pod: JSON = [
                "metadata": ["name": .string(name), "namespace": "dev"],
                "spec": [
                    "nodeName": .string(node), "volumes": [["name": "v", "secret": ["secretName": .string(secret)]]],
                ],
            ]
            if mirror { pod[path: "metadata", "annotations"] = ["kubernetes.io/config.mirror": "x"] }
            return pod
        }
        func reaches(_ node: String, _ secret: String) -> Bool {
            graph.isRelated(node: node, .secret, namespace: "dev", name: secret)
        }
        graph.upsertPod(pod("a", on: "n1", secret: "s"))
        graph.upsertPod(pod("b", on: "n1", secret: "s"))
        graph.upsertPod(pod("c", on: "n2", secret: "t", mirror: true))
        #expect(reaches("n1", "s") && !reaches("n2", "s") && !reaches("n2", "t"))
        graph.removePod(namespace: "dev", name: "a")
        #expect(reaches("n1", "s"))
        graph.upsertPod(pod("b", on: "n1", secret: "u"))
        #expect(!reaches("n1", "s") && reaches("n1", "u"))
        graph.removePod(namespace: "dev", name: "b")
        #expect(!reaches("n1", "u"))
        graph.upsertPod([
            "metadata": ["name": "d", "namespace": "dev"],
            "spec": ["nodeName": "n1", "volumes": [["persistentVolumeClaim": ["claimName": "c"]]]],
        ])
        graph.upsertPersistentVolume([
            "metadata": ["name": "pv"],
            "spec": [
                "claimRef": ["name": "c", "namespace": "dev"],
                "csi": ["nodeStageSecretRef": ["name": "k", "namespace": "dev"]],
            ],
        ])
        #expect(reaches("n1", "k") && graph.isRelated(node: "n1", .persistentVolume, namespace: "", name: "pv"))
        graph.removePersistentVolume(name: "pv")
        #expect(!reaches("n1", "k"))
    }
}
