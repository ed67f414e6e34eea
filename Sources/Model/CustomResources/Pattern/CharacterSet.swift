/// A set of characters, as ranges of code points.
struct CharacterSet: Hashable, Sendable {
    /// Sorted, apart from each other.
    private var ranges: [ClosedRange<UInt32>]

    init(_ ranges: [ClosedRange<UInt32>]) {
        var merged: [ClosedRange<UInt32>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, range.lowerBound <= last.upperBound || range.lowerBound == last.upperBound + 1 {
                merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        self.ranges = merged
    }

    /// All characters of several sets.
    init(anyOf sets: [CharacterSet]) { self.init(sets.flatMap(\.ranges)) }

    init(_ scalar: Unicode.Scalar) { ranges = [scalar.value...scalar.value] }

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < scalar.value { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].contains(scalar.value)
    }

    static let last: UInt32 = 0x10FFFF

    var inverted: CharacterSet {
        var gaps: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges {
            if range.lowerBound > next { gaps.append(next...(range.lowerBound - 1)) }
            next = range.upperBound + 1
        }
        if next <= Self.last { gaps.append(next...Self.last) }
        return CharacterSet(gaps)
    }

    func union(_ other: CharacterSet) -> CharacterSet { CharacterSet(ranges + other.ranges) }

    /// The set with the other case of each ASCII letter in it.
    var ignoringCase: CharacterSet {
        var more = ranges
        for range in ranges {
            let upper = range.clamped(to: 0x41...0x5A)
            if range.overlaps(0x41...0x5A) { more.append((upper.lowerBound + 32)...(upper.upperBound + 32)) }
            let lower = range.clamped(to: 0x61...0x7A)
            if range.overlaps(0x61...0x7A) { more.append((lower.lowerBound - 32)...(lower.upperBound - 32)) }
        }
        return CharacterSet(more)
    }

    static let digit = CharacterSet([0x30...0x39])
    static let word = CharacterSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    static let space = CharacterSet([0x09...0x0A, 0x0C...0x0D, 0x20...0x20])
    static let newline = CharacterSet([0x0A...0x0A])
    static let all = CharacterSet([0...last])

    /// The ASCII classes of POSIX, by name.
    static let posix: [String: CharacterSet] = [
        "alnum": CharacterSet([0x30...0x39, 0x41...0x5A, 0x61...0x7A]), "alpha": CharacterSet([0x41...0x5A, 0x61...0x7A]),
        "ascii": CharacterSet([0...0x7F]), "blank": CharacterSet([0x09...0x09, 0x20...0x20]),
        "cntrl": CharacterSet([0...0x1F, 0x7F...0x7F]), "digit": digit, "graph": CharacterSet([0x21...0x7E]),
        "lower": CharacterSet([0x61...0x7A]), "print": CharacterSet([0x20...0x7E]),
        "punct": CharacterSet([0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E]),
        "space": CharacterSet([0x09...0x0D, 0x20...0x20]), "upper": CharacterSet([0x41...0x5A]), "word": word,
        "xdigit": CharacterSet([0x30...0x39, 0x41...0x46, 0x61...0x66]),
    ]

    /// The characters of a general category of Unicode (`L`, `Lu`, `Nd`, …); nil when there is no such category.
    static func category(_ name: String) -> CharacterSet? { categories[name] }

    private static let categories: [String: CharacterSet] = {
        var found: [String: [ClosedRange<UInt32>]] = [:]
        var run: (name: String, range: ClosedRange<UInt32>)?
        for value in 0...last {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let name = code(scalar.properties.generalCategory)
            if let current = run, current.name == name, current.range.upperBound + 1 == value {
                run = (name, current.range.lowerBound...value)
            } else {
                if let current = run { found[current.name, default: []].append(current.range) }
                run = (name, value...value)
            }
        }
        if let current = run { found[current.name, default: []].append(current.range) }
        var sets: [String: CharacterSet] = [:]
        for (name, ranges) in found {
            sets[name] = CharacterSet(ranges)
            let major = String(name.prefix(1))
            sets[major] = CharacterSet(ranges).union(sets[major] ?? CharacterSet([]))
        }
        return sets
    }()

    private static func code(_ category: Unicode.GeneralCategory) -> String {
        switch category {
        case .uppercaseLetter: "Lu"
        case .lowercaseLetter: "Ll"
        case .titlecaseLetter: "Lt"
        case .modifierLetter: "Lm"
        case .otherLetter: "Lo"
        case .nonspacingMark: "Mn"
        case .spacingMark: "Mc"
        case .enclosingMark: "Me"
        case .decimalNumber: "Nd"
        case .letterNumber: "Nl"
        case .otherNumber: "No"
        case .connectorPunctuation: "Pc"
        case .dashPunctuation: "Pd"
        case .openPunctuation: "Ps"
        case .closePunctuation: "Pe"
        case .initialPunctuation: "Pi"
        case .finalPunctuation: "Pf"
        case .otherPunctuation: "Po"
        case .mathSymbol: "Sm"
        case .currencySymbol: "Sc"
        case .modifierSymbol: "Sk"
        case .otherSymbol: "So"
        case .spaceSeparator: "Zs"
        case .lineSeparator: "Zl"
        case .paragraphSeparator: "Zp"
        case .control: "Cc"
        case .format: "Cf"
        case .surrogate: "Cs"
        case .privateUse: "Co"
        case .unassigned: "Cn"
        @unknown default: "Cn"
        }
    }
}
