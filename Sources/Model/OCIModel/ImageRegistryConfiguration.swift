public import JSONValue

/// Which hosts stand for a registry, in which order, and how they are trusted.
///
/// In the configuration file:
/// ```yaml
/// registries:
/// - host: docker.io
///   endpoints:
///   - url: https://mirror.example/docker   # asked first
///   - url: http://10.0.0.7:5000
///     plainHTTP: true
///   fallback: true                         # then the registry itself; the default
/// ```
public struct ImageRegistryConfiguration: Hashable, Sendable {
    /// One host that is asked.
    public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
        /// A host or address with brackets when it is IPv6.
        public var host: String
        /// Nil for the scheme's own.
        public var port: Int?
        /// What stands before `/v2/`; empty or beginning with a slash.
        public var prefix: String
        /// Whether requests are sent in the open. Loopback may, others must be configured so.
        public var isPlain: Bool
        /// The file with the certificates of the authorities that are trusted beside the system's; nil for those alone.
        public var authorityFile: String?
        /// Whether it stands for another registry. A mirror is not sent the credentials of what it mirrors.
        public var isMirror: Bool
        /// How it is reached.
        public var reach = Reach.network

        /// A host that by default is asked over TLS, on the scheme's port, as the registry itself.
        public init(host: String, port: Int? = nil, prefix: String = "", isPlain: Bool = false, authorityFile: String? = nil, isMirror: Bool = false) {
            self.host = host
            self.port = port
            self.prefix = prefix
            self.isPlain = isPlain
            self.authorityFile = authorityFile
            self.isMirror = isMirror
        }

        /// How a host is reached by a process that asks.
        public enum Reach: Hashable, Sendable {
            /// As its name says.
            case network
            /// Through a socket file, at whose other end it is.
            case socket(path: String)
            /// Not: the process has a loopback of its own, which is not the one that is meant.
            case none
        }

