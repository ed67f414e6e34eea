import JSONValue
import KubeModel
import PolicyModel
import Testing

@testable import PodSecurityPolicy

@Suite struct AdmissionTests {
    typealias Admission = PodSecurityPolicyAdmission

    private func outcome(
        _ pod: JSON, _ policies: [JSON], _ operation: Admission.Operation = .create, granted: Set<String> = ["a", "b"]
    ) -> PodSecurityPolicyOutcome {
        Admission.decide(pod: pod, namespace: "psp-example", operation: operation, policies: policies) { use in
            granted.contains(use.policy)
                ? .allow(by: [RuleReference(kind: "Role", namespace: use.namespace, name: "psp:unprivileged")])
                : .deny(Violation(control: "rbac", field: "", found: "", remedy: ""), also: [])
        }
    }
    private func refusal(_ outcome: PodSecurityPolicyOutcome) throws -> PodSecurityPolicyOutcome.Denied {
        guard case .denied(let denial) = outcome else { throw Unexpected() }
        return denial
    }
    private func admission(_ outcome: PodSecurityPolicyOutcome) throws -> PodSecurityPolicyOutcome.Admitted {
        guard case .allowed(let admitted) = outcome else { throw Unexpected() }
        return admitted
    }
    struct Unexpected: Error {}

