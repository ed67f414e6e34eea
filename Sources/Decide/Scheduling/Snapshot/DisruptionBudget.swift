public import JSONValue
public import KubeModel

/// How many pods of an application may be taken away now.
///
/// Source: Kubernetes documentation, "Specifying a Disruption Budget".
public struct DisruptionBudget: Hashable, Sendable {
    /// Its namespace; it protects pods there.
    public var namespace: String
    /// Its name.
    public var name: String
    /// The pods; an empty selector protects none here.
    public var selector: LabelSelector
    /// How many may be taken.
    public var disruptionsAllowed: Int64
    /// Pods whose eviction is under way and already counted.
    public var disruptedPods: Set<String>

    /// Reads a `PodDisruptionBudget`.
    public init(_ budget: JSON) {
        namespace = budget["metadata"]?["namespace"]?.string ?? "default"
        name = budget["metadata"]?["name"]?.string ?? ""
        selector = LabelSelector(object: budget["spec"]?["selector"])
        disruptionsAllowed = budget["status"]?["disruptionsAllowed"]?.int ?? 0
        disruptedPods = Set(budget["status"]?["disruptedPods"]?.object?.keys ?? [])
    }
}
