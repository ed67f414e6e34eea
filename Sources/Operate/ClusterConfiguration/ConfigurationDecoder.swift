import CertificateAuthority
import JSONValue
import OCIModel
import YAMLValue

extension KastellConfiguration {
    /// Reads the configuration: the defaults, the file's values over them, the command line's over those.
    ///
    /// - Parameters:
    ///   - bytes: the file; nil when there is none.
    ///   - file: its path, for errors, and for paths in it that are relative to its folder.
    ///   - overrides: the command line's values.
    ///   - environment: decides the default paths.
    /// - Returns: the checked configuration.
    /// - Throws: ``ConfigurationError`` with every fault of the file and the command line.
    package static func decode(
        _ bytes: [UInt8]?, file: String = "", overrides: ConfigurationOverrides = ConfigurationOverrides(),
        environment: ProcessEnvironment
    ) throws(ConfigurationError) -> KastellConfiguration {
        let path = environment.absolute(file, in: environment.currentFolder)
        var reader = ConfigurationReader(file: file, folder: SecureFile.folder(of: path))
        if let bytes { reader.read(bytes) }
        let values = reader.values.merging(overrides.written(folder: environment.currentFolder)) { $1 }
        var decoder = ConfigurationDecoder(values: values, environment: environment, faults: reader.faults)
        let configuration = decoder.configuration()
        if !decoder.faults.isEmpty { throw ConfigurationError(decoder.faults) }
        return configuration
    }

    /// Reads the file at `path`; without a path the default one when it exists.
    ///
    /// - Throws: ``ConfigurationError`` or `FileError`.
    package static func load(
        path: String?, overrides: ConfigurationOverrides = ConfigurationOverrides(), environment: ProcessEnvironment
    ) throws -> KastellConfiguration {
        let file = path ?? environment.defaultConfigurationFile
        if path == nil, !SecureFile.exists(file) {
            return try decode(nil, overrides: overrides, environment: environment)
        }
        let bytes = try SecureFile.read(environment.absolute(file, in: environment.currentFolder), .any)
        return try decode(bytes, file: file, overrides: overrides, environment: environment)
    }
}

/// Turns written values into checked ones, and collects every fault on the way.
struct ConfigurationDecoder {
    let values: [ConfigurationField: WrittenValue]
    let environment: ProcessEnvironment
    private(set) var faults: [ConfigurationFault]

    init(values: [ConfigurationField: WrittenValue], environment: ProcessEnvironment, faults: [ConfigurationFault]) {
        self.values = values
        self.environment = environment
        self.faults = faults
    }

    mutating func configuration() -> KastellConfiguration {
        var result = KastellConfiguration(environment: environment)
        path(.stateDir).map { result.stateDir = $0 }
        text(.apiPort, port).map { result.apiPort = $0 }
        text(.bindAddress) { $0.string.flatMap { IPAddress($0) } }.map { result.bindAddress = $0 }
        text(.profile) { $0.string.flatMap { KastellConfiguration.Profile(rawValue: $0) } }.map { result.profile = $0 }
        text(.controlOnly) { $0.bool }.map { result.controlOnly = $0 }
        text(.tlsMinVersion) { $0.string.flatMap { KastellConfiguration.TLSVersion(rawValue: $0) } }
            .map { result.tlsMinVersion = $0 }
        list(.tlsExtraNames, isAllowed: Self.isNameOrAddress).map { result.tlsExtraNames = $0 }
        text(.tlsServingLifetime, lifetime).map { result.tlsServingLifetime = $0 }
        list(.enableAdmissionPlugins, isAllowed: AdmissionPlugins.known.contains).map {
            result.enableAdmissionPlugins = $0
        }
        list(.disableAdmissionPlugins, isAllowed: AdmissionPlugins.known.contains).map {
            result.disableAdmissionPlugins = $0
        }
        list(.controllers, isAllowed: Controllers.isAllowed).map { result.controllers = $0 }
        result.tokenAuthFile = path(.tokenAuthFile)
        result.encryptionProviderConfig = path(.encryptionProviderConfig)
        result.staticPodPath = path(.staticPodPath)
        text(.serviceAccountIssuer, issuer).map { result.serviceAccountIssuer = $0 }
        text(.serviceClusterIPRange, serviceRange).map { result.serviceClusterIPRange = $0 }
        text(.serviceNodePortRange) { $0.string.flatMap { PortRange($0) } }.map { result.serviceNodePortRange = $0 }
        text(.anonymousAuth) { $0.bool }.map { result.anonymousAuth = $0 }
        text(.enableBootstrapTokenAuth) { $0.bool }.map { result.enableBootstrapTokenAuth = $0 }
        text(.nodeName) { $0.string.flatMap { $0.utf8.count <= 63 && Self.isObjectName($0) ? $0 : nil } }.map { result.nodeName = $0 }
        text(.clusterCIDR, podRange).map { result.clusterCIDR = $0 }
        registries().map { result.registries = $0 }
        list(.exemptUsernames) { !$0.isEmpty }.map { result.podSecurityExemptions.usernames = $0 }
        list(.exemptRuntimeClasses, isAllowed: Self.isObjectName).map {
            result.podSecurityExemptions.runtimeClasses = $0
        }
        list(.exemptNamespaces, isAllowed: Self.isObjectName).map { result.podSecurityExemptions.namespaces = $0 }
        for plugin in result.enableAdmissionPlugins where result.disableAdmissionPlugins.contains(plugin) {
            fault(
                .disableAdmissionPlugins, "\"\(plugin)\" is enabled and disabled at once",
                "Remove it from one of the two lists")
        }
        return result
    }

