import JSONValue
import KubeModel
import PolicyModel

/// Which names of resources mean something, and where they may stand.
///
/// Source: `k8s.io/kubernetes` `pkg/apis/core/helper`.
enum ResourceNames {
    private static let counted: Set<String> = [
        "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps", "persistentvolumeclaims",
        "services.nodeports", "services.loadbalancers",
    ]
    private static let compute: Set<String> = ["cpu", "memory", "ephemeral-storage"]
    private static let quota: Set<String> = [
        "requests.cpu", "requests.memory", "requests.ephemeral-storage", "limits.cpu", "limits.memory",
        "limits.ephemeral-storage", "requests.storage",
    ]
    static let hugePages = "hugepages-"

    static func isHugePage(_ name: String) -> Bool { name.hasPrefix(hugePages) }
    static func isQuotaHugePage(_ name: String) -> Bool { isHugePage(name) || name.hasPrefix("requests." + hugePages) }
    static func isStandard(_ name: String) -> Bool { isQuota(name) || name == "storage" }
    static func isQuota(_ name: String) -> Bool {
        compute.contains(name) || quota.contains(name) || counted.contains(name) || isQuotaHugePage(name)
    }
    static func isContainer(_ name: String) -> Bool { compute.contains(name) || isHugePage(name) }
    static func isNative(_ name: String) -> Bool { !name.contains("/") || name.contains("kubernetes.io/") }
    static func isExtended(_ name: String) -> Bool {
        !isNative(name) && !name.hasPrefix("requests.") && Names.qualifiedName("requests." + name).isEmpty
    }
    static func allowsOvercommit(_ name: String) -> Bool { isNative(name) && !isHugePage(name) }
    static func isInteger(_ name: String) -> Bool { counted.contains(name) || isExtended(name) }

    /// Whether the amount is a multiple of the page size in the name.
    static func isWholeHugePages(_ name: String, _ amount: Quantity) -> Bool {
        guard let size = Quantity(String(name.dropFirst(hugePages.count))), size.nano > 0, size.isInteger else { return false }
        return amount.value % size.value == 0
    }

    // MARK: Rules

    /// A name that is a standard one or has a domain.
    static func validate(_ name: String, _ path: FieldPath, _ errors: inout [FieldError]) {
        let faults = Names.qualifiedName(name)
        errors.invalid(path, .string(name), all: faults)
        if faults.isEmpty, !name.contains("/"), !isStandard(name) {
            errors.invalid(path, .string(name), "must be a standard resource type or fully qualified")
        }
    }

    static func validateForContainer(_ name: String, _ path: FieldPath, _ errors: inout [FieldError]) {
        validate(name, path, &errors)
        if !name.contains("/") {
            if !isContainer(name) { errors.invalid(path, .string(name), "must be a standard resource for containers") }
        } else if !isNative(name), !isExtended(name) {
            errors.invalid(path, .string(name), "doesn't follow extended resource name standard")
        }
    }

    static func validateForPod(_ name: String, _ path: FieldPath, _ errors: inout [FieldError]) {
        let count = errors.count
        validate(name, path, &errors)
        if errors.count == count, name != "cpu", name != "memory", !isHugePage(name) {
            errors.notSupported(path, .string(name), ["cpu", hugePages, "memory"])
        }
    }

    static func validateForQuota(_ name: String, _ path: FieldPath, _ errors: inout [FieldError]) {
        validate(name, path, &errors)
        if !name.contains("/"), !isQuota(name) {
            errors.invalid(path, .string(name), "must be a standard resource for quota")
        }
    }

    /// The amount must suit the resource.
    static func validateAmount(_ name: String, _ amount: Quantity, _ path: FieldPath, _ errors: inout [FieldError]) {
        errors.nonNegative(amount, path)
        if isInteger(name), amount.milliValue % 1000 != 0 {
            errors.invalid(path, .string(amount.description), Wording.notInteger)
        }
    }

