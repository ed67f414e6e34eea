public import JSONValue
public import KubeModel
import PolicyModel

/// Measures pods, and the templates that pods are made from, by the standards of their namespace.
///
/// Source: KEP-2579; the PodSecurity admission plugin of Kubernetes 1.36.
public struct PodSecurityAdmission: Sendable {
    /// What is not measured.
    public var exemptions: PodSecurityExemptions
    /// The standards of namespaces that say nothing.
    public var defaults: NamespaceStandards

    /// Admission that by default exempts nobody and takes the standards of the built-in defaults.
    public init(exemptions: PodSecurityExemptions = .init(), defaults: NamespaceStandards = .init()) {
        self.exemptions = exemptions
        self.defaults = defaults
    }

    /// How many pods of a namespace are looked at when its labels change.
    public static let podLimit = 3000

    /// What is said of a write that goes on.
    public struct Outcome: Hashable, Sendable {
        /// What the client is told.
        public var warnings: [String] = []
        /// What the audit log is told, by key.
        public var auditAnnotations: [String: String] = [:]
        /// Nothing is said.
        public init() {}
    }

    /// Where the pod stands in the kinds that make pods; the empty path is the object itself.
    private static let templates: [GroupResource: [String]] = [
        GroupResource(group: "", resource: "pods"): [], GroupResource(group: "", resource: "podtemplates"): ["template"],
        GroupResource(group: "", resource: "replicationcontrollers"): ["spec", "template"],
        GroupResource(group: "apps", resource: "replicasets"): ["spec", "template"],
        GroupResource(group: "apps", resource: "deployments"): ["spec", "template"],
        GroupResource(group: "apps", resource: "statefulsets"): ["spec", "template"],
        GroupResource(group: "apps", resource: "daemonsets"): ["spec", "template"],
        GroupResource(group: "batch", resource: "jobs"): ["spec", "template"],
        GroupResource(group: "batch", resource: "cronjobs"): ["spec", "jobTemplate", "spec", "template"],
    ]

    /// Whether objects of this kind are measured.
    public static func concerns(_ resource: GroupResource) -> Bool { templates[resource] != nil }

    /// Judges a pod or a controller that is created or changed.
    ///
    /// - Parameters:
    ///   - object: the pod or controller as it would be stored.
    ///   - old: the object as it is; nil when it is created.
    ///   - resource: what it is; kinds that make no pods are not measured.
    ///   - user: the name of who writes it, who may be exempt.
    ///   - namespace: the name of its namespace, which may be exempt.
    ///   - labels: those of the namespace.
    /// - Returns: what is said of the write: warnings, and annotations for the audit log.
    /// - Throws: ``StatusError`` 403 for a pod that breaks what is enforced.
    public func judge(
        _ object: JSON, old: JSON?, resource: GroupResource, user: String, namespace: String, labels: [String: String]
    ) throws(StatusError) -> Outcome {
        var outcome = Outcome()
        guard let path = Self.templates[resource], !exemptions.namespaces.contains(namespace), !exemptions.users.contains(user) else {
            return outcome
        }
        let isPod = path.isEmpty
        let standards = NamespaceStandards(labels: labels, defaults: defaults)
        if isPod, let old, !Self.matters(object, old: old) { return outcome }
        let pod = isPod ? object : object[path: path] ?? [:]
        guard let spec = pod["spec"] else { return outcome }
        if let runtimeClass = spec["runtimeClassName"]?.string, exemptions.runtimeClasses.contains(runtimeClass) { return outcome }
        if !standards.faults.isEmpty {
            outcome.auditAnnotations["error"] = "Failed to parse policy: \(standards.faults.aggregateMessage)"
        }
        if isPod {
            let breaches = PodSecurity.breaches(of: standards.enforce, metadata: pod["metadata"], spec: spec)
            if !breaches.isEmpty {
                throw .forbidden(
                    resource, name: object["metadata"]?["name"]?.string ?? "",
                    "violates PodSecurity \"\(standards.enforce)\": \(PodSecurity.detail(breaches))")
            }
        }
        let noted = PodSecurity.breaches(of: standards.audit, metadata: pod["metadata"], spec: spec)
        if !noted.isEmpty { outcome.auditAnnotations["audit"] = Self.sentence(standards.audit, noted) }
        let warned = standards.warn == standards.audit ? noted : PodSecurity.breaches(of: standards.warn, metadata: pod["metadata"], spec: spec)
        if !warned.isEmpty { outcome.warnings.append(Self.sentence(standards.warn, warned)) }
        return outcome
    }

