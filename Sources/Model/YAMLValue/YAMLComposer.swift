import JSONValue

/// Builds documents from events.
struct YAMLComposer: ~Copyable {
    /// What an anchor names, and what an alias to it costs.
    private struct Anchored {
        var node: YAMLNode
        var weight: Int
        var height: Int
    }

    /// A node with its cost: weight in bytes, height in levels.
    private struct Built {
        var node: YAMLNode
        var weight: Int
        var height: Int
        /// The text of a plain `<<`, which means a merge when it is a key.
        var isMergeKey = false
        var isCollectionOrNull = false
    }

    private var reader: YAMLEventReader
    private let limits: YAML.Limits
    private var anchors: [String: Anchored] = [:]
    private var open: Set<String> = []
    private var expanded = 0
    private var duplicates: [YAMLDocument.Duplicate] = []
    private var path = YAMLPath([])
    private var ended = false

    init(_ bytes: [UInt8], limits: YAML.Limits) throws(YAMLError) {
        reader = try YAMLEventReader(bytes, limit: limits.bytes)
        self.limits = limits
    }

    /// The next document; nil at the end of the stream.
    mutating func document() throws(YAMLError) -> YAMLDocument? {
        while !ended {
            let (event, _) = try reader.next()
            switch event {
            case .streamEnd: ended = true
            case .documentStart:
                anchors = [:]
                duplicates = []
                let (first, mark) = try reader.next()
                let root = try build(first, mark, depth: 0)
                return YAMLDocument(root: root.node, duplicates: duplicates)
            case .streamStart, .documentEnd, .alias, .scalar, .sequenceStart, .sequenceEnd, .mappingStart,
                .mappingEnd:
                continue
            }
        }
        return nil
    }

    private mutating func build(_ event: YAMLEvent, _ mark: YAMLMark, depth: Int) throws(YAMLError) -> Built {
        guard depth < limits.depth else { throw YAMLError(.tooDeep(limit: limits.depth), mark) }
        switch event {
        case .alias(let name): return try expand(name, mark, depth: depth)
        case .scalar(let scalar, let anchor):
            let value = try scalar.resolved(mark)
            var built = Built(
                node: YAMLNode(content: .scalar(value), mark: mark), weight: 16 + scalar.text.utf8.count, height: 1)
            built.isMergeKey = scalar.text == "<<" && (scalar.isPlain || scalar.tag == YAMLScalar.Tag.merge)
            built.isCollectionOrNull = value.isNull
            remember(built, anchor)
            return built
        case .sequenceStart(let anchor):
            begin(anchor)
            let built = try sequence(mark, depth: depth)
            remember(built, anchor)
            return built
        case .mappingStart(let anchor):
            begin(anchor)
            let built = try mapping(mark, depth: depth)
            remember(built, anchor)
            return built
        case .streamStart, .streamEnd, .documentStart, .documentEnd, .sequenceEnd, .mappingEnd:
            throw YAMLError(.syntax("a value is missing"), mark)  // the parser never sends one of these here
        }
    }

    private mutating func begin(_ anchor: String?) {
        if let anchor { open.insert(anchor) }
    }

    private mutating func remember(_ built: Built, _ anchor: String?) {
        guard let anchor else { return }
        open.remove(anchor)
        anchors[anchor] = Anchored(node: built.node, weight: built.weight, height: built.height)
    }

    private mutating func expand(_ name: String, _ mark: YAMLMark, depth: Int) throws(YAMLError) -> Built {
        if open.contains(name) { throw YAMLError(.recursiveAnchor(name), mark) }
        guard let anchored = anchors[name] else { throw YAMLError(.unknownAnchor(name), mark) }
        expanded += anchored.weight
        guard expanded <= limits.expansion else { throw YAMLError(.expansion(limit: limits.expansion), mark) }
        guard depth + anchored.height <= limits.depth else { throw YAMLError(.tooDeep(limit: limits.depth), mark) }
        var built = Built(node: anchored.node, weight: anchored.weight, height: anchored.height)
        switch anchored.node.content {
        case .scalar(let value): built.isCollectionOrNull = value.isNull
        case .sequence, .mapping: built.isCollectionOrNull = true
        }
        return built
    }

    private mutating func sequence(_ mark: YAMLMark, depth: Int) throws(YAMLError) -> Built {
        var elements: [YAMLNode] = []
        var weight = 16
        var height = 0
        while true {
            let (event, at) = try reader.next()
            if case .sequenceEnd = event { break }
            path.steps.append(.index(elements.count))
            let built = try build(event, at, depth: depth + 1)
            path.steps.removeLast()
            elements.append(built.node)
            weight += built.weight
            height = max(height, built.height)
        }
        var built = Built(
            node: YAMLNode(content: .sequence(elements), mark: mark), weight: weight, height: height + 1)
        built.isCollectionOrNull = true
        return built
    }

    private mutating func mapping(_ mark: YAMLMark, depth: Int) throws(YAMLError) -> Built {
        var members: [YAMLNode.Member] = []
        var positions: [JSONKey: Int] = [:]
        var merged: [YAMLNode.Member] = []
        var weight = 16
        var height = 0
        while true {
            let (event, at) = try reader.next()
            if case .mappingEnd = event { break }
            let key = try build(event, at, depth: depth + 1)
            weight += key.weight
            let isMerge = key.isMergeKey
            let name = isMerge ? "<<" : try keyText(key, at)
            let (valueEvent, valueAt) = try reader.next()
            path.steps.append(.key(name))
            let value = try build(valueEvent, valueAt, depth: depth + 1)
            if !isMerge, let first = positions[JSONKey(name)] {
                duplicates.append(.init(path: path, mark: at, first: members[first].mark))
            }
            path.steps.removeLast()
            weight += value.weight
            height = max(height, value.height)
            if isMerge {
                merged += try membersToMerge(value.node, valueAt)
            } else if let first = positions[JSONKey(name)] {
                members[first].value = value.node
            } else {
                positions[JSONKey(name)] = members.count
                members.append(YAMLNode.Member(key: name, mark: at, value: value.node))
            }
        }
        // What the mapping says itself wins, wherever the merge key stands; then the earlier merged mapping.
        for member in merged where positions[JSONKey(member.key)] == nil {
            positions[JSONKey(member.key)] = members.count
            members.append(member)
        }
        var built = Built(node: YAMLNode(content: .mapping(members), mark: mark), weight: weight, height: height + 1)
        built.isCollectionOrNull = true
        return built
    }

    private func membersToMerge(_ node: YAMLNode, _ mark: YAMLMark) throws(YAMLError) -> [YAMLNode.Member] {
        switch node.content {
        case .mapping(let members): return members
        case .sequence(let elements):
            var all: [YAMLNode.Member] = []
            for element in elements {
                guard case .mapping(let members) = element.content else { throw YAMLError(.mergeOfNoMapping, mark) }
                all += members
            }
            return all
        case .scalar: throw YAMLError(.mergeOfNoMapping, mark)
        }
    }

    private func keyText(_ key: Built, _ mark: YAMLMark) throws(YAMLError) -> String {
        guard !key.isCollectionOrNull, case .scalar(let value) = key.node.content else {
            throw YAMLError(.unusableKey, mark)
        }
        switch value {
        case .string(let text): return text
        case .int(let number): return String(number)
        case .bool(let flag): return flag ? "true" : "false"
        case .double(let number): return YAMLNumber.keyText(number)
        case .null, .array, .object: throw YAMLError(.unusableKey, mark)
        }
    }
}
