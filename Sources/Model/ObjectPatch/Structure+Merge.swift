import JSONValue
import KubeModel

extension Structure {
    /// `present` with everything that `config` states. Nothing is removed; where both state a leaf, `config` wins.
    ///
    /// Elements of lists stand as in `config` where it names them, the others among them where they were.
    func merge(_ present: JSON, _ config: JSON, _ reference: Reference) throws(StructureError) -> JSON {
        let type = type(reference).deduced(for: config)
        switch type.form {
        case .scalar:
            return config
        case .list(let list):
            let before = present.array ?? []
            let after = config.array ?? []
            if !list.isAssociative || (before.isEmpty && after.isEmpty) { return config }
            return .array(try merge(before, after, list))
        case .map(let map):
            let before = present.object ?? [:]
            let after = config.object ?? [:]
            if map.isAtomic || (before.isEmpty && after.isEmpty) { return config }
            var result = before
            for (key, value) in after {
                guard let old = before[key] else {
                    result[key] = value
                    continue
                }
                guard let type = map.type(of: key) else { throw Self.noForm.below(.field(key)) }
                do throws(StructureError) {
                    result[key] = try merge(old, value, type)
                } catch {
                    throw error.below(.field(key))
                }
            }
            return .object(result)
        case .none:
            throw Self.noForm
        }
    }

    private func identities(_ elements: [JSON], _ list: MergeType.List) throws(StructureError) -> [PathElement] {
        var found: [PathElement] = []
        found.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            do throws(StructureError) {
                found.append(try identity(of: element, in: list))
            } catch {
                throw StructureError("element \(index): \(error)")
            }
        }
        return found
    }

    private func merge(_ present: [JSON], _ config: [JSON], _ list: MergeType.List) throws(StructureError) -> [JSON] {
        let ours = try identities(config, list)
        let theirs = try identities(present, list)
        var wanted = [PathElement: JSON](minimumCapacity: ours.count)
        for (identity, element) in zip(ours, config) {
            guard wanted.updateValue(element, forKey: identity) == nil else {
                throw StructureError("duplicate entries for key \(identity)")
            }
        }
        var there = [PathElement: JSON](minimumCapacity: theirs.count)
        // Elements that cannot be told apart do not merge with a stated one: it takes their place.
        for (identity, element) in zip(theirs, present) { there[identity] = there[identity] == nil ? element : .null }

        // The elements that both have, in the order of the config; the first of them is the one to come next.
        var shared = ours.filter { there[$0] != nil }[...]
        var taken = Set<PathElement>(minimumCapacity: ours.count)
        var result: [JSON] = []
        result.reserveCapacity(Swift.max(ours.count, theirs.count))

        func take(_ identity: PathElement) throws(StructureError) {
            guard let element = wanted[identity] else { return }
            taken.insert(identity)
            guard let old = there[identity] else {
                result.append(element)
                return
            }
            do throws(StructureError) {
                result.append(try merge(old, element, list.element))
            } catch {
                throw error.below(identity)
            }
        }

        var i = 0
        var j = 0
        while i < theirs.count || j < ours.count {
            if i < theirs.count, j < ours.count {
                if theirs[i] == ours[j] {
                    try take(ours[j])
                    i += 1
                    j += 1
                    shared = shared.dropFirst()
                    continue
                }
                if wanted[theirs[i]] != nil, let next = shared.first, next != theirs[i] {
                    // Its turn comes when the config has come to it.
                    i += 1
                    continue
                }
            }
            if i < theirs.count {
                if wanted[theirs[i]] == nil {
                    result.append(present[i])
                    i += 1
                    continue
                }
                if taken.contains(theirs[i]) { i += 1 }
            }
            if j < ours.count {
                let identity = ours[j]
                try take(identity)
                j += 1
                if shared.first == identity { shared = shared.dropFirst() }
            }
        }
        return result
    }

    /// `value` without the fields and elements in `set`. A list or map that loses everything becomes null.
    func removing(_ set: FieldSet, from value: JSON, _ reference: Reference) -> JSON {
        switch type(reference).deduced(for: value).form {
        case .scalar:
            return value
        case .list(let list):
            guard case .array(let elements) = value, !elements.isEmpty, list.isAssociative else { return .null }
            var kept: [JSON] = []
            kept.reserveCapacity(elements.count)
            for element in elements {
                guard let identity = try? identity(of: element, in: list), let entry = set[identity] else {
                    kept.append(element)
                    continue
                }
                if entry.isMember { continue }
                kept.append(removing(entry.children, from: element, list.element))
            }
            return kept.isEmpty ? .null : .array(kept)
        case .map(let map):
            guard case .object(var object) = value, !object.isEmpty, !map.isAtomic else { return .null }
            object.updateValues { key, member in
                guard let entry = set[.field(key)] else { return member }
                if entry.isMember { return nil }
                guard let type = map.type(of: key) else { return member }
                return removing(entry.children, from: member, type)
            }
            return object.isEmpty ? .null : .object(object)
        case .none:
            return value
        }
    }
}
