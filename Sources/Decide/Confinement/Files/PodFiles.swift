public import JSONValue

/// The text of the files that a node makes for every pod.
///
/// Source: Kubernetes documentation, "Adding entries to Pod /etc/hosts with HostAliases", "DNS for Services and Pods".
public enum PodFiles {
    /// The longest name that Linux takes.
    private static let longestName = 63

    /// The host name of a pod: its own, or its name as far as it fits; the node's when it shares the node's network.
    public static func hostname(pod: JSON, node: NodeFacts) -> String {
        let spec = pod["spec"]
        if let override = spec?["hostnameOverride"]?.string, !override.isEmpty { return override }
        if spec?["hostNetwork"]?.bool == true { return node.name }
        let own = spec?["hostname"]?.string ?? ""
        let short = own.isEmpty ? trimmed(pod["metadata"]?["name"]?.string ?? "") : own
        if spec?["setHostnameAsFQDN"]?.bool == true, let domain = domain(pod: pod, node: node),
            domain.utf8.count + short.utf8.count < longestName
        {
            return "\(short).\(domain)"
        }
        return short
    }

    /// The domain of a pod with a subdomain; nil without one.
    public static func domain(pod: JSON, node: NodeFacts) -> String? {
        guard let subdomain = pod["spec"]?["subdomain"]?.string, !subdomain.isEmpty else { return nil }
        return "\(subdomain).\(pod["metadata"]?["namespace"]?.string ?? "").svc.\(node.dns.clusterDomain)"
    }

    private static func trimmed(_ name: String) -> String {
        var short = String(name.prefix(longestName))
        while let last = short.last, last == "-" || last == "." { short.removeLast() }
        return short
    }

    /// `/etc/hosts` of a pod with a network of its own.
    public static func hosts(pod: JSON, node: NodeFacts, podIPs: [String]) -> String {
        var lines = [
            "# Kubernetes-managed hosts file.", "127.0.0.1\tlocalhost", "::1\tlocalhost ip6-localhost ip6-loopback",
            "fe00::0\tip6-localnet", "fe00::0\tip6-mcastprefix", "fe00::1\tip6-allnodes", "fe00::2\tip6-allrouters",
        ]
        let name = hostname(pod: pod, node: node)
        let short = String(name.prefix { $0 != "." })
        let names = domain(pod: pod, node: node).map { "\(short).\($0)\t\(name)" } ?? name
        lines += podIPs.map { "\($0)\t\(names)" }
        return lines.joined(separator: "\n") + "\n" + aliases(pod)
    }

    /// What `hostAliases` adds to a hosts file.
    public static func aliases(_ pod: JSON) -> String {
        let aliases = pod["spec"]?["hostAliases"]?.array ?? []
        if aliases.isEmpty { return "" }
        let lines = aliases.map { alias in
            "\(alias["ip"]?.string ?? "")\t\((alias["hostnames"]?.strings ?? []).joined(separator: "\t"))"
        }
        return "\n# Entries added by HostAliases.\n" + lines.joined(separator: "\n") + "\n"
    }

    /// `/etc/resolv.conf` of a pod, by its `dnsPolicy` and `dnsConfig`.
    public static func resolver(pod: JSON, node: NodeFacts) -> String {
        let spec = pod["spec"]
        let dns = node.dns
        let policy = spec?["dnsPolicy"]?.string ?? "ClusterFirst"
        var servers = dns.hostServers
        var searches = dns.hostSearches
        var options = dns.hostOptions
        let isOfCluster =
            policy == "ClusterFirstWithHostNet" || (policy == "ClusterFirst" && spec?["hostNetwork"]?.bool != true)
        if policy == "None" {
            servers = []
            searches = []
            options = []
        } else if isOfCluster, !dns.clusterServers.isEmpty {
            let namespace = pod["metadata"]?["namespace"]?.string ?? ""
            servers = dns.clusterServers
            searches =
                ["\(namespace).svc.\(dns.clusterDomain)", "svc.\(dns.clusterDomain)", dns.clusterDomain]
                + dns.hostSearches
            options = ["ndots:5"]
        }
        let own = spec?["dnsConfig"]
        servers = unique(servers + (own?["nameservers"]?.strings ?? []))
        searches = unique(searches + (own?["searches"]?.strings ?? []))
        for entry in own?["options"]?.array ?? [] {
            let name = entry["name"]?.string ?? ""
            options.removeAll { $0 == name || $0.hasPrefix(name + ":") }
            options.append(entry["value"]?.string.map { "\(name):\($0)" } ?? name)
        }
        var lines: [String] = []
        if !searches.isEmpty { lines.append("search " + searches.joined(separator: " ")) }
        lines += servers.map { "nameserver \($0)" }
        if !options.isEmpty { lines.append("options " + options.joined(separator: " ")) }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func unique(_ texts: [String]) -> [String] {
        var seen = Set<String>()
        return texts.filter { seen.insert($0).inserted }
    }
}
