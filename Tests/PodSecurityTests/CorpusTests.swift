import JSONValue
import KubeModel
import ObjectDefaults
import PodSecurity
import PolicyModel
import Testing

@Suite("The recorded answers of a real API server on Pod Security")
struct CorpusTests {
    @Test("each recorded pod is decided, and spoken of, in the recorded words", .enabled(if: Corpus.isPresent))
    func pods() throws {
        var passed = 0
        var failures: [String] = []
        for file in try Corpus.files() where file != "extras.jsonl" {
            for row in try Corpus.rows(file) {
                let version = row["version"]?.string ?? ""
                let level = row["level"]?.string ?? ""
                // As the server completes a pod before it measures it.
                var pod = row["pod"] ?? [:]
                let kind = GroupVersionKind(group: "", version: "v1", kind: "Pod")
                ObjectDefaults.apply(to: &pod, kind: kind, now: Timestamp(seconds: 0))
                ObjectStrategy.prepareForCreate(&pod, kind: kind, context: .init(userName: "u", now: Timestamp(seconds: 0), freshUID: "u"))
                let fault = Self.enforced(pod, level: level, version: version, row: row) ?? Self.warned(pod, level: level, version: version, row: row)
                if let fault { failures.append("\(file) \(row["case"]?.string ?? ""): \(fault)") } else { passed += 1 }
            }
        }
        print("corpus psa: \(passed) passed, \(failures.count) failed")
        #expect(failures.isEmpty, "\(failures.prefix(5))")
        #expect(passed > 0)
    }

    private static func enforced(_ pod: JSON, level: String, version: String, row: JSON) -> String? {
        do throws(StatusError) {
            _ = try PodSecurityAdmission().judge(
                pod, old: nil, resource: GroupResource(group: "", resource: "pods"), user: "u", namespace: "n",
                labels: ["pod-security.kubernetes.io/enforce": level, "pod-security.kubernetes.io/enforce-version": version])
            return row["expect"]?.string == "pass" ? nil : "was admitted"
        } catch {
            return error.message == row["message"]?.string ? nil : "said \(error.message), not \(row["message"]?.string ?? "nothing")"
        }
    }

    private static func warned(_ pod: JSON, level: String, version: String, row: JSON) -> String? {
        do throws(StatusError) {
            let outcome = try PodSecurityAdmission().judge(
                pod, old: nil, resource: GroupResource(group: "", resource: "pods"), user: "u", namespace: "n",
                labels: ["pod-security.kubernetes.io/warn": level, "pod-security.kubernetes.io/warn-version": version])
            return outcome.warnings.first == row["warning"]?.string ? nil : "warned \(outcome.warnings), not \(row["warning"] ?? .null)"
        } catch {
            return "was refused: \(error.message)"
        }
    }

    @Test("namespaces, workloads and changed pods are decided as recorded", .enabled(if: Corpus.isPresent))
    func extras() throws {
        var passed = 0
        var failures: [String] = []
        for (index, row) in try Corpus.rows("extras.jsonl").enumerated() {
            let (code, message, warnings) = Self.extra(row)
            let expected = row["expect"]
            let wanted = expected?["warnings"]?.strings ?? row["warnings"]?.strings ?? []
            if code >= 400, Int64(code) == expected?["code"]?.int, message == expected?["message"]?.string {
                passed += 1
            } else if code < 400, (expected?["code"]?.int ?? 200) < 400, warnings == wanted {
                passed += 1
            } else {
                failures.append("row \(index): \(code) \(message) \(warnings), not \(expected ?? .null)")
            }
        }
        print("corpus psa extras: \(passed) passed, \(failures.count) failed")
        #expect(failures.isEmpty, "\(failures.prefix(5))")
    }

    private static func extra(_ row: JSON) -> (code: Int, message: String, warnings: [String]) {
        let admission = PodSecurityAdmission()
        do throws(StatusError) {
            switch row["topic"]?.string {
            case "namespaceCreate":
                return (201, "", try admission.judgeNamespace("psx", labels: row["labels"]?.stringMap ?? [:], old: nil, pods: { [] }))
            case "namespaceUpdate":
                let old = row["labels"]?.stringMap ?? row["namespaceLabels"]?.stringMap ?? [:]
                let added = row["addLabels"]?.stringMap ?? [:]
                let name = row["namespace"]?.string ?? "psu"
                return (
                    200, "",
                    try admission.judgeNamespace(
                        name, labels: old.merging(added) { $1 }, old: old, pods: { row["existingPods"]?.array ?? [] })
                )
            case "podUpdate":
                let old = row["oldPod"] ?? [:]
                if row["path"]?.string?.hasSuffix("/status") == true { return (200, "", []) }
                var pod = old.merged(with: row["patch"] ?? [:])
                for operation in row["jsonPatch"]?.array ?? [] where operation["path"] == "/spec/containers/0/image" {
                    var container = pod["spec"]?["containers"]?[at: 0] ?? [:]
                    container["image"] = operation["value"]
                    pod[path: "spec", "containers"] = [container]
                }
                let standard = (row["enforce"]?.string ?? "").split(separator: ":").map(String.init)
                let outcome = try admission.judge(
                    pod, old: old, resource: GroupResource(group: "", resource: "pods"), user: "u", namespace: "n",
                    labels: [
                        "pod-security.kubernetes.io/enforce": standard[0], "pod-security.kubernetes.io/enforce-version": standard[1],
                    ])
                return (200, "", outcome.warnings)
            default:
                let object = row["object"] ?? [:]
                let version = GroupVersion(object["apiVersion"]?.string ?? "") ?? GroupVersion(group: "", version: "v1")
                let plural = (object["kind"]?.string ?? "").lowercased() + "s"
                let outcome = try admission.judge(
                    object, old: nil, resource: GroupResource(group: version.group, resource: plural), user: "u", namespace: "n",
                    labels: row["namespaceLabels"]?.stringMap ?? [:])
                return (201, "", outcome.warnings)
            }
        } catch {
            return (error.code, error.message, [])
        }
    }
}