    @Test("who may use no policy is refused without a word about them, and the decision says what to grant")
    func noGrant() throws {
        let denial = try refusal(outcome(try RuleCase.pod(), [try RuleCase.policy("example")]))
        #expect(denial.status.message == #"pods "pause" is forbidden: PodSecurityPolicy: unable to admit pod: []"#)
        #expect(denial.status.code == 403)
        #expect(
            denial.decision.violations.map(\.remedy) == [
                #"grant system:serviceaccount:psp-example:default or the user the verb "use" on podsecuritypolicies "example""#
            ])
    }

    @Test("after the grant the pod is admitted, annotated, and the grounds name policy and role")
    func granted() throws {
        let admitted = try admission(outcome(try RuleCase.pod(), [try RuleCase.policy("a")]))
        #expect(admitted.pod[path: "metadata", "annotations", "kubernetes.io/psp"] == "a")
        #expect(
            admitted.decision
                == .allow(by: [
                    RuleReference(kind: "PodSecurityPolicy", name: "a"),
                    RuleReference(kind: "Role", namespace: "psp-example", name: "psp:unprivileged"),
                ]))
    }

    @Test("without policies nothing is admitted")
    func noPolicies() throws {
        let denial = try refusal(outcome(try RuleCase.pod(), []))
        #expect(
            denial.status.message
                == #"pods "pause" is forbidden: PodSecurityPolicy: no providers available to validate pod request"#)
    }

    @Test("a policy that changes nothing comes before one that does, then the first name")
    func order() throws {
        let changing = try RuleCase.policy("a", #"{"readOnlyRootFilesystem":true}"#)
        #expect(try admission(outcome(RuleCase.pod(), [changing, RuleCase.policy("b")])).policy == "b")
        let also = try RuleCase.policy("b", #"{"allowPrivilegeEscalation":false}"#)
        #expect(try admission(outcome(RuleCase.pod(), [also, changing])).policy == "a")
    }

    @Test("the nearest miss comes first")
    func nearestMiss() throws {
        let far = try RuleCase.policy("a")
        let near = try RuleCase.policy("b", #"{"hostPID":true}"#)
        let denial = try refusal(
            outcome(RuleCase.pod(#"{"hostPID":true,"hostIPC":true}"#), [far, near, RuleCase.policy("c")]))
        #expect(denial.misses.map(\.policy) == ["b", "a", "c"])
        #expect(denial.decision.violations.first?.field == "spec.hostIPC")
        #expect(
            denial.decision.violations.first?.remedy
                == #"remove spec.hostIPC or set it to false (PodSecurityPolicy "b")"#)
        // The refusal tells of "a" and "b" only; nobody may use "c".
        #expect(denial.status.message.components(of: "Host IPC") == 2)
    }

    @Test("an update sets nothing: a policy that would change the stored pod does not admit it")
    func update() throws {
        let old = try RuleCase.pod()
        var new = old
        new[path: "spec", "containers"] = [["name": "c", "image": "x"]]
        #expect(try admission(outcome(new, [RuleCase.policy("a")], .update(old: old))).pod == new)
        let policy = try RuleCase.policy("a", #"{"readOnlyRootFilesystem":true}"#)
        let denial = try refusal(outcome(new, [policy], .update(old: old)))
        #expect(denial.status.message == #"pods "pause" is forbidden: PodSecurityPolicy: unable to validate pod: []"#)
    }

    @Test("what the garbage collector changes needs no policy")
    func garbageCollection() throws {
        let old = try RuleCase.pod()
        var new = old
        new[path: "metadata", "finalizers"] = ["example.com/f"]
        new[path: "metadata", "ownerReferences"] = []
        #expect(try admission(outcome(new, [], .update(old: old))).policy == nil)
        new[path: "metadata", "labels"] = ["a": "b"]
        _ = try refusal(outcome(new, [], .update(old: old)))
    }

    @Test("defaults are set in added ephemeral containers, and in no other")
    func ephemeralContainers() throws {
        let policy = try RuleCase.policy("a", #"{"readOnlyRootFilesystem":true}"#)
        let ready = #""containers":[{"name":"c","securityContext":{"readOnlyRootFilesystem":true}}]"#
        let pod = try RuleCase.pod("{\(ready),\"ephemeralContainers\":[{\"name\":\"d\"}]}")
        let admitted = try admission(outcome(pod, [policy], .addEphemeralContainers))
        let debug = admitted.pod[path: "spec", "ephemeralContainers"]?[at: 0]
        #expect(debug?["securityContext"] == ["readOnlyRootFilesystem": true])
        #expect(admitted.pod[path: "metadata", "annotations", "kubernetes.io/psp"] == nil)
        _ = try refusal(
            outcome(RuleCase.pod(#"{"ephemeralContainers":[{"name":"d"}]}"#), [policy], .addEphemeralContainers))
        let privileged = #"{"ephemeralContainers":[{"name":"d","securityContext":{"privileged":true}}]}"#
        _ = try refusal(outcome(RuleCase.pod(privileged), [RuleCase.policy("a")], .addEphemeralContainers))
    }

    @Test("a seccomp profile of an annotation becomes the field that nodes obey")
    func seccompFields() throws {
        let names = #"{"seccomp.security.alpha.kubernetes.io/allowedProfileNames":"*"}"#
        let pod = try RuleCase.pod(
            annotations: #"{"container.seccomp.security.alpha.kubernetes.io/c":"localhost/a.json"}"#)
        let admitted = try admission(outcome(pod, [RuleCase.policy("a", annotations: names)]))
        let container = admitted.pod[path: "spec", "containers"]?[at: 0]
        #expect(
            container?[path: "securityContext", "seccompProfile"] == [
                "type": "Localhost", "localhostProfile": "a.json",
            ])
    }

    @Test("a role of group extensions grants as well, and the service account is asked first")
    func groups() throws {
        var asked: [PolicyUse] = []
        let outcome = Admission.decide(
            pod: try RuleCase.pod(), namespace: "n", operation: .create, policies: [try RuleCase.policy("a")]
        ) { use in
            asked.append(use)
            return use.subject == .user && use.apiGroup == "extensions"
                ? .allow(by: []) : .deny(Violation(control: "rbac", field: "", found: "", remedy: ""), also: [])
        }
        #expect(try admission(outcome).policy == "a")
        #expect(
            asked.map(\.serviceAccountUser) == [
                "system:serviceaccount:n:default", "system:serviceaccount:n:default", nil, nil,
            ])
        #expect(asked.map(\.apiGroup) == ["policy", "extensions", "policy", "extensions"])
    }

    @Test("what is admitted is admitted again, unchanged", arguments: RuleCase.all.filter { $0.denied.isEmpty })
    func idempotent(one: RuleCase) throws {
        let policy = try RuleCase.policy("a", one.policy, annotations: one.policyAnnotations)
        let first = try admission(outcome(RuleCase.pod(one.spec, annotations: one.annotations), [policy]))
        #expect(try admission(outcome(first.pod, [policy], .recheck)).pod == first.pod)
        #expect(try admission(outcome(first.pod, [policy])).pod == first.pod)
    }
}

extension String {
    /// How often `part` occurs.
    func components(of part: String) -> Int { ranges(of: part).count }
}
