import JSONValue
package import KubeModel
import NodeAuthorization
import PodSecurityPolicy
package import PolicyModel
import RBAC
import Synchronization

/// The authorizers over the roles, bindings and nodes as they are now.
package final class Authorizer: Sendable {
    // A lock and no actor: asked on event loops in the midst of a request. A snapshot is taken under it and asked
    // outside.
    private let chain = Mutex(AuthorizerChain())

    /// Follows the cache's roles, bindings, pods and volumes.
    init(cache: ObjectCache) {
        for kind in RBACKind.allCases {
            cache[GroupResource(group: RBACKind.group, resource: kind.resource)]?.observe { [weak self] event in
                let object = event.object
                self?.chain.withLock { chain in
                    if event.isRemoval {
                        chain.rbac.remove(kind, namespace: object.namespace, name: object.name)
                    } else {
                        chain.rbac.upsert(object.tree, kind: kind)
                    }
                }
            }
        }
        cache[GroupResource(group: "", resource: "pods")]?.observe { [weak self] event in
            self?.chain.withLock { chain in
                if event.isRemoval {
                    chain.node.graph.removePod(namespace: event.object.namespace, name: event.object.name)
                } else {
                    chain.node.graph.upsertPod(event.object.tree)
                }
            }
        }
        cache[GroupResource(group: "", resource: "persistentvolumes")]?.observe { [weak self] event in
            self?.chain.withLock { chain in
                if event.isRemoval {
                    chain.node.graph.removePersistentVolume(name: event.object.name)
                } else {
                    chain.node.graph.upsertPersistentVolume(event.object.tree)
                }
            }
        }
    }

    private var snapshot: AuthorizerChain { chain.withLock { $0 } }

    /// Whether the user may do what the attributes say.
    package func decide(_ attributes: AccessAttributes) -> AccessVerdict { snapshot.decide(attributes) }

    /// What a user may do in a namespace.
    func rules(for user: UserInfo, namespace: String) -> EffectiveRules { snapshot.rules(for: user, namespace: namespace) }

    /// The question that a request puts.
    static func attributes(of info: RequestInfo, user: UserInfo) -> AccessAttributes {
        guard info.isResource else { return AccessAttributes(user: user, verb: info.verb, path: info.path) }
        return AccessAttributes(
            user: user, verb: info.verb, namespace: info.namespace, apiGroup: info.group, apiVersion: info.version, resource: info.resource,
            subresource: info.subresource, name: info.name, path: info.path, fieldSelector: info.fieldSelector)
    }

    /// The status of a SubjectAccessReview.
    func review(_ attributes: AccessAttributes) -> JSON {
        let verdict = decide(attributes)
        var status: JSON = ["allowed": .bool(verdict.isAllowed)]
        if !verdict.reason.isEmpty {
            status["reason"] = .string(verdict.reason)
            // A denial's reason tells of roles that could not be found.
            if !verdict.isAllowed, verdict.reason.hasPrefix("RBAC: ") {
                status["evaluationError"] = .string(String(verdict.reason.dropFirst("RBAC: ".count)))
            }
        }
        return status
    }

    /// Refuses the write of a role or binding that grants what the writer does not hold.
    func checkEscalation(_ proposal: Proposal, _ request: AuthorizedRequest) throws(StatusError) {
        let chain = snapshot
        let check = EscalationCheck(policy: chain.rbac, authorize: chain.decide)
        var info = request.info
        if proposal.operation == .create { info.name = "" }
        let refusal = check.refusal(Self.attributes(of: info, user: request.user), object: proposal.object, old: proposal.old)
        if let refusal { throw refusal }
    }

    /// Whether a subject may use a PodSecurityPolicy.
    func decide(_ use: PolicyUse, user: UserInfo) -> Decision {
        var subject = user
        if let account = use.serviceAccountUser { subject = UserInfo(name: account, groups: use.serviceAccountGroups) }
        return decide(
            AccessAttributes(
                user: subject, verb: "use", namespace: use.namespace, apiGroup: use.apiGroup, apiVersion: "*",
                resource: "podsecuritypolicies", name: use.policy)
        ).decision
    }
}
