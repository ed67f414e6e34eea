public import JSONValue
public import KubeModel

/// What the server, not the client, decides about an object that is written: which parts a request may change, the
/// generation, and what is filled in from the request.
///
/// Called with decoded and defaulted objects, before validation. Names, uid, creation and deletion times, managed
/// fields and the resource version are the caller's; on creation the caller has set name and uid before.
public enum ObjectStrategy {
    /// Who asks, and when.
    public struct Context: Sendable {
        /// The name of the user.
        public var userName: String
        /// The uid of the user; empty when it has none.
        public var userUID: String
        /// The groups of the user.
        public var userGroups: [String]
        /// What else the authenticator told of the user.
        public var userExtra: [String: [String]]
        /// The time of the request.
        public var now: Timestamp
        /// A fresh random uid, for the kinds that name themselves.
        public var freshUID: String

        /// A context with everything that strategies may ask.
        public init(
            userName: String = "", userUID: String = "", userGroups: [String] = [], userExtra: [String: [String]] = [:],
            now: Timestamp, freshUID: String
        ) {
            self.userName = userName
            self.userUID = userUID
            self.userGroups = userGroups
            self.userExtra = userExtra
            self.now = now
            self.freshUID = freshUID
        }
    }

    /// Prepares an object that is created.
    public static func prepareForCreate(_ object: inout JSON, kind: GroupVersionKind, context: Context) {
        let traits = KindTraits.of(kind)
        if traits.hasStatusOfItsOwn { object["status"] = nil }
        switch traits.generation {
        case .untouched, .bumped: break
        case .constant, .spec, .specAndAnnotations, .member, .content, .template:
            object[path: "metadata", "generation"] = 1
        }
        switch (kind.group, kind.kind) {
        case ("", "Pod"): PodStrategy.prepareForCreate(&object, now: context.now)
        case ("", "Namespace"): NamespaceStrategy.prepareForCreate(&object)
        case ("", "PersistentVolume"): VolumeStrategy.prepareVolumeForCreate(&object, now: context.now)
        case ("", "PersistentVolumeClaim"): VolumeStrategy.prepareClaim(&object, old: nil)
        case ("", "ServiceAccount"): cleanSecretReferences(&object)
        case ("", "Node"): object.edit("spec") { $0["configSource"] = nil }
        case ("", "LimitRange"):
            if object[path: "metadata", "name"].isAbsent {
                object[path: "metadata", "name"] = .string(context.freshUID)
            }
        case ("apps", "DaemonSet"): DaemonSetStrategy.prepareForCreate(&object)
        case ("apps", "StatefulSet"): dropUnservedFields(&object, old: nil)
        case ("batch", "Job"): JobStrategy.prepareForCreate(&object)
        case ("discovery.k8s.io", "EndpointSlice"): object.editEach("endpoints") { $0["deprecatedTopology"] = nil }
        case ("certificates.k8s.io", "CertificateSigningRequest"):
            CertificateSigningRequestStrategy.prepareForCreate(&object, context: context)
        case ("apiextensions.k8s.io", "CustomResourceDefinition"): noteStoredVersion(&object)
        case ("apiregistration.k8s.io", "APIService"): APIServiceStrategy.prepareForCreate(&object, now: context.now)
        default: break
        }
    }

    /// Prepares `new` to take the place of `old`.
    ///
    /// - Parameters:
    ///   - new: decoded and defaulted.
    ///   - old: the stored object, in the same version.
    ///   - kind: the kind of both.
    ///   - subresource: nil for the object itself; `status`, `ephemeralcontainers`, `resize`, `approval`, `finalize`.
    ///   - context: who asks, and when.
    public static func prepareForUpdate(
        _ new: inout JSON, old: JSON, kind: GroupVersionKind, subresource: String?, context: Context
    ) {
        new[path: "metadata", "generation"] = old[path: "metadata", "generation"]
        switch subresource {
        case nil: prepareMain(&new, old: old, kind: kind, context: context)
        case "status"?: StatusStrategy.prepareForUpdate(&new, old: old, kind: kind, now: context.now)
        case "ephemeralcontainers"?: PodStrategy.prepareEphemeralContainers(&new, old: old, kind: kind)
        case "resize"?: PodStrategy.prepareResize(&new, old: old, kind: kind)
        case "approval"?: CertificateSigningRequestStrategy.prepareApproval(&new, old: old, now: context.now)
        case "finalize"?: new["status"] = old["status"]
        default: break
        }
    }

