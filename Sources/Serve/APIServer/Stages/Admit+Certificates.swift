import Admission
import CertificateAuthority
import JSONValue
import KubeModel
import PolicyModel

extension Admission {
    /// Judges what is done to certificate requests.
    func certificates(_ proposal: Proposal, _ request: AuthorizedRequest) throws(StatusError) {
        guard proposal.groupResource == CertificateAdmission.requests else { return }
        let user = request.user
        func mayUse(_ verb: String, _ signer: String) -> Bool {
            authorizer.decide(
                AccessAttributes(
                    user: user, verb: verb, apiGroup: CertificateAdmission.requests.group, apiVersion: "*", resource: "signers", name: signer)
            ).isAllowed
        }
        switch (proposal.operation, proposal.subresource) {
        case (.update, "approval") where enabled.contains("CertificateApproval"):
            try CertificateAdmission.decideApproval(of: proposal.object, mayUse: mayUse)
        case (.update, "status") where enabled.contains("CertificateSigning"):
            try CertificateAdmission.decideSigning(of: proposal.object, old: proposal.old ?? [:], mayUse: mayUse)
        case (.create, nil) where enabled.contains("CertificateSubjectRestriction"):
            try CertificateAdmission.decideSubject(of: proposal.object) { base64 in
                guard let bytes = Base64.decode(base64) else { return nil }
                return (try? CertificateRequest(pem: bytes))?.organizations
            }
        default: break
        }
    }
}
