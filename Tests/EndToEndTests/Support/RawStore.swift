import CSQLite

/// The database as bytes lie in it, read past the store: what a thief of the disk sees.
enum RawStore {
    /// The first bytes of every value, as text, by resource such as `deployments.apps`.
    static func heads(_ path: String) throws -> [String: Set<String>] {
        var database: OpaquePointer?
        defer { unsafe sqlite3_close(database) }
        guard unsafe sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, nil) == SQLITE_OK else {
            throw Command.Failure(description: "\(path) cannot be opened")
        }
        var statement: OpaquePointer?
        defer { unsafe sqlite3_finalize(statement) }
        let query = "SELECT resource, hex(substr(envelope, 1, 64)) FROM log WHERE envelope IS NOT NULL"
        guard unsafe sqlite3_prepare_v2(database, query, -1, &statement, nil) == SQLITE_OK else {
            throw Command.Failure(description: "\(path) has no log")
        }
        var heads: [String: Set<String>] = [:]
        while unsafe sqlite3_step(statement) == SQLITE_ROW {
            guard let resource = unsafe sqlite3_column_text(statement, 0), let value = unsafe sqlite3_column_text(statement, 1)
            else { continue }
            heads[unsafe String(cString: resource), default: []].insert(head(unsafe String(cString: value)))
        }
        return heads
    }

    /// `k8s:enc:aescbc:v1:key1:` of an envelope; `{` of an object in the clear.
    private static func head(_ hexadecimal: String) -> String {
        var bytes: [UInt8] = []
        var digits = hexadecimal.utf8.makeIterator()
        while let high = digits.next(), let low = digits.next() {
            bytes.append(UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16) ?? 0)
        }
        // Split as bytes: random ones after a colon may join it to one character.
        guard bytes.starts(with: Array("k8s:enc:".utf8)) else { return String(decoding: bytes.prefix(1), as: UTF8.self) }
        let parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).prefix(5)
        return parts.map { String(decoding: $0, as: UTF8.self) + ":" }.joined()
    }
}
