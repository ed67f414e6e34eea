import CertificateAuthority
import JSONValue
import YAMLValue

/// A value as it was written, with its place.
struct WrittenValue {
    var value: JSON
    var origin: ConfigurationFault.Origin
    /// Where the elements of a list are written.
    var elements: [ConfigurationFault.Origin]
    /// What relative paths are taken from.
    var folder: String

    func origin(ofElement index: Int) -> ConfigurationFault.Origin {
        elements.indices.contains(index) ? elements[index] : origin
    }
}

/// Reads the file into written values: the form is checked here, the values are not.
struct ConfigurationReader {
    let file: String
    let folder: String
    private(set) var values: [ConfigurationField: WrittenValue] = [:]
    private(set) var faults: [ConfigurationFault] = []

    init(file: String, folder: String) {
        self.file = file
        self.folder = folder
    }

    mutating func read(_ bytes: [UInt8]) {
        let document: YAMLDocument
        do throws(YAMLError) {
            document = try YAML.document(bytes, limits: YAML.Limits(bytes: 1 << 20, depth: 20))
        } catch {
            add(error.mark, "", error.reason, "")
            return
        }
        for duplicate in document.duplicates {
            add(
                duplicate.mark, duplicate.path.description, "is named twice, first in line \(duplicate.first.line)",
                "Remove one of the two")
        }
        guard case .mapping(let members) = document.root.content else {
            add(
                document.root.mark, "", "the file holds no mapping",
                "Begin with 'apiVersion: \(KastellConfiguration.apiVersion)' and 'kind: \(KastellConfiguration.kind)'")
            return
        }
        expect("apiVersion", KastellConfiguration.apiVersion, document.root)
        expect("kind", KastellConfiguration.kind, document.root)
        readMembers(members.filter { $0.key != "apiVersion" && $0.key != "kind" }, prefix: "")
        faults.sort { Self.place($0) < Self.place($1) }
    }

    private static func place(_ fault: ConfigurationFault) -> YAMLMark {
        if case .file(_, let mark) = fault.origin { mark } else { YAMLMark(line: 0, column: 0) }
    }

    private mutating func expect(_ name: String, _ wanted: String, _ root: YAMLNode) {
        guard let member = root.member(name) else {
            add(root.mark, name, "is missing", "Add '\(name): \(wanted)'")
            return
        }
        if member.value.json != .string(wanted) {
            add(member.value.mark, name, "\(member.value.json) is not supported", "Allowed is \(wanted)")
        }
    }

    private mutating func readMembers(_ members: [YAMLNode.Member], prefix: String) {
        let names = Self.names(below: prefix)
        for member in members {
            let path = prefix + member.key
            if let field = ConfigurationField(rawValue: path), names.contains(member.key) {
                if case .scalar(.null) = member.value.content { continue }  // as if it were left out
                values[field] = written(member.value)
            } else if names.contains(member.key) {
                switch member.value.content {
                case .mapping(let inner): readMembers(inner, prefix: path + ".")
                case .scalar(.null): continue
                case .scalar, .sequence:
                    let below = Self.names(below: path + ".").joined(separator: ", ")
                    add(member.value.mark, path, "is no mapping", "Allowed is a mapping with \(below)")
                }
            } else {
                let all = prefix.isEmpty ? ["apiVersion", "kind"] + names : names
                let meant = DidYouMean.suggestion(for: member.key, among: all) ?? elsewhere(member.key)
                let known = "Known are \(all.joined(separator: ", "))"
                add(member.mark, path, "is an unknown field", meant.map { "Did you mean '\($0)'?" } ?? known)
            }
        }
    }

    /// A field of this name at another place of the file.
    private func elsewhere(_ name: String) -> String? {
        ConfigurationField.allCases.map(\.rawValue).first { $0.hasSuffix("." + name) }
    }

    /// The names of the members below a path.
    private static func names(below prefix: String) -> [String] {
        var names: [String] = []
        for field in ConfigurationField.allCases where field.rawValue.hasPrefix(prefix) {
            let rest = field.rawValue.dropFirst(prefix.count)
            let name = String(rest.prefix { $0 != "." })
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    private func written(_ node: YAMLNode) -> WrittenValue {
        var elements: [ConfigurationFault.Origin] = []
        if case .sequence(let nodes) = node.content { elements = nodes.map { .file(file, $0.mark) } }
        return WrittenValue(value: node.json, origin: .file(file, node.mark), elements: elements, folder: folder)
    }

    private mutating func add(_ mark: YAMLMark, _ field: String, _ problem: String, _ remedy: String) {
        faults.append(ConfigurationFault(origin: .file(file, mark), field: field, problem: problem, remedy: remedy))
    }
}

/// Values of the command line that win over those of the file, each as its text; of a list, with commas between.
package struct ConfigurationOverrides: Hashable, Sendable {
    private(set) var texts: [ConfigurationField: String] = [:]

    package init() {}

    /// Setting nil takes the override back.
    package subscript(_ field: ConfigurationField) -> String? {
        get { texts[field] }
        set { texts[field] = newValue }
    }

    /// The values as if they were written in a file.
    func written(folder: String) -> [ConfigurationField: WrittenValue] {
        var values: [ConfigurationField: WrittenValue] = [:]
        for (field, text) in texts {
            let value: JSON
            switch field.kind {
            case .flag: value = text == "true" || text == "false" ? .bool(text == "true") : .string(text)
            case .port: value = Int64(text).map { .int($0) } ?? .string(text)
            case .names, .plugins, .controllers, .strings, .objectNames:
                value = JSON(text.split(separator: ",").map { String($0.drop { $0 == " " }) })
            case .registries: value = Self.mirrors(text)
            case .objectName, .podRange, .path, .address, .lifetime, .issuer, .serviceRange, .portRange, .choice: value = .string(text)
            }
            values[field] = WrittenValue(value: value, origin: .flag(field.flag), elements: [], folder: folder)
        }
        return values
    }

    /// `docker.io=http://127.0.0.1:5000,quay.io=…` as the file would say it.
    private static func mirrors(_ text: String) -> JSON {
        var hosts: [(host: String, endpoints: [JSON])] = []
        for part in text.split(separator: ",") {
            let halves = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard halves.count == 2 else { return .string(text) }
            let host = String(halves[0].drop { $0 == " " })
            let endpoint: JSON = ["url": .string(halves[1])]
            if let index = hosts.firstIndex(where: { $0.host == host }) { hosts[index].endpoints.append(endpoint) } else { hosts.append((host, [endpoint])) }
        }
        return .array(hosts.map { ["host": .string($0.host), "endpoints": .array($0.endpoints)] })
    }
}
