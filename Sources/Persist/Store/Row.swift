import EncryptionAtRest
import KubeModel

/// One row of the log.
struct Row {
    static let columns = "id, key, resource, create_revision, deleted, written_at, envelope"
    static let select = "SELECT \(columns) FROM log"

    var id: Int64
    var key: String
    var resource: GroupResource
    var createRevision: Revision
    var isDeleted: Bool
    var writtenAt: Int64
    var envelope: [UInt8]

    var revision: Revision { Schema.revision(of: id) }

    /// The row that a statement over ``columns`` stands on.
    init(_ statement: Statement) {
        id = statement.integer(0)
        key = statement.text(1)
        resource = Schema.resource(statement.text(2))
        createRevision = Revision(statement.integer(3))
        isDeleted = statement.integer(4) != 0
        writtenAt = statement.integer(5)
        envelope = statement.blob(6)
    }

    func opened(_ transformer: ValueTransformer) throws(EncryptionError) -> OpenedValue {
        try transformer.open(envelope, resource: resource, key: key)
    }
}
