/// The pod is near those it wants near, away from those it wants away, and no pod that is there objects to it.
struct InterPodAffinity: NodeFilter {
    static let name = "InterPodAffinity"
    /// A value of a node label.
    struct Domain: Hashable, Sendable {
        var key: String
        var value: String
    }

    let pod: PodFacts
    private let snapshotLabels: [String: [String: String]]
    /// Pods that object to this one, by the domain in which they do.
    private var objecting: [Domain: Int] = [:]
    /// Pods that satisfy every affinity term, by the domain of each term.
    private var wanted: [Domain: Int] = [:]
    /// Pods that an anti-affinity term names, by domain.
    private var unwanted: [Domain: Int] = [:]

    init(pod: PodFacts, snapshot: ClusterSnapshot) {
        self.pod = pod
        snapshotLabels = snapshot.namespaces
        for name in snapshot.nodesWithRequiredAntiAffinity {
            guard let entry = snapshot.entries[name], let node = entry.node else { continue }
            for key in entry.podsWithRequiredAntiAffinity {
                if let other = entry.pods[key] { countObjections(of: other, on: node, by: 1) }
            }
        }
        if pod.requiredAffinity.isEmpty && pod.requiredAntiAffinity.isEmpty { return }
        for entry in snapshot.entries.values {
            guard let node = entry.node else { continue }
            for other in entry.pods.values { countWishes(for: other, on: node, by: 1) }
        }
    }

    private mutating func countObjections(of other: PodFacts, on node: NodeFacts, by number: Int) {
        for term in other.requiredAntiAffinity where matches(term, pod) {
            if let value = node.labels[term.topologyKey] { Self.add(number, to: Domain(key: term.topologyKey, value: value), in: &objecting) }
        }
    }

    private mutating func countWishes(for other: PodFacts, on node: NodeFacts, by number: Int) {
        if satisfiesAffinity(other) {
            for term in pod.requiredAffinity {
                if let value = node.labels[term.topologyKey] { Self.add(number, to: Domain(key: term.topologyKey, value: value), in: &wanted) }
            }
        }
        for term in pod.requiredAntiAffinity where matches(term, other) {
            if let value = node.labels[term.topologyKey] { Self.add(number, to: Domain(key: term.topologyKey, value: value), in: &unwanted) }
        }
    }

    private static func add(_ number: Int, to domain: Domain, in counts: inout [Domain: Int]) {
        let sum = (counts[domain] ?? 0) + number
        counts[domain] = sum == 0 ? nil : sum
    }

    private func matches(_ term: PodAffinityTerm, _ other: PodFacts) -> Bool {
        term.matches(namespace: other.key.namespace, namespaceLabels: snapshotLabels[other.key.namespace] ?? [:], labels: other.labels)
    }

    /// Whether a pod matches all affinity terms: one that matches some only is not what is looked for.
    private func satisfiesAffinity(_ other: PodFacts) -> Bool {
        !pod.requiredAffinity.isEmpty && pod.requiredAffinity.allSatisfy { matches($0, other) }
    }

    func rejection(of node: NodeFacts, _ entry: NodeEntry) -> NodeRejection? {
        if !hasWanted(node) {
            return Self.reject(
                "node(s) didn't match pod affinity rules", isResolvable: false,
                remedy: "run a pod that spec.affinity.podAffinity selects in the domain of node \(node.name)")
        }
        if !unwanted.isEmpty, pod.requiredAntiAffinity.contains(where: { count(unwanted, $0.topologyKey, node) > 0 }) {
            return Self.reject(
                "node(s) didn't match pod anti-affinity rules", isResolvable: true,
                remedy: "delete the pods that spec.affinity.podAntiAffinity selects in the domain of node \(node.name)")
        }
        if !objecting.isEmpty, node.labels.contains(where: { (objecting[Domain(key: $0.key, value: $0.value)] ?? 0) > 0 }) {
            return Self.reject(
                "node(s) didn't satisfy existing pods anti-affinity rules", isResolvable: true,
                remedy: "delete the pods in the domain of node \(node.name) whose anti-affinity selects this pod")
        }
        return nil
    }

    private func hasWanted(_ node: NodeFacts) -> Bool {
        var exist = true
        for term in pod.requiredAffinity {
            guard node.labels[term.topologyKey] != nil else { return false }
            if count(wanted, term.topologyKey, node) <= 0 { exist = false }
        }
        // The first of a group that wants to be together would wait for ever: it may go where it likes.
        return exist || (wanted.isEmpty && satisfiesAffinity(pod))
    }

    private func count(_ counts: [Domain: Int], _ key: String, _ node: NodeFacts) -> Int {
        node.labels[key].flatMap { counts[Domain(key: key, value: $0)] } ?? 0
    }

    mutating func update(_ change: PodChange, _ other: PodFacts, on node: NodeFacts) {
        let number = change == .added ? 1 : -1
        countObjections(of: other, on: node, by: number)
        if pod.requiredAffinity.isEmpty && pod.requiredAntiAffinity.isEmpty { return }
        countWishes(for: other, on: node, by: number)
    }
}
