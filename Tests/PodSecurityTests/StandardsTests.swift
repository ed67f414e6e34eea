import JSONValue
import KubeModel
import PodSecurity
import PolicyModel
import Testing

@Suite("Pod Security Standards")
struct StandardsTests {
    private static let pods = GroupResource(group: "", resource: "pods")
    private static let enforceRestricted = ["pod-security.kubernetes.io/enforce": "restricted"]

    @Test("an unreadable level is restricted where it is enforced, and says nothing where it only warns")
    func unreadable() {
        let standards = NamespaceStandards(labels: [
            "pod-security.kubernetes.io/enforce": "none", "pod-security.kubernetes.io/warn": "none",
        ])
        #expect(standards.enforce.level == .restricted)
        #expect(standards.warn.level == .privileged)
        #expect(standards.faults.count == 2)
    }

    @Test("what is enforced is also warned of, unless a level to warn of is named")
    func warnsOfEnforced() {
        #expect(NamespaceStandards(labels: Self.enforceRestricted).warn.level == .restricted)
        let named = Self.enforceRestricted.merging(["pod-security.kubernetes.io/warn": "privileged"]) { $1 }
        #expect(NamespaceStandards(labels: named).warn.level == .privileged)
    }

    @Test(
        "versions are `latest` or `v1.x` without leading zeros",
        arguments: [("latest", true), ("v1.0", true), ("v1.36", true), ("v1.01", false), ("1.2", false), ("v2.0", false), ("v1.", false), ("v1.2.3", false)])
    func versions(text: String, isVersion: Bool) {
        #expect((PodSecurityVersion(text) != nil) == isVersion)
    }

    @Test(
        "a pod with users of its own may run as root inside since 1.35, and not before",
        arguments: [("v1.34", 403), ("v1.35", 201), ("latest", 201)])
    func ownUsers(version: String, code: Int) {
        let hardened: JSON = [
            "allowPrivilegeEscalation": false, "capabilities": ["drop": ["ALL"]], "runAsUser": 0, "procMount": "Unmasked",
            "seccompProfile": ["type": "RuntimeDefault"],
        ]
        let pod: JSON = ["metadata": ["name": "p"], "spec": ["hostUsers": false, "containers": [["name": "c", "securityContext": hardened]]]]
        let labels = Self.enforceRestricted.merging(["pod-security.kubernetes.io/enforce-version": version]) { $1 }
        #expect(Self.code(PodSecurityAdmission(), pod, labels: labels) == code)
    }

    @Test("exempt users, namespaces and runtime classes are not measured")
    func exemptions() {
        let admission = PodSecurityAdmission(exemptions: .init(users: ["exempt"], runtimeClasses: ["exempt"], namespaces: ["exempt"]))
        let pod: JSON = ["metadata": ["name": "p"], "spec": ["hostPID": true, "containers": [["name": "c"]]]]
        var withClass = pod
        withClass[path: "spec", "runtimeClassName"] = "exempt"
        #expect(Self.code(admission, pod) == 403)
        #expect(Self.code(admission, pod, user: "exempt") == 201)
        #expect(Self.code(admission, pod, namespace: "exempt") == 201)
        #expect(Self.code(admission, withClass) == 201)
    }

    @Test("a denial names the control and how to mend it")
    func decision() {
        let decision = PodSecurity.decide(.init(.baseline), metadata: nil, spec: ["hostPID": true])
        #expect(decision.violations.map(\.control) == ["hostNamespaces"])
        #expect(decision.violations.first?.remedy == "hostPID=true")
        #expect(PodSecurity.decide(.init(.baseline), metadata: nil, spec: [:]).isAllowed)
    }

    private static func code(
        _ admission: PodSecurityAdmission, _ pod: JSON, user: String = "u", namespace: String = "n", labels: [String: String] = enforceRestricted
    ) -> Int {
        do throws(StatusError) {
            _ = try admission.judge(pod, old: nil, resource: pods, user: user, namespace: namespace, labels: labels)
            return 201
        } catch {
            return error.code
        }
    }
}
