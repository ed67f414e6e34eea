import JSONValue
import KubeModel
import PolicyModel

/// The environment of a container: what its sources hold, what it says itself, and what tells of services.
///
/// Source: Kubernetes documentation, "Define Environment Variables for a Container", "Expose Pod Information to Containers
/// Through Environment Variables"; kubelet, `makeEnvironmentVariables`. A value never stands in a refusal: it may be a secret.
enum ContainerEnvironment {
    static let id: ControlID = "env"

    /// The variables that Kubernetes gives, each once; names that nobody set after those of services come last.
    static func decide(_ subject: Subject, _ findings: inout Findings) -> [EnvironmentVariable] {
        let sources = subject.identity.environment
        let services =
            subject.spec["enableServiceLinks"]?.bool == false
            ? sources.services.filter { isOfMaster($0.name) } : sources.services
        var own = Variables()
        for (index, entry) in (subject.container["envFrom"]?.array ?? []).enumerated() {
            addAll(entry, subject.path.child("envFrom").index(index), subject, &own, &findings)
        }
        for (index, entry) in (subject.container["env"]?.array ?? []).enumerated() {
            let path = subject.path.child("env").index(index)
            guard let name = entry["name"]?.string else { continue }
            if let text = entry["value"]?.string, !text.isEmpty {
                own.set(name, VariableExpansion.expanded(text, services + own.all).text)
            } else if let from = entry["valueFrom"], !from.isNull {
                if let value = value(from, path.child("valueFrom"), subject, &findings) { own.set(name, value) }
            } else {
                own.set(name, "")
            }
        }
        for variable in services where !own.has(variable.name) { own.set(variable.name, variable.value) }
        return own.all
    }

    /// The image's variables under those of the pod, with `PATH`, `HOME` and `HOSTNAME` where nobody set them.
    static func merged(_ variables: [EnvironmentVariable], _ subject: Subject, uid: UInt32) -> [String] {
        var all = Variables()
        all.set("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        all.set("HOSTNAME", PodFiles.hostname(pod: subject.pod, node: subject.node))
        if subject.container["tty"]?.bool == true { all.set("TERM", "xterm") }
        for text in subject.image.environment {
            let halves = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            all.set(String(halves[0]), halves.count == 2 ? String(halves[1]) : "")
        }
        for variable in variables { all.set(variable.name, variable.value) }
        if !all.has("HOME") {
            let home = subject.image.accounts.user(numbered: uid)?.home ?? ""
            all.set("HOME", home.isEmpty ? (uid == 0 ? "/root" : "/") : home)
        }
        return all.all.map { "\($0.name)=\($0.value)" }
    }

    /// The API server is told of even where other services are not.
    private static func isOfMaster(_ name: String) -> Bool { name.hasPrefix("KUBERNETES_") }

    private static func addAll(
        _ entry: JSON, _ path: FieldPath, _ subject: Subject, _ own: inout Variables, _ findings: inout Findings
    ) {
        let prefix = entry["prefix"]?.string ?? ""
        for (field, kind, all) in objects(subject) {
            guard let reference = entry[field == "configMap" ? "configMapRef" : "secretRef"],
                let name = reference["name"]?.string
            else { continue }
            guard let data = all[name] else {
                if reference["optional"]?.bool != true { refuseMissing(kind, name, path, &findings) }
                continue
            }
            for (key, value) in data.sorted(by: { $0.key < $1.key }) where isName(prefix + key) {
                own.set(prefix + key, value)
            }
        }
    }

    private static func objects(_ subject: Subject) -> [(field: String, kind: String, all: [String: [String: String]])]
    {
        let sources = subject.identity.environment
        return [("configMap", "configmap", sources.configMaps), ("secret", "secret", sources.secrets)]
    }

    private static func refuseMissing(_ kind: String, _ name: String, _ path: FieldPath, _ findings: inout Findings) {
        findings.refuse(
            id, .containerConfig, at: path, found: name, "\(kind) \(goQuoted(name)) not found",
            remedy: "create the \(kind), or set optional to true")
    }

    /// Printable ASCII without an equals sign.
    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != 0x3D }
    }

    /// What a source holds; nil when it is optional and not there, or refused.
    private static func value(_ from: JSON, _ path: FieldPath, _ subject: Subject, _ findings: inout Findings)
        -> String?
    {
        if let field = from["fieldRef"]?["fieldPath"]?.string {
            if let text = DownwardFields.value(field, subject) { return text }
            findings.refuse(
                id, .containerConfig, at: path.child("fieldRef", "fieldPath"), found: field,
                "unsupported fieldPath: \(field)",
                remedy: "name one of: \(DownwardFields.names.joined(separator: ", "))")
            return nil
        }
        if let reference = from["resourceFieldRef"] {
            if let text = DownwardFields.resource(reference, subject) { return text }
            let resource = reference["resource"]?.string ?? ""
            findings.refuse(
                id, .containerConfig, at: path.child("resourceFieldRef"), found: resource,
                "unsupported container resource : \(resource)",
                remedy:
                    "name limits or requests of cpu, memory, ephemeral-storage or hugepages of a container of the pod")
            return nil
        }
        let namespace = subject.pod["metadata"]?["namespace"]?.string ?? ""
        for (field, kind, all) in objects(subject) {
            guard let reference = from[field + "KeyRef"], let name = reference["name"]?.string else { continue }
            let isOptional = reference["optional"]?.bool == true
            let key = reference["key"]?.string ?? ""
            let place = path.child(field + "KeyRef")
            guard let data = all[name] else {
                if !isOptional { refuseMissing(kind, name, place, &findings) }
                return nil
            }
            if let value = data[key] { return value }
            if !isOptional {
                findings.refuse(
                    id, .containerConfig, at: place, found: "\(name)/\(key)",
                    "couldn't find key \(key) in \(field == "configMap" ? "ConfigMap" : "Secret") \(namespace)/\(name)",
                    remedy: "add the key to the \(kind), or set optional to true")
            }
            return nil
        }
        return ""
    }
}

/// Variables in the order in which they were first set; the last value holds.
struct Variables {
    private(set) var all: [EnvironmentVariable] = []
    private var places: [String: Int] = [:]

    mutating func set(_ name: String, _ value: String) {
        if let place = places[name] {
            all[place].value = value
        } else {
            places[name] = all.count
            all.append(EnvironmentVariable(name, value))
        }
    }
    func has(_ name: String) -> Bool { places[name] != nil }
}
