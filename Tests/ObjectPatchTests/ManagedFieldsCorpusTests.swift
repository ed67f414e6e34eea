import JSONValue
import KubeModel
import Testing

@testable import ObjectPatch

@Suite("Managed fields as recorded") struct ManagedFieldsCorpusTests {
    @Test("each recorded write gives the recorded managed fields", .enabled(if: Corpus.isInstalled))
    func writes() throws {
        var passed = 0
        var failures: [String] = []
        let areas = [
            "crud", "defaulting", "delete", "subresources", "apply", "patch", "selectors", "dryrun", "strict",
            "concurrency",
            "malformed", "node", "psa", "tables", "vap", "watch", "webhook", "authn", "authz", "bootstrap", "paging",
        ]
        for area in areas {
            for (name, scenario) in try Corpus.scenarios(area) {
                var replay = Replay(name: name)
                replay.run(scenario)
                passed += replay.passed
                failures += replay.failures
            }
        }
        print("corpus managedFields: \(passed) passed, \(failures.count) failed")
        for failure in failures { print("  " + failure) }
        #expect(failures.isEmpty)
    }
}

/// Replays one scenario: each answer is the live object of the next request.
struct Replay {
    let name: String
    var objects: [String: JSON] = [:]
    var passed = 0
    var failures: [String] = []
    static let now = "2026-01-02T03:04:05Z"

    init(name: String) { self.name = name }

    mutating func run(_ scenario: JSON) {
        for (index, step) in (scenario["steps"]?.array ?? []).enumerated() {
            guard let method = step["method"]?.string, let path = step["path"]?.string.flatMap({ RequestPath($0) }),
                let expect = step["expect"], let body = expect["body"]
            else { continue }
            let label = "\(name) step \(index + 1) \(method) \(step["path"]?.string ?? "")"
            let isWrite = ["POST", "PUT", "PATCH"].contains(method)
            let status = expect["status"]?.int ?? 0
            guard expect["status"] != nil, step["compare"] == nil, step["pick"] == nil else { continue }
            let objectKey =
                path.object.hasSuffix("/") ? path.object + (body["metadata"]?["name"]?.string ?? "") : path.object
            let live = method == "POST" && path.subresource.isEmpty ? nil : objects[objectKey]
            if isWrite { check(step, path, live, body, status: Int(status), label) }
            guard status < 300, body["metadata"]?["uid"] != nil, body["kind"]?.string?.hasSuffix("List") != true,
                body["kind"] != "PartialObjectMetadata", path.query["dryRun"] == nil,
                body["apiVersion"] != "autoscaling/v1" || path.subresource.isEmpty
            else { continue }
            objects[objectKey] =
                method == "DELETE" && body["metadata"]?["finalizers"] == nil
                    && body["metadata"]?["deletionTimestamp"] == nil ? nil : body
        }
    }

    private mutating func check(
        _ step: JSON, _ path: RequestPath, _ live: JSON?, _ body: JSON, status: Int, _ label: String
    ) {
        let request = step["body"]
        let manager = path.query["fieldManager"] ?? "golden"
        if step["contentType"] == "application/apply-patch+yaml", let request {
            return checkApply(request, path, live, body, manager: manager, status: status, label)
        }
        guard status < 300, body["metadata"] != nil, body["kind"] != "Status",
            body["apiVersion"]?.string == path.version.description,
            let kind = body["kind"]?.string
        else { return }
        if step["method"] != "POST", live == nil, status == 200 { return }
        if path.subresource == "scale" || path.subresource == "binding" || path.subresource == "eviction" { return }
        let managed = ManagedFields(
            kind: .init(group: path.version.group, version: path.version.version, kind: kind),
            subresource: path.subresource)
        var new = body
        new[path: "metadata", "managedFields"] = request?["metadata"]?["managedFields"]
        if let patched = patched(step, live, kind: managed.kind) { new = Self.overlay(new, patched) }
        if request?["metadata"]?["managedFields"] == nil { new[path: "metadata", "managedFields"] = nil }
        if step["method"] != "PATCH", path.subresource.isEmpty {
            for field in Self.serverSet[kind] ?? [] { Self.remove(field[...], from: &new, unlessIn: request) }
            new = Self.withSent(request, in: new)
            if kind.hasSuffix("Review") { new["status"] = nil }
        }
        if let strangers = Self.strangers(body, live, manager) { return strangers }
        let subject = path.subresource == "token" ? nil : live
        let updated = managed.update(live: subject, new: new, manager: manager, now: Self.now)
        compare(updated, body, label)
    }

