/// What a node gives to read under `nodes/NAME/proxy/`: those of a kubelet's pages that tell of the node and its pods.
///
/// Source: Kubernetes documentation, "Node metrics data"; kubelet's API.
package enum NodePage: String, CaseIterable, Sendable {
    case health = "healthz"
    case summary = "stats/summary"
    case resourceMetrics = "metrics/resource"
    case pods

    /// - Parameter path: without a slash at its begin. Of the health, each check is what the whole is.
    package init?(path: String) {
        if path.hasPrefix("healthz/") { self = .health } else if let page = NodePage(rawValue: path) { self = page } else { return nil }
    }

    /// The media type of the page.
    package var contentType: String {
        switch self {
        case .health: "text/plain; charset=utf-8"
        case .summary, .pods: "application/json"
        case .resourceMetrics: "text/plain; version=0.0.4; charset=utf-8"
        }
    }
}

/// What of a node's usage is asked for with the operation `stats`, beside a namespace or a pod: the parameter `path`.
package enum NodePart {
    /// The machine without its pods.
    package static let machine = "machine"
}
