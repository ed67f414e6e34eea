import JSONValue
import KubeModel

/// How strategic merge patch merges lists: elements by their merge key or, when they are scalars, by value.
extension StrategicMergePatch {
    static func mergeList(
        _ original: [JSON], _ patch: [JSON], _ field: PatchSchema.Field, strategy: String, deletesElements: Bool
    ) throws(StatusError) -> [JSON] {
        guard strategy == "merge" || deletesElements else { return patch }
        if original.isEmpty, patch.isEmpty { return original }
        guard try holdsObjects([original, patch]) else {
            if deletesElements {
                let deleted = Set(patch)
                return original.filter { !deleted.contains($0) }
            }
            var seen = Set<JSON>()
            let merged = (original + patch).filter { seen.insert($0).inserted }
            return try ordered(merged, patchOrder: patch, serverOrder: original, mergeKey: "")
        }
        guard !field.mergeKey.isEmpty else {
            throw .unclassified("cannot merge lists without merge key for \(field.schema.kind)")
        }
        let (kept, changes) = try applyElementDirectives(original, patch, field.mergeKey)
        let merged = try mergeElements(kept, changes, field)
        return try ordered(merged, patchOrder: changes, serverOrder: kept, mergeKey: field.mergeKey)
    }

    /// Whether the elements of the lists are objects.
    private static func holdsObjects(_ lists: [[JSON]]) throws(StatusError) -> Bool {
        var type: String?
        for element in lists.joined() {
            let found = element.goType
            if let type, type != found {
                let all = "[" + lists.map { JSON.array($0).goText }.joined(separator: " ") + "]"
                throw .unclassified("list element types are not identical: \(all)")
            }
            if type == nil, case .array = element {
                throw .patchNotApplicable()
            }
            type = found
        }
        guard let type else { throw .unclassified("no elements in any of the given slices") }
        return type == JSON.object([:]).goType
    }

    /// Takes the elements with a `$patch` directive out of the patch and does what they say.
    private static func applyElementDirectives(
        _ original: [JSON], _ patch: [JSON], _ mergeKey: String
    ) throws(StatusError) -> ([JSON], [JSON]) {
        var changes: [JSON] = []
        var deleted = Set<JSON>()
        var replaces = false
        for element in patch {
            guard case .object(let object) = element, let directive = object[directive] else {
                changes.append(element)
                continue
            }
            switch directive {
            case "delete":
                guard let key = object[mergeKey] else { throw .noMergeKey(object, mergeKey) }
                deleted.insert(key)
            case "replace":
                replaces = true
            case "merge":
                throw .unclassified("merging lists cannot yet be specified in the patch")
            default:
                throw .badPatchType(directive, object)
            }
        }
        if replaces { return (changes, []) }
        if deleted.isEmpty { return (original, changes) }
        return (original.filter { element in element[mergeKey].map { !deleted.contains($0) } ?? true }, changes)
    }

    private static func mergeElements(
        _ original: [JSON], _ patch: [JSON], _ field: PatchSchema.Field
    ) throws(StatusError) -> [JSON] {
        var result = original
        var positions = [JSON: Int](minimumCapacity: original.count)
        for (at, element) in original.enumerated() {
            if let key = element[field.mergeKey], positions[key] == nil { positions[key] = at }
        }
        for element in patch {
            guard case .object(let change) = element else { continue }
            guard let key = change[field.mergeKey] else { throw .noMergeKey(change, field.mergeKey) }
            if let at = positions[key], case .object(let present) = result[at] {
                result[at] = .object(try mergeMap(present, change, field.schema))
            } else {
                positions[key] = result.count
                result.append(element)
            }
        }
        return result
    }

    // MARK: - Order

