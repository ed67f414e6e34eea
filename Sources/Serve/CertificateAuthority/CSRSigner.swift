package import KubeModel
import X509

/// Why a CertificateSigningRequest got no certificate.
package enum CSRFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The signer's rules refuse it for good: the controller adds the condition `Failed` with the reason
    /// `SignerValidationFailure` and this message.
    case refused(String)
    /// It could not be signed now; the controller tries again.
    case cannotSign(String)

    package var description: String {
        switch self {
        case .refused(let message), .cannotSign(let message): message
        }
    }
}

/// The signers of `kubernetes.io` that kube-controller-manager runs.
package enum CSRSigner: String, Hashable, Sendable, CaseIterable {
    case apiServerClient = "kubernetes.io/kube-apiserver-client"
    case apiServerClientKubelet = "kubernetes.io/kube-apiserver-client-kubelet"
    case kubeletServing = "kubernetes.io/kubelet-serving"
    case legacyUnknown = "kubernetes.io/legacy-unknown"

    private static let nodePrefix = "system:node:"

    /// Whether the signer's rules allow the request.
    ///
    /// - Throws: ``CSRFailure/refused(_:)`` with the message of kube-controller-manager.
    package func check(_ request: CertificateRequest, usages: [String]) throws(CSRFailure) {
        let names = request.alternativeNames
        switch self {
        case .legacyUnknown: return
        case .apiServerClient:
            for usage in usages where !["digital signature", "key encipherment", "client auth"].contains(usage) {
                throw .refused("invalid usage for client certificate: \(usage)")
            }
            if !usages.contains("client auth") {
                throw .refused("missing required usage for client certificate: client auth")
            }
        case .apiServerClientKubelet:
            try checkOrganization(request)
            if !names.dnsNames.isEmpty { throw .refused("DNS subjectAltNames are not allowed") }
            if !names.emails.isEmpty { throw .refused("Email subjectAltNames are not allowed") }
            if !names.ipAddresses.isEmpty { throw .refused("IP subjectAltNames are not allowed") }
            if !names.uris.isEmpty { throw .refused("URI subjectAltNames are not allowed") }
            try checkCommonName(request)
            try checkUsages(usages, purpose: "client auth")
        case .kubeletServing:
            try checkOrganization(request)
            if names.dnsNames.isEmpty, names.ipAddresses.isEmpty {
                throw .refused("DNS or IP subjectAltName is required")
            }
            if !names.emails.isEmpty { throw .refused("Email subjectAltNames are not allowed") }
            if !names.uris.isEmpty { throw .refused("URI subjectAltNames are not allowed") }
            try checkUsages(usages, purpose: "server auth")
            try checkCommonName(request)
        }
    }

    private func checkOrganization(_ request: CertificateRequest) throws(CSRFailure) {
        if request.organizations != ["system:nodes"] { throw .refused("subject organization is not system:nodes") }
    }

    private func checkCommonName(_ request: CertificateRequest) throws(CSRFailure) {
        if !request.commonName.hasPrefix(Self.nodePrefix) {
            throw .refused("subject common name does not begin with system:node:")
        }
    }

    /// Exactly digital signature and the purpose, and for RSA keys key encipherment beside them.
    private func checkUsages(_ usages: [String], purpose: String) throws(CSRFailure) {
        let given = Set(usages)
        if given != ["digital signature", purpose], given != ["digital signature", "key encipherment", purpose] {
            let sorted = ["digital signature", "key encipherment", purpose].sorted().joined(separator: " ")
            throw .refused("usages did not match [\(sorted)]")
        }
    }
}

extension ClusterCA {
    /// Signs an approved CertificateSigningRequest as kube-controller-manager does: the subject and the alternative
    /// names of the request, the usages of the object, no other extension of the request.
    ///
    /// - Parameters:
    ///   - request: `spec.request`.
    ///   - signer: `spec.signerName`.
    ///   - usages: `spec.usages`.
    ///   - expirationSeconds: `spec.expirationSeconds`; honoured between ten minutes and `maximumLifetime`.
    ///   - maximumLifetime: the controller's `--cluster-signing-duration`.
    ///   - now: the moment.
    /// - Returns: the certificate.
    /// - Throws: ``CSRFailure``.
    package func sign(
        request: CertificateRequest, signer: CSRSigner, usages: [String], expirationSeconds: Int64?,
        maximumLifetime: Duration, now: Timestamp
    ) throws(CSRFailure) -> PeerCertificate {
        try signer.check(request, usages: usages)
        guard request.isSignatureValid else { throw .cannotSign("unable to verify certificate request signature") }
        let wanted = try KeyUsages(usages)
        let longest = maximumLifetime.components.seconds
        let lifetime = expirationSeconds.map { $0 > longest ? longest : max($0, 600) } ?? longest
        // The end of a short life is not moved with its beginning.
        let isShort = lifetime < 8 * 3600
        let end = now.adding(seconds: isShort ? lifetime : lifetime - Self.backdate)
        guard now < certificate.notAfter else {
            throw .cannotSign("the signer has expired: NotAfter=\(certificate.notAfter)")
        }
        do {
            return try sign(
                publicKey: request.publicKey, subject: request.distinguishedName, names: request.alternativeNames,
                keyUsage: wanted.hasKeyUsage ? wanted.keyUsage : nil, extended: wanted.extended,
                notBefore: now.adding(seconds: -Self.backdate), notAfter: end, now: now)
        } catch {
            throw .cannotSign("failed to sign certificate: \(error)")
        }
    }
}
