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
        var rules: [FlowRule]
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
                        level: tree["spec"]?["priorityLevelConfiguration"]?["name"]?.string ?? "", rules: (tree["spec"]?["rules"]?.array ?? []).map(FlowRule.init)))
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
        for schema in schemas where schema.rules.contains(where: { $0.matches(info, user) }) {
            return Flow(schemaUID: schema.uid, levelUID: levels[schema.level] ?? "")
        }
        return nil
    }
}

/// One rule of a flow schema, read once: it is asked for every request.
private struct FlowRule: Sendable {
    private enum Subject: Sendable {
        case user(String)
        case group(String)
        case serviceAccount(namespace: String, name: String)
    }
    private struct Resources: Sendable {
        var verbs: [String]
        var groups: [String]
        var resources: [String]
        var namespaces: [String]
        var isClusterScoped: Bool
    }
    private struct Paths: Sendable {
        var verbs: [String]
        var paths: [String]
    }

    private let subjects: [Subject]
    private let resources: [Resources]
    private let paths: [Paths]

    init(_ rule: JSON) {
        subjects = (rule["subjects"]?.array ?? []).compactMap { subject in
            switch subject["kind"]?.string {
            case "User": .user(subject["user"]?["name"]?.string ?? "")
            case "Group": .group(subject["group"]?["name"]?.string ?? "")
            case "ServiceAccount":
                .serviceAccount(
                    namespace: subject["serviceAccount"]?["namespace"]?.string ?? "", name: subject["serviceAccount"]?["name"]?.string ?? "")
            default: nil
            }
        }
        resources = (rule["resourceRules"]?.array ?? []).map {
            Resources(
                verbs: $0["verbs"]?.strings ?? [], groups: $0["apiGroups"]?.strings ?? [], resources: $0["resources"]?.strings ?? [],
                namespaces: $0["namespaces"]?.strings ?? [], isClusterScoped: $0["clusterScope"]?.bool == true)
        }
        paths = (rule["nonResourceRules"]?.array ?? []).map {
            Paths(verbs: $0["verbs"]?.strings ?? [], paths: $0["nonResourceURLs"]?.strings ?? [])
        }
    }

    func matches(_ info: RequestInfo, _ user: UserInfo) -> Bool {
        guard subjects.contains(where: { Self.matches($0, user) }) else { return false }
        guard info.isResource else {
            return paths.contains { rule in
                Self.has(rule.verbs, info.verb)
                    && rule.paths.contains { $0 == "*" || $0 == info.path || ($0.hasSuffix("/*") && info.path.hasPrefix($0.dropLast())) }
            }
        }
        let resource = info.subresource.isEmpty ? info.resource : info.resource + "/" + info.subresource
        return resources.contains { rule in
            Self.has(rule.verbs, info.verb) && Self.has(rule.groups, info.group) && Self.has(rule.resources, resource)
                && (info.namespace.isEmpty ? rule.isClusterScoped : Self.has(rule.namespaces, info.namespace))
        }
    }

    private static func matches(_ subject: Subject, _ user: UserInfo) -> Bool {
        switch subject {
        case .user(let name): return name == "*" || user.name == name
        case .group(let name): return name == "*" || user.groups.contains(name)
        case .serviceAccount(let namespace, let name):
            let prefix = "\(UserInfo.serviceAccountPrefix)\(namespace):"
            return name == "*" ? user.name.hasPrefix(prefix) : user.name == prefix + name
        }
    }

    private static func has(_ list: [String], _ value: String) -> Bool { list.contains { $0 == "*" || $0 == value } }
}