    /// `$setElementOrder/LIST`: merges the list it is about and puts it in that order.
    static func applyElementOrder(
        _ original: inout JSONObject, _ patch: inout JSONObject, _ schema: PatchSchema
    ) throws(StatusError) {
        let malformed = "invalid patch format of setElementOrder list"
        for (name, directive) in patch where name.hasPrefix(setElementOrder) {
            patch[name] = nil
            guard case .array(let order) = directive else {
                throw .badArgument(expected: "[]interface {}", directive)
            }
            let key = try listName(name, after: setElementOrder, malformed)
            let present = try list(original[key])
            let change = try list(patch[key])
            let field = try schema.listField(key)
            let strategy = try field.strategy()
            try checkOrder(change ?? [], order, field.mergeKey)
            let merged: [JSON]
            switch (present, change) {
            case (let elements?, nil): merged = elements
            case (nil, let elements?): merged = elements.compactMap(withoutDirectives)
            case (let elements?, let inner?):
                merged = try mergeList(elements, inner, field, strategy: strategy, deletesElements: false)
            case (nil, nil): continue
            }
            _ = try holdsObjects([present ?? [], change ?? []])
            original[key] = .array(
                try ordered(merged, patchOrder: order, serverOrder: present ?? [], mergeKey: field.mergeKey))
            patch[key] = nil
        }
    }

    private static func list(_ value: JSON?) throws(StatusError) -> [JSON]? {
        guard let value else { return nil }
        guard case .array(let elements) = value else { throw .badArgument(expected: "[]interface {}", value) }
        return elements
    }

    /// The elements of the patch must stand in the order list, in the same order.
    private static func checkOrder(_ patch: [JSON], _ order: [JSON], _ mergeKey: String) throws(StatusError) {
        if order.isEmpty || patch.isEmpty { return }
        var wanted = patch[...]
        if !mergeKey.isEmpty {
            for element in patch {
                guard element.object != nil else { throw .badArgument(expected: "map[string]interface {}", element) }
            }
            wanted = patch.filter { $0[directive] != "delete" }[...]
        }
        var at = order.startIndex
        while let element = wanted.first, at < order.endIndex {
            if element[directive] != nil {
                wanted.removeFirst()
                continue
            }
            if try identity(element, mergeKey) == (try identity(order[at], mergeKey)) { wanted.removeFirst() }
            at += 1
        }
        guard wanted.isEmpty else {
            throw .unclassified(
                "The order in patch list:\n\(JSON.array(patch).goText)\n "
                    + "doesn't match \(setElementOrder) list:\n\(JSON.array(order).goText)\n"
            )
        }
    }

    private static func identity(_ element: JSON, _ mergeKey: String) throws(StatusError) -> JSON {
        if mergeKey.isEmpty { return element }
        guard case .object(let object) = element else {
            throw .badArgument(expected: "map[string]interface {}", element)
        }
        guard let key = object[mergeKey] else { throw .noMergeKey(object, mergeKey) }
        return key
    }

    /// Puts the elements that `patchOrder` names in its order, and places the others among them as the server had
    /// them, as far as that order allows.
    private static func ordered(
        _ merged: [JSON], patchOrder: [JSON], serverOrder: [JSON], mergeKey: String
    ) throws(StatusError) -> [JSON] {
        let wanted = try positions(patchOrder, mergeKey)
        let served = try positions(serverOrder, mergeKey)
        var patched: [(element: JSON, key: JSON)] = []
        var others: [(element: JSON, key: JSON)] = []
        for element in merged {
            let key = try identity(element, mergeKey)
            if wanted[key] != nil { patched.append((element, key)) } else { others.append((element, key)) }
        }
        sort(&patched, by: wanted)
        sort(&others, by: served)
        var result: [JSON] = []
        result.reserveCapacity(merged.count)
        var next = 0
        for (element, key) in patched {
            while next < others.count, let theirs = served[others[next].key], let ours = served[key], theirs < ours {
                result.append(others[next].element)
                next += 1
            }
            result.append(element)
        }
        result.append(contentsOf: others[next...].map(\.element))
        return result
    }

    private static func positions(_ order: [JSON], _ mergeKey: String) throws(StatusError) -> [JSON: Int] {
        var found = [JSON: Int](minimumCapacity: order.count)
        for (at, element) in order.enumerated() {
            let key = try identity(element, mergeKey)
            if found[key] == nil { found[key] = at }
        }
        return found
    }

    private static func sort(_ elements: inout [(element: JSON, key: JSON)], by order: [JSON: Int]) {
        let ranked = elements.enumerated().map { at, entry in (rank: order[entry.key] ?? .max, at: at, entry: entry) }
        elements = ranked.sorted { ($0.rank, $0.at) < ($1.rank, $1.at) }.map(\.entry)
    }
}
