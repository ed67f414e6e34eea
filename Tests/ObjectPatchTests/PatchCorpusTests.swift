import JSONValue
import KubeModel
import Testing

@testable import ObjectPatch

@Suite("Patches as recorded") struct PatchCorpusTests {
    @Test("each recorded patch gives the recorded object or refusal", .enabled(if: Corpus.isInstalled))
    func patches() throws {
        var passed = 0
        var failures: [String] = []
        for area in ["patch", "crud", "subresources", "delete", "concurrency", "defaulting"] {
            for (name, scenario) in try Corpus.scenarios(area) {
                var objects: [String: JSON] = [:]
                for (index, step) in (scenario["steps"]?.array ?? []).enumerated() {
                    guard let path = step["path"]?.string.flatMap({ RequestPath($0) }),
                        let body = step["expect"]?["body"],
                        step["compare"] == nil, step["pick"] == nil
                    else { continue }
                    let status = step["expect"]?["status"]?.int ?? 0
                    let key =
                        path.object.hasSuffix("/")
                        ? path.object + (body["metadata"]?["name"]?.string ?? "") : path.object
                    if step["method"] == "PATCH", let live = objects[key] {
                        let label = "\(name) step \(index + 1)"
                        if let verdict = Self.judge(step, path, live, body, status: Int(status)) {
                            if let fault = verdict { failures.append("\(label): \(fault)") } else { passed += 1 }
                        }
                    }
                    if status < 300, body["metadata"]?["uid"] != nil, body["kind"] != "Scale",
                        path.query["dryRun"] == nil
                    {
                        objects[key] = body
                    }
                }
            }
        }
        print("corpus patches: \(passed) passed, \(failures.count) failed")
        for failure in failures { print("  " + failure) }
        #expect(failures.isEmpty)
    }

    /// Nil when the step is no patch of these kinds; else what is wrong, nil again when nothing is.
    static func judge(_ step: JSON, _ path: RequestPath, _ live: JSON, _ body: JSON, status: Int) -> String?? {
        guard let patch = step["body"], path.subresource != "scale", let kind = live["kind"]?.string else { return nil }
        let subject = GroupVersionKind(group: path.version.group, version: path.version.version, kind: kind)
        do throws(StatusError) {
            let patched: JSON
            switch step["contentType"]?.string {
            case "application/json-patch+json": patched = try JSONPatch(patch).apply(to: live)
            case "application/merge-patch+json": patched = try MergePatch.apply(patch, to: live)
            case "application/strategic-merge-patch+json":
                patched = try StrategicMergePatch.apply(patch, to: live, kind: subject)
            default: return nil
            }
            guard status < 300 else {
                let isOurs =
                    status == 500 || body["message"]?.string?.hasPrefix("the server rejected our request") == true
                return isOurs ? .some("applied, expected \(body)") : .some(nil)
            }
            if path.subresource == "status" || path.subresource == "ephemeralcontainers" { return nil }
            return .some(Replay.missing(patched, from: body, countsElements: true))
        } catch {
            return status == error.code && body == error.json ? .some(nil) : .some("\(error.json), expected \(body)")
        }
    }
}
