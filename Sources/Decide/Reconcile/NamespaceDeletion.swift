public import JSONValue
public import KubeModel

/// A namespace that is deleted first loses its content, pods before all else, and then goes itself.
///
/// Source: Kubernetes documentation, "Namespaces"; KEP-5080 (ordered deletion).
public enum NamespaceDeletion {
    /// The resource that is written.
    public static let resource = GroupVersionResource(group: "", version: "v1", resource: "namespaces")
    /// The finalizer of `spec.finalizers` that stands for the content.
    public static let finalizer = "kubernetes"

    /// What one round of deletion found.
    public struct Content: Hashable, Sendable {
        /// What is left of each resource after the round.
        public var remaining: [GroupResource: Int]
        /// How many of the objects that are left carry each finalizer.
        public var finalizers: [String: Int]
        /// Why resources could not be listed by discovery.
        public var discoveryFailures: [String]
        /// Why objects could not be deleted.
        public var deletionFailures: [String]

        /// What a round found; by default that nothing is left and nothing failed.
        public init(
            remaining: [GroupResource: Int] = [:], finalizers: [String: Int] = [:], discoveryFailures: [String] = [], deletionFailures: [String] = []
        ) {
            self.remaining = remaining
            self.finalizers = finalizers
            self.discoveryFailures = discoveryFailures
            self.deletionFailures = deletionFailures
        }

        /// Counts the objects that are left of a resource.
        public mutating func add(_ objects: [JSON], of resource: GroupResource) {
            guard !objects.isEmpty else { return }
            remaining[resource, default: 0] += objects.count
            for object in objects { for finalizer in object.finalizers { finalizers[finalizer, default: 0] += 1 } }
        }

        /// Whether nothing is left and nothing failed.
        public var isGone: Bool { remaining.isEmpty && discoveryFailures.isEmpty && deletionFailures.isEmpty }
    }

    /// The namespace in the phase that its deletion has; nil when it says so already.
    public static func terminating(_ namespace: JSON) -> Change? {
        guard namespace.isBeingDeleted, namespace["status"]?["phase"]?.string != "Terminating" else { return nil }
        var object = namespace
        object[path: "status", "phase"] = "Terminating"
        return .replace(Target(resource, name: namespace.name, subresource: "status"), object)
    }

    /// What follows from a round: the conditions, and the end when nothing is left.
    ///
    /// - Parameters:
    ///   - namespace: the namespace that is being deleted, as it is now.
    ///   - content: what the round found.
    ///   - now: the moment, for conditions that change.
    ///   - finalizerWait: how long objects with finalizers are given before the next round, in seconds.
    /// - Returns: the write of the status, or of `spec.finalizers` when all is gone; when to look again.
    public static func plan(namespace: JSON, content: Content, now: Timestamp, finalizerWait: Int64 = 15) -> Plan {
        var object = namespace
        var status = object["status"] ?? [:]
        setConditions(&status, content: content, now: now)
        object["status"] = status
        if !content.isGone {
            let isUnchanged = status == namespace["status"]
            return Plan(
                changes: isUnchanged ? [] : [.replace(Target(resource, name: namespace.name, subresource: "status"), object)],
                again: content.finalizers.isEmpty ? nil : finalizerWait)
        }
        let finalizers = namespace["spec"]?["finalizers"]?.strings ?? []
        guard finalizers.contains(finalizer) else { return Plan() }
        var finalized = namespace
        finalized[path: "spec", "finalizers"] = JSON(finalizers.filter { $0 != finalizer })
        return Plan(changes: [.replace(Target(resource, name: namespace.name, subresource: "finalize"), finalized)])
    }

    private static func setConditions(_ status: inout JSON, content: Content, now: Timestamp) {
        func set(_ type: String, _ failure: (reason: String, message: String)?, fine: (reason: String, message: String)) {
            let value = failure == nil ? "False" : "True"
            let (reason, message) = failure ?? fine
            var conditions = status["conditions"]?.array ?? []
            let at = conditions.firstIndex { $0["type"]?.string == type }
            if let at, conditions[at]["status"]?.string == value, conditions[at]["message"]?.string == message { return }
            let since = at.flatMap { conditions[$0]["status"]?.string == value ? conditions[$0]["lastTransitionTime"] : nil }
            let condition: JSON = [
                "type": .string(type), "status": .string(value), "lastTransitionTime": since ?? .string(now.description),
                "reason": .string(reason), "message": .string(message),
            ]
            if let at { conditions[at] = condition } else { conditions.append(condition) }
            status["conditions"] = .array(conditions)
        }
        set(
            "NamespaceDeletionDiscoveryFailure",
            content.discoveryFailures.isEmpty ? nil : ("DiscoveryFailed", "Discovery failed for some groups, \(content.discoveryFailures.count) failing: " + content.discoveryFailures.joined(separator: ", ")),
            fine: ("ResourcesDiscovered", "All resources successfully discovered"))
        set("NamespaceDeletionGroupVersionParsingFailure", nil, fine: ("ParsedGroupVersions", "All legacy kube types successfully parsed"))
        set(
            "NamespaceDeletionContentFailure",
            content.deletionFailures.isEmpty ? nil : ("ContentDeletionFailed", "Failed to delete all resource types, \(content.deletionFailures.count) remaining: " + content.deletionFailures.sorted().joined(separator: ", ")),
            fine: ("ContentDeleted", "All content successfully deleted, may be waiting on finalization"))
        // The core group leaves a dot behind its resources, as it does upstream.
        let left = content.remaining.map { "\($0.key.resource).\($0.key.group) has \($0.value) resource instances" }.sorted()
        set(
            "NamespaceContentRemaining",
            left.isEmpty ? nil : ("SomeResourcesRemain", "Some resources are remaining: " + left.joined(separator: ", ")),
            fine: ("ContentRemoved", "All content successfully removed"))
        let held = content.finalizers.map { "\($0.key) in \($0.value) resource instances" }.sorted()
        set(
            "NamespaceFinalizersRemaining",
            held.isEmpty ? nil : ("SomeFinalizersRemain", "Some content in the namespace has finalizers remaining: " + held.joined(separator: ", ")),
            fine: ("ContentHasNoFinalizers", "All content-preserving finalizers finished"))
    }
}
