/// The query parameters of the verbs.
enum OpenAPIParameters {
    typealias Parameter = OpenAPIOperation.Parameter

    /// What selects objects of a list; those of a watch too unless `isWatched` is false.
    static func list(isWatched: Bool = true) -> [Parameter] {
        var all = [
            Parameter(name: "continue"), Parameter(name: "fieldSelector"), Parameter(name: "labelSelector"),
            Parameter(name: "limit", type: "integer"), Parameter(name: "resourceVersion"),
            Parameter(name: "resourceVersionMatch"), Parameter(name: "sendInitialEvents", type: "boolean"),
            Parameter(name: "shardSelector"), Parameter(name: "timeoutSeconds", type: "integer"),
        ]
        if isWatched {
            all += [Parameter(name: "allowWatchBookmarks", type: "boolean"), Parameter(name: "watch", type: "boolean")]
        }
        return all
    }

    static let write = [Parameter(name: "dryRun"), Parameter(name: "fieldManager"), Parameter(name: "fieldValidation")]
    static let patch = write + [Parameter(name: "force", type: "boolean")]
    static let delete = [
        Parameter(name: "dryRun"), Parameter(name: "gracePeriodSeconds", type: "integer"),
        Parameter(name: "ignoreStoreReadErrorWithClusterBreakingPotential", type: "boolean"),
        Parameter(name: "orphanDependents", type: "boolean"), Parameter(name: "propagationPolicy"),
    ]

    /// What a parameter does.
    static func description(of name: String) -> String { texts[name] ?? FieldTexts.field(name) }

    private static let texts: [String: String] = [
        "allowWatchBookmarks": "Whether the watch may send bookmarks, which only tell how far it has come.",
        "continue": "The token of the previous part of a list; the list goes on from there.",
        "dryRun": "With 'All', everything is checked and nothing is stored.",
        "fieldManager": "The name under which the changed fields are owned.",
        "fieldSelector": "Selects objects by fields, such as metadata.name=x.",
        "fieldValidation": "What is done about unknown and repeated fields: Ignore, Warn or Strict.",
        "force": "Whether apply takes over fields that others own.",
        "gracePeriodSeconds": "How many seconds the object has before it is gone; 0 is at once.",
        "ignoreStoreReadErrorWithClusterBreakingPotential":
            "Whether an object that cannot be read from the store is deleted all the same.",
        "labelSelector": "Selects objects by labels, such as app=x,tier!=y.",
        "limit": "The greatest number of objects in one answer.",
        "name": "The name of the object.",
        "namespace": "The namespace of the object.",
        "orphanDependents": "Superseded by propagationPolicy: whether dependents are kept.",
        "path": "The path below the resource.",
        "pretty": "With 'true', the answer is indented.",
        "propagationPolicy": "What becomes of dependents: Orphan, Background or Foreground.",
        "resourceVersion": "The version that the answer must be at, or not older than.",
        "resourceVersionMatch": "How resourceVersion is meant: Exact or NotOlderThan.",
        "sendInitialEvents": "Whether the watch starts with the objects that there are.",
        "shardSelector": "Selects a part of the collection, so that several clients can share it.",
        "timeoutSeconds": "After how many seconds the answer ends.",
        "watch": "Whether changes are sent as they happen.",
    ]
}