        /// `https://host:port`
        public var origin: String { (isPlain ? "http://" : "https://") + authority }
        /// `host:port`, as image names have it.
        public var authority: String { host + (port.map { ":\($0)" } ?? "") }
        /// `https://host:port/prefix`
        public var description: String { origin + prefix }
    }

    /// The hosts that stand for one registry.
    public struct Registry: Hashable, Sendable {
        /// As image names have it; `*` for every registry without an entry of its own.
        public var host: String
        /// In the order in which they are asked.
        public var endpoints: [Endpoint]
        /// Whether the registry itself is asked when none of them has the image.
        public var fallsBack: Bool

        /// The hosts that stand for the registry `host`, in the order in which they are asked.
        public init(host: String, endpoints: [Endpoint], fallsBack: Bool = true) {
            self.host = host
            self.endpoints = endpoints
            self.fallsBack = fallsBack
        }
    }

    /// In the order of the file.
    public var registries: [Registry]
    /// Whether the loopback of those who ask is this machine's. In a network namespace it is not.
    public private(set) var sharesLoopback = true

    /// A configuration with entries for these registries; every other one is asked itself.
    public init(registries: [Registry] = []) { self.registries = registries }

    /// The hosts to ask for images of a registry, in their order.
    ///
    /// - Parameter domain: as ``ImageReference/domain`` has it.
    /// - Returns: at least one host, save for an entry without endpoints that does not fall back.
    public func endpoints(for domain: String) -> [Endpoint] {
        let registry = registries.first { $0.host == domain } ?? registries.first { $0.host == "*" }
        var endpoints = registry?.endpoints ?? []
        // The registry's own entry may say how it is reached, such as in the open; then it is listed already.
        if registry?.fallsBack != false, !endpoints.contains(where: { !$0.isMirror }) { endpoints.append(reached(Self.own(domain))) }
        return endpoints
    }

    private func reached(_ endpoint: Endpoint) -> Endpoint {
        guard !sharesLoopback, endpoint.reach == .network, Self.isLoopback(endpoint.host) else { return endpoint }
        var endpoint = endpoint
        endpoint.reach = .none
        return endpoint
    }

    /// The hosts of this machine's loopback that the configuration names and that are asked in the open, each once, in the order of the file.
    public var loopbackHosts: [(host: String, port: Int)] {
        var known: Set<String> = []
        return registries.flatMap(\.endpoints).filter { $0.isPlain && Self.isLoopback($0.host) && known.insert($0.authority).inserted }
            .map { (host: $0.host.filter { $0 != "[" && $0 != "]" }, port: $0.port ?? 80) }
    }

    /// The same for a process in a network namespace, where each of ``loopbackHosts`` is reached through the socket file of its number, and
    /// no other host of a loopback at all.
    public func reachingLoopback(through socket: (Int) -> String) -> ImageRegistryConfiguration {
        var sockets: [String: String] = [:]
        for (number, host) in loopbackHosts.enumerated() { sockets["\(host.host) \(host.port)"] = socket(number) }
        var configuration = self
        configuration.sharesLoopback = false
        for registry in registries.indices {
            configuration.registries[registry].endpoints = registries[registry].endpoints.map { endpoint in
                var endpoint = endpoint
                let host = endpoint.host.filter { $0 != "[" && $0 != "]" }
                if endpoint.isPlain, let path = sockets["\(host) \(endpoint.port ?? 80)"] { endpoint.reach = .socket(path: path) }
                return configuration.reached(endpoint)
            }
        }
        return configuration
    }

    /// The registry itself: `docker.io` has its images on another host, and loopback needs no TLS.
    static func own(_ domain: String) -> Endpoint {
        let (host, port) = split(domain)
        let name = domain == ImageReference.defaultDomain ? "registry-1.docker.io" : host
        return Endpoint(host: name, port: port, isPlain: isLoopback(host))
    }

    /// Whether a host can only be this machine.
    public static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "[::1]" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    static func split(_ authority: String) -> (host: String, port: Int?) {
        guard let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") else { return (authority, nil) }
        return (String(authority[..<colon]), Int(authority[authority.index(after: colon)...]))
    }

    /// Reads the list `registries` of the configuration file.
    ///
    /// - Throws: ``ImageDocumentError`` with the field; nothing of it is used then.
    public init(_ value: JSON) throws(ImageDocumentError) {
        func fail(_ field: String, _ what: String) -> ImageDocumentError { .init(document: "registry configuration", field: field, what: what) }
        func known(_ value: JSON, _ names: Set<String>, _ field: String) throws(ImageDocumentError) {
            guard let object = value.object else { throw fail(field, "is no object") }
            for key in object.keys where !names.contains(key) { throw fail("\(field).\(key)", "is not known; known are \(names.sorted().joined(separator: ", "))") }
        }
        registries = []
        guard let entries = value.array else {
            if value.isNull { return }
            throw fail("registries", "is no list")
        }
        for (index, entry) in entries.enumerated() {
            let field = "registries[\(index)]"
            try known(entry, ["host", "endpoints", "fallback"], field)
            guard let host = entry["host"]?.string, !host.isEmpty,
                host == "*" || (try? ImageReference(host + "/a")).map({ $0.domain == host }) == true
            else { throw fail(field + ".host", "is no registry's name, such as docker.io or registry.example:5000") }
            guard !registries.contains(where: { $0.host == host }) else { throw fail(field + ".host", "stands twice: \(host)") }
            var endpoints: [Endpoint] = []
            guard let written = entry["endpoints"]?.array, !written.isEmpty else { throw fail(field + ".endpoints", "is missing or empty") }
            for (at, endpoint) in written.enumerated() {
                let field = "\(field).endpoints[\(at)]"
                try known(endpoint, ["url", "plainHTTP", "caFile"], field)
                guard let url = endpoint["url"]?.string, var parsed = Self.endpoint(url) else {
                    throw fail(field + ".url", "is no https:// or http:// address of a host")
                }
                if parsed.isPlain, !Self.isLoopback(parsed.host), endpoint["plainHTTP"]?.bool != true {
                    throw fail(field + ".url", "would be asked without TLS; write https://, or plainHTTP: true to accept that")
                }
                parsed.authorityFile = endpoint["caFile"]?.string
                parsed.isMirror = parsed.authority != host
                endpoints.append(parsed)
            }
            registries.append(Registry(host: host, endpoints: endpoints, fallsBack: entry["fallback"]?.bool ?? true))
        }
    }

    /// An endpoint from its address; nil when it has a user, a query or anything else that is none.
    static func endpoint(_ url: String) -> Endpoint? {
        let plain = url.hasPrefix("http://")
        guard plain || url.hasPrefix("https://"), url.utf8.count <= 2048, url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        let rest = url.dropFirst(plain ? 7 : 8)
        guard !rest.contains(where: { "?#@\\%".contains($0) }) else { return nil }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let authority = String(rest[..<slash])
        guard (try? ImageReference((authority.contains(".") || authority.contains(":") ? authority : authority + ":1") + "/a")) != nil else { return nil }
        let (host, port) = split(authority)
        var prefix = String(rest[slash...])
        while prefix.hasSuffix("/") { prefix.removeLast() }
        if prefix.hasSuffix("/v2") { prefix.removeLast(3) }
        return Endpoint(host: host, port: port, prefix: prefix, isPlain: plain)
    }
}
