import JSONValue
import KubeClient
import KubeModel
import Reconcile

/// Gives every active namespace its service account `default`.
struct ServiceAccountController: Controller {
    static let identity = "service-account-controller"
    let context: ControllerContext
    private let informers: Informers

    init(_ context: ControllerContext, _ informers: Informers) {
        self.context = context
        self.informers = informers
        informers.namespaces.onChange { _, new in if let new { context.queue.add(new.name) } }
        informers.serviceAccounts.onChange { old, new in if new == nil, let old { context.queue.add(old.namespace) } }
    }

    func pass(_ key: String) async throws -> Duration? {
        guard let namespace = informers.namespaces[key] else { return nil }
        let isThere = informers.serviceAccounts[Informer.key(key, "default")] != nil
        let plan = ServiceAccounts.plan(namespace: namespace, names: isThere ? ["default"] : [])
        return try await carryOutUnlessEnding(plan, about: namespace, seenBy: [informers.serviceAccounts])
    }
}

/// Gives every active namespace the ConfigMap `kube-root-ca.crt`.
struct RootCertificatePublisher: Controller {
    static let identity = "root-ca-cert-publisher"
    let context: ControllerContext
    private let informers: Informers
    private let certificate: String

    init(_ context: ControllerContext, _ informers: Informers, certificate: String) {
        self.context = context
        self.informers = informers
        self.certificate = certificate
        informers.namespaces.onChange { _, new in if let new { context.queue.add(new.name) } }
        informers.rootCertificates.onChange { old, new in if let object = new ?? old { context.queue.add(object.namespace) } }
    }

    /// Without a certificate there is nothing to publish; the manager makes this controller with one.
    init(_ context: ControllerContext, _ informers: Informers) { self.init(context, informers, certificate: "") }

    func pass(_ key: String) async throws -> Duration? {
        guard let namespace = informers.namespaces[key] else { return nil }
        let present = informers.rootCertificates[Informer.key(key, RootCertificates.name)]
        let plan = RootCertificates.plan(namespace: namespace, present: present, certificate: certificate)
        return try await carryOutUnlessEnding(plan, about: namespace, seenBy: [informers.rootCertificates])
    }
}

extension Controller {
    /// Makes the writes of a plan; that the object is there already, or that the namespace is ending, is no failure.
    fileprivate func carryOutUnlessEnding(_ plan: Plan, about object: JSON, seenBy informers: [Informer]) async throws -> Duration? {
        do {
            return try await carryOut(plan, about: object, seenBy: informers)
        } catch let error as StatusError where error.reason == "AlreadyExists" || error.isEndingNamespace {
            return nil
        }
    }
}

extension StatusError {
    /// Whether the write was refused since its namespace is being deleted, or is gone.
    var isEndingNamespace: Bool {
        code == 404 || details?.causes.contains { $0.reason == "NamespaceTerminating" } ?? false
    }
}
