import JSONValue
import KubeModel
import ObjectDefaults
import ObjectValidation

/// An object on its way to the store: decoded, defaulted, prepared and validated as the server does it.
struct Written {
    static let context = ObjectStrategy.Context(
        userName: "admin", userGroups: ["system:masters"], now: Timestamp(seconds: 1_700_000_000),
        freshUID: "00000000-0000-0000-0000-000000000001")

    /// The object as it would be stored.
    var object: JSON
    /// What is wrong with it, each as `field: message`.
    var faults: [String]

    /// Creates an object.
    init(creating given: JSON, kind: GroupVersionKind, namespaced: Bool) throws {
        var object = try Self.complete(given, kind)
        object[path: "metadata", "uid"] = "u-1"
        if namespaced, object[path: "metadata", "namespace"] == nil { object[path: "metadata", "namespace"] = "ns" }
        if let prefix = object[path: "metadata", "generateName"]?.string, object[path: "metadata", "name"] == nil {
            object[path: "metadata", "name"] = .string(prefix + "abcde")
        }
        if kind.kind == "Pod", object[path: "spec", "serviceAccountName"] == nil {
            object[path: "spec", "serviceAccountName"] = "default"
        }
        var early: [FieldError] = []
        if kind.kind == "Service" { early = Self.address(&object) }
        ObjectStrategy.prepareForCreate(&object, kind: kind, context: Self.context)
        faults = early.isEmpty ? ObjectValidation.validateCreate(object, kind: kind, namespaced: namespaced).map(\.description) : early.map(\.description)
        ObjectNormalization.finish(&object, kind: kind, now: Self.context.now)
        self.object = object
    }

    /// Changes an object.
    init(changing old: JSON, to given: JSON, kind: GroupVersionKind, namespaced: Bool, subresource: String?) throws {
        var object = try Self.complete(given, kind)
        if kind.kind == "Service", subresource == nil {
            _ = ServiceAddressing.prepare(&object, old: old, families: ["IPv4"])
        }
        ObjectStrategy.prepareForUpdate(&object, old: old, kind: kind, subresource: subresource, context: Self.context)
        faults = ObjectValidation.validateUpdate(
            object, old: old, kind: kind, namespaced: namespaced, subresource: subresource
        ).map(\.description)
        self.object = object
    }

    /// What the allocator does before a service is validated.
    private static func address(_ service: inout JSON) -> [FieldError] {
        let conflicts = ServiceAddressing.prepare(&service, old: nil, families: ["IPv4"])
        if ServiceAddressing.needsHealthCheckNodePort(service["spec"] ?? [:]),
            service[path: "spec", "healthCheckNodePort"] == nil
        {
            service[path: "spec", "healthCheckNodePort"] = 30000
        }
        let faults = ObjectValidation.addressFaults(service, old: nil)
        return faults.isEmpty ? conflicts : faults
    }

    private static func complete(_ given: JSON, _ kind: GroupVersionKind) throws -> JSON {
        var object = try ObjectDecoding.decode(given, as: kind).object
        ObjectDefaults.apply(to: &object, kind: kind, now: context.now)
        return object
    }

    /// A merge patch (RFC 7386).
    static func merge(_ target: JSON, _ patch: JSON) -> JSON {
        guard case .object(let changes) = patch else { return patch }
        var merged: JSON = target.object == nil ? [:] : target
        for (key, value) in changes { merged[key] = value.isNull ? nil : merge(merged[key] ?? .null, value) }
        return merged
    }
}
