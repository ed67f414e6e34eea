import Admission
import JSONValue
import KubeModel
import PodSecurity
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
    /// The name in the path, where the object of a subresource is another one.
    var targetName = ""

    /// The name of what is written: the path's, else the object's own.
    var name: String { targetName.isEmpty ? object["metadata"]?["name"]?.string ?? "" : targetName }

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
    /// What is written with the object, or neither is.
    let charges: [QuotaCharge]

    var name: String { object["metadata"]?["name"]?.string ?? "" }
    var namespace: String { object["metadata"]?["namespace"]?.string ?? "" }

    fileprivate init(request: AuthorizedRequest, object: JSON, warnings: [String], isDryRun: Bool, charges: [QuotaCharge]) {
        self.charges = charges
        self.request = request
        self.object = object
        self.warnings = warnings
        self.isDryRun = isDryRun
    }

    /// The same admission for a deletion that marks the object: what is stored is `object`.
    func replacing(_ object: JSON) -> AdmittedRequest {
        AdmittedRequest(request: request, object: object, warnings: warnings, isDryRun: isDryRun, charges: charges)
    }
}

/// The admission stage: changes and checks writes, in the order of kube-apiserver's plugins.
struct Admission: Sendable {
    let enabled: Set<String>
    let cluster: ClusterView
    let authorizer: Authorizer
    let allocator: ServiceAllocator
    let podSecurity: PodSecurityAdmission
    let registrations: Registrations

    /// Admits a write.
    ///
    /// - Parameter finish: brings the changed object to its final form and checks it; runs between the plugins that
    ///   change and those that only check.
    /// - Parameter given: what was found before; a refusal carries it too.
    /// - Throws: ``StatusError``, the refusal of the plugin or of `finish`; ``WarnedRefusal`` when there were warnings.
    func admit(
        _ proposal: Proposal, _ request: AuthorizedRequest, warnings given: [String] = [],
        finish: (_ object: inout JSON, _ warnings: inout [String]) throws(StatusError) -> Void
    ) async throws -> AdmittedRequest {
        var proposal = proposal
        var warnings = given
        let charges: [QuotaCharge]
        do {
            try mutate(&proposal, request, warnings: &warnings)
            try allocator.allocate(&proposal)
            try finish(&proposal.object, &warnings)
            try validate(proposal, request, warnings: &warnings)
            // Last, so that nothing is charged that somebody else refuses.
            charges = try charge(proposal, namespace: request.info.namespace)
        } catch {
            settle(proposal)
            throw WarnedRefusal.of(error, warnings: warnings)
        }
        return AdmittedRequest(
            request: request, object: proposal.object, warnings: warnings, isDryRun: proposal.isDryRun, charges: charges)
    }

    /// Gives back what a write that failed had been given.
    func settle(_ proposal: Proposal) {
        guard proposal.resource.facts.isBuiltin("Service", in: ""), !proposal.isDryRun, proposal.operation != .delete else { return }
        allocator.settle(ServiceAllocator.key(proposal.object), proposal.old)
    }

    private func mutate(_ proposal: inout Proposal, _ request: AuthorizedRequest, warnings: inout [String]) throws(StatusError) {
        let namespace = request.info.namespace
        if enabled.contains("NamespaceLifecycle") { try namespaceLifecycle(proposal, namespace: namespace) }
        if proposal.isCreating("pods") {
            if enabled.contains("LimitRanger") { LimitRanger.mutate(&proposal.object, ranges: cluster.limitRanges(namespace)) }
            if enabled.contains("ServiceAccount") {
                let account = cluster.serviceAccount(namespace: namespace, name: ServiceAccountAdmission.accountName(of: proposal.object))
                try ServiceAccountAdmission.mutate(
                    &proposal.object, account: account, namespace: namespace, suffix: String(Identifiers.name(generateName: "").suffix(5)))
            }
        }
        if proposal.operation == .update, proposal.subresource == nil, facts(proposal, are: "pods"), enabled.contains("Priority"), let old = proposal.old {
            PriorityAdmission.preserve(&proposal.object, old: old)
        }
        if enabled.contains("NodeRestriction") { try nodeRestriction(proposal, request) }
        if proposal.isCreating("pods") {
            if enabled.contains("Priority") {
                try PriorityAdmission.mutate(
                    &proposal.object, named: { cluster.priorityClass($0) }, globalDefault: cluster.defaultPriorityClass)
            }
            if enabled.contains("RuntimeClass") { try RuntimeClassAdmission.mutate(&proposal.object) { cluster.runtimeClass($0) } }
        }
        let facts = proposal.resource.facts
        if facts.group.isEmpty, facts.plural == "pods", proposal.subresource == nil, proposal.operation != .delete,
            enabled.contains("DefaultTolerationSeconds")
        {
            DefaultTolerationSeconds.mutate(&proposal.object)
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

    private func facts(_ proposal: Proposal, are plural: String) -> Bool {
        proposal.resource.facts.plural == plural && proposal.resource.facts.group.isEmpty
    }

    private func validate(_ proposal: Proposal, _ request: AuthorizedRequest, warnings: inout [String]) throws(StatusError) {
        let facts = proposal.resource.facts
        if enabled.contains("LimitRanger") { try limitRanges(proposal, namespace: request.info.namespace) }
        // Not a plugin that can be switched off: what users registered holds.
        try registeredControls(proposal, request)
        if enabled.contains("CalicoPolicy") { try calicoPolicy(proposal) }
        if enabled.contains("PodSecurity") { warnings += try podSecurity(proposal, request) }
        if proposal.operation != .delete, proposal.subresource == nil, facts.isBuiltin("PriorityClass", in: "scheduling.k8s.io"), enabled.contains("Priority") {
            try PriorityAdmission.validate(proposal.object, globalDefault: cluster.defaultPriorityClass)
        }
        if proposal.isCreating("pods"), enabled.contains("RuntimeClass") {
            try RuntimeClassAdmission.validate(proposal.object) { cluster.runtimeClass($0) }
        }
        if facts.isBuiltin("CertificateSigningRequest", in: "certificates.k8s.io") { try certificates(proposal, request) }
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
            facts.groupResource, name: proposal.name, namespace: namespace,
            state: cluster.namespaceState(namespace), isCreate: proposal.operation == .create)
    }
}
