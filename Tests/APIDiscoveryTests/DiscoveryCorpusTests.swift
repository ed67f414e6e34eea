import APIDiscovery
import JSONValue
import KubeModel
import Testing

@Suite struct DiscoveryCorpusTests {
    static let discovery = APIDiscovery(SchemaCatalog.builtin)
    static let documents = OpenAPIDocuments(
        discovery: discovery, catalog: SchemaCatalog.builtin, serverVersion: "v1.36.0")

    /// The answer to a path; nil when the answer is not this module's.
    static func answer(_ path: String, accept: String) -> JSON? {
        let path = path.hasSuffix("/") ? String(path.dropLast()) : path
        let isAggregated = accept.contains("as=APIGroupDiscoveryList")
        switch path {
        case "/api":
            return isAggregated ? discovery.aggregatedCore() : discovery.apiVersions(serverAddress: "10.0.0.1:6443")
        case "/apis": return isAggregated ? discovery.aggregatedGroups() : discovery.groupList
        case "": return ["paths": JSON(discovery.paths)]
        case "/openapi/v3": return documents.index { APIDiscovery.hash(of: Array($0.utf8)) }
        case "/openapi/v2": return documents.swagger
        default: break
        }
        let parts = path.split(separator: "/").map(String.init)
        switch (parts.first, parts.count) {
        case ("apis", 2): return discovery.group(parts[1])
        case ("api", 2): return discovery.resourceList(of: GroupVersion(group: "", version: parts[1]))
        case ("apis", 3): return discovery.resourceList(of: GroupVersion(group: parts[1], version: parts[2]))
        default: return nil
        }
    }

    /// The picked members of a value: `definitions['a.b'].c`, flattened.
    static func picked(_ paths: [String], from value: JSON) -> JSON {
        var picked = JSONObject()
        for path in paths {
            var found: JSON? = value
            for part in path.split(whereSeparator: { $0 == "[" || $0 == "]" }) {
                if part.hasPrefix("'") {
                    found = found?[String(part.dropFirst().dropLast())]
                } else {
                    for key in part.split(separator: ".") { found = found?[String(key)] }
                }
            }
            picked[path] = found
        }
        return .object(picked)
    }

    /// Whether everything expected is there; a list may hold more between its elements.
    static func subsetDifference(_ expected: JSON, _ got: JSON, at path: String = "") -> String? {
        switch (expected, got) {
        case (.object(let wanted), .object(let found)):
            for (key, value) in wanted {
                guard let other = found[key] else { return "\(path).\(key): missing" }
                if let difference = subsetDifference(value, other, at: "\(path).\(key)") { return difference }
            }
            return nil
        case (.array(let wanted), .array(let found)):
            var rest = found[...]
            for (index, value) in wanted.enumerated() {
                guard let at = rest.firstIndex(where: { subsetDifference(value, $0) == nil }) else {
                    return "\(path)[\(index)]: missing: \(value)"
                }
                rest = rest[(at + 1)...]
            }
            return nil
        case (.string(let wanted), .string(let found)) where wanted.contains("<hash>"):
            return found.hasPrefix(wanted.replacing("<hash>", with: ""))
                ? nil : "\(path): expected \(wanted), got \(found)"
        default: return Corpora.difference(expected, got, at: path)
        }
    }

    @Test("every recorded answer of discovery is given as it was", .enabled(if: Corpora.exists("golden/discovery")))
    func recordedAnswers() throws {
        var failures: [String] = []
        var passed = 0
        var other = 0
        for file in Corpora.files(in: "golden/discovery") {
            let scenario = try JSON.parse(try #require(Corpora.read("golden/discovery/" + file)))
            for step in scenario["steps"]?.array ?? [] {
                let path = step["path"]?.string ?? ""
                let accept = step[path: "headers", "Accept"]?.string ?? ""
                let isRefused = step[path: "expect", "status"]?.int != 200
                guard let expected = step[path: "expect", "body"], !isRefused, step["method"]?.string == "GET",
                    let answer = Self.answer(path, accept: accept)
                else {
                    // Versions, health, refusals: those who serve them answer for them.
                    other += 1
                    continue
                }
                let got = step["pick"].map { Self.picked($0.strings, from: answer) } ?? answer
                let isSubset = step["compare"]?.string == "subset"
                var wanted = expected
                if path == "/" {
                    wanted["paths"] = JSON((expected["paths"]?.strings ?? []).filter { $0.hasPrefix("/api") })
                }
                let difference = isSubset ? Self.subsetDifference(wanted, got) : Corpora.difference(wanted, got)
                if let difference { failures.append("\(file) \(path): \(difference)") } else { passed += 1 }
            }
        }
        print(
            "corpus discovery: \(passed) passed, \(failures.count) failed (\(other) answers of other modules left out)")
        for failure in failures { print(failure) }
        #expect(failures.isEmpty && passed > 0)
    }
}
