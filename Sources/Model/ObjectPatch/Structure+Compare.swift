import JSONValue
import KubeModel

/// What differs between two values. No field is in more than one of the sets.
struct Comparison {
    var added = FieldSet()
    var modified = FieldSet()
    var removed = FieldSet()

    /// The comparison without the fields that `filter` leaves out.
    func filtered(_ filter: FieldFilter?) -> Comparison {
        guard let filter else { return self }
        return Comparison(
            added: filter.apply(to: added), modified: filter.apply(to: modified), removed: filter.apply(to: removed))
    }
}

extension Structure {
    /// What has to change in `old` to get `new`.
    func compare(_ old: JSON, _ new: JSON, _ reference: Reference) throws(StructureError) -> Comparison {
        let change = try change(from: old, to: new, reference)
        return Comparison(added: change.addedBelow, modified: change.modifiedBelow, removed: change.removedBelow)
    }

    /// What differs at one field, and below it.
    private struct Change {
        var isAdded = false
        var isModified = false
        var isRemoved = false
        var addedBelow = FieldSet()
        var modifiedBelow = FieldSet()
        var removedBelow = FieldSet()
    }

    /// The changes of the children of one value.
    private struct Children {
        var added: [FieldSet.Entry] = []
        var modified: [FieldSet.Entry] = []
        var removed: [FieldSet.Entry] = []

        mutating func append(_ element: PathElement, _ change: Change) {
            if change.isAdded || !change.addedBelow.isEmpty {
                added.append(.init(element, isMember: change.isAdded, children: change.addedBelow))
            }
            if change.isModified || !change.modifiedBelow.isEmpty {
                modified.append(.init(element, isMember: change.isModified, children: change.modifiedBelow))
            }
            if change.isRemoved || !change.removedBelow.isEmpty {
                removed.append(.init(element, isMember: change.isRemoved, children: change.removedBelow))
            }
        }

        func write(to change: inout Change) {
            change.addedBelow = change.addedBelow.union(FieldSet(unsorted: added))
            change.modifiedBelow = change.modifiedBelow.union(FieldSet(unsorted: modified))
            change.removedBelow = change.removedBelow.union(FieldSet(unsorted: removed))
        }
    }

    private func change(from old: JSON?, to new: JSON?, _ reference: Reference) throws(StructureError) -> Change {
        let type = type(reference)
        let oldType = type.deduced(for: old)
        let newType = type.deduced(for: new)
        var change = Change()
        var isLeaf = false
        if new == nil {
            isLeaf = try walk(old, new, oldType, into: &change)
        } else {
            if old != nil, oldType.forms != newType.forms { _ = try walk(old, new, oldType, into: &change) }
            isLeaf = try walk(old, new, newType, into: &change)
        }
        if !isLeaf {
            if old == nil { change.isAdded = true } else if new == nil { change.isRemoved = true }
        }
        return change
    }

    /// Compares two values in one form. Answers whether they were compared as one piece.
    private func walk(_ old: JSON?, _ new: JSON?, _ type: MergeType, into change: inout Change) throws(StructureError)
        -> Bool
    {
        var isLeaf = false
        switch type.form {
        case .scalar:
            isLeaf = true
        case .list(let list):
            let before = old?.array ?? []
            let after = new?.array ?? []
            isLeaf = !list.isAssociative || (before.isEmpty && after.isEmpty)
            if !isLeaf { try walk(before, after, list, into: &change) }
        case .map(let map):
            let before = old?.object ?? [:]
            let after = new?.object ?? [:]
            isLeaf = map.isAtomic || (before.isEmpty && after.isEmpty)
            if !isLeaf { try walk(before, after, map, into: &change) }
        case .none:
            throw Self.noForm
        }
        if isLeaf {
            switch (old, new) {
            case (nil, _): change.isAdded = true
            case (_, nil): change.isRemoved = true
            case (let old?, let new?): if !Self.isSame(old, new) { change.isModified = true }
            }
        }
        return isLeaf
    }

    private func walk(
        _ old: JSONObject, _ new: JSONObject, _ map: MergeType.Map, into change: inout Change
    ) throws(StructureError) {
        var children = Children()
        for (key, value) in old {
            try compareMember(key, value, new[key], map, into: &children)
        }
        for (key, value) in new where old[key] == nil {
            try compareMember(key, nil, value, map, into: &children)
        }
        children.write(to: &change)
    }

    private func compareMember(
        _ key: String, _ old: JSON?, _ new: JSON?, _ map: MergeType.Map, into children: inout Children
    ) throws(StructureError) {
        guard let type = map.type(of: key) else { throw Self.noForm.below(.field(key)) }
        do throws(StructureError) {
            children.append(.field(key), try change(from: old, to: new, type))
        } catch {
            throw error.below(.field(key))
        }
    }

    private func walk(_ old: [JSON], _ new: [JSON], _ list: MergeType.List, into change: inout Change)
        throws(StructureError)
    {
        let before = try grouped(old, list)
        let after = try grouped(new, list)
        var children = Children()
        for identity in before.order {
            try compareElements(
                identity, before.elements[identity] ?? [], after.elements[identity] ?? [], list, into: &children)
        }
        for identity in after.order where before.elements[identity] == nil {
            try compareElements(identity, [], after.elements[identity] ?? [], list, into: &children)
        }
        children.write(to: &change)
    }

    /// The elements by what identifies them, in the order of the first of each.
    private func grouped(
        _ elements: [JSON], _ list: MergeType.List
    ) throws(StructureError) -> (elements: [PathElement: [JSON]], order: [PathElement]) {
        var groups = [PathElement: [JSON]](minimumCapacity: elements.count)
        var order: [PathElement] = []
        order.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            let identity: PathElement
            do throws(StructureError) {
                identity = try self.identity(of: element, in: list)
            } catch {
                throw StructureError("element \(index): \(error)")
            }
            if groups[identity] == nil { order.append(identity) }
            groups[identity, default: []].append(element)
        }
        return (groups, order)
    }

    private func compareElements(
        _ identity: PathElement, _ old: [JSON], _ new: [JSON], _ list: MergeType.List, into children: inout Children
    ) throws(StructureError) {
        do throws(StructureError) {
            switch (old.count, new.count) {
            case (0...1, 0...1):
                children.append(identity, try change(from: old.first, to: new.first, list.element))
            case (2..., 2...):
                // Elements that cannot be told apart count as one piece.
                if !Self.isSame(.array(old), .array(new)) { children.append(identity, Change(isModified: true)) }
            case (2..., _):
                var change = new.isEmpty ? Change() : try change(from: nil, to: new[0], list.element)
                change.isRemoved = true
                children.append(identity, change)
            default:
                var change = old.isEmpty ? Change() : try change(from: old[0], to: nil, list.element)
                change.isAdded = true
                children.append(identity, change)
            }
        } catch {
            throw error.below(identity)
        }
    }
}
