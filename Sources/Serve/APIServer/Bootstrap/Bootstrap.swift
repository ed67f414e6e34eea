import JSONValue
import KubeClient
import KubeModel
import RBAC

/// Creates what every cluster has from its start, as a client of the API like any other, and repairs it at each start.
package struct Bootstrap: Sendable {
    private let client: KubeClient
    private let serviceAddress: String
    private let serviceRange: String
    private let apiPort: Int

    /// - Parameters:
    ///   - client: with the identity of the API server.
    ///   - serviceAddress: the first address of the service range, which the service `kubernetes` has.
    ///   - apiPort: the port that the API server listens on.
    init(client: KubeClient, serviceAddress: String, serviceRange: String, apiPort: Int) {
        self.client = client
        self.serviceAddress = serviceAddress
        self.serviceRange = serviceRange
        self.apiPort = apiPort
    }

    private static let namespaces = ["kube-system", "kube-public", "kube-node-lease", "default"]

    /// Brings the cluster's own objects up to date. Safe to repeat.
    func run() async throws {
        for name in Self.namespaces {
            try await ensure(GroupVersionResource("v1", "namespaces"), ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)]])
        }
        try await roles()
        try await priorityClasses()
        try await flowControl()
        try await kubernetesService()
    }

    /// Creates an object that is missing.
    private func ensure(_ resource: GroupVersionResource, _ object: JSON) async throws {
        do {
            try await client.create(resource, namespace: object["metadata"]?["namespace"]?.string ?? "", object)
        } catch let error as StatusError where error.reason == "AlreadyExists" {
            return
        }
    }

    private func roles() async throws {
        var present: [String: JSON] = [:]
        func key(_ kind: RBACKind, _ namespace: String, _ name: String) -> String { "\(kind.rawValue)/\(namespace)/\(name)" }
        for kind in RBACKind.allCases {
            let list = try await client.list(GroupVersionResource(group: RBACKind.group, version: "v1", resource: kind.resource))
            for item in list.items {
                present[key(kind, item["metadata"]?["namespace"]?.string ?? "", item["metadata"]?["name"]?.string ?? "")] = item
            }
        }
        for change in BootstrapRBAC.reconcile(existing: { present[key($0, $1, $2)] }) {
            switch change {
            case .create(let object): try await ensure(Self.resource(of: object), object)
            case .update(let object):
                let metadata = object["metadata"]
                try await client.update(
                    Self.resource(of: object), namespace: metadata?["namespace"]?.string ?? "", name: metadata?["name"]?.string ?? "", object)
            case .recreate(let object):
                let metadata = object["metadata"]
                try await client.delete(Self.resource(of: object), namespace: metadata?["namespace"]?.string ?? "", name: metadata?["name"]?.string ?? "")
                try await ensure(Self.resource(of: object), object)
            }
        }
    }

    private static func resource(of object: JSON) -> GroupVersionResource {
        let kind = RBACKind(rawValue: object["kind"]?.string ?? "") ?? .role
        return GroupVersionResource(group: RBACKind.group, version: "v1", resource: kind.resource)
    }

    private func priorityClasses() async throws {
        let classes: [(String, Int64, String)] = [
            (
                "system-cluster-critical", 2_000_000_000,
                "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary."
            ),
            ("system-node-critical", 2_000_001_000, "Used for system critical pods that must not be moved from their current node."),
        ]
        for (name, value, description) in classes {
            try await ensure(
                GroupVersionResource("scheduling.k8s.io/v1", "priorityclasses"),
                [
                    "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": ["name": .string(name)], "value": .int(value),
                    "description": .string(description),
                ])
        }
    }

    private func flowControl() async throws {
        let version = "flowcontrol.apiserver.k8s.io/v1"
        for (resource, kind, defaults) in [
            ("prioritylevelconfigurations", "PriorityLevelConfiguration", FlowControlDefaults.priorityLevels),
            ("flowschemas", "FlowSchema", FlowControlDefaults.flowSchemas),
        ] {
            for (name, spec) in defaults {
                try await ensure(
                    GroupVersionResource(version, resource),
                    [
                        "apiVersion": .string(version), "kind": .string(kind),
                        "metadata": ["name": .string(name), "annotations": ["apf.kubernetes.io/autoupdate-spec": "true"]],
                        "spec": try JSON.parse(spec),
                    ])
            }
        }
    }

    private func kubernetesService() async throws {
        try await ensure(
            GroupVersionResource("networking.k8s.io/v1", "servicecidrs"),
            [
                "apiVersion": "networking.k8s.io/v1", "kind": "ServiceCIDR", "metadata": ["name": "kubernetes"],
                "spec": ["cidrs": [.string(serviceRange)]],
            ])
        try await ensure(
            GroupVersionResource("v1", "services"),
            [
                "apiVersion": "v1", "kind": "Service",
                "metadata": ["name": "kubernetes", "namespace": "default", "labels": ["component": "apiserver", "provider": "kubernetes"]],
                "spec": [
                    "type": "ClusterIP", "clusterIP": .string(serviceAddress), "sessionAffinity": "None", "ipFamilyPolicy": "SingleStack",
                    "ipFamilies": ["IPv4"], "internalTrafficPolicy": "Cluster",
                    "ports": [["name": "https", "protocol": "TCP", "port": 443, "targetPort": JSON(apiPort)]],
                ],
            ])
    }
}
