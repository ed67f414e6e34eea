import JSONValue

extension JSON {
    /// Changes the member `key` in place; nothing happens when it is absent or null.
    mutating func edit(_ key: String, _ change: (inout JSON) -> Void) {
        guard var child = self[key], !child.isNull else { return }
        self[key] = .null  // releases our reference, so that the child is changed in place
        change(&child)
        self[key] = child
    }

    /// Changes the member `key` in place; an absent one is made an empty object first.
    mutating func editOrCreate(_ key: String, _ change: (inout JSON) -> Void) {
        if self[key].isAbsent { self[key] = [:] }
        edit(key, change)
    }

    /// Changes every element of the list `key` in place.
    mutating func editEach(_ key: String, _ change: (inout JSON) -> Void) {
        guard case .array(var elements)? = self[key], !elements.isEmpty else { return }
        self[key] = .null
        for at in elements.indices { change(&elements[at]) }
        self[key] = .array(elements)
    }

    /// Changes every value of the map `key` in place.
    mutating func editValues(_ key: String, _ change: (inout JSON) -> Void) {
        guard case .object(var object)? = self[key], !object.isEmpty else { return }
        self[key] = .null
        object.updateValues { _, value in
            var value = value
            change(&value)
            return value
        }
        self[key] = .object(object)
    }

    /// Gives the member `key` a value when it has none.
    mutating func fill(_ key: String, _ value: JSON) {
        if self[key].isAbsent { self[key] = value }
    }

    /// Gives the member `key` a value when it has none or an empty one.
    mutating func fillEmpty(_ key: String, _ value: JSON) {
        if self[key].isAbsent || self[key]?.isEmptyValue == true { self[key] = value }
    }

    /// The text of the member `key`; empty when there is none.
    func text(_ key: String) -> String { self[key]?.string ?? "" }

    /// The number of elements or members of the member `key`.
    func count(_ key: String) -> Int {
        switch self[key] {
        case .array(let elements)?: elements.count
        case .object(let object)?: object.count
        default: 0
        }
    }

    /// Whether the member `key` has a value, be it an empty one.
    func has(_ key: String) -> Bool { !self[key].isAbsent }

    /// The elements of the list `key`.
    func elements(_ key: String) -> [JSON] { self[key]?.array ?? [] }

    /// The members of the map `key`.
    func members(_ key: String) -> JSONObject { self[key]?.object ?? JSONObject() }
}

extension JSON? {
    /// Whether there is no value: the member is absent or null.
    var isAbsent: Bool { self?.isNull ?? true }
}
