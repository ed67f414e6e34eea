package import KubeModel

/// One change of one key, and what must be true of it before.
package struct Mutation: Sendable {
    package enum Change: Sendable {
        /// The serialised object, not encrypted.
        case put([UInt8])
        /// Removes what is there; what is not there conflicts.
        case delete
        /// Changes nothing: the commit only takes place while the expectation holds.
        case keep
    }

    package enum Expectation: Hashable, Sendable {
        case absent
        case revision(Revision)
        case any
    }

    /// Says which rule of the encryption configuration holds.
    package var resource: GroupResource
    /// Such as `/registry/pods/default/web`.
    package var key: String
    package var change: Change
    package var expect: Expectation

    var changesSomething: Bool {
        switch change {
        case .put, .delete: true
        case .keep: false
        }
    }

    package init(resource: GroupResource, key: String, change: Change, expect: Expectation) {
        self.resource = resource
        self.key = key
        self.change = change
        self.expect = expect
    }
}

/// One change that is durable.
package struct StoreEvent: Hashable, Sendable {
    package enum Kind: Hashable, Sendable { case put, delete }

    package var revision: Revision
    /// The revision that made the object, also for its deletion.
    package var createRevision: Revision
    package var key: String
    package var resource: GroupResource
    package var kind: Kind
    /// The object after the change; empty for a deletion.
    package var value: [UInt8]
    /// The object before the change; nil when there was none, or when no configured key opens it.
    package var previousValue: [UInt8]?
    /// The revision of the object before the change; nil when there was none.
    package var previousRevision: Revision?

    package init(
        revision: Revision, createRevision: Revision, key: String, resource: GroupResource, kind: Kind, value: [UInt8],
        previousValue: [UInt8]?, previousRevision: Revision?
    ) {
        self.revision = revision
        self.createRevision = createRevision
        self.key = key
        self.resource = resource
        self.kind = kind
        self.value = value
        self.previousValue = previousValue
        self.previousRevision = previousRevision
    }
}
