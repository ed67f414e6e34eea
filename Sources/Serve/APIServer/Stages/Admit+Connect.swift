import JSONValue
import KubeModel

extension Admission {
    /// Admits a connection to a pod, service or node (`CONNECT`): it changes nothing, so only what users registered is asked.
    func connect(_ request: AuthorizedRequest, _ resource: ServedResource, options: String) throws(StatusError) {
        try registeredControls(
            Proposal(
                operation: .connect, resource: resource, subresource: request.info.subresource,
                object: ["kind": .string(options), "apiVersion": "v1"], old: nil, isDryRun: false, targetName: request.info.name), request)
    }
}
