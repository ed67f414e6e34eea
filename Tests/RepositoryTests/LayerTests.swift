import Testing

/// The layers of docs/architecture.md, kept by the machine.
@Suite("layers") struct LayerTests {
    private let edges: Edges
    private let manifest: Manifest
    private let sources: [SourceFile]

    init() throws {
        edges = try Edges.read()
        manifest = try Manifest.read()
        sources = try Repository.sources()
    }

    @Test("edges.txt can be read") func edgesAreWellFormed() {
        #expect(edges.faults.isEmpty, "\(edges.faults.joined(separator: "\n"))")
        #expect(edges.targets.count > 10)
        #expect(sources.count > 100)
    }

    @Test("every target has a line in edges.txt, and every line a target") func targetsHaveLines() {
        for (name, target) in manifest.targets.sorted(by: { $0.key < $1.key }) {
            let line = edges.targets[name]
            #expect(
                line?.layer == target.layer,
                """
                The target \(name) lies in the layer \(target.layer), and \(Edges.path) \
                \(line.map { "line \($0.line) says \($0.layer)" } ?? "has no line for it"). \
                The file is the one list of what may import what. Write there:
                \(Edges.line(target.layer, name, imported(by: name)))
                """)
        }
        for (name, line) in edges.targets where manifest.targets[name] == nil {
            Issue.record("\(Edges.path):\(line.line): Package.swift has no target \(name) under Sources. Remove the line.")
        }
    }

    @Test("a file imports only what edges.txt allows to its target") func importsAreAllowed() {
        for file in sources {
            guard let allowed = edges.targets[file.target]?.allowed else { continue }
            for (module, line) in file.imports where !allowed.contains(module) {
                Issue.record(
                    """
                    \(file.path):\(line): \(file.target) imports \(module), which \(Edges.path) does not allow. \
                    An import is a dependency that every reader has to follow. If it is wanted and \(module) lies in \
                    the layer \(file.layer) or an earlier one, write there:
                    \(Edges.line(file.layer, file.target, allowed.union([module])))
                    Else move the code to the layer that has what it needs.
                    """)
            }
        }
    }

    @Test("edges.txt allows nothing that is not used") func edgesAreUsed() {
        for (name, target) in edges.targets {
            let unused = target.allowed.subtracting(imported(by: name))
            #expect(
                unused.isEmpty,
                """
                \(Edges.path):\(target.line): \(name) imports no \(unused.sorted().joined(separator: ", ")). \
                A door that nobody uses is one that nobody watches. Write there:
                \(Edges.line(target.layer, name, imported(by: name)))
                """)
        }
    }

    @Test("a target imports its own layer and earlier ones only") func layersAreOrdered() {
        for (name, target) in edges.targets {
            for module in target.allowed.sorted() {
                guard let imported = edges.targets[module] else { continue }
                #expect(
                    Edges.rank(imported.layer) <= Edges.rank(target.layer),
                    """
                    \(Edges.path):\(target.line): \(name) (\(target.layer)) may not import \(module) \
                    (\(imported.layer)): the layers are \(Edges.layers.joined(separator: " < ")). Pass the value in, or \
                    move what both need to the earlier layer.
                    """)
            }
        }
    }

    @Test("Package.swift gives each target what edges.txt allows, and nothing more") func manifestAgrees() {
        for (name, target) in manifest.targets {
            guard let line = edges.targets[name] else { continue }
            let own = line.allowed.intersection(manifest.targets.keys)
            let more = target.dependencies.subtracting(own).sorted()
            let fewer = own.subtracting(target.dependencies).sorted()
            #expect(
                more.isEmpty,
                "Package.swift: \(name) depends on \(more.joined(separator: ", ")) and imports none of it. Remove it there.")
            #expect(
                fewer.isEmpty,
                "Package.swift: \(name) imports \(fewer.joined(separator: ", ")) and gets it only by way of another target. Add it there.")
        }
    }

    /// Modules outside the project that are values and functions only.
    private static let pure: Set<String> = ["Crypto", "CryptoExtras"]

    @Test("Model and Decide import no module with clock, file, socket, thread or lock") func pureLayersImportPureModules() {
        for (name, target) in edges.targets where ["Model", "Decide"].contains(target.layer) {
            let foreign = target.allowed.filter { manifest.targets[$0] == nil }.subtracting(Self.pure)
            #expect(
                foreign.isEmpty,
                """
                \(Edges.path):\(target.line): \(name) is pure and imports \(foreign.sorted().joined(separator: ", ")). \
                A decision that reads a clock, a file or a socket cannot be replayed, so 'why' could not explain it. \
                Take the value as an argument, and read it in Persist or later.
                """)
        }
    }

    @Test("Model and Decide have no task, actor, lock, clock or randomness of their own") func pureLayersArePure() throws {
        let impure = #/\b(Task|TaskGroup|actor|Mutex|Atomic|async|await|ContinuousClock|SuspendingClock|SystemRandomNumberGenerator|clock_gettime|random)\b/#
        for file in sources where ["Model", "Decide"].contains(file.layer) && !file.path.contains("/Generated/") {
            for (index, line) in file.lines.enumerated() {
                let code = SourceFile.code(line).replacing(#/"[^"]*"/#, with: "")
                guard let match = code.firstMatch(of: impure) else { continue }
                Issue.record(
                    """
                    \(file.path):\(index + 1): '\(match.0)' has no place in \(file.layer), which is pure and synchronous. \
                    Take what it gives as an argument, or do it in Persist or later.
                    """)
            }
        }
    }

    private func imported(by target: String) -> Set<String> {
        Set(sources.filter { $0.target == target }.flatMap { $0.imports.map(\.module) })
    }
}