    // MARK: Kinds

    /// The list is kept as it was written, once it could be read: the node reads it again.
    private mutating func registries() -> JSON? {
        guard let written = values[.registries] else { return nil }
        do throws(ImageDocumentError) {
            _ = try ImageRegistryConfiguration(written.value)
            return written.value
        } catch {
            faults.append(
                ConfigurationFault(
                    origin: written.origin, field: error.field, problem: error.what, remedy: "Allowed is \(ConfigurationKind.registries.allowed)"))
            return nil
        }
    }

    private mutating func text<Value>(_ field: ConfigurationField, _ read: (JSON) -> Value?) -> Value? {
        guard let written = values[field] else { return nil }
        if let value = read(written.value) { return value }
        var remedy = "Allowed is \(field.kind.allowed)"
        if case .choice(let choices) = field.kind, let word = written.value.string,
            let meant = DidYouMean.suggestion(for: word, among: choices)
        {
            remedy += ". Did you mean '\(meant)'?"
        }
        fault(field, "\(Self.quoted(written.value)) is not allowed", remedy)
        return nil
    }

    private mutating func list(_ field: ConfigurationField, isAllowed: (String) -> Bool) -> [String]? {
        guard let written = values[field] else { return nil }
        guard let elements = written.value.array else {
            fault(field, "\(Self.quoted(written.value)) is no list", "Allowed is \(field.kind.allowed)")
            return nil
        }
        var result: [String] = []
        for (index, element) in elements.enumerated() {
            if let text = element.string, isAllowed(text) {
                if !result.contains(text) { result.append(text) }
                continue
            }
            var remedy = "Allowed is \(field.kind.allowed)"
            if field.kind == .plugins {
                let meant = element.string.flatMap { DidYouMean.suggestion(for: $0, among: AdmissionPlugins.known) }
                remedy =
                    meant.map { "Did you mean '\($0)'?" }
                    ?? "Known are \(AdmissionPlugins.known.joined(separator: ", "))"
            }
            let problem = field.kind == .plugins ? "is no admission plugin" : "is not allowed"
            faults.append(
                ConfigurationFault(
                    origin: written.origin(ofElement: index), field: "\(field.rawValue)[\(index)]",
                    problem: "\(Self.quoted(element)) \(problem)", remedy: remedy))
        }
        return result
    }

    private mutating func path(_ field: ConfigurationField) -> String? {
        guard let folder = values[field]?.folder else { return nil }
        let environment = environment
        return text(field) { value in
            guard let text = value.string, !text.isEmpty, !text.utf8.contains(0) else { return nil }
            return environment.absolute(text, in: folder)
        }
    }

    private func port(_ value: JSON) -> Int? {
        value.int.flatMap { (1...65535).contains($0) ? Int($0) : nil }
    }

    private func lifetime(_ value: JSON) -> Duration? {
        guard let duration = value.string.flatMap({ GoDuration.parse($0) }) else { return nil }
        return duration >= .seconds(3600) && duration <= .seconds(87600 * 3600) ? duration : nil
    }

    private func serviceRange(_ value: JSON) -> CIDR? {
        value.string.flatMap { CIDR($0) }.flatMap { (3...20).contains($0.hostBits) ? $0 : nil }
    }

    private func podRange(_ value: JSON) -> CIDR? {
        value.string.flatMap { CIDR($0) }.flatMap { (8...24).contains($0.hostBits) && !$0.network.isIPv6 ? $0 : nil }
    }

    private func issuer(_ value: JSON) -> String? {
        guard let text = value.string, !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return nil
        }
        guard text.contains(":") else { return text }
        for scheme in ["https://", "http://"] where text.hasPrefix(scheme) {
            let host = text.dropFirst(scheme.count).prefix { $0 != "/" }
            return host.isEmpty ? nil : text
        }
        return nil
    }

    private static func isNameOrAddress(_ text: String) -> Bool {
        if IPAddress(text) != nil { return true }
        return PKIOptions.isDNSName(text)
    }

    private static func isObjectName(_ text: String) -> Bool {
        (1...253).contains(text.utf8.count) && text.utf8.first != 0x2D && text.utf8.last != 0x2D
            && text.utf8.allSatisfy { $0 &- 0x30 < 10 || $0 &- 0x61 < 26 || $0 == 0x2D || $0 == 0x2E }
    }

    /// Long values are cut, so that a file that was put in the wrong place is not poured out.
    private static func quoted(_ value: JSON) -> String {
        switch value {
        case .object: return "a mapping"
        case .array: return "a list"
        case .null, .bool, .int, .double, .string:
            let text = value.description
            return text.count > 80 ? text.prefix(77) + "...\"" : text
        }
    }

    private mutating func fault(_ field: ConfigurationField, _ problem: String, _ remedy: String) {
        guard let origin = values[field]?.origin else { return }
        faults.append(ConfigurationFault(origin: origin, field: field.rawValue, problem: problem, remedy: remedy))
    }
}
