import FoundationEssentials

/// The checkout that these tests were built from.
enum Repository {
    /// The folder with Package.swift.
    static let root: URL = {
        var folder = URL(filePath: #filePath)
        repeat { folder.deleteLastPathComponent() } while folder.path != "/"
            && !FileManager.default.fileExists(atPath: folder.appending(path: "Package.swift").path)
        return folder
    }()

    static func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: root.appending(path: path)), as: UTF8.self)
    }

    /// Every Swift file below Sources, in order.
    static func sources() throws -> [SourceFile] {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: "Sources").path)
        return try paths.filter { $0.hasSuffix(".swift") }.sorted().compactMap { path in
            try SourceFile("Sources/" + path, text: text("Sources/" + path))
        }
    }
}

/// One Swift file of a target.
struct SourceFile {
    /// From the root of the checkout: `Sources/LAYER/TARGET/…`.
    let path: String
    let layer: String
    let target: String
    let lines: [Substring]

    init?(_ path: String, text: String) {
        let parts = path.split(separator: "/")
        guard parts.count > 3 else { return nil }
        self.path = path
        layer = String(parts[1])
        target = String(parts[2])
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// The modules that the file imports, with the number of the line.
    var imports: [(module: String, line: Int)] {
        lines.enumerated().compactMap { index, line in
            Self.importedModule(line).map { ($0, index + 1) }
        }
    }

    /// The module of an import declaration: `package import struct NIOCore.ByteBuffer` → `NIOCore`.
    static func importedModule(_ line: Substring) -> String? {
        var words = line.split(separator: " ")[...]
        while let first = words.first, first.hasPrefix("@") || accessLevels.contains(first) { words = words.dropFirst() }
        guard words.first == "import" else { return nil }
        words = words.dropFirst()
        if let first = words.first, symbolKinds.contains(first) { words = words.dropFirst() }
        return words.first.flatMap { $0.split(separator: ".").first }.map(String.init)
    }

    private static let accessLevels: Set<Substring> = ["public", "package", "internal", "fileprivate", "private"]
    private static let symbolKinds: Set<Substring> = [
        "struct", "class", "enum", "protocol", "typealias", "func", "let", "var",
    ]

    /// The line without a comment at its end; empty for a line that is one.
    static func code(_ line: Substring) -> Substring {
        guard let comment = line.firstRange(of: "//") else { return line }
        // `https://` stands in string literals.
        if comment.lowerBound > line.startIndex, line[line.index(before: comment.lowerBound)] == ":" { return line }
        return line[..<comment.lowerBound]
    }
}
