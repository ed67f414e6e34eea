import JSONValue
import KubeClient
import KubeModel
import Logging
import Reconcile

/// The informers, one for each resource that controllers read; they share one watch each.
struct Informers: Sendable {
    let namespaces: Informer
    let serviceAccounts: Informer
    let rootCertificates: Informer
    let clusterRoles: Informer
    let pods: Informer
    let replicaSets: Informer
    let deployments: Informer
    let jobs: Informer
    let cronJobs: Informer
    let services: Informer
    let endpointSlices: Informer
    let nodes: Informer
    let signingRequests: Informer
    let daemonSets: Informer
    let revisions: Informer
    let statefulSets: Informer
    let volumeClaims: Informer
    let leases: Informer
    let volumes: Informer
    let classes: Informer
    let quotas: Informer

    init(client: KubeClient, log: Logger) {
        func reflect(_ resource: GroupVersionResource, fields: String = "", metadataOnly: Bool = false) -> Reflector {
            Reflector(resource: resource, client: client, fieldSelector: fields, metadataOnly: metadataOnly, log: log)
        }
        namespaces = Informer(reflect(NamespaceDeletion.resource))
        serviceAccounts = Informer(reflect(ServiceAccounts.resource, fields: "metadata.name=default", metadataOnly: true))
        rootCertificates = Informer(reflect(RootCertificates.resource, fields: "metadata.name=" + RootCertificates.name))
        clusterRoles = Informer(reflect(AggregatedRoles.resource))
        pods = Informer(reflect(ReplicaSets.pods)) { pod in
            let node = pod["spec"]?["nodeName"]?.string ?? ""
            return Self.ownership(pod) + (node.isEmpty ? [] : [Self.onNode(node)]) + (ReplicaSets.isFinished(pod) ? [Self.ended] : [])
                + Self.claims(of: pod).map { Self.usingClaim(Informer.key(pod.namespace, $0)) }
        }
        replicaSets = Informer(reflect(ReplicaSets.resource), keys: Self.ownership)
        deployments = Informer(reflect(Deployments.resource)) { [Self.inNamespace($0.namespace)] }
        jobs = Informer(reflect(FinishedJobs.resource), keys: Self.ownership)
        cronJobs = Informer(reflect(CronJobs.resource))
        services = Informer(reflect(GroupVersionResource("v1", "services"))) { [Self.inNamespace($0.namespace)] }
        endpointSlices = Informer(reflect(EndpointSlices.resource)) { slice in
            slice.labels[EndpointSlices.managerLabel] == EndpointSlices.manager
                ? [Informer.key(slice.namespace, slice.labels[EndpointSlices.serviceLabel] ?? "")] : []
        }
        nodes = Informer(reflect(GroupVersionResource("v1", "nodes")), trim: { node in
            // The images of a node are the largest part of it, and only the scheduler reads them.
            for key in ["images", "volumesAttached", "volumesInUse", "nodeInfo"] { node["status"]?[key] = nil }
        })
        signingRequests = Informer(reflect(SigningRequests.resource))
        daemonSets = Informer(reflect(DaemonSets.resource)) { [Self.inNamespace($0.namespace)] }
        revisions = Informer(reflect(ControllerRevisions.resource), keys: Self.ownership)
        statefulSets = Informer(reflect(StatefulSets.resource)) { [Self.inNamespace($0.namespace)] }
        leases = Informer(reflect(NodeHealth.leases))
        volumeClaims = Informer(reflect(VolumeClaims.resource)) { claim in
            let volume = claim["spec"]?["volumeName"]?.string ?? ""
            return (volume.isEmpty ? [] : [Self.ofVolume(volume)])
                + (VolumeClaims.isUnbound(claim) ? [Self.unbound(VolumeClaims.className(claim))] : [])
        }
        volumes = Informer(reflect(VolumeClaims.volumes)) {
            [Self.inClass(VolumeClaims.className($0))] + (Volumes.claimKey($0).map { [Self.forClaim($0)] } ?? [])
        }
        classes = Informer(reflect(VolumeClaims.classes))
        quotas = Informer(reflect(ResourceQuotas.resource))
    }

    var all: [Informer] {
        [
            namespaces, serviceAccounts, rootCertificates, clusterRoles, pods, replicaSets, deployments, services, endpointSlices, nodes,
            signingRequests, jobs, cronJobs, daemonSets, revisions,
            statefulSets, volumeClaims, leases, volumes, classes, quotas,
        ]
    }

    /// Objects are found by namespace and by controller, those without a controller by that.
    private static let ownership: @Sendable (JSON) -> [String] = { object in
        let owner = object.controller?.uid
        return [inNamespace(object.namespace), owner.map(ownedBy) ?? withoutOwner(object.namespace)]
    }
    static func inNamespace(_ namespace: String) -> String { "namespace/" + namespace }
    static func ownedBy(_ uid: String) -> String { "owner/" + uid }
    static func onNode(_ name: String) -> String { "node/" + name }
    static func usingClaim(_ key: String) -> String { "claim/" + key }
    static func ofVolume(_ name: String) -> String { "volume/" + name }
    static func unbound(_ className: String) -> String { "unbound/" + className }
    static func inClass(_ className: String) -> String { "class/" + className }
    static func forClaim(_ key: String) -> String { "claim/" + key }

    /// The names of the claims that a pod uses; an ephemeral volume's is made of the pod's name.
    static func claims(of pod: JSON) -> [String] {
        (pod["spec"]?["volumes"]?.array ?? []).compactMap { volume in
            if volume["ephemeral"]?.object != nil { return "\(pod.name)-\(volume["name"]?.string ?? "")" }
            return volume["persistentVolumeClaim"]?["claimName"]?.string
        }
    }
    /// Pods that have succeeded or failed.
    static let ended = "ended"
    static func withoutOwner(_ namespace: String) -> String { "free/" + namespace }

    /// Waits until each has its first list.
    func waitUntilSynced() async {
        while !Task.isCancelled, !all.allSatisfy(\.isSynced) { try? await Task.sleep(for: .milliseconds(10)) }
    }
}
