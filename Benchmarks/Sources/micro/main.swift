import Foundation
import JSONValue
import KubeModel
import PodSecurityPolicy
import PolicyModel
import RBAC

/// Measures one piece beside a peer, or beside what the machine can do at best, in the same run.
struct Row {
    var name: String
    /// Nanoseconds of processor time per call, the median of the repetitions.
    var own: Double
    var peerName: String
    var peer: Double
}

/// The processor time of this thread, in nanoseconds.
func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
}

@inline(never) func keep<Value>(_ value: Value) { withExtendedLifetime(value) {} }

/// The median over seven repetitions of the processor time of one call.
func measure<Value>(_ calls: Int, _ body: () throws -> Value) rethrows -> Double {
    var times: [Double] = []
    for _ in 0..<7 {
        let began = processorTime()
        for _ in 0..<calls { keep(try body()) }
        times.append((processorTime() - began) / Double(calls))
    }
    return times.sorted()[3]
}

let variables = (0..<60).map { #"{"name":"VARIABLE_\#($0)","value":"a value of some length \#($0)"}"# }.joined(separator: ",")
let text =
    #"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"web","namespace":"default","uid":"11111111-2222-3333-4444-555555555555","labels":{"app":"web"}},"spec":{"serviceAccountName":"default","containers":[{"name":"c","image":"nginx","securityContext":{"privileged":false},"env":[\#(variables)]}]}}"#
let bytes = Array(text.utf8)
let data = Data(bytes)
let pod = try JSON.parse(bytes)

var rows: [Row] = []
let foundationParse = try measure(200) { try JSONSerialization.jsonObject(with: data) }
let object = try JSONSerialization.jsonObject(with: data)
let copy = measure(20000) {
    var copy = bytes
    copy.append(0)
    return copy
}
rows.append(Row(name: "JSON.parse, \(bytes.count) bytes", own: try measure(500) { try JSON.parse(bytes) }, peerName: "JSONSerialization", peer: foundationParse))
rows.append(
    Row(
        name: "JSON.bytes, the same", own: measure(500) { pod.bytes }, peerName: "JSONSerialization",
        peer: try measure(50) { try JSONSerialization.data(withJSONObject: object) }))
rows.append(
    Row(
        name: "ObjectHeader.skim, the same", own: try measure(2000) { try ObjectHeader.skim(bytes) }, peerName: "a copy of the bytes",
        peer: copy))

var policy = RBACPolicy()
for object in BootstrapRBAC.objects() { _ = policy.upsert(object) }
for index in 0..<10_000 {
    _ = policy.upsert(
        [
            "kind": "RoleBinding", "apiVersion": "rbac.authorization.k8s.io/v1",
            "metadata": ["name": "b", "namespace": .string("team-\(index)")],
            "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:aggregate-to-view"],
            "subjects": [["kind": "User", "name": .string("user-\(index)"), "apiGroup": "rbac.authorization.k8s.io"]],
        ])
}
let user = UserInfo(name: "user-7000", groups: ["system:authenticated"])
let allowed = AccessAttributes(user: user, verb: "get", namespace: "team-7000", resource: "pods", name: "x")
let denied = AccessAttributes(user: user, verb: "delete", namespace: "team-7000", resource: "pods", name: "x")
precondition(policy.decide(allowed).isAllowed && !policy.decide(denied).isAllowed)
// What any such decision costs at least: finding the user's bindings by two hashed names.
let table = Dictionary(uniqueKeysWithValues: (0..<10_000).map { ("team-\($0)/user-\($0)", $0) })
let lookups = measure(20000) { table["team-7000/user-7000"].map { $0 + (table["team-7001/user-7001"] ?? 0) } }
rows.append(Row(name: "RBAC, allowed, 10,000 bindings", own: measure(5000) { policy.decide(allowed) }, peerName: "two dictionary look-ups", peer: lookups))
rows.append(Row(name: "RBAC, denied with nearest miss", own: measure(2000) { policy.decide(denied) }, peerName: "two dictionary look-ups", peer: lookups))

let restricted: JSON = [
    "apiVersion": "policy/v1beta1", "kind": "PodSecurityPolicy", "metadata": ["name": "restricted"],
    "spec": [
        "privileged": false, "allowPrivilegeEscalation": false, "requiredDropCapabilities": ["ALL"], "volumes": ["configMap", "secret"],
        "runAsUser": ["rule": "RunAsAny"], "seLinux": ["rule": "RunAsAny"], "fsGroup": ["rule": "RunAsAny"],
        "supplementalGroups": ["rule": "RunAsAny"],
    ],
]
let grant = Decision.allow(by: [RuleReference(kind: "Role", name: "r")])
rows.append(
    Row(
        name: "PodSecurityPolicy, allowed with changes",
        own: measure(500) { PodSecurityPolicyAdmission.decide(pod: pod, namespace: "default", operation: .create, policies: [restricted]) { _ in grant } },
        peerName: "JSON.parse of the pod", peer: rows[0].own))

func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(1, width - text.count)) }
func right(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(0, width - text.count)) + text }
func microseconds(_ nanoseconds: Double) -> String { String(format: "%.2f us", nanoseconds / 1000) }
print(padded("PIECE, processor time", 42) + right("kastell", 11) + right("peer", 12) + right("ratio", 8) + "  peer")
for row in rows {
    print(
        padded(row.name, 42) + right(microseconds(row.own), 11) + right(microseconds(row.peer), 12)
            + right(String(format: "%.2f", row.own / row.peer), 8) + "  " + row.peerName)
}
