import JSONValue

/// A name and a secret for one registry or a part of it.
public struct ImageRegistryCredential: Hashable, Sendable, CustomStringConvertible {
    /// How one proves to be who one is.
    public enum Proof: Hashable, Sendable {
        case password(user: String, password: String)
        /// A refresh token for the registry's token server.
        case identityToken(String)
        /// A bearer token that the registry takes as it is.
        case registryToken(String)
    }

    /// Where it is for, as written: `registry.example`, `*.registry.example/team`.
    public var pattern: String
    /// The secret.
    public var proof: Proof

    /// A credential for what `pattern` matches: a registry, or a part of it.
    public init(pattern: String, proof: Proof) {
        self.pattern = pattern
        self.proof = proof
    }

    /// Says where it is for and never what it is.
    public var description: String { "credential for \(pattern)" }
}

/// The credentials of a pod, from its imagePullSecrets in their order, or of the node.
///
/// A pattern matches as Kubernetes does it: the port and the number of host labels must be the same, `*` stands for a
/// part of one label, the path is a prefix. The most specific pattern is tried first.
///
/// Source: Kubernetes documentation, "Images", "Interpretation of config.json".
public struct ImageRegistryCredentials: Hashable, Sendable {
    /// In the order in which they were added.
    public private(set) var credentials: [ImageRegistryCredential] = []

    /// No credentials: images are asked for anonymously.
    public init() {}

    /// The largest file that is read, in bytes: a Secret's bound.
    public static let maximumSize = 1 << 20

    /// Adds what a Secret's `.dockerconfigjson` (type kubernetes.io/dockerconfigjson) or a `config.json` says.
    ///
    /// - Throws: ``ImageDocumentError``, without any of the contents.
    public mutating func add(dockerConfigJSON bytes: [UInt8]) throws(ImageDocumentError) {
        let value = try Self.parse(bytes)
        guard let entries = value["auths"]?.object else {
            if value["auths"] == nil || value["auths"]?.isNull == true { return }
            throw .init(document: "registry credentials", field: "auths", what: "is no object")
        }
        try add(entries)
    }

    /// Adds what a Secret's `.dockercfg` (type kubernetes.io/dockercfg) says.
    ///
    /// - Throws: ``ImageDocumentError``, without any of the contents.
    public mutating func add(dockerConfig bytes: [UInt8]) throws(ImageDocumentError) {
        guard let entries = try Self.parse(bytes).object else {
            throw .init(document: "registry credentials", field: "", what: "they are no object")
        }
        try add(entries)
    }

    /// Adds one.
    public mutating func add(_ credential: ImageRegistryCredential) { credentials.append(credential) }

    private static func parse(_ bytes: [UInt8]) throws(ImageDocumentError) -> JSON {
        guard bytes.count <= maximumSize else { throw .init(document: "registry credentials", field: "", what: "they are too long") }
        // What the parser says of the place is left out: it could be a byte of a password.
        guard let value = try? JSON.parse(bytes) else { throw .init(document: "registry credentials", field: "", what: "they are no JSON") }
        return value
    }

    private mutating func add(_ entries: JSONObject) throws(ImageDocumentError) {
        for (pattern, entry) in entries {
            if let proof = try Self.proof(entry, pattern) { add(ImageRegistryCredential(pattern: pattern, proof: proof)) }
        }
    }

    private static func proof(_ entry: JSON, _ pattern: String) throws(ImageDocumentError) -> ImageRegistryCredential.Proof? {
        if let token = entry["registrytoken"]?.string, !token.isEmpty { return .registryToken(token) }
        if let token = entry["identitytoken"]?.string, !token.isEmpty { return .identityToken(token) }
        if let auth = entry["auth"]?.string, !auth.isEmpty {
            guard let bytes = Base64Text.decode(auth), let colon = bytes.firstIndex(of: 0x3A) else {
                throw .init(document: "registry credentials", field: "auths[\"\(pattern)\"].auth", what: "is no base64 of user:password")
            }
            // Some tools pad the password with NUL.
            let password = bytes[(colon + 1)...].reversed().drop { $0 == 0 }.reversed()
            return .password(user: String(decoding: bytes[..<colon], as: UTF8.self), password: String(decoding: Array(password), as: UTF8.self))
        }
        guard let user = entry["username"]?.string, !user.isEmpty else { return nil }
        return .password(user: user, password: entry["password"]?.string ?? "")
    }

