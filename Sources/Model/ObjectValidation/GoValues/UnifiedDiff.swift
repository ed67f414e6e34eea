import JSONValue

/// The difference of two values, as the server prints it: their indented JSON, line by line, with three lines around
/// each change.
///
/// Source: the unified format of Python's `difflib`, whose matching it follows.
enum UnifiedDiff {
    /// The difference of two values in Go form; empty when there is none.
    static func of(_ old: JSON, _ new: JSON) -> String {
        var a: [String] = []
        var b: [String] = []
        lines(old, "", "", "", &a)
        lines(new, "", "", "", &b)
        return text(a, b)
    }

    /// Indented JSON, one space a level.
    private static func lines(_ value: JSON, _ indent: String, _ before: String, _ after: String, _ out: inout [String]) {
        switch value {
        case .object(let object) where !object.isEmpty:
            out.append(indent + before + "{")
            let members = object.members
            for (at, member) in members.enumerated() {
                let comma = at + 1 < members.count ? "," : ""
                lines(member.value, indent + " ", JSON.string(member.key).description + ": ", comma, &out)
            }
            out.append(indent + "}" + after)
        case .array(let elements) where !elements.isEmpty:
            out.append(indent + before + "[")
            for (at, element) in elements.enumerated() {
                lines(element, indent + " ", "", at + 1 < elements.count ? "," : "", &out)
            }
            out.append(indent + "]" + after)
        default: out.append(indent + before + value.description + after)
        }
    }

    struct Match: Equatable {
        var a: Int
        var b: Int
        var count: Int
    }

    private enum Change { case equal, replace, delete, insert }
    private struct Step {
        var change: Change
        var a: Range<Int>
        var b: Range<Int>
    }

    static func text(_ a: [String], _ b: [String], context: Int = 3) -> String {
        var out = ""
        for group in groups(steps(matches(a, b), a.count, b.count), context) {
            guard let first = group.first, let last = group.last else { continue }
            out += "@@ -\(header(first.a.lowerBound, last.a.upperBound))"
            out += " +\(header(first.b.lowerBound, last.b.upperBound)) @@\n"
            for step in group {
                if step.change == .equal {
                    for line in a[step.a] { out += " \(line)\n" }
                    continue
                }
                for line in a[step.a] { out += "-\(line)\n" }
                for line in b[step.b] { out += "+\(line)\n" }
            }
        }
        return out
    }

    private static func header(_ start: Int, _ end: Int) -> String {
        switch end - start {
        case 1: "\(start + 1)"
        case 0: "\(start),0"
        case let count: "\(start + 1),\(count)"
        }
    }

    /// The longest blocks that both have, found recursively. In long texts, lines that make up more than a hundredth
    /// do not begin a block.
    static func matches(_ a: [String], _ b: [String]) -> [Match] {
        var places: [String: [Int]] = [:]
        for (at, line) in b.enumerated() { places[line, default: []].append(at) }
        if b.count >= 200 {
            let limit = b.count / 100 + 1
            places = places.filter { $0.value.count <= limit }
        }
        var queue = [(0..<a.count, 0..<b.count)]
        var found: [Match] = []
        while let (inA, inB) = queue.popLast() {
            let best = longest(a, b, places, inA, inB)
            if best.count == 0 { continue }
            found.append(best)
            if inA.lowerBound < best.a, inB.lowerBound < best.b {
                queue.append((inA.lowerBound..<best.a, inB.lowerBound..<best.b))
            }
            if best.a + best.count < inA.upperBound, best.b + best.count < inB.upperBound {
                queue.append((best.a + best.count..<inA.upperBound, best.b + best.count..<inB.upperBound))
            }
        }
        found.sort { ($0.a, $0.b) < ($1.a, $1.b) }
        var merged: [Match] = []
        for match in found {
            if let last = merged.last, last.a + last.count == match.a, last.b + last.count == match.b {
                merged[merged.count - 1].count += match.count
            } else {
                merged.append(match)
            }
        }
        return merged
    }

    private static func longest(
        _ a: [String], _ b: [String], _ places: [String: [Int]], _ inA: Range<Int>, _ inB: Range<Int>
    ) -> Match {
        var best = Match(a: inA.lowerBound, b: inB.lowerBound, count: 0)
        var lengths: [Int: Int] = [:]
        for i in inA {
            var next: [Int: Int] = [:]
            for j in places[a[i]] ?? [] {
                if j < inB.lowerBound { continue }
                if j >= inB.upperBound { break }
                let length = (lengths[j - 1] ?? 0) + 1
                next[j] = length
                if length > best.count { best = Match(a: i - length + 1, b: j - length + 1, count: length) }
            }
            lengths = next
        }
        while best.a > inA.lowerBound, best.b > inB.lowerBound, a[best.a - 1] == b[best.b - 1] {
            best = Match(a: best.a - 1, b: best.b - 1, count: best.count + 1)
        }
        while best.a + best.count < inA.upperBound, best.b + best.count < inB.upperBound,
            a[best.a + best.count] == b[best.b + best.count]
        {
            best.count += 1
        }
        return best
    }

    private static func steps(_ matches: [Match], _ countA: Int, _ countB: Int) -> [Step] {
        var steps: [Step] = []
        var i = 0
        var j = 0
        for match in matches + [Match(a: countA, b: countB, count: 0)] {
            let a = i..<match.a
            let b = j..<match.b
            if !a.isEmpty, !b.isEmpty {
                steps.append(Step(change: .replace, a: a, b: b))
            } else if !a.isEmpty {
                steps.append(Step(change: .delete, a: a, b: b))
            } else if !b.isEmpty {
                steps.append(Step(change: .insert, a: a, b: b))
            }
            i = match.a + match.count
            j = match.b + match.count
            if match.count > 0 { steps.append(Step(change: .equal, a: match.a..<i, b: match.b..<j)) }
        }
        return steps
    }

    /// Changes that are close together make one group.
    private static func groups(_ all: [Step], _ context: Int) -> [[Step]] {
        var steps = all
        guard !steps.isEmpty else { return [] }
        if let first = steps.first, first.change == .equal {
            let skip = max(first.a.lowerBound, first.a.upperBound - context) - first.a.lowerBound
            steps[0].a = first.a.lowerBound + skip..<first.a.upperBound
            steps[0].b = first.b.lowerBound + skip..<first.b.upperBound
        }
        if let last = steps.last, last.change == .equal {
            let keep = min(last.a.count, context)
            steps[steps.count - 1].a = last.a.lowerBound..<last.a.lowerBound + keep
            steps[steps.count - 1].b = last.b.lowerBound..<last.b.lowerBound + keep
        }
        var groups: [[Step]] = []
        var group: [Step] = []
        for step in steps {
            var step = step
            if step.change == .equal, step.a.count > 2 * context {
                let head = Step(
                    change: .equal, a: step.a.lowerBound..<step.a.lowerBound + context,
                    b: step.b.lowerBound..<step.b.lowerBound + context)
                group.append(head)
                groups.append(group)
                group = []
                step.a = step.a.upperBound - context..<step.a.upperBound
                step.b = step.b.upperBound - context..<step.b.upperBound
            }
            group.append(step)
        }
        if !group.isEmpty, !(group.count == 1 && group[0].change == .equal) { groups.append(group) }
        return groups
    }
}
