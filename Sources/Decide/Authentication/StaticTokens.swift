import Crypto
public import PolicyModel

/// Why a token file cannot be used. No token of it is accepted.
public struct TokenFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public enum Cause: Hashable, Sendable {
        case notUTF8
        case tooFewColumns(Int)
        case strayQuote
        case unterminatedQuote
        case emptyUserName
        case duplicateToken(firstLine: Int)
    }
    /// Counted from 1; the line on which the record starts.
    public var line: Int
    /// What is wrong there.
    public var cause: Cause

    /// A fault in the token file, in the line with that number, from 1.
    public init(line: Int, cause: Cause) {
        self.line = line
        self.cause = cause
    }

    /// Names the line and what is wrong there, never what it holds.
    public var description: String {
        switch cause {
        case .notUTF8: "token file is not UTF-8 text"
        case .tooFewColumns(let found):
            "token file line \(line): must have at least 3 columns (token, user name, user uid), found \(found)"
        case .strayQuote: "token file line \(line): a quote must begin and end a column; write a quote inside as two"
        case .unterminatedQuote: "token file line \(line): the quote is not closed"
        case .emptyUserName: "token file line \(line): the user name is empty"
        case .duplicateToken(let first): "token file line \(line): the token is that of line \(first)"
        }
    }
}

/// The tokens of a file (`--token-auth-file`): `token,user,uid,"group1,group2"` on each line.
///
/// Holds hashes of the tokens, not the tokens, and compares them in constant time.
public struct StaticTokens: Sendable {
    private struct Entry: Sendable {
        var digest: SHA256Digest
        var user: UserInfo
        var line: Int
    }
    /// By the first bytes of the digest, which says nothing of use about the token.
    private var entries: [[UInt8]: [Entry]] = [:]
    /// The lines whose token is empty; they were passed over.
    public private(set) var emptyTokenLines: [Int] = []

    /// The longest token that is looked at.
    public static let maximumLength = BearerToken.maximumLength

    /// No tokens: every one is unknown.
    public init() {}

    /// Reads a token file.
    public init(csv bytes: [UInt8]) throws(TokenFileError) {
        for record in try CSVReader.records(bytes) {
            guard record.fields.count >= 3 else {
                throw TokenFileError(line: record.line, cause: .tooFewColumns(record.fields.count))
            }
            let (token, name) = (record.fields[0], record.fields[1])
            if token.isEmpty {
                emptyTokenLines.append(record.line)
                continue
            }
            if name.isEmpty { throw TokenFileError(line: record.line, cause: .emptyUserName) }
            var user = UserInfo(name: name, uid: record.fields[2])
            if record.fields.count > 3, !record.fields[3].isEmpty {
                user.groups = record.fields[3].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            }
            let digest = SHA256.hash(data: Array(token.utf8))
            if let first = find(digest) {
                throw TokenFileError(line: record.line, cause: .duplicateToken(firstLine: first.line))
            }
            entries[Self.bucket(digest), default: []].append(Entry(digest: digest, user: user, line: record.line))
        }
    }

    /// The number of tokens.
    public var count: Int { entries.values.reduce(0) { $0 + $1.count } }

    /// The user of a token; nil when it is none of these.
    public func user(of token: String) -> UserInfo? {
        guard !token.isEmpty, token.utf8.count <= Self.maximumLength else { return nil }
        return find(SHA256.hash(data: Array(token.utf8)))?.user.withAuthenticatedGroup
    }

    private func find(_ digest: SHA256Digest) -> Entry? {
        // Equality of digests takes constant time.
        (entries[Self.bucket(digest)] ?? []).first { $0.digest == digest }
    }

    private static func bucket(_ digest: SHA256Digest) -> [UInt8] { Array(digest.prefix(4)) }
}
