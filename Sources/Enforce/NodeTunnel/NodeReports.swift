package import JSONValue
package import ResourceUsage

/// Knows what the node and its pods use. The agent is one; the tunnel passes on what it says.
package protocol NodeReports: Sendable {
    /// What the node and its containers use, as it was last read. Costs no reading of its own.
    var usage: NodeUsage { get async }

    /// The pods that the node has now, as it knows them.
    var pods: [JSON] { get async }
}