    /// A resource list whose names and amounts must suit a quota.
    static func validateQuotaList(_ entries: [(name: String, quantity: Quantity)], _ path: FieldPath, _ errors: inout [FieldError]) {
        for (name, amount) in entries {
            validateForQuota(name, path.key(name), &errors)
            validateAmount(name, amount, path.key(name), &errors)
        }
    }
}

/// The rules for what a container or pod requests and may use at most.
enum ResourceRequirements {
    enum Bearer { case container, pod }

    static func validate(
        _ requirements: JSON?, of bearer: Bearer = .container, claims: Set<String>, _ options: PodOptions, _ path: FieldPath,
        _ errors: inout [FieldError]
    ) {
        guard let requirements, requirements.object != nil else { return }
        let limits = requirements.quantities("limits")
        let requests = requirements.quantities("requests")
        let limit = Dictionary(limits.map { ($0.name, $0.quantity) }) { first, _ in first }
        var hasCompute = false
        var hasHugePages = false
        func checkEntry(_ name: String, _ amount: Quantity, _ entry: FieldPath, _ errors: inout [FieldError]) {
            switch bearer {
            case .container: ResourceNames.validateForContainer(name, entry, &errors)
            case .pod: ResourceNames.validateForPod(name, entry, &errors)
            }
            ResourceNames.validateAmount(name, amount, entry, &errors)
            if name == "cpu" || name == "memory" { hasCompute = true }
        }
        func checkPages(_ name: String, _ amount: Quantity, _ entry: FieldPath, _ errors: inout [FieldError]) {
            guard ResourceNames.isHugePage(name) else { return }
            hasHugePages = true
            if options.allowsIndivisibleHugePages || ResourceNames.isWholeHugePages(name, amount) { return }
            let text = amount.description
            errors.invalid(entry, .string(text), "\(text) is not positive integer multiple of \(name)")
        }
        for (name, amount) in limits {
            let entry = path.child("limits").key(name)
            checkEntry(name, amount, entry, &errors)
            checkPages(name, amount, entry, &errors)
        }
        for (name, amount) in requests {
            let entry = path.child("requests").key(name)
            checkEntry(name, amount, entry, &errors)
            if let most = limit[name] {
                if amount != most, !ResourceNames.allowsOvercommit(name) {
                    errors.invalid(
                        path.child("requests"), .string(amount.description), "must be equal to \(name) limit of \(most)")
                } else if amount > most {
                    errors.invalid(
                        path.child("requests"), .string(amount.description),
                        "must be less than or equal to \(name) limit of \(most)")
                }
            } else if !ResourceNames.allowsOvercommit(name) {
                errors.required(path.child("limits"), "Limit must be set for non overcommitable resources")
            }
            checkPages(name, amount, entry, &errors)
        }
        if !hasCompute, hasHugePages { errors.forbidden(path, "HugePages require cpu or memory") }
        claimNames(requirements.list("claims"), known: claims, path.child("claims"), &errors)
    }

    private static func claimNames(_ claims: [JSON], known: Set<String>, _ path: FieldPath, _ errors: inout [FieldError]) {
        var seen: [String] = []
        for (at, claim) in claims.enumerated() {
            let here = path.index(at)
            let name = claim.text("name")
            if name.isEmpty {
                errors.required(here)
                continue
            }
            if seen.contains(name) {
                errors.duplicate(here, .string(name))
            } else {
                let request = claim.text("request")
                if !request.isEmpty { errors.dnsLabel(request, here.child("request")) }
                let key = request.isEmpty ? name : name + "/" + request
                if seen.contains(key) {
                    errors.duplicate(here, .string(key))
                } else if request.isEmpty {
                    let overlaps = seen.filter { $0.hasPrefix(name + "/") }
                    for _ in overlaps { errors.duplicate(here, .string(name)) }
                }
                seen.append(key)
            }
            if known.contains(name) { continue }
            let rest = known.isEmpty ? " which is empty" : ": " + known.sorted().joined(separator: ", ")
            errors.append(
                FieldError(.notFound, here, .value(.string(name)), "must be one of the names in pod.spec.resourceClaims" + rest))
        }
    }
}
