import JSONValue
import KubeModel
import PodSecurityPolicy
import PolicyModel

extension Admission {
    /// Judges pods by the PodSecurityPolicies, when the plugin is enabled.
    func podSecurityPolicy(_ proposal: inout Proposal, _ request: AuthorizedRequest) throws(StatusError) {
        let facts = proposal.resource.facts
        guard facts.kind == "Pod", facts.group.isEmpty, proposal.operation != .delete else { return }
        if let subresource = proposal.subresource, subresource != "ephemeralcontainers" { return }
        let operation: PodSecurityPolicyAdmission.Operation =
            if proposal.subresource != nil { .addEphemeralContainers } else if let old = proposal.old { .update(old: old) } else { .create }
        let outcome = PodSecurityPolicyAdmission.decide(
            pod: proposal.object, namespace: request.info.namespace, operation: operation, policies: cluster.objects("podsecuritypolicies", group: "policy"),
            authorize: { authorizer.decide($0, user: request.user) })
        switch outcome {
        case .allowed(let admitted): proposal.object = admitted.pod
        case .denied(let denied): throw denied.status
        }
    }
}
