import Admission
import JSONValue
import KubeModel
import PodSecurityPolicy
import PolicyModel
import RBAC

/// What a write wants to do, before anyone has admitted it.
struct Proposal: Sendable {
    enum Operation: String, Sendable { case create = "CREATE", update = "UPDATE", delete = "DELETE", connect = "CONNECT" }
    var operation: Operation
    var resource: ServedResource
    var subresource: String?
    /// The object as it would be, in the served version; for a deletion as it is.
    var object: JSON
    /// The object as it is; nil when it is created.
    var old: JSON?
    var isDryRun: Bool

    /// The same proposal with the object that admission made of it.
    func with(_ object: JSON) -> Proposal {
        var copy = self
        copy.object = object
        return copy
    }

    var groupResource: GroupResource { resource.facts.groupResource }
    func isCreating(_ plural: String, group: String = "") -> Bool {
        operation == .create && subresource == nil && resource.facts.plural == plural && resource.facts.group == group
    }
}

/// A write that every admission control has admitted and that is valid. Only ``Admission`` makes one, and only from an
/// ``AuthorizedRequest``.
struct AdmittedRequest: Sendable {
    let request: AuthorizedRequest
    /// The object in its final form, in the served version.
    let object: JSON
    let warnings: [String]
    let isDryRun: Bool

    var name: String { object["metadata"]?["name"]?.string ?? "" }
    var namespace: String { object["metadata"]?["namespace"]?.string ?? "" }

    fileprivate init(request: AuthorizedRequest, object: JSON, warnings: [String], isDryRun: Bool) {
        self.request = request
        self.object = object
        self.warnings = warnings
        self.isDryRun = isDryRun
    }

    /// The same admission for a deletion that marks the object: what is stored is `object`.
    func replacing(_ object: JSON) -> AdmittedRequest {
        AdmittedRequest(request: request, object: object, warnings: warnings, isDryRun: isDryRun)
    }
}

/// The admission stage: changes and checks writes, in the order of kube-apiserver's plugins.
struct Admission: Sendable {
    let enabled: Set<String>
    let cluster: ClusterView
    let authorizer: Authorizer
    let allocator: ServiceAllocator

    /// Admits a write.
    ///
    /// - Parameter finish: brings the changed object to its final form and checks it; runs between the plugins that
    ///   change and those that only check.
    /// - Throws: ``StatusError``, the refusal of the plugin or of `finish`.
    func admit(
        _ proposal: Proposal, _ request: AuthorizedRequest, finish: (inout JSON) throws(StatusError) -> Void
    ) async throws -> AdmittedRequest {
        var proposal = proposal
        var warnings: [String] = []
        try mutate(&proposal, request, warnings: &warnings)
        do {
            try allocator.allocate(&proposal)
            try finish(&proposal.object)
            try validate(proposal, request, warnings: &warnings)
        } catch {
            settle(proposal)
            throw error
        }
        return AdmittedRequest(request: request, object: proposal.object, warnings: warnings, isDryRun: proposal.isDryRun)
    }

    /// Gives back what a write that failed had been given.
    func settle(_ proposal: Proposal) {
        guard proposal.resource.facts.kind == "Service", !proposal.isDryRun, proposal.operation != .delete else { return }
        allocator.settle(ServiceAllocator.key(proposal.object), proposal.old)
    }

    private func mutate(_ proposal: inout Proposal, _ request: AuthorizedRequest, warnings: inout [String]) throws(StatusError) {
        let namespace = request.info.namespace
        if enabled.contains("NamespaceLifecycle") { try namespaceLifecycle(proposal, namespace: namespace) }
        if proposal.isCreating("pods") {
            if enabled.contains("ServiceAccount") {
                let account = cluster.serviceAccount(namespace: namespace, name: ServiceAccountAdmission.accountName(of: proposal.object))
                try ServiceAccountAdmission.mutate(
                    &proposal.object, account: account, namespace: namespace, suffix: String(Identifiers.name(generateName: "").suffix(5)))
            }
            if enabled.contains("Priority") {
                try PriorityAdmission.mutate(
                    &proposal.object, named: { cluster.priorityClass($0) }, globalDefault: cluster.defaultPriorityClass)
            }
            if enabled.contains("DefaultTolerationSeconds") { DefaultTolerationSeconds.mutate(&proposal.object) }
        }
        if proposal.isCreating("nodes"), enabled.contains("TaintNodesByCondition") { ObjectProtection.taint(&proposal.object) }
        if proposal.isCreating("persistentvolumes"), enabled.contains("StorageObjectInUseProtection") {
            ObjectProtection.protect(&proposal.object, finalizer: "kubernetes.io/pv-protection")
        }
        if proposal.isCreating("volumeattributesclasses", group: "storage.k8s.io"), enabled.contains("StorageObjectInUseProtection") {
            ObjectProtection.protect(&proposal.object, finalizer: "kubernetes.io/vac-protection")
        }
        if proposal.isCreating("persistentvolumeclaims") {
            if enabled.contains("StorageObjectInUseProtection") {
                ObjectProtection.protect(&proposal.object, finalizer: "kubernetes.io/pvc-protection")
            }
            if enabled.contains("DefaultStorageClass") {
                ObjectProtection.defaultStorageClass(&proposal.object, classes: cluster.objects("storageclasses", group: "storage.k8s.io"))
            }
        }
        if proposal.isCreating("ingresses", group: "networking.k8s.io"), enabled.contains("DefaultIngressClass") {
            ObjectProtection.defaultIngressClass(&proposal.object, classes: cluster.objects("ingressclasses", group: "networking.k8s.io"))
        }
        if enabled.contains("PodSecurityPolicy") { try podSecurityPolicy(&proposal, request) }
    }

    private func validate(_ proposal: Proposal, _ request: AuthorizedRequest, warnings: inout [String]) throws(StatusError) {
        let facts = proposal.resource.facts
        if proposal.operation != .delete, proposal.subresource == nil, facts.plural == "priorityclasses", enabled.contains("Priority") {
            try PriorityAdmission.validate(proposal.object, globalDefault: cluster.defaultPriorityClass)
        }
        try certificates(proposal, request)
        if facts.group == "rbac.authorization.k8s.io", proposal.operation != .delete {
            try authorizer.checkEscalation(proposal, request)
        }
    }

    private func namespaceLifecycle(_ proposal: Proposal, namespace: String) throws(StatusError) {
        let facts = proposal.resource.facts
        if facts.kind == "Namespace", facts.group.isEmpty, proposal.subresource == nil {
            if proposal.operation == .delete {
                try NamespaceLifecycle.decideDeletion(of: proposal.object["metadata"]?["name"]?.string ?? "")
            }
            return
        }
        guard facts.isNamespaced, proposal.operation != .delete, !namespace.isEmpty else { return }
        if facts.group == "authorization.k8s.io" { return }
        try NamespaceLifecycle.decide(
            facts.groupResource, name: proposal.object["metadata"]?["name"]?.string ?? "", namespace: namespace,
            state: cluster.namespaceState(namespace), isCreate: proposal.operation == .create)
    }
}
