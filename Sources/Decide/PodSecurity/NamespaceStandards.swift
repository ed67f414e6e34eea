import JSONValue
public import KubeModel
import PolicyModel

/// What a namespace demands: which standard its pods must meet, and which ones are only spoken of.
///
/// Source: KEP-2579, "Versioning" and "Policy Violations"; the namespace labels `pod-security.kubernetes.io/*`.
public struct NamespaceStandards: Hashable, Sendable {
    /// Pods that do not meet it are refused.
    public var enforce = PodSecurityStandard(.privileged)
    /// Pods that do not meet it are noted in the audit log.
    public var audit = PodSecurityStandard(.privileged)
    /// Whoever writes a pod that does not meet it is warned.
    public var warn = PodSecurityStandard(.privileged)
    /// The labels that could not be read. An unreadable `enforce` counts as restricted.
    public var faults: [FieldError] = []

    /// The standards of a namespace without labels.
    public init() {}

    private static let prefix = "pod-security.kubernetes.io/"

    /// Reads the labels of a namespace over `defaults`.
    public init(labels: [String: String], defaults: NamespaceStandards = .init()) {
        self = defaults
        func fault(_ label: String, _ value: String, _ detail: String) -> FieldError {
            .invalid(FieldPath("metadata.labels").key(Self.prefix + label), .string(value), detail)
        }
        var namedLevels: Set<String> = []
        let modes: [(String, WritableKeyPath<NamespaceStandards, PodSecurityStandard>, PodSecurityLevel)] = [
            ("enforce", \.enforce, .restricted), ("audit", \.audit, .privileged), ("warn", \.warn, .privileged),
        ]
        for (mode, standard, otherwise) in modes {
            if let text = labels[Self.prefix + mode] {
                if let level = PodSecurityLevel(rawValue: text) {
                    self[keyPath: standard].level = level
                    namedLevels.insert(mode)
                } else {
                    self[keyPath: standard].level = otherwise
                    if mode == "warn" { namedLevels.insert(mode) }
                    faults.append(fault(mode, text, "must be one of privileged, baseline, restricted"))
                }
            }
            if let text = labels[Self.prefix + mode + "-version"] {
                if let version = PodSecurityVersion(text) {
                    self[keyPath: standard].version = version
                } else {
                    self[keyPath: standard].version = .latest
                    faults.append(fault(mode + "-version", text, "must be \"latest\" or \"v1.x\""))
                }
            }
        }
        // Who writes a controller hears of what will be enforced on its pods.
        if !namedLevels.contains("warn"), namedLevels.contains("enforce"), enforce.level > warn.level {
            warn.level = enforce.level
            if labels[Self.prefix + "warn-version"] == nil { warn.version = enforce.version }
        }
    }
}

/// Who and what is not measured at all.
public struct PodSecurityExemptions: Hashable, Sendable {
    /// User names whose writes are not measured.
    public var users: Set<String>
    /// RuntimeClasses whose pods are not measured.
    public var runtimeClasses: Set<String>
    /// Namespaces in which nothing is measured.
    public var namespaces: Set<String>

    /// Exemptions; by default there are none.
    public init(users: Set<String> = [], runtimeClasses: Set<String> = [], namespaces: Set<String> = []) {
        self.users = users
        self.runtimeClasses = runtimeClasses
        self.namespaces = namespaces
    }
}