    /// The object with the values that the client sent where storage made null of them.
    private static func withSent(_ request: JSON?, in object: JSON) -> JSON {
        guard let request else { return object }
        switch object {
        case .null: return request
        case .object(var members):
            members.updateValues { key, value in withSent(request[key], in: value) }
            return .object(members)
        case .bool, .int, .double, .string, .array: return object
        }
    }

    /// Fields that admission or the registry set after the owners were recorded.
    private static let serverSet: [String: [[String]]] = [
        "Pod": [
            ["spec", "serviceAccountName"], ["spec", "serviceAccount"], ["spec", "priority"],
            ["spec", "preemptionPolicy"],
            ["spec", "tolerations"], ["spec", "volumes", "kube-api-access"],
            ["spec", "containers", "*", "volumeMounts", "kube-api-access"],
            ["spec", "initContainers", "*", "volumeMounts", "kube-api-access"],
        ],
        "Namespace": [["spec", "finalizers"]],
        "Node": [["spec", "taints"]],
        "VolumeAttributesClass": [["metadata", "finalizers"]],
        "PersistentVolume": [["metadata", "finalizers"]],
        "PersistentVolumeClaim": [["metadata", "finalizers"]],
        "Service": [
            ["spec", "clusterIP"], ["spec", "clusterIPs"], ["spec", "ipFamilies"], ["spec", "ipFamilyPolicy"],
            ["spec", "healthCheckNodePort"], ["spec", "ports", "*", "nodePort"],
        ],
        "Job": [["spec", "selector"]]
            + ["batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name", "controller-uid", "job-name"]
            .flatMap {
                [["metadata", "labels", $0], ["spec", "template", "metadata", "labels", $0]]
            },
    ]

    /// Removes what the server added. A list or map that has nothing else goes with it.
    private static func remove(_ path: ArraySlice<String>, from value: inout JSON, unlessIn request: JSON?) {
        guard let first = path.first else { return }
        if case .array(let elements) = value {
            value = .array(
                elements.enumerated().compactMap { index, element in
                    if first != "*" { return element["name"]?.string?.hasPrefix(first) == true ? nil : element }
                    var element = element
                    remove(path.dropFirst(), from: &element, unlessIn: request?[at: index])
                    return element
                })
            return
        }
        guard var child = value[first] else { return }
        if path.count == 1 {
            if request?[first] == nil { value[first] = nil }
            return
        }
        remove(path.dropFirst(), from: &child, unlessIn: request?[first])
        value[first] = child.isEmptyValue && request?[first] == nil && first != "metadata" ? nil : child
    }

    /// What the patch of a step makes of the live object.
    private func patched(_ step: JSON, _ live: JSON?, kind: GroupVersionKind) -> JSON? {
        guard step["method"] == "PATCH", let live, let patch = step["body"] else { return nil }
        switch step["contentType"]?.string {
        case "application/json-patch+json": return try? JSONPatch(patch).apply(to: live)
        case "application/merge-patch+json": return try? MergePatch.apply(patch, to: live)
        case "application/strategic-merge-patch+json":
            return try? StrategicMergePatch.apply(patch, to: live, kind: kind)
        default: return nil
        }
    }

