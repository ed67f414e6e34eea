import JSONValue
import PolicyModel

/// A pod as the rules see it and set defaults in it.
struct Pod: Sendable {
    /// The whole object.
    private(set) var json: JSON

    init(_ json: JSON) { self.json = json }

    /// A member of `spec`, when it is set.
    func field(_ name: String) -> JSON? { json.member("spec")?.member(name) }

    /// Sets a member of `spec`.
    mutating func setField(_ name: String, to value: JSON) { json[path: "spec", name] = value }

    /// A member of `spec.securityContext`, when it is set.
    func setting(_ name: String) -> JSON? { field("securityContext")?.member(name) }

    /// Sets a member of `spec.securityContext`.
    mutating func setSetting(_ name: String, to value: JSON) { json[path: "spec", "securityContext", name] = value }

    /// The value of an annotation.
    func annotation(_ key: String) -> String? { json.member("metadata")?.member("annotations")?[key]?.string }

    /// Sets an annotation.
    mutating func annotate(_ key: String, with value: String) {
        json[path: "metadata", "annotations", key] = .string(value)
    }

    /// Every container, in the order in which they are checked.
    var containers: [Container] {
        let inherited = field("securityContext")
        return Container.List.allCases.flatMap { list in
            (field(list.rawValue)?.array ?? []).enumerated().map { index, json in
                Container(list: list, index: index, json: json, inherited: inherited)
            }
        }
    }

    /// Puts a changed container back in its place.
    mutating func store(_ container: Container) {
        guard var list = field(container.list.rawValue)?.array, list.indices.contains(container.index) else { return }
        list[container.index] = container.json
        setField(container.list.rawValue, to: .array(list))
    }
}

/// One container of a pod, with what it inherits from the pod.
struct Container: Sendable {
    /// The lists that hold containers.
    enum List: String, CaseIterable, Sendable { case initContainers, containers, ephemeralContainers }

    let list: List
    let index: Int
    /// The container itself.
    private(set) var json: JSON
    /// The pod's `spec.securityContext`.
    let inherited: JSON?

    init(list: List, index: Int, json: JSON, inherited: JSON?) {
        self.list = list
        self.index = index
        self.json = json
        self.inherited = inherited
    }

    var name: String { json["name"]?.string ?? "" }
    /// Such as `spec.containers[0]`.
    var path: FieldPath { FieldPath("spec").child(list.rawValue).index(index) }
    /// Such as `spec.containers[0].securityContext`.
    var contextPath: FieldPath { path.child("securityContext") }

    /// A member of the container's own `securityContext`, when it is set.
    func setting(_ name: String) -> JSON? { json.member("securityContext")?.member(name) }

    /// The setting that holds for the container: its own, else the pod's.
    func effective(_ name: String) -> JSON? { setting(name) ?? inherited?.member(name) }

    /// Sets a member of the container's own `securityContext`.
    mutating func setSetting(_ name: String, to value: JSON) { json[path: "securityContext", name] = value }
}
