import JSONValue
import KubeModel
import PolicyModel
import Testing

@testable import PodSecurityPolicy

@Suite struct RuleTests {
    @Test("each pod is decided as its case says, and by its rule", arguments: RuleCase.all)
    func decided(one: RuleCase) throws {
        let policy = try RuleCase.policy("p", one.policy, annotations: one.policyAnnotations)
        let outcome = PodSecurityPolicyAdmission.decide(
            pod: try RuleCase.pod(one.spec, annotations: one.annotations), namespace: "n", operation: .create,
            policies: [policy],
            authorize: { _ in .allow(by: []) })
        switch outcome {
        case .allowed: #expect(one.denied == [])
        case .denied(let denial):
            #expect(denial.decision.violations.map(\.field.rawValue) == one.denied)
            #expect(denial.decision.violations.allSatisfy { $0.control == one.rule && !$0.remedy.isEmpty })
        }
    }

    @Test("each rule has a case that allows and one that denies", arguments: PolicyRules.names)
    func complete(rule: ControlID) {
        let cases = RuleCase.all.filter { $0.rule == rule }
        #expect(cases.contains { $0.denied.isEmpty }, "no pod that \(rule) allows")
        #expect(cases.contains { !$0.denied.isEmpty }, "no pod that \(rule) denies")
    }

    @Test("each case is of a known rule")
    func known() {
        #expect(RuleCase.all.allSatisfy { PolicyRules.names.contains($0.rule) })
    }

    @Test(
        "a policy whose rule cannot be read admits nothing",
        arguments: [
            #"{"runAsUser":{"rule":"Novelty"}}"#, #"{"runAsUser":{"rule":"MustRunAs"}}"#,
            #"{"seLinux":{"rule":"MustRunAs"}}"#,
            #"{"seLinux":{}}"#, #"{"fsGroup":{"rule":"MustRunAs"}}"#, #"{"supplementalGroups":null}"#,
            #"{"runAsGroup":{"rule":"x"}}"#,
            #"{"privileged":"yes","runAsUser":7}"#,
        ])
    func unreadable(spec: String) throws {
        let outcome = PodSecurityPolicyAdmission.decide(
            pod: try RuleCase.pod(), namespace: "n", operation: .create, policies: [try RuleCase.policy("p", spec)],
            authorize: { _ in .allow(by: []) })
        guard case .denied(let denial) = outcome else {
            Issue.record("admitted")
            return
        }
        #expect(denial.status.message == #"pods "pause" is forbidden: PodSecurityPolicy: unable to admit pod: []"#)
        #expect(denial.misses.first?.violations.first?.remedy == #"mend PodSecurityPolicy "p", which can admit no pod"#)
    }
}
