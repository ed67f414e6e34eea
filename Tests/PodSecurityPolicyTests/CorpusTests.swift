import JSONValue
import KubeModel
import PolicyModel
import Testing

@testable import PodSecurityPolicy

@Suite struct CorpusTests {
    @Test("every recorded answer is given again", .enabled(if: Corpus.isPresent))
    func corpus() throws {
        var tally = Tally()
        for row in try Corpus.rows() {
            let id = row["id"]?.string ?? "?"
            switch row["topic"]?.string {
            case "pspValidation" where row["expect"]?["code"] == 400: tally.elsewhere.append("\(id): reading the body")
            case "pspUpdate" where row["expect"]?["code"] == 400: tally.elsewhere.append("\(id): the URL")
            case "pspValidation": tally.note(id, Self.validation(row))
            case "pspUpdate": tally.note(id, Self.update(row))
            case "table": tally.note(id, Self.table(row))
            default: tally.note(id, row["op"] == "update" ? Self.podUpdate(row) : Self.podCreate(row))
            }
        }
        print(tally.line)
        for failure in tally.failures { print("  " + failure) }
        #expect(tally.failures == [])
    }

    static func policies(_ row: JSON) -> [JSON] {
        (row["psps"]?.array ?? []).map { psp in
            var metadata: JSON = ["name": psp["name"] ?? ""]
            metadata["annotations"] = psp["annotations"]
            return PodSecurityPolicyDefaults.applied(to: ["metadata": metadata, "spec": psp["spec"] ?? [:]])
        }
    }

    /// What the server sets before policies are asked, as far as they look at it.
    static func defaulted(_ pod: JSON) -> JSON {
        var pod = pod
        if pod[path: "spec", "securityContext"] == nil { pod[path: "spec", "securityContext"] = [:] }
        if pod[path: "spec", "serviceAccountName"] == nil { pod[path: "spec", "serviceAccountName"] = "default" }
        guard pod[path: "spec", "hostNetwork"] == true else { return pod }
        for list in ["initContainers", "containers"] {
            guard let containers = pod[path: "spec", list]?.array else { continue }
            pod[path: "spec", list] = .array(
                containers.map { container in
                    var container = container
                    if let ports = container["ports"]?.array {
                        container["ports"] = .array(
                            ports.map { port in
                                var port = port
                                if port["hostPort"] == nil { port["hostPort"] = port["containerPort"] }
                                return port
                            })
                    }
                    return container
                })
        }
        return pod
    }

    static func compared(_ pod: JSON) -> JSON {
        var pod = pod
        if pod[path: "metadata", "annotations"] == nil { pod[path: "metadata", "annotations"] = [:] }
        pod[path: "metadata", "annotations", PodSecurityPolicyAdmission.annotation] = nil
        return pod
    }

    static func podCreate(_ row: JSON) -> String? {
        let pod = defaulted(row["pod"] ?? [:])
        let grants = Grants(row["grants"], user: row["user"])
        let outcome = PodSecurityPolicyAdmission.decide(
            pod: pod, namespace: row["namespace"]?.string ?? "", operation: .create, policies: policies(row),
            authorize: grants.decide)
        guard case .allowed(let admitted) = outcome else { return denied(outcome, row) }
        guard row["expect"]?["allowed"] == true else { return "allowed by \(admitted.policy ?? "")" }
        let wanted = row["expect"]?["psp"]?.string
        if admitted.policy != wanted { return "by \(admitted.policy ?? ""), not \(wanted ?? "")" }
        if admitted.pod[path: "metadata", "annotations", "kubernetes.io/psp"]?.string != wanted {
            return "not annotated"
        }
        let base = compared(SeccompProfile.synchronized(Pod(pod)).json)
        let expected = base.patched(row["expect"]?["mutations"])
        let actual = compared(admitted.pod)
        if actual != expected { return "\(actual.sorted)\n    not \(expected.sorted)" }
        let again = PodSecurityPolicyAdmission.decide(
            pod: admitted.pod, namespace: row["namespace"]?.string ?? "", operation: .recheck, policies: policies(row),
            authorize: grants.decide)
        if case .allowed(let second) = again {
            return second.policy == wanted ? nil : "again by \(second.policy ?? "")"
        }
        return "denied when looked at again"
    }

