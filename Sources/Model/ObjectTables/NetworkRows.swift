import JSONValue
import KubeModel

/// The rows of services, their endpoints and what routes to them.
enum NetworkRows {
    static func service(_ row: TableRow) -> [JSON] {
        let ports = row.list("spec", "ports").map { port in
            let node = port["nodePort"]?.int ?? 0
            let number = "\(port["port"]?.int ?? 0)" + (node > 0 ? ":\(node)" : "")
            return "\(number)/\(port["protocol"]?.string ?? "")"
        }.joined(separator: ",")
        return [
            row.name, .string(row.text("spec", "type")),
            .string(row.list("spec", "clusterIPs").first?.string ?? "<none>"),
            .string(externalAddress(row)), .string(ports.isEmpty ? "<none>" : ports), row.age,
            row.labels("spec", "selector"),
        ]
    }

    private static func externalAddress(_ row: TableRow) -> String {
        let external = row.list("spec", "externalIPs").compactMap(\.string)
        switch row.text("spec", "type") {
        case "ClusterIP", "NodePort": return external.isEmpty ? "<none>" : external.joined(separator: ",")
        case "LoadBalancer":
            let all = balancerAddresses(row) + external
            return all.isEmpty ? "<pending>" : all.joined(separator: ",")
        case "ExternalName": return row.text("spec", "externalName")
        default: return "<unknown>"
        }
    }

    /// Addresses and names of a load balancer, sorted, each once.
    private static func balancerAddresses(_ row: TableRow) -> [String] {
        let found = row.list("status", "loadBalancer", "ingress").compactMap { entry in
            [entry["ip"]?.string ?? "", entry["hostname"]?.string ?? ""].first { !$0.isEmpty }
        }
        return Set(found).sorted()
    }

    static func ingress(_ row: TableRow) -> [JSON] {
        [
            row.name, row.optional("spec", "ingressClassName", absent: "<none>"),
            .string(hosts(row.list("spec", "rules"))),
            .string(balancerAddresses(row).joined(separator: ",")),
            row.count("spec", "tls") > 0 ? "80, 443" : "80", row.age,
        ]
    }

    private static func hosts(_ rules: [JSON]) -> String {
        var hosts: [String] = []
        var isCut = false
        for rule in rules {
            if hosts.count == 3 {
                isCut = true
                break
            }
            if let host = rule["host"]?.string, !host.isEmpty { hosts.append(host) }
        }
        if hosts.isEmpty { return "*" }
        return hosts.joined(separator: ",") + (isCut ? " + \(rules.count - 3) more..." : "")
    }

    static func ingressClass(_ row: TableRow) -> [JSON] {
        var parameters = "<none>"
        if let reference = row.value("spec", "parameters") {
            let group = reference["apiGroup"]?.string.map { "." + $0 } ?? ""
            parameters = "\(reference["kind"]?.string ?? "")\(group)/\(reference["name"]?.string ?? "")"
        }
        return [row.name, .string(row.text("spec", "controller")), .string(parameters), row.age]
    }

    static func endpoints(_ row: TableRow) -> [JSON] {
        let subsets = row.list("subsets")
        var words: [String] = []
        for subset in subsets {
            let addresses = (subset["addresses"]?.array ?? []).map { $0["ip"]?.string ?? "" }
            let ports = subset["ports"]?.array ?? []
            // Headless services may have no ports.
            if ports.isEmpty { words += addresses }
            for port in ports {
                let number = port["port"]?.int ?? 0
                words += addresses.map { $0.contains(":") ? "[\($0)]:\(number)" : "\($0):\(number)" }
            }
        }
        return [row.name, .string(subsets.isEmpty ? "<none>" : TableRow.abbreviated(words)), row.age]
    }

    static func endpointSlice(_ row: TableRow) -> [JSON] {
        let ports = row.list("ports").map { $0["port"]?.int.map(String.init) ?? $0["name"]?.string ?? "*" }
        let addresses = row.list("endpoints").flatMap { $0["addresses"]?.strings ?? [] }
        func words(_ list: [String]) -> JSON {
            let text = TableRow.abbreviated(list)
            return .string(text.isEmpty ? "<unset>" : text)
        }
        return [row.name, .string(row.text("addressType")), words(ports), words(addresses), row.age]
    }

    static func networkPolicy(_ row: TableRow) -> [JSON] { [row.name, row.selector("spec", "podSelector"), row.age] }

    static func serviceCIDR(_ row: TableRow) -> [JSON] {
        [row.name, .string(row.list("spec", "cidrs").compactMap(\.string).joined(separator: ",")), row.age]
    }

    /// The age has no column of its own, yet upstream sends it; clients show what has a column.
    static func ipAddress(_ row: TableRow) -> [JSON] {
        var parent = "<none>"
        if let reference = row.value("spec", "parentRef") {
            let resource = GroupResource(
                group: reference["group"]?.string ?? "", resource: reference["resource"]?.string ?? "")
            let namespace = reference["namespace"]?.string ?? ""
            parent = resource.description.lowercased() + (namespace.isEmpty ? "" : "/" + namespace)
            parent += "/" + (reference["name"]?.string ?? "")
        }
        return [row.name, .string(parent), row.age]
    }
}
