import JSONValue
import KubeModel
import NetworkPolicy
import PolicyModel

extension Admission {
    /// Refuses a policy of Calico's kinds that no node could bring into force, such as one with a selector that is none,
    /// when the plugin is enabled. What was stored before may stay as it is: its finalizers must be able to go.
    func calicoPolicy(_ proposal: Proposal) throws(StatusError) {
        let facts = proposal.resource.facts
        guard facts.group == "projectcalico.org", facts.kind == "NetworkPolicy" || facts.kind == "GlobalNetworkPolicy",
            proposal.subresource == nil, proposal.operation == .create || proposal.operation == .update,
            proposal.object["spec"] != proposal.old?["spec"]
        else { return }
        do throws(PolicyReadError) {
            _ = try CalicoPolicy.read(proposal.object)
        } catch {
            let fault = FieldError(.invalid, error.field, .omitted, error.reason)
            throw .invalid(facts.kind, group: facts.group, name: proposal.name, [fault])
        }
    }
}
