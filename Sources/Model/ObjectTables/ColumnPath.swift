import JSONValue

/// A JSON path as printer columns use it: members, indices, ranges, wildcards, descent and filters.
///
/// Source: Kubernetes documentation, "JSONPath Support".
struct ColumnPath: Sendable {
    enum Step: Sendable {
        case member(String)
        case everyElement
        /// Start, end and step of a range of elements; negative counts from the end.
        case elements(Int?, Int?, Int)
        case descent
        case filter(Filter)
        case union([Step])
    }
    struct Filter: Sendable {
        enum Operand: Sendable {
            case path(ColumnPath)
            case literal(JSON)
        }
        enum Comparison: String, Sendable, CaseIterable {
            case equal = "==", notEqual = "!=", atMost = "<=", atLeast = ">=", less = "<", greater = ">"
        }
        let left: Operand
        /// Nil asks only whether the left side is there.
        let comparison: (Comparison, Operand)?
    }

    let steps: [Step]

    /// Nil when the path cannot be read.
    init?(_ text: String) {
        var parser = ColumnPathParser(text)
        guard let steps = parser.steps() else { return nil }
        self.steps = steps
    }

    init(steps: [Step]) { self.steps = steps }

    /// The values at the path, in order; none where something on the way is missing.
    func values(in root: JSON) -> [JSON] {
        var found = [root]
        for step in steps { found = found.flatMap { Self.apply(step, to: $0) } }
        return found
    }

    private static func apply(_ step: Step, to value: JSON) -> [JSON] {
        switch step {
        case .member(let name): return value[name].map { [$0] } ?? []
        case .everyElement: return children(of: value)
        case .elements(let start, let end, let stride):
            guard let elements = value.array else { return [] }
            func index(_ given: Int?, _ absent: Int) -> Int {
                given.map { $0 < 0 ? $0 + elements.count : $0 } ?? absent
            }
            let first = max(index(start, 0), 0)
            let last = min(index(end, elements.count), elements.count)
            guard first < last, stride > 0 else { return [] }
            return Swift.stride(from: first, to: last, by: stride).map { elements[$0] }
        case .descent: return descendants(of: value)
        case .filter(let filter): return (value.array ?? []).filter(filter.holds)
        case .union(let steps): return steps.flatMap { apply($0, to: value) }
        }
    }

    private static func children(of value: JSON) -> [JSON] {
        value.array ?? value.object.map { $0.members.sorted { $0.key < $1.key }.map(\.value) } ?? []
    }

    private static func descendants(of value: JSON) -> [JSON] { [value] + children(of: value).flatMap(descendants) }
}

extension ColumnPath.Filter {
    func holds(for element: JSON) -> Bool {
        guard let left = value(left, element) else { return false }
        guard let (comparison, operand) = comparison else { return true }
        guard let right = value(operand, element) else { return false }
        switch comparison {
        case .equal: return left == right
        case .notEqual: return left != right
        case .less, .atMost, .greater, .atLeast: return isOrdered(left, right, comparison)
        }
    }

    private func value(_ operand: Operand, _ element: JSON) -> JSON? {
        switch operand {
        case .literal(let value): value
        case .path(let path): path.values(in: element).first
        }
    }

    private func isOrdered(_ left: JSON, _ right: JSON, _ comparison: Comparison) -> Bool {
        let order: (isLess: Bool, isSame: Bool)
        if let left = left.number, let right = right.number {
            order = (left < right, left == right)
        } else if let left = left.string, let right = right.string {
            order = (left < right, left == right)
        } else {
            return false
        }
        switch comparison {
        case .less: return order.isLess
        case .atMost: return order.isLess || order.isSame
        case .greater: return !order.isLess && !order.isSame
        case .atLeast: return !order.isLess
        case .equal: return order.isSame
        case .notEqual: return !order.isSame
        }
    }
}
