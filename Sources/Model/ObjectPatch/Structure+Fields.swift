import JSONValue
import KubeModel

extension Structure {
    /// The fields that `value` states: its leaves, and the elements and free keys above them.
    func fields(of value: JSON, _ reference: Reference) throws(StructureError) -> FieldSet {
        try stated(by: value, reference).children
    }

    /// Whether the value itself is a leaf, and the fields below it.
    private func stated(by value: JSON, _ reference: Reference) throws(StructureError) -> (
        isLeaf: Bool, children: FieldSet
    ) {
        switch type(reference).deduced(for: value).form {
        case .scalar:
            return (true, FieldSet())
        case .list(let list):
            if !list.isAssociative { return (true, FieldSet()) }
            guard case .array(let elements) = value else { return (false, FieldSet()) }
            return (false, try fields(of: elements, list))
        case .map(let map):
            if map.isAtomic { return (true, FieldSet()) }
            guard case .object(let object) = value else { return (false, FieldSet()) }
            var entries: [FieldSet.Entry] = []
            entries.reserveCapacity(object.count)
            for (key, member) in object {
                guard let type = map.type(of: key) else { throw Self.noForm.below(.field(key)) }
                let (isLeaf, children) = try stated(by: member, type)
                let isEmpty = member.isNull || member.object?.isEmpty == true
                entries.append(
                    .init(.field(key), isMember: isLeaf || isEmpty || map.fields[key] == nil, children: children))
            }
            return (false, FieldSet(unsorted: entries))
        case .none:
            throw Self.noForm
        }
    }

    private func fields(of elements: [JSON], _ list: MergeType.List) throws(StructureError) -> FieldSet {
        var positions = [PathElement: Int](minimumCapacity: elements.count)
        var duplicates = Set<PathElement>()
        var identities: [PathElement] = []
        var distinct: [JSON] = []
        for element in elements {
            guard let identity = try? identity(of: element, in: list) else { continue }
            if positions[identity] != nil {
                duplicates.insert(identity)
            } else {
                positions[identity] = distinct.count
                identities.append(identity)
                distinct.append(element)
            }
        }
        var entries: [FieldSet.Entry] = []
        entries.reserveCapacity(distinct.count)
        for (identity, element) in zip(identities, distinct) {
            // Elements that cannot be told apart are owned as one, without what is in them.
            let children =
                duplicates.contains(identity) ? FieldSet() : try stated(by: element, list.element).children
            entries.append(.init(identity, isMember: true, children: children))
        }
        return FieldSet(unsorted: entries)
    }

    /// The set with every declared field that has children in it.
    func withDeclaredParents(_ set: FieldSet, _ reference: Reference?) -> FieldSet {
        guard let reference, !set.isEmpty else { return set }
        let type = type(reference)
        return FieldSet(
            unsorted: set.entries.map { entry in
                guard !entry.children.isEmpty else { return entry }
                var entry = entry
                switch entry.element {
                case .field(let name):
                    if type.map?.fields[name] != nil { entry.isMember = true }
                    entry.children = withDeclaredParents(entry.children, type.map?.type(of: name))
                case .key:
                    entry.children = withDeclaredParents(entry.children, type.list?.element)
                case .value, .index:
                    break
                }
                return entry
            })
    }

    /// Brings a set that was written under an older schema up to the present one: what has become one piece is
    /// owned as one piece.
    func reconciled(_ set: FieldSet, _ reference: Reference) -> FieldSet {
        switch type(reference).form {
        case .map(let map):
            if map.fields.isEmpty, case .deduced? = map.element { return set }
            return FieldSet(
                unsorted: set.entries.map { entry in
                    guard case .field(let name) = entry.element, let type = map.type(of: name) else {
                        guard let type = map.element else { return entry }
                        return reconciled(entry, type)
                    }
                    return reconciled(entry, type)
                })
        case .list(let list):
            return FieldSet(unsorted: set.entries.map { reconciled($0, list.element) })
        case .scalar, .none:
            return set
        }
    }

    private func reconciled(_ entry: FieldSet.Entry, _ reference: Reference) -> FieldSet.Entry {
        guard !entry.children.isEmpty else { return entry }
        let isAtomic =
            switch type(reference).form {
            case .map(let map): map.isAtomic
            case .list(let list): !list.isAssociative
            case .scalar, .none: false
            }
        if isAtomic { return .init(entry.element, isMember: true) }
        return .init(entry.element, isMember: entry.isMember, children: reconciled(entry.children, reference))
    }
}
