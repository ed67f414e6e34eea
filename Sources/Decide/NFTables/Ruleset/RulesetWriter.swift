import NetworkPolicy

/// Writes commands as libnftables reads them. Names are made by the compiler, and comments are cleaned here, so that no
/// text of an object can end a string.
struct RulesetWriter {
    /// Family and name.
    let table: String

    /// How many elements stand in one command.
    private static let elementsPerCommand = 4096

    func declare(_ name: String, _ set: NamedSet) -> String {
        var text = "add set \(table) \(name) { type \(set.types.map(\.rawValue).joined(separator: " . "));"
        if set.isInterval { text += " flags interval;" }
        if let timeout = set.timeout { text += " flags dynamic, timeout; timeout \(timeout)s; size 65535;" }
        if !set.comment.isEmpty { text += " comment \(Self.quoted(set.comment));" }
        return text + " }"
    }

    func declare(_ name: String, _ map: VerdictMap) -> String {
        "add map \(table) \(name) { type \(map.types.map(\.rawValue).joined(separator: " . ")) : verdict; }"
    }

    func declare(_ name: String, _ chain: Chain) -> String {
        if let hook = chain.hook {
            let policy = hook.accepts ? "accept" : "drop"
            return "add chain \(table) \(name) { type \(hook.kind.rawValue) hook \(hook.place.rawValue) "
                + "priority \(hook.priority); policy \(policy); }"
        }
        let comment = chain.comment.isEmpty ? "" : " { comment \(Self.quoted(chain.comment)); }"
        return "add chain \(table) \(name)\(comment)"
    }

    func fill(_ name: String, _ elements: Set<[FieldValue]>) -> [String] { list("add", name, elements.map(Self.text)) }

    func fill(_ name: String, _ elements: [[FieldValue]: String]) -> [String] {
        list("add", name, elements.map { "\(Self.text($0.key)) : goto \($0.value)" })
    }

    func remove(_ name: String, _ elements: Set<[FieldValue]>) -> [String] {
        list("delete", name, elements.map(Self.text))
    }

    private func list(_ verb: String, _ name: String, _ elements: [String]) -> [String] {
        let sorted = elements.sorted()
        return stride(from: 0, to: sorted.count, by: Self.elementsPerCommand).map { start in
            let part = sorted[start..<min(start + Self.elementsPerCommand, sorted.count)]
            return "\(verb) element \(table) \(name) { \(part.joined(separator: ", ")) }"
        }
    }

    func rule(_ rule: Rule, in chain: String) -> String {
        let parts = rule.conditions.map(Self.text) + rule.statements.map(Self.text)
        return "add rule \(table) \(chain) \(parts.joined(separator: " "))"
    }

    private static func text(_ element: [FieldValue]) -> String { element.map(\.text).joined(separator: " . ") }
    private static func text(_ fields: [PacketField]) -> String { fields.map(\.text).joined(separator: " . ") }

    private static func text(_ condition: Condition) -> String {
        switch condition {
        case .among(.family, let values): "meta nfproto \(values == [.number(4)] ? "ipv4" : "ipv6")"
        case .notAmong(.family, let values): "meta nfproto \(values == [.number(4)] ? "ipv6" : "ipv4")"
        case .among(let field, let values): "\(field.text) \(choice(values))"
        case .notAmong(let field, let values): "\(field.text) != \(choice(values))"
        case .isIn(let fields, let set): "\(text(fields)) @\(set)"
        case .isNotIn(let fields, let set): "\(text(fields)) != @\(set)"
        case .isEstablished: "ct state { established, related }"
        case .isInvalid: "ct state invalid"
        case .continuesUnknownConnection: "ct state new meta l4proto 6 tcp flags & (fin | syn | rst | ack) != syn"
        case .oneIn(let count): "numgen random mod \(count) 0"
        case .isMarked(let bit): "meta mark & \(bit.rawValue) == \(bit.rawValue)"
        }
    }

    private static func choice(_ values: [FieldValue]) -> String {
        values.count == 1 ? values[0].text : "{ \(values.map(\.text).joined(separator: ", ")) }"
    }

    private static func text(_ statement: Statement) -> String {
        switch statement {
        case .log(let number):
            "log prefix \"\(Ruleset.logPrefix)\(number) \" group \(Ruleset.logGroup) snaplen 96"
        case .mark(let bit): "meta mark set meta mark | \(bit.rawValue)"
        case .unmark(let bit): "meta mark set meta mark & \(~bit.rawValue)"
        case .dispatch(let fields, let map): "\(text(fields)) vmap @\(map)"
        case .accept: "accept"
        case .drop: "drop"
        case .return: "return"
        case .reject: "reject"
        case .jump(let chain): "jump \(chain)"
        case .goto(let chain): "goto \(chain)"
        case .remember(let family, let set): "update @\(set) { \(PacketField.source(family).text) }"
        case .masquerade: "masquerade"
        case .toBackend(let family, let backends): destination(family, backends)
        }
    }

    private static func destination(_ family: IPAddress.Family, _ backends: [Statement.Backend]) -> String {
        let word = family == .v4 ? "ip" : "ip6"
        if backends.count == 1 {
            let address = family == .v4 ? "\(backends[0].address)" : "[\(backends[0].address)]"
            return "dnat \(word) to \(address):\(backends[0].port)"
        }
        let choices = backends.enumerated().map { "\($0) : \($1.address) . \($1.port)" }.joined(separator: ", ")
        return "dnat \(word) to numgen random mod \(backends.count) map { \(choices) }"
    }

    /// The kernel takes comments of 127 bytes; only what an object's name may hold is written.
    static func quoted(_ text: String) -> String {
        let clean = text.utf8.prefix(120).map { byte -> UInt8 in
            let isPlain = (0x20...0x7E).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
            return isPlain ? byte : UInt8(ascii: "'")
        }
        return "\"\(String(decoding: clean, as: UTF8.self))\""
    }
}
