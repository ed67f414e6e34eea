import JSONValue
import KubeModel
import ObjectValidation
import PolicyModel
import Store

/// The options of a list or watch, read and checked.
///
/// Source: Kubernetes API concepts, "Resource versions"; KEP-365 (paging), KEP-3157 (sendInitialEvents).
struct ListOptions: Sendable {
    enum VersionMatch: Sendable { case unset, exact, notOlderThan }

    var labels = LabelSelector()
    var fields = FieldSelector()
    /// As given; nil when absent.
    var resourceVersion: Revision?
    var versionMatch = VersionMatch.unset
    var limit = 0
    var continueToken: ContinueToken?
    var isWatch = false
    var allowBookmarks = false
    var sendInitialEvents: Bool?
    /// Seconds; nil when absent.
    var timeoutSeconds: Int64?

    /// Reads the options of a request for `resource`.
    ///
    /// - Throws: ``StatusError`` with the code and words of the API.
    init(_ request: APIRequest, resource: ServedResource, isWatch: Bool) throws(StatusError) {
        self.isWatch = isWatch
        let query = request.query
        if let text = query["labelSelector"], !text.isEmpty {
            do { labels = try ObjectValidation.parseLabelSelector(text) } catch { throw .badRequest(error.message) }
        }
        if let text = query["fieldSelector"], !text.isEmpty {
            do { fields = try ObjectValidation.parseFieldSelector(text) } catch { throw .badRequest(error.message) }
            for requirement in fields.requirements where !resource.facts.fieldSelectors.contains(requirement.key) {
                throw .badRequest(Self.replace("<key>", in: resource.facts.fieldSelectorError, by: requirement.key))
            }
        }
        // A name in the path is what was authorized: nothing else may be selected.
        let name = request.info.name
        if !name.isEmpty {
            if fields.requirements.isEmpty {
                fields = FieldSelector([.init(key: "metadata.name", value: name, isEqual: true)])
            } else if fields.exactName?.isExactly(name) != true {
                throw .badRequest("fieldSelector metadata.name doesn't match requested name")
            }
        }
        if let text = query["limit"], !text.isEmpty {
            guard let value = Int(text) else { throw .badRequest("strconv.ParseInt: parsing \(goQuoted(text)): invalid syntax") }
            limit = max(0, value)
        }
        if let text = query["timeoutSeconds"], !text.isEmpty {
            guard let value = Int64(text) else { throw .badRequest("strconv.ParseInt: parsing \(goQuoted(text)): invalid syntax") }
            timeoutSeconds = value
        }
        allowBookmarks = query.isTrue("allowWatchBookmarks")
        sendInitialEvents = query["sendInitialEvents"].map { _ in query.isTrue("sendInitialEvents") }
        let versionText = query["resourceVersion"] ?? ""
        let continueText = query["continue"] ?? ""
        try Self.check(query: query, version: versionText, token: continueText, isWatch: isWatch)
        switch query["resourceVersionMatch"] {
        case "Exact": versionMatch = .exact
        case "NotOlderThan": versionMatch = .notOlderThan
        default: break
        }
        if !continueText.isEmpty, !isWatch {
            continueToken = try ContinueToken(continueText)
            if !versionText.isEmpty, versionText != "0" {
                throw .badRequest("specifying resource version is not allowed when using continue")
            }
        }
        if !versionText.isEmpty {
            guard let value = UInt64(versionText), let revision = Int64(exactly: value) else {
                if isWatch { throw StatusError(code: 500, reason: "", message: Self.unreadable(versionText)) }
                throw .badRequest("invalid resource version: \(Self.unreadable(versionText))")
            }
            resourceVersion = Revision(rawValue: revision)
        }
    }

    /// The words for a resource version that is no number.
    static func unreadable(_ version: String) -> String {
        "resourceVersion: Invalid value: \(goQuoted(version)): strconv.ParseUint: parsing \(goQuoted(version)): invalid syntax"
    }

    private static func replace(_ mark: String, in text: String, by value: String) -> String {
        guard let at = text.firstRange(of: mark) else { return text }
        return text[..<at.lowerBound] + value + replace(mark, in: String(text[at.upperBound...]), by: value)
    }

