/// One state of the whole store: each commit makes the next. Kubernetes clients see it as `resourceVersion`.
package struct Revision: RawRepresentable, Hashable, Sendable, Comparable, CustomStringConvertible {
    package var rawValue: Int64

    package init(rawValue: Int64) { self.rawValue = rawValue }
    package init(_ value: Int64) { rawValue = value }

    /// The state of an empty store; the first commit makes the one after it.
    package static let initial = Revision(1)

    package var next: Revision { Revision(rawValue + 1) }

    package static func < (left: Revision, right: Revision) -> Bool { left.rawValue < right.rawValue }

    package var description: String { String(rawValue) }
}
