/// The admission plugins by name, as `--enable-admission-plugins` of kube-apiserver 1.36 knows them, and
/// PodSecurityPolicy, which it no longer has; CalicoPolicy is our own, and checks what schemas cannot.
package enum AdmissionPlugins {
    /// Every name, in the order in which the plugins run.
    package static let known: [String] = [
        "AlwaysAdmit", "NamespaceAutoProvision", "NamespaceLifecycle", "NamespaceExists",
        "LimitPodHardAntiAffinityTopology", "LimitRanger", "ServiceAccount", "NodeRestriction",
        "TaintNodesByCondition", "AlwaysPullImages", "ImagePolicyWebhook", "PodSecurityPolicy", "CalicoPolicy", "PodSecurity",
        "PodNodeSelector", "Priority", "DefaultTolerationSeconds", "PodTolerationRestriction", "EventRateLimit",
        "ExtendedResourceToleration", "DefaultStorageClass", "StorageObjectInUseProtection",
        "OwnerReferencesPermissionEnforcement", "PersistentVolumeClaimResize", "RuntimeClass",
        "CertificateApproval", "CertificateSigning", "ClusterTrustBundleAttest", "CertificateSubjectRestriction",
        "DefaultIngressClass", "DenyServiceExternalIPs", "PodTopologyLabels", "PodGroupWorkloadExists",
        "NodeDeclaredFeatureValidator", "MutatingAdmissionPolicy", "MutatingAdmissionWebhook",
        "ValidatingAdmissionPolicy", "ValidatingAdmissionWebhook", "ResourceQuota", "AlwaysDeny",
    ]

    /// What runs without being asked for: the defaults of kube-apiserver, NodeRestriction and CalicoPolicy.
    package static let enabledByDefault: Set<String> = [
        "NamespaceLifecycle", "LimitRanger", "ServiceAccount", "DefaultStorageClass", "PersistentVolumeClaimResize",
        "DefaultTolerationSeconds", "MutatingAdmissionWebhook", "ValidatingAdmissionWebhook", "ResourceQuota",
        "StorageObjectInUseProtection", "Priority", "TaintNodesByCondition", "RuntimeClass", "CertificateApproval",
        "CertificateSigning", "ClusterTrustBundleAttest", "CertificateSubjectRestriction", "DefaultIngressClass",
        "PodSecurity", "PodTopologyLabels", "PodGroupWorkloadExists", "NodeDeclaredFeatureValidator",
        "MutatingAdmissionPolicy", "ValidatingAdmissionPolicy", "NodeRestriction", "CalicoPolicy",
    ]

    /// The plugins that run, in their order.
    package static func effective(enabling: [String], disabling: [String]) -> [String] {
        let wanted = enabledByDefault.union(enabling).subtracting(disabling)
        return known.filter { wanted.contains($0) }
    }
}