    private static func sentence(_ standard: PodSecurityStandard, _ breaches: [PodSecurity.Breach]) -> String {
        "would violate PodSecurity \"\(standard)\": \(PodSecurity.detail(breaches))"
    }

    /// Whether a change of a pod concerns the standards: what else can be changed does not.
    private static func matters(_ pod: JSON, old: JSON) -> Bool {
        func annotation(_ object: JSON, _ key: String) -> String { object["metadata"]?["annotations"]?[key]?.string ?? "" }
        func differs(_ key: String) -> Bool { annotation(pod, key) != annotation(old, key) }
        func matters(_ container: JSON, _ before: JSON) -> Bool {
            container["image"] != before["image"]
                || differs("container.seccomp.security.alpha.kubernetes.io/" + (container["name"]?.string ?? ""))
        }
        if differs("seccomp.security.alpha.kubernetes.io/pod") { return true }
        for field in ["containers", "initContainers"] {
            let now = pod["spec"]?[field]?.array ?? []
            let before = old["spec"]?[field]?.array ?? []
            if now.count != before.count || zip(now, before).contains(where: matters) { return true }
        }
        let before = old["spec"]?["ephemeralContainers"]?.array ?? []
        return (pod["spec"]?["ephemeralContainers"]?.array ?? []).contains { container in
            guard let same = before.first(where: { $0["name"] == container["name"] }) else { return true }
            return matters(container, same)
        }
    }

    /// Judges the labels of a namespace that is created or changed.
    ///
    /// - Parameters:
    ///   - name: the name of the namespace.
    ///   - labels: the labels as they would be.
    ///   - old: the labels as they are; nil when it is created.
    ///   - pods: the pods that are in it already; asked for only when they matter.
    /// - Returns: what is said of the pods that would not be let in any more. They stay.
    /// - Throws: ``StatusError`` 422 for labels that cannot be read.
    public func judgeNamespace(
        _ name: String, labels: [String: String], old: [String: String]?, pods: () -> [JSON]
    ) throws(StatusError) -> [String] {
        let wanted = NamespaceStandards(labels: labels, defaults: defaults)
        let present = old.map { NamespaceStandards(labels: $0, defaults: defaults) }
        if !wanted.faults.isEmpty, wanted.faults != present?.faults {
            throw .invalid("Namespace", group: "", name: name, wanted.faults)
        }
        guard let before = present?.enforce, wanted.enforce != before, wanted.enforce.level != .privileged,
            !(wanted.enforce.version == before.version && wanted.enforce.level <= before.level), !exemptions.namespaces.contains(name)
        else { return [] }
        return warnings(pods(), namespace: name, standard: wanted.enforce)
    }

    private func warnings(_ all: [JSON], namespace: String, standard: PodSecurityStandard) -> [String] {
        var groups: [String: [String]] = [:]
        for pod in all.prefix(Self.podLimit) {
            if let runtimeClass = pod["spec"]?["runtimeClassName"]?.string, exemptions.runtimeClasses.contains(runtimeClass) { continue }
            let breaches = PodSecurity.breaches(of: standard, metadata: pod["metadata"], spec: pod["spec"] ?? [:])
            if !breaches.isEmpty { groups[PodSecurity.reason(breaches), default: []].append(pod["metadata"]?["name"]?.string ?? "") }
        }
        var warnings: [String] = []
        if all.count > Self.podLimit {
            warnings.append("new PodSecurity enforce level only checked against the first \(Self.podLimit) of \(all.count) existing pods")
        }
        if groups.isEmpty { return warnings }
        warnings.append("existing pods in namespace \(goQuoted(namespace)) violate the new PodSecurity enforce level \"\(standard)\"")
        let lines = groups.map { reason, names -> String in
            let others = names.count == 1 ? "" : names.count == 2 ? " (and 1 other pod)" : " (and \(names.count - 1) other pods)"
            return "\(Wording.sorted(names)[0])\(others): \(reason)"
        }
        return warnings + Wording.sorted(lines)
    }
}
