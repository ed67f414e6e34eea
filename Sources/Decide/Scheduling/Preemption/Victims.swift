import KubeModel

/// The pods that have to leave one node so that another can have it.
struct Victims: Sendable {
    /// From the most important to the least.
    var pods: [PodFacts]
    /// How many of them a disruption budget protects.
    var violations: Int

    /// The fewest and least important pods of `node` that must go; a rejection when their going does not help.
    ///
    /// All pods of lower priority are taken off first; then each is let back, the most important first and those that a
    /// budget protects before the others, if the pod still fits.
    static func select(
        for pod: PodFacts, on node: NodeFacts, _ entry: NodeEntry, _ chain: FilterChain, _ snapshot: ClusterSnapshot
    ) -> Result {
        var candidates = entry.pods.values.filter { $0.priority < pod.priority }
        if candidates.isEmpty {
            return .none(NodeRejection(Preemption.name, ["No preemption victims found for incoming pod"], isResolvable: false, remedy: ""))
        }
        candidates.sort(by: isMoreImportant)
        var chain = chain
        var entry = entry
        let waiting = snapshot.waiting(on: node.name, beside: pod)
        for candidate in candidates { chain.apply(.removed, candidate, on: node, &entry) }
        if let rejection = chain.rejection(of: node, entry, beside: waiting) { return .none(rejection) }

        var victims: [PodFacts] = []
        var violations = 0
        let (protected, free) = split(candidates, budgets: snapshot.budgets)
        for (list, counts) in [(protected, true), (free, false)] {
            for candidate in list {
                chain.apply(.added, candidate, on: node, &entry)
                if chain.rejection(of: node, entry, beside: waiting) == nil { continue }
                chain.apply(.removed, candidate, on: node, &entry)
                victims.append(candidate)
                if counts { violations += 1 }
            }
        }
        return .some(Victims(pods: victims.sorted(by: isMoreImportant), violations: violations))
    }

    /// What a node offers.
    enum Result: Sendable {
        case some(Victims)
        case none(NodeRejection)
    }

    /// By priority, then by age; a pod that has not started yet is the youngest.
    static func isMoreImportant(_ left: PodFacts, _ right: PodFacts) -> Bool {
        if left.priority != right.priority { return left.priority > right.priority }
        switch (left.startTime, right.startTime) {
        case (let first?, let second?) where first != second: return first < second
        case (.some, nil): return true
        case (nil, .some): return false
        case (.some, .some), (nil, nil): return left.key < right.key
        }
    }

    /// Those whose going would break a disruption budget, and those whose going would not; the order stays.
    static func split(
        _ pods: [PodFacts], budgets: [String: [String: DisruptionBudget]]
    ) -> (protected: [PodFacts], free: [PodFacts]) {
        var left: [PodKey: Int64] = [:]
        var protected: [PodFacts] = []
        var free: [PodFacts] = []
        for pod in pods {
            var isProtected = false
            for budget in (budgets[pod.key.namespace] ?? [:]).values where !pod.labels.isEmpty {
                guard !budget.selector.isEverything, budget.selector.matches(pod.labels), !budget.disruptedPods.contains(pod.key.name)
                else { continue }
                let rest = left[PodKey(namespace: budget.namespace, name: budget.name)] ?? budget.disruptionsAllowed
                left[PodKey(namespace: budget.namespace, name: budget.name)] = rest - 1
                if rest - 1 < 0 { isProtected = true }
            }
            if isProtected { protected.append(pod) } else { free.append(pod) }
        }
        return (protected, free)
    }
}
