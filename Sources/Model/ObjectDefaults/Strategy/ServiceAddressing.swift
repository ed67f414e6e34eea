public import JSONValue
public import KubeModel
import PolicyModel

/// The addresses of services: what follows from the request and the old object before any are allocated.
///
/// Order of a write: ``prepare(_:old:families:)``, then the caller's allocation of cluster addresses and node ports,
/// then ``ObjectStrategy``.
public enum ServiceAddressing {
    /// Takes over what was allocated before, brings `clusterIP` and `clusterIPs` in line, and sets `ipFamilyPolicy` and
    /// `ipFamilies`. Afterwards `ipFamilies` says of which families addresses are to be allocated.
    ///
    /// - Parameters:
    ///   - service: decoded and defaulted.
    ///   - old: the stored service on update.
    ///   - families: the families of the cluster's service ranges, the first one the default: `IPv4`, `IPv6`.
    /// - Returns: faults of the family fields; empty when the service can be allocated.
    public static func prepare(_ service: inout JSON, old: JSON?, families: [String]) -> [FieldError] {
        let before = old?["spec"]
        var errors: [FieldError] = []
        service.editOrCreate("spec") { spec in
            if let before { keepAllocated(&spec, before) }
            synchronizeAddresses(&spec, before)
            errors = initializeFamilies(&spec, before, families)
        }
        return errors
    }

    // MARK: What a type needs

    /// Whether services of the type have a cluster address, be it `None`.
    public static func needsClusterIP(_ spec: JSON) -> Bool {
        ["ClusterIP", "NodePort", "LoadBalancer"].contains(spec.text("type"))
    }

    /// Whether the service has node ports.
    public static func needsNodePort(_ spec: JSON) -> Bool {
        switch spec.text("type") {
        case "NodePort": true
        case "LoadBalancer": spec["allocateLoadBalancerNodePorts"] != false
        default: false
        }
    }

    /// Whether the service has a node port for health checks.
    public static func needsHealthCheckNodePort(_ spec: JSON) -> Bool {
        spec.text("type") == "LoadBalancer" && spec.text("externalTrafficPolicy") == "Local"
    }

    // MARK: Updates by clients that leave out what was allocated

    private static func keepAllocated(_ spec: inout JSON, _ old: JSON) {
        if needsClusterIP(old), needsClusterIP(spec) {
            if spec.text("clusterIP").isEmpty { spec["clusterIP"] = old["clusterIP"] }
            if spec.count("clusterIPs") == 0, spec["clusterIP"] == old["clusterIP"] {
                spec["clusterIPs"] = old["clusterIPs"]
            }
        }
        if needsNodePort(old), needsNodePort(spec) {
            func used(_ spec: JSON) -> Set<Int64> {
                Set(spec.elements("ports").compactMap { $0["nodePort"]?.int }.filter { $0 != 0 })
            }
            let taken = used(spec).intersection(used(old))
            var allocated: [String: Int64] = [:]
            for port in old.elements("ports") { allocated[port.text("name")] = port["nodePort"]?.int ?? 0 }
            spec.editEach("ports") { port in
                guard port["nodePort"]?.int ?? 0 == 0, let number = allocated[port.text("name")], number != 0,
                    !taken.contains(number)
                else { return }
                port["nodePort"] = JSON(number)
            }
        }
        if needsHealthCheckNodePort(old), needsHealthCheckNodePort(spec), spec["healthCheckNodePort"]?.int ?? 0 == 0 {
            spec["healthCheckNodePort"] = old["healthCheckNodePort"]
        }
    }

    private static func synchronizeAddresses(_ spec: inout JSON, _ old: JSON?) {
        guard let old else {
            if !spec.text("clusterIP").isEmpty, spec.count("clusterIPs") == 0 {
                spec["clusterIPs"] = .array([.string(spec.text("clusterIP"))])
            }
            return
        }
        let isSame = spec.text("clusterIP") == old.text("clusterIP")
        if old.count("clusterIPs") > 0, spec.count("clusterIPs") == 0, isSame { spec["clusterIPs"] = old["clusterIPs"] }
        guard !isSame, same("clusterIPs", spec, old) else { return }
        // The client changed only the single field, so the list follows it.
        let address = spec.text("clusterIP")
        spec["clusterIPs"] = address.isEmpty ? nil : .array([.string(address)])
    }

    private static func same(_ field: String, _ left: JSON, _ right: JSON) -> Bool {
        left.elements(field) == right.elements(field)
    }

    // MARK: Families

