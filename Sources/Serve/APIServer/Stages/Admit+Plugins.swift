import Admission
import CertificateAuthority
import JSONValue
import KubeModel
import PolicyModel

extension Admission {
    /// Keeps nodes to themselves and to what is bound to them.
    func nodeRestriction(_ proposal: Proposal, _ request: AuthorizedRequest) throws(StatusError) {
        // Asked first, for nearly every write is somebody else's.
        guard NodeRestriction.node(of: request.user) != nil, proposal.operation != .connect else { return }
        let namespace = request.info.namespace
        let write = NodeRestriction.Write(
            operation: proposal.operation.rawValue, resource: proposal.groupResource, subresource: proposal.subresource ?? "",
            namespace: namespace, name: proposal.name, object: proposal.object, old: proposal.old)
        let view = cluster
        let (authorizer, user) = (authorizer, request.user)
        try NodeRestriction.decide(
            write, user: user,
            cluster: .init(
                pod: { view.pod(namespace: $0, name: $1) }, node: { view.node($0) }, driver: { view.driver($0) },
                mayRequest: { audience, account in
                    authorizer.decide(
                        AccessAttributes(
                            user: user, verb: "request-serviceaccounts-token-audience", namespace: namespace, apiGroup: "", apiVersion: "v1",
                            resource: audience, name: account)
                    ).isAllowed
                }))
    }

    /// Holds pods and claims to the limit ranges of their namespace.
    func limitRanges(_ proposal: Proposal, namespace: String) throws(StatusError) {
        switch (proposal.groupResource.group, proposal.groupResource.resource, proposal.operation) {
        case ("", "pods", .create) where proposal.subresource == nil:
            try LimitRanger.validate(pod: proposal.object, ranges: cluster.limitRanges(namespace))
        case ("", "pods", .update) where proposal.subresource == "resize":
            try LimitRanger.validate(pod: proposal.object, ranges: cluster.limitRanges(namespace))
        case ("", "persistentvolumeclaims", .create) where proposal.subresource == nil,
            ("", "persistentvolumeclaims", .update) where proposal.subresource == nil:
            try LimitRanger.validate(claim: proposal.object, ranges: cluster.limitRanges(namespace))
        default: return
        }
    }

    /// Decides who approves and signs for which signer, and which subjects may be asked for.
    func certificates(_ proposal: Proposal, _ request: AuthorizedRequest) throws(StatusError) {
        let (authorizer, user) = (authorizer, request.user)
        let may: CertificateAdmission.MayUse = { verb, signer in
            authorizer.decide(
                AccessAttributes(user: user, verb: verb, apiGroup: "certificates.k8s.io", apiVersion: "*", resource: "signers", name: signer)
            ).isAllowed
        }
        switch (proposal.operation, proposal.subresource) {
        case (.update, "approval"):
            if enabled.contains("CertificateApproval"), let old = proposal.old { try CertificateAdmission.decideApproval(old, may: may) }
        case (.update, "status"):
            if enabled.contains("CertificateSigning"), let old = proposal.old {
                try CertificateAdmission.decideSigning(proposal.object, old: old, may: may)
            }
        case (.create, nil):
            guard enabled.contains("CertificateSubjectRestriction"), let bytes = Base64.decode(proposal.object["spec"]?["request"]?.string ?? "")
            else { return }
            // What cannot be read was refused by validation.
            guard let asked = try? CertificateRequest(pem: bytes) else { return }
            try CertificateAdmission.decideSubject(proposal.object, organizations: asked.organizations)
        default: return
        }
    }
}
