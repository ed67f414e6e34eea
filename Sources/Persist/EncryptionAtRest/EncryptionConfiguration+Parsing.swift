package import JSONValue
import KubeModel
import PolicyModel

extension EncryptionConfiguration {
    /// Reads and checks a configuration, as strictly as kube-apiserver: an unknown or repeated field is a fault.
    ///
    /// - Parameters:
    ///   - json: the file as a tree, whether it was written as JSON or YAML.
    ///   - duplicateFields: the paths of fields that the source gave twice (a tree cannot show them).
    /// - Returns: a configuration that passed every check.
    /// - Throws: ``EncryptionConfigurationError`` with every fault of the first stage that has any.
    package static func parse(
        _ json: JSON, duplicateFields: [String] = []
    ) throws(EncryptionConfigurationError) -> EncryptionConfiguration {
        var reader = Reader()
        for field in duplicateFields {
            reader.strictFaults.append(.init("duplicate field \"\(field)\"", remedy: "Give \(field) once only."))
        }
        let draft = reader.read(json)
        guard reader.faults.isEmpty else { throw EncryptionConfigurationError(.parsing, reader.faults) }
        guard reader.strictFaults.isEmpty else {
            let message = reader.strictFaults.map(\.message).joined(separator: ", ")
            let remedy = reader.strictFaults.map(\.remedy).joined(separator: " ")
            throw EncryptionConfigurationError(
                .parsing, [.init("strict decoding error: " + message, remedy: remedy)])
        }
        let configuration = try draft.checked()
        try configuration.checkMasking()
        return configuration
    }

    /// What the file says, before it is checked.
    struct Draft {
        var rules: [Rule] = []

        struct Rule {
            var resources: [String] = []
            var providers: [Provider] = []
        }

        struct Provider {
            /// The providers that stand in this element; right is exactly one.
            var keys: [ProviderName: [Key]] = [:]
            var hasKMS = false
        }

        struct Key {
            var name = ""
            var secret = ""
        }
    }

    /// Turns a tree into a draft and collects what has the wrong shape. Values are not quoted: they may be secrets.
    private struct Reader {
        var faults: [EncryptionConfigurationError.Fault] = []
        var strictFaults: [EncryptionConfigurationError.Fault] = []

        mutating func read(_ json: JSON) -> Draft {
            var draft = Draft()
            guard case .object(let top) = json else {
                wrongShape("", "an object")
                return draft
            }
            readType(top)
            known(top, ["apiVersion", "kind", "resources"], at: "")
            for (index, element) in list(top["resources"], "resources").enumerated() {
                let path = FieldPath("resources").index(index)
                guard let object = object(element, path) else { continue }
                known(object, ["resources", "providers"], at: path)
                var rule = Draft.Rule()
                for (at, name) in list(object["resources"], path.child("resources")).enumerated() {
                    rule.resources.append(text(name, path.child("resources").index(at)))
                }
                for (at, provider) in list(object["providers"], path.child("providers")).enumerated() {
                    rule.providers.append(readProvider(provider, path.child("providers").index(at)))
                }
                draft.rules.append(rule)
            }
            return draft
        }

        private mutating func readType(_ top: JSONObject) {
            let version = top["apiVersion"]?.string ?? ""
            let kind = top["kind"]?.string ?? ""
            let remedy = "Begin the file with apiVersion: apiserver.config.k8s.io/v1 and kind: EncryptionConfiguration."
            if kind.isEmpty {
                faults.append(.init("Object 'Kind' is missing", remedy: remedy))
            } else if version.isEmpty {
                faults.append(.init("Object 'apiVersion' is missing", remedy: remedy))
            } else if version != "apiserver.config.k8s.io/v1" || kind != "EncryptionConfiguration" {
                let message = "no kind \(goQuoted(kind)) is registered for version \(goQuoted(version))"
                faults.append(.init(message, remedy: remedy))
            }
        }

        private mutating func readProvider(_ json: JSON, _ path: FieldPath) -> Draft.Provider {
            var provider = Draft.Provider()
            guard let fields = object(json, path) else { return provider }
            known(fields, ["aesgcm", "aescbc", "secretbox", "identity", "kms"], at: path)
            for name in ProviderName.allCases {
                guard let value = fields[name.rawValue], !value.isNull else { continue }
                let here = path.child(name.rawValue)
                provider.keys[name] = []
                guard let settings = object(value, here) else { continue }
                known(settings, name == .identity ? [] : ["keys"], at: here)
                guard name != .identity else { continue }
                for (at, key) in list(settings["keys"], here.child("keys")).enumerated() {
                    provider.keys[name, default: []].append(readKey(key, here.child("keys").index(at)))
                }
            }
            if let kms = fields["kms"], !kms.isNull { provider.hasKMS = true }
            return provider
        }

        private mutating func readKey(_ json: JSON, _ path: FieldPath) -> Draft.Key {
            guard let fields = object(json, path) else { return Draft.Key() }
            known(fields, ["name", "secret"], at: path)
            return Draft.Key(
                name: text(fields["name"], path.child("name")), secret: text(fields["secret"], path.child("secret")))
        }

        private mutating func wrongShape(_ path: FieldPath, _ shape: String) {
            let place = path.rawValue.isEmpty ? "the file" : path.rawValue
            faults.append(.init("\(place): Invalid value: must be \(shape)", remedy: "Make \(place) \(shape)."))
        }

        private mutating func object(_ json: JSON, _ path: FieldPath) -> JSONObject? {
            if json.isNull { return JSONObject() }
            if let object = json.object { return object }
            wrongShape(path, "an object")
            return nil
        }

        private mutating func list(_ json: JSON?, _ path: FieldPath) -> [JSON] {
            guard let json, !json.isNull else { return [] }
            if let array = json.array { return array }
            wrongShape(path, "a list")
            return []
        }

        private mutating func text(_ json: JSON?, _ path: FieldPath) -> String {
            guard let json, !json.isNull else { return "" }
            if let string = json.string { return string }
            wrongShape(path, "a string")
            return ""
        }

        private mutating func known(_ object: JSONObject, _ names: [String], at path: FieldPath) {
            for key in object.keys where !names.contains(key) {
                let field = path.child(key).rawValue
                let known = names.isEmpty ? "it takes none" : "it takes " + names.joined(separator: ", ")
                strictFaults.append(
                    .init("unknown field \(goQuoted(field))", remedy: "Remove or correct \(field): \(known)."))
            }
        }
    }
}