    /// The combinations that are refused with 422.
    private static func check(query: QueryParameters, version: String, token: String, isWatch: Bool) throws(StatusError) {
        let match = query["resourceVersionMatch"] ?? ""
        let initial = query["sendInitialEvents"]
        var errors: [FieldError] = []
        if isWatch {
            if initial != nil {
                if match != "NotOlderThan" {
                    errors.append(.forbidden("resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"))
                }
                if !match.isEmpty, match != "NotOlderThan" {
                    errors.append(.notSupported("resourceVersionMatch", .string(match), ["NotOlderThan"]))
                }
            } else if !match.isEmpty {
                errors.append(.forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"))
            }
            if !token.isEmpty { errors.append(.forbidden("continue", "continue is forbidden for watch")) }
        } else {
            if initial != nil { errors.append(.forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list")) }
            if !match.isEmpty {
                if version.isEmpty {
                    errors.append(.forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided"))
                }
                if !token.isEmpty {
                    errors.append(.forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided"))
                }
                if match != "Exact", match != "NotOlderThan" {
                    errors.append(.notSupported("resourceVersionMatch", .string(match), ["Exact", "NotOlderThan", ""]))
                }
                if match == "Exact", version == "0" {
                    errors.append(.forbidden("resourceVersionMatch", "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""))
                }
            }
        }
        if !errors.isEmpty { throw .invalid("ListOptions", group: "meta.k8s.io", name: "", errors) }
    }
}

/// Where a page of a list ended: the revision of the list and the key after which it goes on.
struct ContinueToken: Hashable, Sendable {
    var revision: Revision
    /// The rest of the key after the collection's prefix, `namespace/name`.
    var start: String

    init(revision: Revision, start: String) {
        self.revision = revision
        self.start = start
    }

    /// Reads a token that a client gives back.
    init(_ text: String) throws(StatusError) {
        func refuse(_ why: String) -> StatusError { .badRequest("invalid continue token: continue key is not valid: \(why)") }
        let bytes: [UInt8]
        switch Base64URL.decode(text) {
        case .success(let decoded): bytes = decoded
        case .failure(let error): throw refuse("illegal base64 data at input byte \(error.offset)")
        }
        guard let value = try? JSON.parse(bytes) else {
            let first = bytes.first.map { String(Character(Unicode.Scalar($0))) } ?? ""
            throw refuse("invalid character '\(first)' looking for beginning of value")
        }
        let version = value["v"]?.string ?? ""
        guard version == "meta.k8s.io/v1" else { throw refuse("server does not recognize this encoded version \(version)") }
        guard let number = value["rv"]?.int, number != 0 else { throw refuse("incorrect encoded start resourceVersion (version meta.k8s.io/v1)") }
        guard let start = value["start"]?.string, !start.isEmpty else { throw refuse("encoded start key empty (version meta.k8s.io/v1)") }
        guard !start.split(separator: "/", omittingEmptySubsequences: false).contains("..") else {
            throw refuse(start)
        }
        self.init(revision: Revision(rawValue: number), start: start)
    }

    var text: String {
        let value: JSON = ["v": "meta.k8s.io/v1", "rv": .int(revision.rawValue), "start": .string(start)]
        return Base64URL.encode(value.bytes)
    }
}

/// Base64 for URLs without padding (RFC 4648 section 5).
enum Base64URL {
    /// The first byte that is not of the alphabet, or the length of a text that ends amid a group.
    struct Fault: Error { var offset: Int }

    static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var out: [UInt8] = []
        var at = 0
        while at < bytes.count {
            let rest = bytes.count - at
            let word = UInt32(bytes[at]) << 16 | (rest > 1 ? UInt32(bytes[at + 1]) << 8 : 0) | (rest > 2 ? UInt32(bytes[at + 2]) : 0)
            for position in 0..<min(4, rest + 1) { out.append(alphabet[Int(word >> UInt32(18 - 6 * position)) & 63]) }
            at += 3
        }
        return String(decoding: out, as: UTF8.self)
    }

    static func decode(_ text: String) -> Result<[UInt8], Fault> {
        let bytes = Array(text.utf8)
        var out: [UInt8] = []
        var word: UInt32 = 0
        var bits: UInt32 = 0
        for (at, byte) in bytes.enumerated() {
            let value: UInt32
            switch byte {
            case 0x41...0x5A: value = UInt32(byte - 0x41)
            case 0x61...0x7A: value = UInt32(byte - 0x61) + 26
            case 0x30...0x39: value = UInt32(byte - 0x30) + 52
            case 0x2D: value = 62
            case 0x5F: value = 63
            default: return .failure(Fault(offset: at))
            }
            word = word << 6 | value
            bits += 6
            if bits >= 8 {
                bits -= 8
                out.append(UInt8(truncatingIfNeeded: word >> bits))
            }
        }
        return bytes.count % 4 == 1 ? .failure(Fault(offset: bytes.count - 1)) : .success(out)
    }
}
