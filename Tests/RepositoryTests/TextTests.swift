import FoundationEssentials
import Testing

/// Rules on the text of the repository.
@Suite("repository") struct TextTests {
    @Test("no source file names a path that only one machine has") func noMachinePaths() throws {
        let path = #/(^|[\s"'(=:])((/home|/Users|/root|/work|/tmp|/mnt|/private)/[\w.]+)/#
        for file in try Repository.sources() {
            for (index, line) in file.lines.enumerated() {
                guard let match = line.firstMatch(of: path) else { continue }
                Issue.record(
                    """
                    \(file.path):\(index + 1): \(match.2) may not exist where this runs. Take the folder from the \
                    configuration or the environment (ProcessEnvironment).
                    """)
            }
        }
    }

    @Test("no C string, force or unchecked escape is hidden outside the modules that wrap C") func unsafeStaysWrapped() throws {
        // Model and Decide see untrusted bytes; only the binding of libyaml may touch memory there.
        let allowed: Set<String> = ["YAMLValue", "JSONValue"]
        for file in try Repository.sources() where ["Model", "Decide"].contains(file.layer) && !allowed.contains(file.target) {
            for (index, line) in file.lines.enumerated() where !file.path.contains("/Generated/") {
                let code = SourceFile.code(line).replacing(#/"[^"]*"/#, with: "")
                #expect(
                    code.firstMatch(of: #/\bunsafe\b/#) == nil,
                    "\(file.path):\(index + 1): 'unsafe' in a pure module. Put what needs it behind a safe function in the module that binds it.")
            }
        }
    }

    @Test("the pages that the README names exist", arguments: [
        "docs/architecture.md", "docs/getting-started.md", "docs/cli.md", "docs/configuration.md",
        "docs/encryption-at-rest.md", "docs/authentication-authorization.md", "docs/pod-security-policy.md",
        "docs/performance.md", "docs/testing.md", "CHANGELOG.md", "LICENSE",
    ])
    func pagesExist(path: String) throws {
        #expect(try !Repository.text(path).isEmpty)
        #expect(try Repository.text("README.md").contains("(\(path))"), "README.md does not lead to \(path): add it to its list of pages.")
    }

    @Test("every link between the pages leads to a file") func linksLead() throws {
        let names = try FileManager.default.subpathsOfDirectory(atPath: Repository.root.appending(path: "docs").path)
        for page in ["README.md", "CHANGELOG.md"] + names.filter({ $0.hasSuffix(".md") }).map({ "docs/" + $0 }) {
            let folder = Repository.root.appending(path: page).deletingLastPathComponent()
            for link in try Repository.text(page).matches(of: #/\]\(([^)#:\s]+)(#[^)]*)?\)/#) {
                let target = folder.appending(path: String(link.1)).standardized
                #expect(
                    FileManager.default.fileExists(atPath: target.path),
                    "\(page): the link to \(link.1) leads nowhere. Mend its path, from the folder of the page.")
            }
        }
    }
}
