import JSONValue
import KubeModel
import PolicyModel
import Testing

@testable import PodSecurityPolicy

@Suite struct PolicyObjectTests {
    /// The policies that the manual walks through.
    static let manual: [String] = [
        #"""
        {"metadata":{"name":"privileged","annotations":{"seccomp.security.alpha.kubernetes.io/allowedProfileNames":"*"}},
        "spec":{"privileged":true,"allowPrivilegeEscalation":true,"allowedCapabilities":["*"],"volumes":["*"],"hostNetwork":true,
        "hostPorts":[{"min":0,"max":65535}],"hostIPC":true,"hostPID":true,"runAsUser":{"rule":"RunAsAny"},
        "seLinux":{"rule":"RunAsAny"},"supplementalGroups":{"rule":"RunAsAny"},"fsGroup":{"rule":"RunAsAny"}}}
        """#,
        #"""
        {"metadata":{"name":"restricted","annotations":{
        "seccomp.security.alpha.kubernetes.io/allowedProfileNames":"docker/default,runtime/default",
        "apparmor.security.beta.kubernetes.io/allowedProfileNames":"runtime/default",
        "apparmor.security.beta.kubernetes.io/defaultProfileName":"runtime/default"}},
        "spec":{"privileged":false,"allowPrivilegeEscalation":false,"requiredDropCapabilities":["ALL"],
        "volumes":["configMap","emptyDir","projected","secret","downwardAPI","csi","persistentVolumeClaim","ephemeral"],
        "hostNetwork":false,"hostIPC":false,"hostPID":false,"runAsUser":{"rule":"MustRunAsNonRoot"},"seLinux":{"rule":"RunAsAny"},
        "supplementalGroups":{"rule":"MustRunAs","ranges":[{"min":1,"max":65535}]},
        "fsGroup":{"rule":"MustRunAs","ranges":[{"min":1,"max":65535}]},"readOnlyRootFilesystem":false}}
        """#,
    ]

    @Test("well-known policies are valid", arguments: manual)
    func valid(text: String) throws {
        #expect(
            PodSecurityPolicyValidation.validateCreate(PodSecurityPolicyDefaults.applied(to: try JSON.parse(text)))
                == [])
    }

    @Test("the restricted policy needs a seccomp profile, and then sets the rest")
    func restricted() throws {
        let policy = PodSecurityPolicyDefaults.applied(to: try JSON.parse(Self.manual[1]))
        func decide(_ pod: JSON) -> PodSecurityPolicyOutcome {
            PodSecurityPolicyAdmission.decide(pod: pod, namespace: "n", operation: .create, policies: [policy]) { _ in
                .allow(by: [])
            }
        }
        guard case .denied(let denial) = decide(try RuleCase.pod()) else {
            Issue.record("admitted without a profile")
            return
        }
        #expect(denial.decision.violations.map(\.control) == ["seccomp", "seccomp"])
        let pod = try RuleCase.pod(#"{"securityContext":{"seccompProfile":{"type":"RuntimeDefault"}}}"#)
        guard case .allowed(let admitted) = decide(pod) else {
            Issue.record("denied with a profile")
            return
        }
        #expect(admitted.pod[path: "spec", "securityContext", "fsGroup"] == 1)
        #expect(
            admitted.pod[path: "spec", "containers"]?[at: 0]?["securityContext"] == [
                "runAsNonRoot": true, "capabilities": ["drop": ["ALL"]], "allowPrivilegeEscalation": false,
            ])
    }

    @Test("privilege escalation is allowed unless the policy says otherwise, and empty members are not stored")
    func defaults() throws {
        let given = try RuleCase.policy("p", #"{"privileged":false,"hostPorts":[],"runtimeClass":{}}"#)
        let spec = PodSecurityPolicyDefaults.applied(to: given)["spec"]
        #expect(spec?["allowPrivilegeEscalation"] == true)
        #expect(spec?["privileged"] == nil)
        #expect(spec?["hostPorts"] == nil)
        #expect(spec?["runtimeClass"] == ["allowedRuntimeClassNames": .null])
        #expect(PodSecurityPolicyDefaults.applied(to: ["metadata": [:], "spec": spec ?? [:]])["spec"] == spec)
    }

    @Test(
        "a faulty policy is told where",
        arguments: [
            (#"{"runAsUser":{"rule":"x"}}"#, "spec.runAsUser.rule"), (#"{"volumes":["none"]}"#, "spec.volumes"),
            (#"{"fsGroup":{"rule":"MustRunAs","ranges":[{"min":2,"max":1}]}}"#, "spec.fsGroup.ranges[0].min"),
            (#"{"runAsGroup":{"rule":"RunAsAny","ranges":[{"min":1,"max":2}]}}"#, "spec.runAsGroup.ranges"),
            (#"{"requiredDropCapabilities":["KILL"],"allowedCapabilities":["KILL"]}"#, "allowedCapabilities"),
            (
                #"{"allowPrivilegeEscalation":false,"defaultAllowPrivilegeEscalation":true}"#,
                "spec.defaultAllowPrivilegeEscalation"
            ),
            (#"{"allowedHostPaths":[{"pathPrefix":"/a/../b"}]}"#, "spec.allowedHostPaths[0]"),
            (#"{"allowedUnsafeSysctls":["a.*"],"forbiddenSysctls":["a.b"]}"#, "spec.forbiddenSysctls[0]"),
            (
                #"{"runtimeClass":{"allowedRuntimeClassNames":["a","a"]}}"#,
                "spec.runtimeClass.allowedRuntimeClassNames[1]"
            ),
        ])
    func faults(spec: String, field: String) throws {
        let policy = PodSecurityPolicyDefaults.applied(to: try RuleCase.policy("p", spec))
        #expect(PodSecurityPolicyValidation.validateCreate(policy).map(\.field.rawValue) == [field])
        #expect(PodSecurityPolicyValidation.validateUpdate(policy, old: policy).map(\.field.rawValue) == [field])
    }

    @Test("the row of a table has a cell for each column")
    func table() throws {
        let cells = PodSecurityPolicyTable.cells(try JSON.parse(Self.manual[0]))
        #expect(cells == ["privileged", "true", "*", "RunAsAny", "RunAsAny", "RunAsAny", "RunAsAny", false, "*"])
        let columns = SchemaCatalog.builtin.resources.first { $0.plural == "podsecuritypolicies" }?.columns
        #expect(columns?.count == cells.count)
    }
}
