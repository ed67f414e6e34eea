import Admission
import JSONValue
import KubeModel
import Store

/// The new state of a quota that a write takes from. Stored in one transaction with what is written, and only if
/// nobody else has charged the quota meanwhile.
struct QuotaCharge: Sendable {
    var key: String
    var quota: JSON
    var revision: Revision

    static let resource = GroupResource(group: "", resource: "resourcequotas")
}

extension Admission {
    /// Charges the quotas of the namespace, or gives back to them.
    func charge(_ proposal: Proposal, namespace: String) throws(StatusError) -> [QuotaCharge] {
        let isDeletion = proposal.operation == .delete
        guard enabled.contains("ResourceQuota"), proposal.resource.facts.isNamespaced, proposal.operation != .connect,
            ResourceQuotaAdmission.concerns(
                proposal.groupResource, subresource: proposal.subresource ?? "", isUpdate: proposal.operation == .update)
        else { return [] }
        // The quota that goes is not charged for its own going.
        let own = proposal.resource.key(namespace: namespace, name: proposal.name)
        let quotas = cluster.quotas(namespace).filter { $0.key != own }
        if quotas.isEmpty { return [] }
        let trees = quotas.map(\.tree)
        let view = cluster
        let charged = try ResourceQuotaAdmission.charge(
            isDeletion ? nil : proposal.object, old: proposal.old, resource: proposal.groupResource, quotas: trees
        ) { quota, name in
            let resource = ResourceQuotaAdmission.counted(under: name)
            return ResourceQuotaAdmission.total(view.objects(of: resource, namespace: namespace), resource: resource, quota: quota, name: name)
        }
        return charged.map {
            var quota = trees[$0.index]
            quota["status"] = $0.status
            return QuotaCharge(key: quotas[$0.index].key, quota: quota, revision: quotas[$0.index].revision)
        }
    }
}