    static func podUpdate(_ row: JSON) -> String? {
        let old = row["oldPod"] ?? [:]
        let outcome = PodSecurityPolicyAdmission.decide(
            pod: old.patched(row["change"]), namespace: row["namespace"]?.string ?? "", operation: .update(old: old),
            policies: policies(row), authorize: Grants(row["grants"], user: row["user"]).decide)
        guard case .allowed(let admitted) = outcome else { return denied(outcome, row) }
        guard row["expect"]?["allowed"] == true else { return "allowed by \(admitted.policy ?? "")" }
        let annotation = admitted.pod[path: "metadata", "annotations", "kubernetes.io/psp"]
        if annotation != row["expect"]?["psp"] { return "annotated with \(annotation ?? .null)" }
        let expected = old["spec"]?.patched(row["expect"]?["specChanged"])
        return admitted.pod["spec"] == expected ? nil : "\(admitted.pod)"
    }

    static func denied(_ outcome: PodSecurityPolicyOutcome, _ row: JSON) -> String? {
        guard case .denied(let denial) = outcome else { return nil }
        let expect = row["expect"]
        let wanted = expect?["message"]?.string ?? "allowed"
        let actual = denial.status.message
        let same =
            row["unordered"] == true
            ? words(actual) == words(wanted) : actual == wanted
        guard same, expect?["code"] == JSON(denial.status.code), expect?["reason"]?.string == denial.status.reason
        else {
            return "\(denial.status.code) \(actual)\n    not \(wanted)"
        }
        return denial.decision.isAllowed ? "the decision allows" : nil
    }

    /// The words of a refusal without the brackets around its errors, sorted.
    static func words(_ message: String) -> [String] {
        (message.hasSuffix("]") ? message.dropLast() : message[...]).replacing(": [", with: ": ").split(separator: " ")
            .map { String($0) }.sorted()
    }

    static func validation(_ row: JSON) -> String? {
        let policy = PodSecurityPolicyDefaults.applied(to: row["object"] ?? [:])
        return judged(policy, PodSecurityPolicyValidation.validateCreate(policy), row)
    }

    static func update(_ row: JSON) -> String? {
        let old = PodSecurityPolicyDefaults.applied(to: row["old"] ?? [:])
        let policy = PodSecurityPolicyDefaults.applied(to: old.merged(with: row["mergePatch"] ?? [:]))
        return judged(policy, PodSecurityPolicyValidation.validateUpdate(policy, old: old), row)
    }

    static func judged(_ policy: JSON, _ errors: [FieldError], _ row: JSON) -> String? {
        let expect = row["expect"]
        if errors.isEmpty {
            guard let spec = expect?["spec"] else { return "valid, not \(expect?["message"] ?? .null)" }
            return policy["spec"] == spec ? nil : "\(policy["spec"]?.sorted ?? .null)\n    not \(spec.sorted)"
        }
        let name = policy[path: "metadata", "name"]?.string ?? ""
        let status = StatusError.invalid("PodSecurityPolicy", group: "policy", name: name, errors)
        let wanted = expect?["message"]?.string ?? "valid"
        if status.message != wanted { return "\(status.message)\n    not \(wanted)" }
        let causes = status.json[path: "details", "causes"]
        return expect?["causes"] == nil || expect?["causes"] == causes ? nil : "\(causes ?? .null)"
    }

    static func table(_ row: JSON) -> String? {
        let cells = (row["objects"]?.array ?? []).map { object in
            JSON.array(
                PodSecurityPolicyTable.cells([
                    "metadata": ["name": object["name"] ?? ""], "spec": object["spec"] ?? [:],
                ]))
        }
        return .array(cells) == row["expect"]?["rows"] ? nil : "\(JSON.array(cells))"
    }
}