    private static func initializeFamilies(_ spec: inout JSON, _ old: JSON?, _ cluster: [String]) -> [FieldError] {
        guard spec.text("type") != "ExternalName", let first = cluster.first else { return [] }
        if let old, spec.text("ipFamilyPolicy") == "PreferDualStack", old.text("ipFamilyPolicy") == "PreferDualStack",
            same("clusterIPs", spec, old), same("ipFamilies", spec, old)
        {
            return []
        }
        let isHeadlessWithoutSelector = spec.text("clusterIP") == "None" && spec.count("selector") == 0
        let inherited = old.flatMap { $0["ipFamilyPolicy"] }
        spec.fill("ipFamilyPolicy", inherited ?? (isHeadlessWithoutSelector ? "RequireDualStack" : "SingleStack"))
        let policy = spec.text("ipFamilyPolicy")
        let policyValue = spec["ipFamilyPolicy"] ?? ""
        var errors: [FieldError] = []
        func refusePolicy(_ why: String) { errors.append(.invalid("spec.ipFamilyPolicy", policyValue, why)) }
        if let old {
            if policy == "SingleStack" {
                for field in ["clusterIPs", "ipFamilies"] where spec.count(field) > 1 && same(field, spec, old) {
                    spec[field] = .array(Array(spec.elements(field).prefix(1)))
                }
            } else {
                for (field, what) in [("clusterIPs", "secondary cluster IP"), ("ipFamilies", "secondary IP family")]
                where old.count(field) == 2 && spec.count(field) == 1 {
                    refusePolicy("must be 'SingleStack' to release the \(what)")
                }
            }
        }
        if policy == "SingleStack" {
            for (field, what) in [("clusterIPs", "cluster IPs"), ("ipFamilies", "IP families")]
            where spec.count(field) == 2 {
                refusePolicy("must be 'RequireDualStack' or 'PreferDualStack' when multiple \(what) are specified")
            }
        }
        var families = spec.elements("ipFamilies")
        for (at, address) in spec.elements("clusterIPs").enumerated() where at >= families.count {
            let text = address.string ?? ""
            if text == "None" { break }
            let family = text.contains(":") ? "IPv6" : "IPv4"
            if cluster.contains(family) {
                families.append(.string(family))
            } else {
                errors.append(
                    .invalid(
                        FieldPath("spec.clusterIPs[\(at)]"), spec["clusterIPs"] ?? [],
                        "\(family) is not configured on this cluster"))
            }
        }
        if errors.isEmpty {
            errors = completeFamilies(
                &families, policy: policyValue, cluster: cluster, first: first, isFree: isHeadlessWithoutSelector)
        }
        if !families.isEmpty { spec["ipFamilies"] = .array(families) }
        return errors
    }

    /// Adds the families that the policy asks for. A headless service without a selector is `isFree`: its endpoints are
    /// not the cluster's, so that it may have families that the cluster has not.
    private static func completeFamilies(
        _ families: inout [JSON], policy: JSON, cluster: [String], first: String, isFree: Bool
    ) -> [FieldError] {
        var errors: [FieldError] = []
        if !isFree {
            if policy == "RequireDualStack", cluster.count < 2 {
                errors.append(
                    .invalid("spec.ipFamilyPolicy", policy, "this cluster is not configured for dual-stack services"))
            }
            for (at, family) in families.enumerated() where !cluster.contains(family.string ?? "") {
                errors.append(.invalid(FieldPath("spec.ipFamilies[\(at)]"), family, "not configured on this cluster"))
            }
            if !errors.isEmpty { return errors }
        }
        if families.isEmpty { families = [.string(first)] }
        if policy != "SingleStack", families.count == 1, isFree || cluster.count == 2 {
            families.append(families[0] == "IPv4" ? "IPv6" : "IPv4")
        }
        return []
    }

    // MARK: Updates that change the type

    /// Drops what the old type needed and the new one does not, unless the client changed it at the same time.
    static func dropFieldsOfOldType(_ service: inout JSON, old: JSON) {
        let before = old["spec"] ?? [:]
        service.edit("spec") { spec in
            if needsClusterIP(before), !needsClusterIP(spec) {
                if same("clusterIPs", spec, before) {
                    spec["clusterIP"] = nil
                    spec["clusterIPs"] = nil
                }
                for field in ["ipFamilies", "ipFamilyPolicy"] where spec[field] == before[field] { spec[field] = nil }
            }
            if needsNodePort(before), !needsNodePort(spec) {
                func ports(_ spec: JSON) -> Set<Int64> {
                    Set(spec.elements("ports").compactMap { $0["nodePort"]?.int })
                }
                if ports(spec) == ports(before) { spec.editEach("ports") { $0["nodePort"] = nil } }
            }
            func drop(_ field: String, if isNeeded: (JSON) -> Bool) {
                if isNeeded(before), !isNeeded(spec), spec[field] == before[field] { spec[field] = nil }
            }
            drop("healthCheckNodePort", if: needsHealthCheckNodePort)
            drop("allocateLoadBalancerNodePorts") { $0.text("type") == "LoadBalancer" }
            drop("loadBalancerClass") { $0.text("type") == "LoadBalancer" }
            drop("externalTrafficPolicy", if: ServiceDefaults.isExternallyAccessible)
            drop("internalTrafficPolicy", if: needsClusterIP)
        }
    }
}
