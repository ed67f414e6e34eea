import Foundation
import PolicyModel

/// Reads the question that a request asks from its method and path, as a server does.
func attributes(_ method: String, _ target: String, user: UserInfo) -> AccessAttributes {
    let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
    let path = parts[0]
    var query: [String: String] = [:]
    for pair in (parts.count > 1 ? parts[1] : "").split(separator: "&") {
        let sides = pair.split(separator: "=", maxSplits: 1).map { String($0).removingPercentEncoding ?? String($0) }
        query[sides[0]] = sides.count > 1 ? sides[1] : ""
    }
    var rest = path.split(separator: "/").map(String.init)[...]
    let verbs = ["GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"]
    let other = AccessAttributes(user: user, verb: method.lowercased(), path: path)
    guard let first = rest.popFirst(), ["api", "apis"].contains(first), rest.count >= (first == "api" ? 2 : 3) else {
        return other
    }
    let group = first == "apis" ? rest.removeFirst() : ""
    let version = rest.removeFirst()
    var verb = verbs[method] ?? ""
    if rest.first == "watch", rest.count > 1 {
        rest.removeFirst()
        verb = "watch"
    }
    var namespace = ""
    if rest.first == "namespaces", rest.count > 1 {
        namespace = rest[rest.startIndex + 1]
        if rest.count > 2, !["status", "finalize"].contains(rest[rest.startIndex + 2]) { rest = rest.dropFirst(2) }
    }
    let resource = rest.popFirst() ?? ""
    var name = rest.popFirst() ?? ""
    let subresource = rest.popFirst() ?? ""
    var selector: [AccessAttributes.FieldRequirement] = []
    if name.isEmpty {
        if verb == "get" { verb = ["1", "true"].contains(query["watch"]) ? "watch" : "list" }
        if verb == "delete" { verb = "deletecollection" }
        for term in (query["fieldSelector"] ?? "").split(separator: ",") {
            let sides = term.split(separator: "=", omittingEmptySubsequences: true).map(String.init)
            guard sides.count == 2 else { continue }
            selector.append(.init(field: sides[0], equals: true, value: sides[1]))
            if sides[0] == "metadata.name" { name = sides[1] }
        }
    }
    return AccessAttributes(
        user: user, verb: verb, namespace: namespace, apiGroup: group, apiVersion: version, resource: resource,
        subresource: subresource, name: name, path: path, fieldSelector: selector)
}
