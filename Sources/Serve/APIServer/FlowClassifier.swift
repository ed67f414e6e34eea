import JSONValue
import KubeModel
import PolicyModel
import Synchronization

/// Says by which FlowSchema, and so at which priority level, a request is classified.
///
/// Source: KEP-1040, "Request classification".
final class FlowClassifier: Sendable {
    /// Where a request belongs.
    struct Flow: Hashable, Sendable {
        var schemaUID: String
        var levelUID: String
    }

    private struct Schema: Sendable {
        var name: String
        var uid: String
        var precedence: Int64
        var level: String
        var rules: [JSON]
    }
    private struct State {
        var schemas: [Schema] = []
        var levels: [String: String] = [:]
    }
    // A lock and no actor: asked on event loops for every request.
    private let state = Mutex(State())

    /// Follows the cache's flow schemas and priority levels.
    init(cache: ObjectCache) {
        let group = "flowcontrol.apiserver.k8s.io"
        cache[GroupResource(group: group, resource: "flowschemas")]?.observe { [weak self] event in
            let object = event.object
            let tree = object.tree
            self?.state.withLock { state in
                state.schemas.removeAll { $0.name == object.name }
                if event.isRemoval { return }
                state.schemas.append(
                    Schema(
                        name: object.name, uid: object.uid, precedence: tree["spec"]?["matchingPrecedence"]?.int ?? 1000,
                        level: tree["spec"]?["priorityLevelConfiguration"]?["name"]?.string ?? "", rules: tree["spec"]?["rules"]?.array ?? []))
                state.schemas.sort { ($0.precedence, $0.name) < ($1.precedence, $1.name) }
            }
        }
        cache[GroupResource(group: group, resource: "prioritylevelconfigurations")]?.observe { [weak self] event in
            self?.state.withLock { $0.levels[event.object.name] = event.isRemoval ? nil : event.object.uid }
        }
    }

    /// The flow of a request; nil while there are no schemas yet.
    func flow(of info: RequestInfo, user: UserInfo) -> Flow? {
        let (schemas, levels) = state.withLock { ($0.schemas, $0.levels) }
        for schema in schemas where schema.rules.contains(where: { Self.matches($0, info, user) }) {
            return Flow(schemaUID: schema.uid, levelUID: levels[schema.level] ?? "")
        }
        return nil
    }

    private static func matches(_ rule: JSON, _ info: RequestInfo, _ user: UserInfo) -> Bool {
        guard (rule["subjects"]?.array ?? []).contains(where: { matches(subject: $0, user) }) else { return false }
        if info.isResource { return (rule["resourceRules"]?.array ?? []).contains { matches(resource: $0, info) } }
        return (rule["nonResourceRules"]?.array ?? []).contains { rule in
            has(rule["verbs"], info.verb)
                && (rule["nonResourceURLs"]?.strings ?? []).contains { url in
                    url == "*" || url == info.path || (url.hasSuffix("/*") && info.path.hasPrefix(url.dropLast()))
                }
        }
    }

    private static func matches(subject: JSON, _ user: UserInfo) -> Bool {
        switch subject["kind"]?.string {
        case "User":
            let name = subject["user"]?["name"]?.string ?? ""
            return name == "*" || name == user.name
        case "Group":
            let name = subject["group"]?["name"]?.string ?? ""
            return name == "*" || user.groups.contains(name)
        case "ServiceAccount":
            let namespace = subject["serviceAccount"]?["namespace"]?.string ?? ""
            let name = subject["serviceAccount"]?["name"]?.string ?? ""
            let prefix = "\(UserInfo.serviceAccountPrefix)\(namespace):"
            return name == "*" ? user.name.hasPrefix(prefix) : user.name == prefix + name
        default: return false
        }
    }

    private static func matches(resource rule: JSON, _ info: RequestInfo) -> Bool {
        let resource = info.subresource.isEmpty ? info.resource : info.resource + "/" + info.subresource
        guard has(rule["verbs"], info.verb), has(rule["apiGroups"], info.group), has(rule["resources"], resource) else { return false }
        if info.namespace.isEmpty { return rule["clusterScope"]?.bool == true }
        return has(rule["namespaces"], info.namespace)
    }

    private static func has(_ list: JSON?, _ value: String) -> Bool { (list?.array ?? []).contains { $0.string == "*" || $0.string == value } }
}
