import Foundation
package import JSONValue
package import NetworkPolicy
import PolicyModel

/// The recorded tables; tests that read them are skipped where they are not.
package enum Corpus {
    /// The folder of all corpora: `KASTELL_CORPORA`, else `shared` beside the checkout.
    package static let root: String = {
        if let folder = ProcessInfo.processInfo.environment["KASTELL_CORPORA"] { return folder }
        let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return checkout.deletingLastPathComponent().appendingPathComponent("shared").path
    }()
    package static let folder = root + "/policy/netpol/"
    package static var isPresent: Bool { FileManager.default.fileExists(atPath: folder) }

    package static func json(_ name: String) throws -> JSON {
        try JSON.parse([UInt8](Data(contentsOf: URL(fileURLWithPath: folder + name))))
    }

    package static func lines(_ name: String) throws -> [JSON] {
        try [UInt8](Data(contentsOf: URL(fileURLWithPath: folder + name))).split(separator: 0x0A).map {
            try JSON.parse(Array($0))
        }
    }
}

package let transports: [String: UInt8] = ["TCP": 6, "UDP": 17, "SCTP": 132, "ICMP": 1, "ICMPv6": 58, "UDPLite": 136]

/// Namespaces, pods, nodes and sets as the tables describe them.
package struct World: Sendable {
    package var endpoints: [PolicyEndpoint] = []
    package var namespaces: [(String, [String: String])] = []
    package var accounts: [(namespace: String, name: String, labels: [String: String])] = []
    package var tiers: [PolicyTier] = []
    /// The addresses of each place that a probe names.
    package var places: [String: [IPAddress]] = [:]

    /// The world in `json`; without `knowsNodes` no pod is known to run on a node, so that none is spared what its
    /// policies say about its own node.
    package init(_ json: JSON, knowsNodes: Bool = true) {
        func networks(_ value: JSON?) -> [IPNetwork] {
            (value?.strings ?? []).compactMap { IPNetwork($0) ?? IPAddress($0).map { IPNetwork($0) } }
        }
        for (name, labels) in json["namespaces"]?.object ?? [:] { namespaces.append((name, labels.stringMap)) }
        for (name, labels) in json["serviceAccounts"]?.object ?? [:] {
            let parts = name.split(separator: "/").map(String.init)
            accounts.append((parts[0], parts[1], labels.stringMap))
        }
        for pod in json["pods"]?.array ?? [] {
            let (namespace, name) = (pod["ns"]?.string ?? "", pod["name"]?.string ?? "")
            places[namespace + "/" + name] = networks(pod["ips"]).map(\.address)
            if pod["hostNetwork"]?.bool == true { continue }
            var endpoint = PolicyEndpoint(
                id: .pod(namespace: namespace, name: name), labels: pod["labels"]?.stringMap ?? [:],
                networks: networks(pod["ips"]))
            endpoint.node = knowsNodes ? pod["node"]?.string : nil
            endpoint.serviceAccount = pod["serviceAccount"]?.string
            endpoint.ports = (pod["ports"]?.array ?? []).map {
                .init(
                    name: $0["name"]?.string ?? "", transport: transports[$0["protocol"]?.string ?? ""] ?? 0,
                    port: UInt16($0["containerPort"]?.int ?? $0["port"]?.int ?? 0))
            }
            endpoints.append(endpoint)
        }
        for (name, node) in json["nodes"]?.object ?? [:] {
            let addresses = networks(node["ips"] ?? node)
            places["host:" + name] = addresses.map(\.address)
            endpoints.append(
                PolicyEndpoint(id: .node(name), labels: node["labels"]?.stringMap ?? [:], networks: addresses))
        }
        for host in json["hostEndpoints"]?.array ?? [] {
            let name = host["name"]?.string ?? ""
            var endpoint = PolicyEndpoint(
                id: .host(name), labels: host["labels"]?.stringMap ?? [:], networks: networks(host["ips"]))
            endpoint.profiles = host["profiles"]?.strings ?? []
            places["host:" + name] = endpoint.networks.map(\.address)
            endpoints.append(endpoint)
        }
        for set in json["networkSets"]?.array ?? [] {
            endpoints.append(
                PolicyEndpoint(
                    id: .networkSet(namespace: set["ns"]?.string ?? "", name: set["name"]?.string ?? ""),
                    labels: set["labels"]?.stringMap ?? [:], networks: networks(set["nets"])))
        }
        for tier in json["tiers"]?.array ?? [] {
            tiers.append(
                PolicyTier(
                    name: tier["name"]?.string ?? "", order: tier["order"]?.number,
                    defaultAction: tier["defaultAction"]?.string == "Pass" ? .pass : .deny))
        }
    }

    /// An index of the world without policies.
    package var index: NetworkPolicyIndex {
        var index = NetworkPolicyIndex()
        for (name, labels) in namespaces { index.setNamespace(name, labels: labels) }
        for account in accounts {
            index.setServiceAccount(namespace: account.namespace, name: account.name, labels: account.labels)
        }
        for tier in tiers { index.set(tier) }
        for endpoint in endpoints { index.set(endpoint) }
        return index
    }

    /// The address of a place in a family.
    package func address(_ place: String, _ family: IPAddress.Family) -> IPAddress? {
        (places[place] ?? IPAddress(place).map { [$0] } ?? []).first { $0.family == family }
    }
}

/// The policy in `json`, whatever its kind; some tables leave it out for NetworkPolicy.
package func policy(_ json: JSON) throws -> TrafficPolicy {
    switch json["apiVersion"]?.string {
    case "networking.k8s.io/v1": return try KubernetesPolicy.read(json)
    case "projectcalico.org/v3": return try CalicoPolicy.read(json)
    case nil:
        var members = json.object ?? [:]
        members["apiVersion"] = "networking.k8s.io/v1"
        members["kind"] = "NetworkPolicy"
        return try KubernetesPolicy.read(.object(members))
    default: return try ClusterPolicy.read(json)
    }
}
