import ClusterNetwork
import DNSServer
import JSONValue
package import KubeClient
package import KubeModel
import NetworkPolicy
import NodeAgent
import Reconcile

/// The objects that a cluster has because it has nodes: what lets them join and see what they enforce, the name server, the
/// kinds of policies that only a node enforces, and where pods find the API server.
package struct NodePreparation: Sendable {
    let settings: NodeSettings

    package init(_ settings: NodeSettings) { self.settings = settings }

    /// A token by which a machine may ask to become a node, `id.secret`.
    package struct BootstrapToken: Sendable {
        package let id: String
        package let secret: String
        package var text: String { id + "." + secret }

        package init() {
            let digits = Array("abcdefghijklmnopqrstuvwxyz0123456789")
            func random(_ count: Int) -> String { String((0..<count).map { _ in digits[Int.random(in: 0..<digits.count)] }) }
            id = random(6)
            secret = random(16)
        }

        static let prefix = "bootstrap-token-"
        var name: String { Self.prefix + id }
    }

    /// Whether the node has a certificate that is valid now, and needs no token to get one.
    package func hasCertificate(_ now: Timestamp) -> Bool {
        let credentials = NodeCredentials(node: settings.name, folder: settings.folder + "/pki", clock: { now })
        return (try? credentials.present()) != nil
    }

    private static let rbac = "rbac.authorization.k8s.io/v1"
    private static let secrets = GroupVersionResource("v1", "secrets")
    private static let crds = GroupVersionResource("apiextensions.k8s.io/v1", "customresourcedefinitions")

    /// Creates what is missing, all at once.
    ///
    /// - Parameters:
    ///   - client: of an administrator.
    ///   - token: what the node joins by; nil when it has a certificate.
    ///   - now: the moment; the token holds for ten minutes.
    package func apply(_ client: KubeClient, token: BootstrapToken?, now: Timestamp) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            for (resource, object) in objects { group.addTask { try await Self.create(client, resource, object) } }
            if let token { group.addTask { try await client.create(Self.secrets, namespace: "kube-system", Self.secret(token, until: now.adding(seconds: 600))) } }
        }
    }

    /// Takes a token back that was used.
    package static func removeToken(_ id: String, _ client: KubeClient) async throws {
        try await client.delete(secrets, namespace: "kube-system", name: BootstrapToken.prefix + id)
    }

    private static func create(_ client: KubeClient, _ resource: GroupVersionResource, _ object: JSON) async throws {
        let metadata = object["metadata"]
        let (namespace, name) = (metadata?["namespace"]?.string ?? "", metadata?["name"]?.string ?? "")
        do { try await client.create(resource, namespace: namespace, object) } catch let error as StatusError where error.reason == "AlreadyExists" {
            // What an earlier version made is brought up to date; what the user changed beside it stays.
            try await client.patch(resource, namespace: namespace, name: name, form: .apply, fieldManager: "kastell", force: true, object)
        }
    }

    private static func secret(_ token: BootstrapToken, until end: Timestamp) -> JSON {
        [
            "apiVersion": "v1", "kind": "Secret", "metadata": ["name": .string(token.name), "namespace": "kube-system"],
            "type": "bootstrap.kubernetes.io/token",
            "stringData": [
                "token-id": .string(token.id), "token-secret": .string(token.secret), "usage-bootstrap-authentication": "true",
                "expiration": .string(end.description), "description": "The node of 'kastell up'",
            ],
        ]
    }

    private var objects: [(GroupVersionResource, JSON)] {
        var all: [(GroupVersionResource, JSON)] = Self.grants.map { (GroupVersionResource(Self.rbac, "clusterrolebindings"), $0) }
        for object in NodeNetworkAccess.objects {
            let plural = object["kind"]?.string == "ClusterRole" ? "clusterroles" : "clusterrolebindings"
            all.append((GroupVersionResource(Self.rbac, plural), object))
        }
        // Nodes remove the folders of volumes that are gone.
        all.append((GroupVersionResource(Self.rbac, "clusterroles"), Self.volumeReader))
        all.append((GroupVersionResource(Self.rbac, "clusterrolebindings"), Self.binding("node-volumes", role: "kastell:node-volumes", group: "system:nodes")))
        all.append((GroupVersionResource("storage.k8s.io/v1", "storageclasses"), LocalVolumes.storageClass(folder: settings.claims)))
        all += CalicoResources.definitions.map { (Self.crds, $0) }
        all.append((GroupVersionResource("v1", "services"), DNSObjects.service(clusterIP: settings.clusterDNS)))
        let slices = GroupVersionResource("discovery.k8s.io/v1", "endpointslices")
        all.append((slices, slice("kube-dns", "kube-system", [("dns", 53, "UDP"), ("dns-tcp", 53, "TCP")])))
        all.append((slices, slice("kubernetes", "default", [("https", settings.serverPort, "TCP")])))
        return all
    }

    /// Lets holders of bootstrap tokens ask for the certificate of a node, and nodes renew theirs.
    private static let grants: [JSON] = [
        ("node-bootstrapper", "system:node-bootstrapper", "system:bootstrappers"),
        ("node-autoapprove-bootstrap", "system:certificates.k8s.io:certificatesigningrequests:nodeclient", "system:bootstrappers"),
        ("node-autoapprove-certificate-rotation", "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient", "system:nodes"),
    ].map { binding($0, role: $1, group: $2) }

    private static func binding(_ name: String, role: String, group: String) -> JSON {
        [
            "apiVersion": .string(rbac), "kind": "ClusterRoleBinding", "metadata": ["name": .string("kastell:" + name)],
            "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": .string(role)],
            "subjects": [["apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": .string(group)]],
        ]
    }

    private static let volumeReader: JSON = [
        "apiVersion": .string(rbac), "kind": "ClusterRole", "metadata": ["name": "kastell:node-volumes"],
        "rules": [["apiGroups": [""], "resources": ["persistentvolumes"], "verbs": ["get"]]],
    ]

    /// The endpoint of a service that the node itself answers, at its first address in the pods' network.
    private func slice(_ service: String, _ namespace: String, _ ports: [(name: String, number: Int, transport: String)]) -> JSON {
        let address = settings.podNetworks.first { $0.address.family == .v4 }.map {
            NetworkPolicy.IPAddress(family: .v4, high: $0.address.high, low: $0.address.low + 1).description
        }
        return [
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": [
                "name": .string(service), "namespace": .string(namespace),
                "labels": ["kubernetes.io/service-name": .string(service), "endpointslice.kubernetes.io/managed-by": "kastell"],
            ],
            "addressType": "IPv4",
            "endpoints": .array(address.map { [["addresses": [.string($0)], "conditions": ["ready": true]]] } ?? []),
            "ports": .array(
                ports.map { ["name": .string($0.name), "port": .int(Int64($0.number)), "protocol": .string($0.transport)] }),
        ]
    }
}
