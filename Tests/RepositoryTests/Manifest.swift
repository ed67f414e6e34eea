/// The targets of Package.swift, as far as the rules of the repository need them. Read from the text: running SwiftPM
/// inside its own test run would wait for itself.
struct Manifest {
    struct Target {
        let layer: String
        /// Our own targets that it depends on.
        let dependencies: Set<String>
    }

    /// The targets under Sources.
    let targets: [String: Target]

    init(_ text: String) {
        // A product is no target of ours, also when it is named like one.
        let text = text.replacing(/\.product\([^)]*\)/, with: "")
        var found: [String: (layer: String, words: [String])] = [:]
        for start in text.ranges(of: /(module|\.systemLibrary|\.executableTarget)\(/).map(\.lowerBound) {
            let call = Self.call(text[start...])
            if let match = call.firstMatch(of: /^module\(\s*\.(\w+),\s*"(\w+)"/) {
                found[String(match.2)] = (match.1.capitalized, Self.strings(call))
            } else if let match = call.firstMatch(of: /path: "Sources\/(\w+)\/(\w+)"/) {
                found[String(match.2)] = (String(match.1), Self.strings(call))
            }
        }
        let names = Set(found.keys)
        targets = found.reduce(into: [:]) { result, entry in
            let own = Set(entry.value.words).intersection(names).subtracting([entry.key])
            result[entry.key] = Target(layer: entry.value.layer, dependencies: own)
        }
    }

    static func read() throws -> Manifest { Manifest(try Repository.text("Package.swift")) }

    /// From the start to the parenthesis that closes the first one.
    private static func call(_ text: Substring) -> Substring {
        var depth = 0
        for index in text.indices {
            if text[index] == "(" { depth += 1 }
            if text[index] == ")" {
                depth -= 1
                if depth == 0 { return text[...index] }
            }
        }
        return text
    }

    private static func strings(_ text: Substring) -> [String] { text.matches(of: /"([^"]*)"/).map { String($0.1) } }
}

extension Substring {
    fileprivate var capitalized: String { prefix(1).uppercased() + dropFirst() }
}
