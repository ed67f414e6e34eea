import JSONValue

/// The rules once more, straight from the documentation: every node against every pod, with no index and no state.
struct BruteForce {
    let nodes: [JSON]
    let pods: [JSON]

    init(_ objects: [JSON]) {
        nodes = objects.filter { $0["kind"] == "Node" }
        pods = objects.filter { $0["kind"] == "Pod" }
    }

    func feasible(_ pod: JSON) -> [String] { nodes.filter { fits(pod, $0) }.map(name).sorted() }

    private func fits(_ pod: JSON, _ node: JSON) -> Bool {
        let present = pods.filter { $0["spec"]?["nodeName"]?.string == name(node) }
        if present.count + 1 > Int(node["status"]?["allocatable"]?["pods"]?.int ?? 0) { return false }
        let capacity = (node["status"]?["allocatable"]?["cpu"]?.int ?? 0) * 1000
        if cpu(pod) > 0, present.map(cpu).reduce(0, +) + cpu(pod) > capacity { return false }
        if let port = port(pod), present.contains(where: { self.port($0) == port }) { return false }
        return admits(node, pod) && tolerates(pod, node) && spreads(pod, node) && likes(pod, node)
    }

    private func admits(_ node: JSON, _ pod: JSON) -> Bool {
        (pod["spec"]?["nodeSelector"]?.stringMap ?? [:]).allSatisfy { label(node, $0.key) == $0.value }
    }

    private func tolerates(_ pod: JSON, _ node: JSON) -> Bool {
        (node["spec"]?["taints"]?.array ?? []).allSatisfy { taint in
            pod["spec"]?["tolerations"]?.array?.contains { $0["value"] == taint["value"] } ?? false
        }
    }

    /// The number of pods of every domain that the pod may be in, by going through all nodes and pods.
    private func spreads(_ pod: JSON, _ node: JSON) -> Bool {
        for constraint in pod["spec"]?["topologySpreadConstraints"]?.array ?? [] {
            let key = constraint["topologyKey"]?.string ?? ""
            let domains = Set(nodes.filter { admits($0, pod) }.compactMap { label($0, key) })
            func count(_ domain: String) -> Int64 {
                let members = nodes.filter { admits($0, pod) && label($0, key) == domain }.map(name)
                return Int64(pods.count { members.contains($0["spec"]?["nodeName"]?.string ?? "") && selects(constraint, $0) })
            }
            var lowest = domains.map(count).min() ?? 0
            if domains.count < Int(constraint["minDomains"]?.int ?? 1) { lowest = 0 }
            let own: Int64 = selects(constraint, pod) ? 1 : 0
            if count(label(node, key) ?? "") + own - lowest > constraint["maxSkew"]?.int ?? 1 { return false }
        }
        return true
    }

    private func likes(_ pod: JSON, _ node: JSON) -> Bool {
        func near(_ key: String) -> [JSON] {
            let members = nodes.filter { label($0, key) == label(node, key) }.map(name)
            return pods.filter { members.contains($0["spec"]?["nodeName"]?.string ?? "") }
        }
        for term in terms(pod, "podAffinity") {
            if near(term["topologyKey"]?.string ?? "").contains(where: { selects(term, $0) }) { continue }
            // The first of a group may start it.
            if pods.contains(where: { selects(term, $0) }) || !selects(term, pod) { return false }
        }
        for term in terms(pod, "podAntiAffinity") where near(term["topologyKey"]?.string ?? "").contains(where: { selects(term, $0) }) { return false }
        return !pods.contains { other in
            terms(other, "podAntiAffinity").contains { term in
                selects(term, pod) && near(term["topologyKey"]?.string ?? "").contains { name($0) == name(other) }
            }
        }
    }

    private func terms(_ pod: JSON, _ kind: String) -> [JSON] {
        pod[path: "spec", "affinity", kind, "requiredDuringSchedulingIgnoredDuringExecution"]?.array ?? []
    }
    private func selects(_ term: JSON, _ pod: JSON) -> Bool {
        term[path: "labelSelector", "matchLabels", "app"] == pod[path: "metadata", "labels", "app"]
    }
    private func label(_ node: JSON, _ key: String) -> String? { node["metadata"]?["labels"]?[key]?.string }
    private func name(_ object: JSON) -> String { object["metadata"]?["name"]?.string ?? "" }
    private func port(_ pod: JSON) -> Int64? { pod["spec"]?["containers"]?[at: 0]?["ports"]?[at: 0]?["hostPort"]?.int }
    private func cpu(_ pod: JSON) -> Int64 {
        let text = pod["spec"]?["containers"]?[at: 0]?[path: "resources", "requests", "cpu"]?.string ?? "0m"
        return Int64(text.dropLast()) ?? 0
    }
}
