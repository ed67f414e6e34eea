public import JSONValue

extension FieldSet {
    /// The set as FieldsV1: objects whose keys are path elements; `.` stands for the field itself.
    public var json: JSON { encoded(includesSelf: false) }

    private func encoded(includesSelf: Bool) -> JSON {
        var members: [JSONObject.Member] = []
        members.reserveCapacity(entries.count + 1)
        if includesSelf, !entries.isEmpty { members.append(.init(key: ".", value: [:])) }
        for entry in entries {
            members.append(
                .init(key: entry.element.encoded, value: entry.children.encoded(includesSelf: entry.isMember)))
        }
        return .object(JSONObject(members: members))
    }

    /// Reads FieldsV1. Keys of a kind that is not known are left out; nil when a key is malformed.
    public init?(json: JSON) {
        guard let (set, _) = Self.decode(json) else { return nil }
        self = set
    }

    private static func decode(_ json: JSON) -> (children: FieldSet, isMember: Bool)? {
        guard case .object(let object) = json else { return json.isNull ? (FieldSet(), true) : nil }
        var isMember = false
        var entries: [Entry] = []
        entries.reserveCapacity(object.count)
        for (key, value) in object {
            if key == "." {
                isMember = true
                continue
            }
            switch PathElement.decode(key) {
            case .element(let element):
                guard let (children, childIsMember) = decode(value) else { return nil }
                entries.append(Entry(element, isMember: childIsMember, children: children))
            case .unknown: continue
            case .malformed: return nil
            }
        }
        return (FieldSet(merging: entries), isMember || entries.isEmpty)
    }

    /// Entries in any order, of which two may have the same element in different spellings.
    private init(merging entries: [Entry]) {
        let sorted = entries.sorted { $0.element < $1.element }
        var distinct: [Entry] = []
        for entry in sorted {
            if let last = distinct.last, last.element == entry.element {
                distinct[distinct.count - 1].isMember = last.isMember || entry.isMember
                distinct[distinct.count - 1].children = last.children.union(entry.children)
            } else {
                distinct.append(entry)
            }
        }
        self.init(unsorted: distinct)
    }
}
