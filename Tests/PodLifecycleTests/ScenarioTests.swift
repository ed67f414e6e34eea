import JSONValue
import KubeModel
import PodLifecycle
import Testing

@Suite("life of a pod") struct ScenarioTests {
    @Test("each scenario goes as its file says", arguments: try Scenario.all())
    func goes(_ scenario: Scenario) throws {
        var node = Node(spec: scenario.content["spec"] ?? [:])
        for entry in scenario.content["steps"]?.array ?? [] {
            let at = entry["at"]?.int ?? node.now.seconds - Node.start.seconds
            node.now = Node.start.adding(seconds: at)
            for event in entry["do"]?.strings ?? [] { node.happen(event) }
            let step = node.look()
            let actions = step.actions.map(Node.text)
            #expect(actions == entry["actions"]?.strings ?? [], "at \(at)")
            if let phase = entry["phase"]?.string { #expect(step.status["phase"]?.string == phase, "at \(at)") }
            if let next = entry["next"]?.int { #expect(step.nextLook == Node.start.adding(seconds: next), "at \(at)") }
            if let status = entry["status"] {
                let differences = Self.differences(step.status, status)
                #expect(differences.isEmpty, "at \(at): \(differences.joined(separator: "\n"))")
            }
            for (name, expected) in entry["states"]?.object ?? [:] {
                #expect(Self.state(step.status, name) == expected.string, "\(name) at \(at)")
            }
            for (type, expected) in entry["conditions"]?.object ?? [:] {
                #expect(Self.condition(step.status, type) == expected.string, "\(type) at \(at)")
            }
        }
    }

    /// `running`, `waiting CrashLoopBackOff`, `terminated Error 1`, each with `ready` after it when it is.
    private static func state(_ status: JSON, _ name: String) -> String? {
        let all = ["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"].flatMap {
            status[$0]?.array ?? []
        }
        guard let container = all.first(where: { $0["name"]?.string == name }),
            let state = container["state"]?.object?.members.first
        else { return nil }
        var words = [state.key]
        if let reason = state.value["reason"]?.string { words.append(reason) }
        if let code = state.value["exitCode"]?.int { words.append("\(code)") }
        if container["ready"]?.bool == true { words.append("ready") }
        return words.joined(separator: " ")
    }

    /// `True`, or `False` with the reason.
    private static func condition(_ status: JSON, _ type: String) -> String? {
        guard let found = status["conditions"]?.array?.first(where: { $0["type"]?.string == type }) else { return nil }
        return [found["status"]?.string, found["reason"]?.string].compactMap { $0 }.joined(separator: " ")
    }

    private static func differences(_ value: JSON?, _ expected: JSON, at path: String = "") -> [String] {
        switch expected {
        case .object(let members):
            return members.flatMap { differences(value?[$0.key], $0.value, at: "\(path).\($0.key)") }
        case .array(let elements):
            return elements.enumerated().flatMap { differences(value?[at: $0], $1, at: "\(path)[\($0)]") }
        case .null: return value == nil || value == .null ? [] : ["\(path) is there"]
        case .bool, .int, .double, .string:
            return value == expected ? [] : ["\(path) is \(value.map { "\($0)" } ?? "absent"), not \(expected)"]
        }
    }
}
