import YAMLValue

/// The words of YAML faults that clients know, those of Go's yaml packages.
enum YAMLWording {
    /// `line 1: did not find expected node content`.
    static func text(of error: YAMLError) -> String {
        // Lines count from 0 where the parser fails and from 1 where the scanner does, and line 0 is not named.
        let line = error.mark.line - 1
        switch error.cause {
        case .syntax(let problem):
            let isParser = problem.hasPrefix("did not find expected") || problem.hasPrefix("found duplicate")
            return line == 0 ? problem : "line \(isParser ? line : line + 1): \(problem)"
        case .tabIndentation:
            return (line == 0 ? "" : "line \(line + 1): ") + "found character that cannot start any token"
        case .unknownAnchor(let name): return "unknown anchor '\(name)' referenced"
        case .recursiveAnchor(let name): return "anchor '\(name)' value contains itself"
        case .expansion: return "document contains excessive aliasing"
        case .tooDeep: return "exceeded max depth of 10000"
        case .mergeOfNoMapping: return "map merge requires map or sequence of maps as the value"
        case .encoding, .tooLarge, .unusableKey, .tagMismatch, .notFinite, .severalDocuments, .outOfMemory:
            return "line \(line + 1): \(error.reason)"
        }
    }
}
