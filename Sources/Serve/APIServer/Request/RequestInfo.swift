import KubeModel
import ObjectValidation
package import PolicyModel

/// What a request asks for, read from its method and path alone.
///
/// Source: Kubernetes API concepts, "Resource URIs"; apiserver `RequestInfo`.
package struct RequestInfo: Hashable, Sendable {
    /// Whether the path names an API resource.
    package var isResource = false
    package var path: String
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`; the lower-case method of
    /// a non-resource request.
    package var verb: String
    package var group = ""
    package var version = ""
    package var namespace = ""
    package var resource = ""
    package var subresource = ""
    package var name = ""
    /// Path segments beyond the subresource, as proxies use them.
    package var rest: [String] = []
    /// What a list, watch or deletion of a collection is limited to.
    package var fieldSelector: [AccessAttributes.FieldRequirement] = []

    /// - Parameters:
    ///   - method: the HTTP method.
    ///   - path: the decoded path without the query.
    ///   - query: the parameters; `watch`, `fieldSelector` and the like decide the verb.
    package init(method: String, path: String, query: QueryParameters) {
        self.path = path
        verb = method.lowercased()
        let segments = path.split(separator: "/").map(String.init)
        var parts: ArraySlice<String>
        switch segments.first {
        case "api" where segments.count >= 3:
            version = segments[1]
            parts = segments[2...]
        case "apis" where segments.count >= 4:
            group = segments[1]
            version = segments[2]
            parts = segments[3...]
        default: return
        }
        isResource = true
        switch method {
        case "POST": verb = "create"
        case "GET", "HEAD": verb = "get"
        case "PUT": verb = "update"
        case "PATCH": verb = "patch"
        case "DELETE": verb = "delete"
        default: verb = ""
        }
        // The legacy form /watch/...
        if parts.first == "watch", parts.count > 1 {
            verb = "watch"
            parts = parts.dropFirst()
        }
        if parts.first == "namespaces" {
            let rest = Array(parts.dropFirst())
            if let first = rest.first {
                namespace = first
                // What follows a namespace is a resource in it, save the namespace's own subresources.
                if rest.count > 1, rest[1] != "status", rest[1] != "finalize" { parts = rest[1...] }
            }
        }
        let fields = Array(parts)
        if !fields.isEmpty { resource = fields[0] }
        if fields.count > 1 { name = fields[1] }
        if fields.count > 2 { subresource = fields[2] }
        if fields.count > 3 { rest = Array(fields[3...]) }
        if name.isEmpty {
            if verb == "get" { verb = "list" }
            if verb == "delete" { verb = "deletecollection" }
            if verb == "list" || verb == "watch" {
                if query.isTrue("watch") { verb = "watch" }
                // A selector for one name is authorized like that name.
                if let selected = query["fieldSelector"].flatMap(Self.selectedName) { name = selected }
            }
        } else if verb == "get", query.isTrue("watch") {
            verb = "watch"
        }
        if ["list", "watch", "deletecollection"].contains(verb), let selector = query["fieldSelector"] {
            fieldSelector = Self.requirements(selector)
        }
    }

    /// The requirements of a field selector; none when it cannot be read, so that it limits nothing.
    private static func requirements(_ selector: String) -> [AccessAttributes.FieldRequirement] {
        var found: [AccessAttributes.FieldRequirement] = []
        for part in selector.split(separator: ",") {
            guard let sign = part.firstIndex(where: { $0 == "=" || $0 == "!" }) else { return [] }
            let isEqual = part[sign] == "="
            let value = part[sign...].drop { $0 == "=" || $0 == "!" }
            found.append(.init(field: String(part[..<sign]), equals: isEqual, value: String(value)))
        }
        return found
    }

    /// The name in a field selector `metadata.name=x`; nil when it selects otherwise.
    ///
    /// Read by the parser that the list itself goes by: what is authorized is what is selected.
    private static func selectedName(_ selector: String) -> String? {
        guard selector.contains("metadata.name"), let parsed = try? ObjectValidation.parseFieldSelector(selector) else { return nil }
        guard let value = parsed.exactName else { return nil }
        return value.isEmpty || value.contains("/") || value.contains("%") || value == "." || value == ".." ? nil : value
    }
}

/// The query of a request: decoded names and values, in order, repetitions kept.
package struct QueryParameters: Hashable, Sendable {
    package var items: [(name: String, value: String)] = []

    package init() {}

    /// Parses `a=1&b=2`; parts that are not valid percent-encoding are left as they stand.
    package init(_ text: Substring) {
        for part in text.split(separator: "&") where items.count < 256 {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            items.append((Self.decoded(pair[0], plusIsSpace: true), pair.count > 1 ? Self.decoded(pair[1], plusIsSpace: true) : ""))
        }
    }

    /// The first value of a parameter.
    package subscript(_ name: String) -> String? { items.first { $0.name == name }?.value }

    /// All values of a parameter.
    package func all(_ name: String) -> [String] { items.filter { $0.name == name }.map(\.value) }

    /// Whether a parameter is given as true, as Go's `ParseBool` and an empty value have it.
    package func isTrue(_ name: String) -> Bool {
        guard let value = self[name] else { return false }
        return ["1", "true", "True", "TRUE", "t", "T"].contains(value)
    }

    package static func == (left: QueryParameters, right: QueryParameters) -> Bool {
        left.items.elementsEqual(right.items) { $0 == $1 }
    }
    package func hash(into hasher: inout Hasher) {
        for item in items {
            hasher.combine(item.name)
            hasher.combine(item.value)
        }
    }

    /// Percent-decoding (RFC 3986); malformed escapes stay as they are.
    package static func decoded(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String {
        let bytes = Array(text.utf8)
        guard bytes.contains(0x25) || (plusIsSpace && bytes.contains(0x2B)) else { return String(text) }
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        func hex(_ byte: UInt8) -> UInt8? {
            switch byte {
            case 0x30...0x39: byte - 0x30
            case 0x41...0x46: byte - 0x37
            case 0x61...0x66: byte - 0x57
            default: nil
            }
        }
        var at = 0
        while at < bytes.count {
            if bytes[at] == 0x25, at + 2 < bytes.count, let high = hex(bytes[at + 1]), let low = hex(bytes[at + 2]) {
                out.append(high << 4 | low)
                at += 3
            } else {
                out.append(plusIsSpace && bytes[at] == 0x2B ? 0x20 : bytes[at])
                at += 1
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
