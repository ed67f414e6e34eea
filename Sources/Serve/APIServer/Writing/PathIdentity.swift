import JSONValue
import KubeModel
import PolicyModel

/// Whether an object is the one that the path names.
enum PathIdentity {
    static func check(_ object: JSON, _ info: RequestInfo) throws(StatusError) {
        let given = object["metadata"]?["name"]?.string ?? ""
        if given.isEmpty { throw .undeterminable(name: info.name) }
        if !given.isExactly(info.name) { throw .badRequest("the name of the object (\(given)) does not match the name on the URL (\(info.name))") }
        let stated = object["metadata"]?["namespace"]?.string ?? ""
        if !stated.isEmpty, stated != info.namespace {
            throw .badRequest("the namespace of the provided object does not match the namespace sent on the request")
        }
    }
}
