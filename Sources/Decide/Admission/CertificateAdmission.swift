public import JSONValue
public import KubeModel

/// Who may approve and sign certificate requests is decided by signer, and nobody asks for the masters' group.
///
/// Source: Kubernetes documentation, "Certificates and Certificate Signing Requests", Authorization.
public enum CertificateAdmission {
    /// Whether a user has a verb on the resource `signers` of a name.
    public typealias MayUse = (_ verb: String, _ signer: String) -> Bool

    private static let requests = GroupResource(group: "certificates.k8s.io", resource: "certificatesigningrequests")

    /// Refuses to approve or deny for a signer that the user may not speak for.
    public static func decideApproval(_ old: JSON, may: MayUse) throws(StatusError) {
        try decide("approve", old, may)
    }

    /// Refuses to sign, or to set other conditions, for a signer that the user may not speak for.
    public static func decideSigning(_ object: JSON, old: JSON, may: MayUse) throws(StatusError) {
        let isSame = old["status"]?["certificate"] == object["status"]?["certificate"]
            && (old["status"]?["conditions"]?.array ?? []) == (object["status"]?["conditions"]?.array ?? [])
        if !isSame { try decide("sign", old, may) }
    }

    private static func decide(_ verb: String, _ request: JSON, _ may: MayUse) throws(StatusError) {
        let signer = request["spec"]?["signerName"]?.string ?? ""
        let domain = signer.prefix { $0 != "/" }
        if may(verb, signer) || may(verb, domain + "/*") { return }
        throw .forbidden(
            requests, name: request["metadata"]?["name"]?.string ?? "",
            "user not permitted to \(verb) requests with signerName \(goQuoted(signer))")
    }

    /// Refuses a request for a client certificate of the group that may do everything.
    ///
    /// - Parameters:
    ///   - request: the CertificateSigningRequest.
    ///   - organizations: those of the request's subject.
    /// - Throws: ``StatusError`` 403.
    public static func decideSubject(_ request: JSON, organizations: [String]) throws(StatusError) {
        guard request["spec"]?["signerName"]?.string == "kubernetes.io/kube-apiserver-client", organizations.contains("system:masters") else { return }
        throw .forbidden(
            requests, name: request["metadata"]?["name"]?.string ?? "",
            "use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed")
    }
}
