import ClusterConfiguration

/// Refuses what a configuration asks for and this version does not enforce: nothing of it is ignored in silence.
enum SupportedFeatures {
    /// The admission plugins that are enforced.
    static let admissionPlugins: Set<String> = [
        "NamespaceLifecycle", "LimitRanger", "ServiceAccount", "NodeRestriction", "TaintNodesByCondition",
        "PodSecurityPolicy", "CalicoPolicy", "PodSecurity", "Priority", "DefaultTolerationSeconds", "DefaultStorageClass",
        "StorageObjectInUseProtection", "RuntimeClass", "CertificateApproval", "CertificateSigning",
        "CertificateSubjectRestriction", "DefaultIngressClass", "ResourceQuota",
    ]

    /// - Throws: ``CommandError``.
    static func check(_ configuration: KastellConfiguration) throws(CommandError) {
        let missing = configuration.enableAdmissionPlugins.filter { !admissionPlugins.contains($0) }
        if !missing.isEmpty {
            throw CommandError(
                "enableAdmissionPlugins: this version does not enforce \(missing.joined(separator: ", ")). "
                    + "Leave it out; enforced are \(admissionPlugins.sorted().joined(separator: ", ")).")
        }
        if configuration.profile == .zeroTrust {
            throw CommandError(
                "profile: zero-trust needs default-deny networking and a mesh, which this version does not have. Use the profile standard.")
        }
    }
}
