import JSONValue

/// A pod or template as the controls look at it.
struct MeasuredPod {
    let annotations: [String: String]
    let spec: JSON
    /// Init containers, containers and ephemeral containers, in this order.
    let containers: [JSON]

    init(metadata: JSON?, spec: JSON) {
        annotations = metadata?["annotations"]?.stringMap ?? [:]
        self.spec = spec
        containers = ["initContainers", "containers", "ephemeralContainers"].flatMap { spec[$0]?.array ?? [] }
    }

    var context: JSON? { spec["securityContext"] }
    var isWindows: Bool { spec["os"]?["name"]?.string == "windows" }
    /// The pod's users are not the node's: what root may do in it, it may do to itself only.
    var hasOwnUsers: Bool { spec["hostUsers"]?.bool == false }

    /// The names of the containers for which `isBroken` holds.
    func names(where isBroken: (_ container: JSON) -> Bool) -> [String] {
        containers.filter(isBroken).map { $0["name"]?.string ?? "" }
    }
}

/// The sentences in which breaches are told.
enum Wording {
    static func quoted(_ texts: [String]) -> String { "\"" + texts.joined(separator: "\", \"") + "\"" }

    /// `container "a"`, `containers "a", "b"`.
    static func containers(_ names: [String]) -> String { (names.count == 1 ? "container " : "containers ") + quoted(names) }

    /// `pod and container "a"`: who set what must not be set.
    static func setters(pod: Bool, _ names: [String]) -> String {
        ((pod ? ["pod"] : []) + (names.isEmpty ? [] : [containers(names)])).joined(separator: " and ")
    }

    static func sorted(_ texts: some Sequence<String>) -> [String] {
        Set(texts).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
