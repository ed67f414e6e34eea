import JSONValue
import KubeModel
import PolicyModel

/// What decides how strictly a pod's specification is read.
///
/// Rules that came later than the field they check are not held against an object that broke them before.
///
/// Source: `k8s.io/kubernetes` `pkg/api/pod`.
struct PodOptions {
    /// Whether the object is a pod, not a template of one.
    var isPod = false
    var allowsPrivileged = true
    var allowsInvalidDeletionCost = false
    var allowsInvalidSelectorValues = false
    var allowsInvalidNodeAffinityValues = false
    var allowsInvalidSpreadSelector = false
    var allowsIndivisibleHugePages = false
    var allowsAnyTokenPath = false
    var allowsHostSysctls = false

    /// - Parameters:
    ///   - oldSpec: the stored specification of the pod or template; nil on creation.
    ///   - oldMeta: its metadata.
    init(isPod: Bool, context: ObjectValidation.Context, oldSpec: JSON? = nil, oldMeta: JSON? = nil) {
        self.isPod = isPod
        allowsPrivileged = context.allowsPrivileged
        if let oldMeta { allowsInvalidDeletionCost = PodAnnotations.hasInvalidDeletionCost(oldMeta) }
        guard let spec = oldSpec, spec.object != nil else { return }
        allowsInvalidSelectorValues = Self.affinityTerms(spec).contains {
            LabelSelectors.hasInvalidValue($0["labelSelector"]) || LabelSelectors.hasInvalidValue($0["namespaceSelector"])
        }
        allowsInvalidNodeAffinityValues = NodeSelectors.hasInvalidValue(
            spec["affinity"]?["nodeAffinity"]?["requiredDuringSchedulingIgnoredDuringExecution"])
        allowsInvalidSpreadSelector = spec.list("topologySpreadConstraints").contains {
            LabelSelectors.isFaulty($0["labelSelector"])
        }
        allowsIndivisibleHugePages = Self.usesIndivisibleHugePages(spec)
        allowsAnyTokenPath = Self.hasOddTokenPath(spec)
        allowsHostSysctls = PodSecurityContexts.hasHostSysctl(spec)
    }

    private static func affinityTerms(_ spec: JSON) -> [JSON] {
        ["podAffinity", "podAntiAffinity"].flatMap { kind -> [JSON] in
            guard let affinity = spec["affinity"]?[kind] else { return [] }
            return affinity.list("requiredDuringSchedulingIgnoredDuringExecution")
                + affinity.list("preferredDuringSchedulingIgnoredDuringExecution").compactMap { $0["podAffinityTerm"] }
        }
    }

    private static func usesIndivisibleHugePages(_ spec: JSON) -> Bool {
        (spec.list("initContainers") + spec.list("containers")).contains { container in
            guard let resources = container["resources"] else { return false }
            return (resources.quantities("limits") + resources.quantities("requests")).contains {
                ResourceNames.isHugePage($0.name) && !ResourceNames.isWholeHugePages($0.name, $0.quantity)
            }
        }
    }

    private static func hasOddTokenPath(_ spec: JSON) -> Bool {
        spec.list("volumes").contains { volume in
            (volume["projected"]?.list("sources") ?? []).contains { source in
                guard let token = source.given("serviceAccountToken") else { return false }
                var errors: [FieldError] = []
                Paths.localNonReserved(token.text("path"), "", &errors)
                return !errors.isEmpty
            }
        }
    }
}

/// The rules for paths of files.
enum Paths {
    static func isAbsolute(_ path: String) -> Bool { path.hasPrefix("/") }

    /// No element may be `..`.
    static func noBacksteps(_ path: String, _ field: FieldPath, _ errors: inout [FieldError]) {
        if hasBacksteps(path) { errors.invalid(field, .string(path), "must not contain '..'") }
    }

    static func hasBacksteps(_ path: String) -> Bool {
        path.split(separator: "/", omittingEmptySubsequences: false).contains("..")
    }

    /// A path below the place where it is mounted.
    static func localDescending(_ path: String, _ field: FieldPath, _ errors: inout [FieldError]) {
        if isAbsolute(path) { errors.invalid(field, .string(path), "must be a relative path") }
        noBacksteps(path, field, &errors)
    }

    /// As ``localDescending(_:_:_:)``, and the name must not begin with `..`, which the node uses itself.
    static func localNonReserved(_ path: String, _ field: FieldPath, _ errors: inout [FieldError]) {
        localDescending(path, field, &errors)
        if path.hasPrefix(".."), !path.hasPrefix("../") {
            errors.invalid(field, .string(path), "must not start with '..'")
        }
    }

    static func fileMode(_ mode: Int64?, _ field: FieldPath, _ errors: inout [FieldError]) {
        guard let mode, !(0...0o777).contains(mode) else { return }
        errors.invalid(field, JSON(mode), Wording.fileMode)
    }
}
