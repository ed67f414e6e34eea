/// The filters in the order in which kube-scheduler asks them; the first that turns a node down gives the reason.
struct FilterChain: Sendable {
    private(set) var filters: [any NodeFilter]
    let pod: PodFacts

    init(pod: PodFacts, snapshot: ClusterSnapshot) {
        self.pod = pod
        filters = [
            NodeUnschedulable(pod: pod), NodeName(pod: pod), TaintToleration(pod: pod), NodeAffinity(pod: pod), NodePorts(pod: pod),
            NodeResourcesFit(pod: pod), NodeVolumeLimits(pod: pod, volumes: snapshot.volumes), VolumeBinding(pod: pod, snapshot: snapshot),
            VolumeZone(pod: pod, snapshot: snapshot), PodTopologySpread(pod: pod, snapshot: snapshot),
            InterPodAffinity(pod: pod, snapshot: snapshot),
        ]
    }

    /// The first rejection; nil when the node will do.
    func rejection(of node: NodeFacts, _ entry: NodeEntry) -> NodeRejection? {
        for filter in filters {
            if let rejection = filter.rejection(of: node, entry) { return rejection }
        }
        return nil
    }

    /// What every filter says against the node, not only the first.
    func rejections(of node: NodeFacts, _ entry: NodeEntry) -> [NodeRejection] {
        filters.compactMap { $0.rejection(of: node, entry) }
    }

    /// The first rejection when pods that wait for room on this node, and may not be driven away, count as being there.
    ///
    /// They may yet go elsewhere: the node must do without them too, since the pod may want one of them near.
    func rejection(of node: NodeFacts, _ entry: NodeEntry, beside waiting: [PodFacts]) -> NodeRejection? {
        if !waiting.isEmpty {
            var chain = self
            var filled = entry
            for other in waiting { chain.apply(.added, other, on: node, &filled) }
            if let rejection = chain.rejection(of: node, filled) { return rejection }
        }
        return rejection(of: node, entry)
    }

    /// Puts a pod on a node, or takes it off, in a dry run.
    mutating func apply(_ change: PodChange, _ other: PodFacts, on node: NodeFacts, _ entry: inout NodeEntry) {
        switch change {
        case .added: entry.add(other)
        case .removed: entry.remove(other.key)
        }
        for index in filters.indices { filters[index].update(change, other, on: node) }
    }
}

extension ClusterSnapshot {
    /// The pods that wait for room on a node and come before `pod`, or beside it.
    func waiting(on node: String, beside pod: PodFacts) -> [PodFacts] {
        (nominated[node] ?? [:]).values.filter { $0.priority >= pod.priority && $0.key != pod.key }.sorted { $0.key < $1.key }
    }
}
