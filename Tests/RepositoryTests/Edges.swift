/// `docs/architecture/edges.txt` as a value.
struct Edges {
    static let path = "docs/architecture/edges.txt"
    static let layers = ["Model", "Decide", "Persist", "Serve", "Enforce", "Operate"]

    struct Target {
        let layer: String
        let allowed: Set<String>
        let line: Int
    }

    private(set) var targets: [String: Target] = [:]
    /// Lines that are none, and targets with two lines.
    private(set) var faults: [String] = []

    init(_ text: String) {
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.hasPrefix("#") || line.allSatisfy(\.isWhitespace) { continue }
            let halves = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let head = halves[0].split(separator: " ").map(String.init)
            guard halves.count == 2, head.count == 2, Self.layers.contains(head[0]) else {
                faults.append("\(Self.path):\(index + 1): \"\(line)\" is no 'LAYER TARGET: MODULES'")
                continue
            }
            let allowed = Set(halves[1].split(separator: " ").map(String.init))
            if targets.updateValue(Target(layer: head[0], allowed: allowed, line: index + 1), forKey: head[1]) != nil {
                faults.append("\(Self.path):\(index + 1): \(head[1]) has two lines; join them")
            }
        }
    }

    static func read() throws -> Edges { Edges(try Repository.text(path)) }

    /// The line that the target ought to have.
    static func line(_ layer: String, _ target: String, _ modules: Set<String>) -> String {
        "\(layer) \(target):" + modules.sorted().map { " " + $0 }.joined()
    }

    static func rank(_ layer: String) -> Int { layers.firstIndex(of: layer) ?? layers.count }
}
