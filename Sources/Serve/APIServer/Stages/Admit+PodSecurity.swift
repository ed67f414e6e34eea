import JSONValue
import KubeModel
import PodSecurity
import PolicyModel

extension Admission {
    /// The subresources through which nothing of a pod is changed that the standards speak of.
    private static let harmless: Set<String> = ["exec", "attach", "binding", "eviction", "log", "portforward", "proxy", "status"]

    /// Measures pods, their templates and the labels of namespaces by the Pod Security Standards.
    ///
    /// - Returns: what the client is warned of.
    func podSecurity(_ proposal: Proposal, _ request: AuthorizedRequest) throws(StatusError) -> [String] {
        let resource = proposal.groupResource
        guard proposal.operation == .create || proposal.operation == .update else { return [] }
        if resource == GroupResource(group: "", resource: "namespaces") {
            guard proposal.subresource == nil else { return [] }
            let name = proposal.object["metadata"]?["name"]?.string ?? ""
            return try podSecurity.judgeNamespace(
                name, labels: proposal.object["metadata"]?["labels"]?.stringMap ?? [:],
                old: proposal.old.map { $0["metadata"]?["labels"]?.stringMap ?? [:] }, pods: { cluster.pods(namespace: name) })
        }
        guard PodSecurityAdmission.concerns(resource) else { return [] }
        if let subresource = proposal.subresource, resource.resource != "pods" || Self.harmless.contains(subresource) { return [] }
        let namespace = request.info.namespace
        return try podSecurity.judge(
            proposal.object, old: proposal.old, resource: resource, user: request.user.name, namespace: namespace,
            labels: cluster.namespaceLabels(namespace)
        ).warnings
    }
}