    /// The credentials for an image, the most specific pattern first, none twice.
    public func matching(_ reference: ImageReference) -> [ImageRegistryCredential] {
        let target = Self.split(reference.domain + "/" + reference.path)
        let found = credentials.enumerated().compactMap { index, credential -> (Int, String, ImageRegistryCredential)? in
            let pattern = Self.normalized(credential.pattern)
            return Self.matches(pattern, target) ? (index, pattern, credential) : nil
        }
        // Longer is more specific; Kubernetes compares the texts in descending order, which comes to the same on one host.
        var seen: Set<ImageRegistryCredential.Proof> = []
        return found.sorted { left, right in
            left.1 == right.1 ? left.0 < right.0 : left.1.utf8.lexicographicallyPrecedes(right.1.utf8) == false
        }.map(\.2).filter { seen.insert($0.proof).inserted }
    }

    /// A pattern without scheme and without the API version that old tools wrote.
    static func normalized(_ pattern: String) -> String {
        var text = pattern[...]
        for scheme in ["https://", "http://"] where text.hasPrefix(scheme) { text = text.dropFirst(scheme.count) }
        while text.hasSuffix("/") { text = text.dropLast() }
        for suffix in ["/v1", "/v2"] where text.hasSuffix(suffix) { text = text.dropLast(suffix.count) }
        let slash = text.firstIndex(of: "/") ?? text.endIndex
        if ["index.docker.io", "registry-1.docker.io"].contains(String(text[..<slash])) { text = "docker.io" + text[slash...] }
        return String(text)
    }

    private struct Target {
        var labels: [Substring]
        var port: Substring
        var path: Substring
    }

    private static func split(_ text: String) -> Target {
        let slash = text.firstIndex(of: "/") ?? text.endIndex
        let authority = text[..<slash]
        var host = authority
        var port: Substring = ""
        // An IPv6 address is one label with its brackets.
        if let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") {
            host = authority[..<colon]
            port = authority[authority.index(after: colon)...]
        }
        let labels = host.hasPrefix("[") ? [host] : host.split(separator: ".", omittingEmptySubsequences: false)
        return Target(labels: labels, port: port, path: text[slash...])
    }

    private static func matches(_ pattern: String, _ target: Target) -> Bool {
        guard !pattern.isEmpty else { return false }
        let wanted = split(pattern)
        guard wanted.port == target.port, wanted.labels.count == target.labels.count else { return false }
        guard zip(wanted.labels, target.labels).allSatisfy({ glob(Array($0.utf8), Array($1.utf8)) }) else { return false }
        guard target.path.utf8.starts(with: wanted.path.utf8) else { return false }
        // 'example/team' is no prefix of 'example/teamwork'.
        let after = target.path.utf8.dropFirst(wanted.path.utf8.count).first
        return wanted.path.isEmpty || after == nil || after == 0x2F
    }

    /// `*` stands for any number of bytes, `?` for one. Linear in the product of the lengths.
    private static func glob(_ pattern: [UInt8], _ text: [UInt8]) -> Bool {
        var (p, t, star, mark) = (0, 0, -1, 0)
        while t < text.count {
            if p < pattern.count, pattern[p] == 0x2A {
                (star, mark) = (p, t)
                p += 1
            } else if p < pattern.count, pattern[p] == text[t] || pattern[p] == 0x3F {
                p += 1
                t += 1
            } else if star >= 0 {
                mark += 1
                (p, t) = (star + 1, mark)
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == 0x2A }
    }
}

/// Base64 as RFC 4648 section 4 has it.
public enum Base64Text {
    /// Nil when it is none. Line ends and missing padding are taken, as tools write them.
    public static func decode(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var (bits, count): (UInt32, Int) = (0, 0)
        var padding = 0
        for byte in text.utf8 {
            let value: UInt8
            switch byte {
            case 0x41...0x5A: value = byte - 0x41
            case 0x61...0x7A: value = byte - 0x61 + 26
            case 0x30...0x39: value = byte - 0x30 + 52
            case 0x2B, 0x2D: value = 62
            case 0x2F, 0x5F: value = 63
            case 0x3D:
                padding += 1
                continue
            case 0x0A, 0x0D: continue
            default: return nil
            }
            guard padding == 0 else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return padding <= 2 && count < 6 ? bytes : nil
    }

    /// With padding, in one line.
    public static func encode(_ bytes: some Sequence<UInt8>) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var out: [UInt8] = []
        var (bits, count): (UInt32, UInt32) = (0, 0)
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                out.append(alphabet[Int(bits >> count & 63)])
            }
        }
        if count > 0 { out.append(alphabet[Int(bits << (6 - count) & 63)]) }
        while out.count % 4 != 0 { out.append(0x3D) }
        return String(decoding: out, as: UTF8.self)
    }
}