    private static func prepareMain(_ new: inout JSON, old: JSON, kind: GroupVersionKind, context: Context) {
        let traits = KindTraits.of(kind)
        if traits.hasStatusOfItsOwn || kind.kind == "Node" && kind.group.isEmpty { new["status"] = old["status"] }
        switch (kind.group, kind.kind) {
        case ("", "Namespace"): NamespaceStrategy.prepareForUpdate(&new, old: old)
        case ("", "PersistentVolumeClaim"): VolumeStrategy.prepareClaim(&new, old: old)
        case ("", "Secret"):
            // A type that was not given used to be defaulted to the old one.
            if new[path: "type"].isAbsent { new["type"] = old["type"] }
        case ("", "Service"): ServiceAddressing.dropFieldsOfOldType(&new, old: old)
        case ("", "ServiceAccount"): cleanSecretReferences(&new)
        case ("", "Node"):
            if old[path: "spec", "configSource"] == nil { new.edit("spec") { $0["configSource"] = nil } }
        case ("apps", "DaemonSet"): DaemonSetStrategy.prepareForUpdate(&new, old: old, kind: kind)
        case ("apps", "StatefulSet"): dropUnservedFields(&new, old: old)
        case ("discovery.k8s.io", "EndpointSlice"):
            if new["endpoints"] != old["endpoints"] { new.editEach("endpoints") { $0["deprecatedTopology"] = nil } }
        case ("certificates.k8s.io", "CertificateSigningRequest"): new["spec"] = old["spec"]
        case ("apiextensions.k8s.io", "CustomResourceDefinition"): noteStoredVersion(&new)
        default: break
        }
        if traits.generation.isBumped(from: old, to: new, kind: kind) { bumpGeneration(&new, old: old) }
    }

    static func bumpGeneration(_ new: inout JSON, old: JSON) {
        new[path: "metadata", "generation"] = JSON((old[path: "metadata", "generation"]?.int ?? 0) &+ 1)
    }

    // MARK: Small strategies

    /// Only the names of the secrets of a service account are kept.
    private static func cleanSecretReferences(_ account: inout JSON) {
        account.editEach("secrets") { reference in
            let name = reference["name"]
            reference = [:]
            reference["name"] = name
        }
    }

    /// The version in which a CRD is stored now is among those in which it was stored.
    private static func noteStoredVersion(_ definition: inout JSON) {
        guard let name = definition["spec"]?.elements("versions").first(where: { $0["storage"] == true })?["name"]
        else { return }
        definition.editOrCreate("status") { status in
            let stored = status.elements("storedVersions")
            if !stored.contains(name) { status["storedVersions"] = .array(stored + [name]) }
        }
    }

    /// Fields whose feature is off by default are dropped unless the old object has them.
    private static func dropUnservedFields(_ set: inout JSON, old: JSON?) {
        if old?[path: "spec", "updateStrategy", "rollingUpdate", "maxUnavailable"] != nil { return }
        set.edit("spec") { spec in
            spec.edit("updateStrategy") { strategy in strategy.edit("rollingUpdate") { $0["maxUnavailable"] = nil } }
        }
    }

    // MARK: Custom resources

    /// Prepares a custom resource that is created.
    public static func prepareCustomResourceForCreate(_ object: inout JSON, hasStatusSubresource: Bool) {
        if hasStatusSubresource { object["status"] = nil }
        object[path: "metadata", "generation"] = 1
    }

    /// Prepares a custom resource to take the place of `old`.
    public static func prepareCustomResourceForUpdate(
        _ new: inout JSON, old: JSON, subresource: String?, hasStatusSubresource: Bool
    ) {
        if subresource == "status" {
            let (status, fields) = (new["status"], new[path: "metadata", "managedFields"])
            new = old
            new["status"] = status
            new[path: "metadata", "managedFields"] = fields
            return
        }
        new[path: "metadata", "generation"] = old[path: "metadata", "generation"]
        if hasStatusSubresource { new["status"] = old["status"] }
        func content(_ object: JSON) -> JSON {
            var content = object
            content["metadata"] = nil
            return content
        }
        if content(new) != content(old) { bumpGeneration(&new, old: old) }
    }
}
