public import JSONValue

/// One value of a YAML text, with the place where it is written. Aliases are replaced by what they name.
public struct YAMLNode: Sendable {
    /// A key with its value.
    public struct Member: Sendable {
        /// As a string, whatever its type was.
        public var key: String
        /// Where the key is written; of a merged member, in the mapping it was merged from.
        public var mark: YAMLMark
        /// What the key names.
        public var value: YAMLNode
    }

    /// What the node holds.
    public enum Content: Sendable {
        /// A string, number, boolean or null.
        case scalar(JSON)
        case sequence([YAMLNode])
        /// The members in the order of the text; a key occurs once.
        case mapping([Member])
    }

    /// What the node holds.
    public var content: Content
    /// Where the value begins; of an alias, where the value it names begins.
    public var mark: YAMLMark

    /// The value without the places.
    public var json: JSON {
        switch content {
        case .scalar(let value): value
        case .sequence(let elements): .array(elements.map(\.json))
        case .mapping(let members):
            .object(JSONObject(members: members.map { JSONObject.Member(key: $0.key, value: $0.value.json) }))
        }
    }

    /// The member `key` of a mapping; nil when absent or when this is no mapping.
    public func member(_ key: String) -> Member? {
        if case .mapping(let members) = content { members.first { $0.key == key } } else { nil }
    }
}

/// A way from the root of a document to one of its values.
public struct YAMLPath: Hashable, Sendable, CustomStringConvertible, ExpressibleByArrayLiteral {
    /// One step down.
    public enum Step: Hashable, Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
        case key(String)
        case index(Int)
        /// A key.
        public init(stringLiteral value: String) { self = .key(value) }
        /// An index.
        public init(integerLiteral value: Int) { self = .index(value) }
    }

    /// From the root on; empty for the root itself.
    public var steps: [Step]

    /// The way of these steps.
    public init(_ steps: [Step]) { self.steps = steps }
    /// The way of these steps.
    public init(arrayLiteral elements: Step...) { steps = elements }

    /// The way one step further.
    public func appending(_ step: Step) -> YAMLPath { YAMLPath(steps + [step]) }

    /// As Kubernetes prints a field: `spec.ports[0].name`; a key that is no plain name is bracketed.
    public var description: String {
        var text = ""
        for step in steps {
            switch step {
            case .index(let index): text += "[\(index)]"
            case .key(let key):
                let plain = !key.isEmpty && key.utf8.allSatisfy { $0 != 0x2E && $0 != 0x5B && $0 != 0x5D }
                if !plain { text += "[\(key)]" } else { text += text.isEmpty ? key : "." + key }
            }
        }
        return text
    }
}

/// One document of a YAML stream.
public struct YAMLDocument: Sendable {
    /// A key that one mapping names twice.
    public struct Duplicate: Hashable, Sendable {
        /// The way to the key.
        public var path: YAMLPath
        /// Where the key is named again.
        public var mark: YAMLMark
        /// Where it was named first.
        public var first: YAMLMark

        /// A key at `path`, named at `first` and again at `mark`.
        public init(path: YAMLPath, mark: YAMLMark, first: YAMLMark) {
            self.path = path
            self.mark = mark
            self.first = first
        }
    }

    /// The value of the document.
    public var root: YAMLNode
    /// Keys that one mapping names twice, in the order of the text. The last value is kept.
    public var duplicates: [Duplicate]

    /// The value as JSON; null when the document is empty.
    public var value: JSON { root.json }

    /// Where the value at `path` is written: at its key, or for elements and the root where the value begins. For a
    /// path that is absent, the place of the nearest value above.
    public func mark(of path: YAMLPath) -> YAMLMark {
        var node = root
        var mark = root.mark
        for step in path.steps {
            switch (step, node.content) {
            case (.key(let key), .mapping):
                guard let member = node.member(key) else { return mark }
                mark = member.mark
                node = member.value
            case (.index(let index), .sequence(let elements)):
                guard elements.indices.contains(index) else { return mark }
                node = elements[index]
                mark = node.mark
            case (.key, .scalar), (.key, .sequence), (.index, .scalar), (.index, .mapping): return mark
            }
        }
        return mark
    }
}
