public import JSONValue
public import KubeModel

/// Who may approve and sign certificate requests, and which subjects may be asked for.
///
/// The right to change a request's approval or status is not enough: it takes `approve` or `sign` on the signer. And
/// nobody gets a client certificate of the group that no rule binds.
///
/// Source: Kubernetes documentation, "Admission Controllers", CertificateApproval, CertificateSigning,
/// CertificateSubjectRestriction.
public enum CertificateAdmission {
    /// The resource that these plugins look at.
    public static let requests = GroupResource(group: "certificates.k8s.io", resource: "certificatesigningrequests")
    /// The signer whose certificates authenticate to the API server.
    static let clientSigner = "kubernetes.io/kube-apiserver-client"
    static let privilegedGroup = "system:masters"

    /// The names under which a right to a signer may have been given: its own, and all of its domain.
    public static func signerNames(_ signer: String) -> [String] {
        guard let slash = signer.utf8.firstIndex(of: UInt8(ascii: "/")) else { return [signer, signer + "/*"] }
        return [signer, signer[..<slash] + "/*"]
    }

    /// Decides about a change of the approval.
    ///
    /// - Parameter mayUse: whether the user has a verb on the signer of a name.
    public static func decideApproval(
        of request: JSON, mayUse: (_ verb: String, _ signer: String) -> Bool
    ) throws(StatusError) {
        try requireSigner(request, verb: "approve", mayUse: mayUse)
    }

    /// Decides about a change of the status: who writes the certificate or the conditions must be let sign.
    public static func decideSigning(
        of request: JSON, old: JSON, mayUse: (_ verb: String, _ signer: String) -> Bool
    ) throws(StatusError) {
        let changed = ["certificate", "conditions"].contains { request["status"]?[$0] != old["status"]?[$0] }
        if changed { try requireSigner(request, verb: "sign", mayUse: mayUse) }
    }

    /// Decides about a new request.
    ///
    /// - Parameter organizations: reads the groups of the subject from the request's PEM text in base64; nil when it is
    ///   not readable.
    public static func decideSubject(
        of request: JSON, organizations: (_ base64: String) -> [String]?
    ) throws(StatusError) {
        guard signer(of: request) == clientSigner else { return }
        guard let groups = organizations(request["spec"]?["request"]?.string ?? "") else {
            throw forbidden(request, "failed to parse CSR: PEM block type must be CERTIFICATE REQUEST")
        }
        guard groups.contains(privilegedGroup) else { return }
        throw forbidden(request, "use of \(clientSigner) signer with \(privilegedGroup) group is not allowed")
    }

    private static func requireSigner(
        _ request: JSON, verb: String, mayUse: (String, String) -> Bool
    ) throws(StatusError) {
        let signer = signer(of: request)
        if signerNames(signer).contains(where: { mayUse(verb, $0) }) { return }
        throw forbidden(request, "user not permitted to \(verb) requests with signerName \(goQuoted(signer))")
    }

    private static func signer(of request: JSON) -> String { request["spec"]?["signerName"]?.string ?? "" }

    private static func forbidden(_ request: JSON, _ why: String) -> StatusError {
        .forbidden(requests, name: request["metadata"]?["name"]?.string ?? "", why)
    }
}
