import JSONValue
import KubeModel
import Testing

@testable import ObjectPatch

@Suite("Managed fields of custom resources as recorded") struct CustomResourceCorpusTests {
    @Test(
        "each recorded write of a custom resource gives the recorded managed fields", .enabled(if: Corpus.isInstalled))
    func writes() throws {
        var passed = 0
        var failures: [String] = []
        for (name, scenario) in try Corpus.scenarios("crd") {
            var replay = CustomReplay(name: name)
            replay.run(scenario)
            passed += replay.passed
            failures += replay.failures
        }
        print("corpus customResourceManagedFields: \(passed) passed, \(failures.count) failed")
        for failure in failures { print("  " + failure) }
        #expect(failures.isEmpty)
    }
}

/// Replays one scenario that installs a CRD and writes its objects.
struct CustomReplay {
    let name: String
    var passed = 0
    var failures: [String] = []
    private var catalog = SchemaCatalog.builtin
    private var statusVersions = Set<String>()
    private var served = Set<String>()
    private var objects: [String: JSON] = [:]

    init(name: String) { self.name = name }

    mutating func run(_ scenario: JSON) {
        for (index, step) in (scenario["steps"]?.array ?? []).enumerated() {
            guard let method = step["method"]?.string, let path = step["path"]?.string.flatMap({ RequestPath($0) })
            else { continue }
            if method == "POST", path.resource == "customresourcedefinitions", let crd = step["body"] { install(crd) }
            guard let body = step["expect"]?["body"], body["apiVersion"]?.string == path.version.description,
                served.contains(path.version.description), let kind = body["kind"]?.string, step["pick"] == nil,
                body["metadata"]?["uid"] != nil || body["kind"] == "Status"
            else {
                // A failed apply answers with a Status of another version.
                checkConflict(step, path, "\(name) step \(index + 1)")
                continue
            }
            let key = path.resource + "/" + (body["metadata"]?["name"]?.string ?? "")
            let label = "\(name) step \(index + 1) \(method)"
            let live = method == "POST" ? nil : objects[key].map { Self.at(path.version.description, $0) }
            if ["POST", "PUT", "PATCH"].contains(method), path.query["dryRun"] == nil,
                method == "POST" || live != nil || isApply(step)
            {
                let managed = ManagedFields(
                    customResource: .init(group: path.version.group, version: path.version.version, kind: kind),
                    hasStatus: statusVersions.contains(path.version.description), subresource: path.subresource,
                    catalog: catalog)
                let manager = path.query["fieldManager"] ?? "golden"
                var result: JSON
                if isApply(step), let request = step["body"] {
                    do throws(StatusError) {
                        result = try managed.apply(
                            live: live, config: request, manager: manager, force: path.query["force"] == "true",
                            now: Replay.now)
                    } catch {
                        result = error.json
                    }
                } else {
                    var new = body
                    new[path: "metadata", "managedFields"] = step["body"]?["metadata"]?["managedFields"]
                    result = managed.update(live: live, new: new, manager: manager, now: Replay.now)
                }
                compare(result, body, label)
            }
            if path.query["dryRun"] == nil { objects[key] = method == "DELETE" ? nil : body }
        }
    }

    private func isApply(_ step: JSON) -> Bool { step["contentType"] == "application/apply-patch+yaml" }

    private mutating func checkConflict(_ step: JSON, _ path: RequestPath, _ label: String) {
        guard isApply(step), step["expect"]?["status"] == 409, let request = step["body"],
            let kind = request["kind"]?.string,
            let live = objects[path.resource + "/" + (request["metadata"]?["name"]?.string ?? "")]
        else { return }
        let managed = ManagedFields(
            customResource: .init(group: path.version.group, version: path.version.version, kind: kind),
            hasStatus: false, catalog: catalog)
        do throws(StatusError) {
            _ = try managed.apply(
                live: Self.at(path.version.description, live), config: request,
                manager: path.query["fieldManager"] ?? "",
                force: false, now: Replay.now)
            failures.append(label + ": no conflict")
        } catch {
            if error.json == step["expect"]?["body"] { passed += 1 } else { failures.append("\(label): \(error.json)") }
        }
    }

    private static func at(_ version: String, _ object: JSON) -> JSON {
        var object = object
        object["apiVersion"] = .string(version)
        return object
    }

    private mutating func compare(_ got: JSON, _ expected: JSON, _ label: String) {
        let ours = Replay.normal(got["metadata"]?["managedFields"])
        let theirs = Replay.normal(expected["metadata"]?["managedFields"])
        if ours == theirs {
            passed += 1
        } else {
            failures.append("\(label)\n    got      \(ours)\n    expected \(theirs)")
        }
    }

    private mutating func install(_ crd: JSON) {
        guard let group = crd["spec"]?["group"]?.string, let kind = crd["spec"]?["names"]?["kind"]?.string else {
            return
        }
        for version in crd["spec"]?["versions"]?.array ?? [] {
            guard let name = version["name"]?.string, let schema = version["schema"]?["openAPIV3Schema"] else {
                continue
            }
            var facts = Self.facts(schema)
            facts["gvk"] = [.array([.string(group), .string(name), .string(kind)])]
            catalog.add([
                "types": .object([("\(group).\(name).\(kind)", facts)].reduce(into: JSONObject()) { $0[$1.0] = $1.1 })
            ])
            served.insert(group + "/" + name)
            if version["subresources"]?["status"] != nil { statusVersions.insert(group + "/" + name) }
        }
    }

    /// A schema of a CRD in the form of the schema facts.
    private static func facts(_ schema: JSON) -> JSON {
        let names = [
            "x-kubernetes-list-type": "listType", "x-kubernetes-list-map-keys": "listMapKeys",
            "x-kubernetes-map-type": "mapType",
            "x-kubernetes-preserve-unknown-fields": "preserveUnknown", "x-kubernetes-int-or-string": "intOrString",
            "x-kubernetes-embedded-resource": "embedded",
        ]
        var result: JSON = [:]
        for (key, value) in schema.object ?? [:] {
            switch key {
            case "properties":
                var fields: JSON = [:]
                for (name, member) in value.object ?? [:] { fields[name] = facts(member) }
                result["fields"] = fields
            case "items": result["items"] = facts(value)
            case "additionalProperties": result["values"] = value.object == nil ? [:] : facts(value)
            default: result[names[key] ?? key] = value
            }
        }
        return result
    }
}
