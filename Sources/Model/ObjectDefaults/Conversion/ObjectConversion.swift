public import JSONValue
public import KubeModel

/// Turns objects of kinds that are served in two versions into the other version.
public enum ObjectConversion {
    /// Turns an object into another version.
    ///
    /// - Parameters:
    ///   - object: decoded and defaulted.
    ///   - from: its kind and version.
    ///   - to: the version that is wanted.
    /// - Returns: the object in the written form, with `apiVersion` and `kind` of `to`; nil when there is no such
    ///   conversion.
    public static func convert(_ object: JSON, from: GroupVersionKind, to: GroupVersionKind) -> JSON? {
        var converted: JSON
        switch (from.group, from.version, to.group, to.version, from.kind) {
        case _ where from == to: return object
        case ("autoscaling", "v1", "autoscaling", "v2", "HorizontalPodAutoscaler") where to.kind == from.kind:
            converted = AutoscalerConversion.upgraded(object)
        case ("autoscaling", "v2", "autoscaling", "v1", "HorizontalPodAutoscaler") where to.kind == from.kind:
            converted = AutoscalerConversion.downgraded(object)
        case ("", "v1", "events.k8s.io", "v1", "Event") where to.kind == from.kind:
            converted = EventConversion.renamed(object, EventConversion.fields.map { ($0.core, $0.events) })
        case ("events.k8s.io", "v1", "", "v1", "Event") where to.kind == from.kind:
            converted = EventConversion.renamed(object, EventConversion.fields.map { ($0.events, $0.core) })
        case ("policy", "v1beta1", "extensions", "v1beta1", "PodSecurityPolicy") where to.kind == from.kind,
            ("extensions", "v1beta1", "policy", "v1beta1", "PodSecurityPolicy") where to.kind == from.kind:
            converted = object
        default: return nil
        }
        converted["apiVersion"] = .string(to.groupVersion.description)
        converted["kind"] = .string(to.kind)
        ObjectNormalization.normalize(&converted, kind: to)
        return converted
    }
}

/// Events of the core group and of events.k8s.io are the same with other names.
enum EventConversion {
    static let fields: [(core: String, events: String)] = [
        ("involvedObject", "regarding"), ("message", "note"), ("source", "deprecatedSource"),
        ("firstTimestamp", "deprecatedFirstTimestamp"), ("lastTimestamp", "deprecatedLastTimestamp"),
        ("count", "deprecatedCount"), ("reportingComponent", "reportingController"),
    ]

    static func renamed(_ object: JSON, _ names: [(String, String)]) -> JSON {
        var members = object.object?.members ?? []
        for at in members.indices {
            if let name = names.first(where: { $0.0 == members[at].key })?.1 { members[at].key = name }
        }
        return .object(JSONObject(members: members))
    }
}