    /// The answer of the server, with what a patch set and the endpoint reset afterwards.
    private static func overlay(_ answer: JSON, _ patched: JSON) -> JSON {
        switch (answer, patched) {
        case (.object(var ours), .object(let theirs)):
            for (key, value) in theirs {
                if let present = ours[key] {
                    ours[key] = overlay(present, value)
                } else if value != 0, value != false, value != "" {
                    ours[key] = value
                }
            }
            return .object(ours)
        case (.array(let ours), .array(let theirs)):
            return ours.count == theirs.count ? .array(zip(ours, theirs).map { overlay($0, $1) }) : answer
        default:
            return patched
        }
    }

    /// Not nil when a controller wrote between the steps, so that the live object is not known.
    private static func strangers(_ body: JSON, _ live: JSON?, _ manager: String) -> Void? {
        let managers = (live?["metadata"]?["managedFields"]?.array ?? []).compactMap { $0["manager"]?.string }
        let found = (body["metadata"]?["managedFields"]?.array ?? []).compactMap { $0["manager"]?.string }
        return found.contains { $0 != manager && !managers.contains($0) } ? () : nil
    }

    private mutating func checkApply(
        _ request: JSON, _ path: RequestPath, _ live: JSON?, _ body: JSON, manager: String, status: Int, _ label: String
    ) {
        guard
            let resource = SchemaCatalog.builtin.resources.first(where: {
                $0.plural == path.resource && $0.groupVersion == path.version
            })
        else { return }
        if live == nil, !path.subresource.isEmpty { return }
        let managed = ManagedFields(kind: resource.groupVersionKind, subresource: path.subresource)
        do throws(StatusError) {
            let applied = try managed.apply(
                live: live, config: request, manager: manager, force: path.query["force"] == "true", now: Self.now)
            guard status < 300 else {
                // Later stages refuse what fits the schema.
                if status != 409 || body["details"]?["causes"] == nil, status != 500 { return }
                failures.append("\(label): applied, expected \(body)")
                return
            }
            compare(applied, body, label)
            if let difference = Self.missing(applied, from: body) { failures.append("\(label): \(difference)") }
        } catch {
            if status == error.code, body == error.json {
                passed += 1
            } else {
                failures.append("\(label): \(error.json) expected \(body)")
            }
        }
    }

    private mutating func compare(_ got: JSON, _ expected: JSON, _ label: String) {
        let ours = Self.normal(got["metadata"]?["managedFields"])
        let theirs = Self.normal(expected["metadata"]?["managedFields"])
        if ours == theirs {
            passed += 1
        } else {
            failures.append(
                "\(label)\n    got      \(ours.joined(separator: "\n             "))\n    expected \(theirs.joined(separator: "\n             "))"
            )
        }
    }

    /// The entries without their times, in an order of their own.
    static func normal(_ managedFields: JSON?) -> [String] {
        (managedFields?.array ?? []).map { entry in
            var entry = entry
            if entry["time"] != nil { entry["time"] = "T" }
            return entry.sorted.description
        }.sorted()
    }

    /// A leaf of `part` that `whole` does not have.
    static func missing(_ part: JSON, from whole: JSON?, at path: String = "", countsElements: Bool = false) -> String?
    {
        if [".metadata.managedFields", ".metadata.generation", ".metadata.resourceVersion", ".status", ".metadata.uid"]
            .contains(path)
        {
            return nil
        }
        switch (part, whole) {
        case (.object(let ours), .object(let theirs)?):
            for (key, value) in ours {
                if let found = missing(value, from: theirs[key], at: path + "." + key, countsElements: countsElements) {
                    return found
                }
            }
            return nil
        case (.array(let ours), .array(let theirs)?):
            guard ours.count == theirs.count || (ours.count < theirs.count && !countsElements) else {
                return "\(path): \(part) not in \(JSON.array(theirs))"
            }
            for (index, pair) in zip(ours, theirs).enumerated() {
                if let found = missing(pair.0, from: pair.1, at: path + "[\(index)]", countsElements: countsElements) {
                    return found
                }
            }
            return nil
        default:
            return part == whole || (part.isEmptyValue && whole == nil)
                ? nil : "\(path): \(part) is not \(whole?.description ?? "absent")"
        }
    }
}
