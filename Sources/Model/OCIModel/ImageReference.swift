/// The name of an image as users write it, in full: `docker.io/library/nginx:1.27` for `nginx:1.27`.
///
/// All of it is ASCII of a known alphabet and bounded length, so it may be part of a URL path without escapes and can be
/// compared as a string.
///
/// Source: the grammar of the distribution project, `reference`; its normalisation of familiar names.
public struct ImageReference: Hashable, Sendable, CustomStringConvertible {
    /// The registry: a host or an address, with a port when one was written. `docker.io` when none was.
    public let domain: String
    /// The repository in the registry, such as `library/nginx`.
    public let path: String
    /// Nil when a digest was written without one. A reference without both gets `latest`.
    public let tag: String?
    /// What the image must be, whatever the tag says by now.
    public let digest: ImageDigest?

    /// The registry of names without one.
    public static let defaultDomain = "docker.io"
    /// The tag of names without tag and digest.
    public static let defaultTag = "latest"
    /// The longest domain and path together, without tag and digest.
    public static let maximumNameLength = 255
    /// The longest tag.
    public static let maximumTagLength = 128

    /// Reads a reference and fills in what was left out.
    ///
    /// Linear in the length of `text`.
    ///
    /// - Throws: ``ImageReferenceError``, which says what part is wrong.
    public init(_ text: String) throws(ImageReferenceError) {
        func fail(_ cause: ImageReferenceError.Cause) -> ImageReferenceError { ImageReferenceError(text: text, cause: cause) }
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty else { throw fail(.empty) }
        guard bytes.count <= Self.maximumNameLength + Self.maximumTagLength + 140 else { throw fail(.tooLong) }
        // A bare hash is the name of an image in a local store; as a repository it would be a trap.
        guard bytes.count != 64 || !bytes.allSatisfy(Self.isHexDigit) else { throw fail(.bareHash) }

        var rest = bytes[...]
        var digest: ImageDigest?
        if let at = rest.firstIndex(of: 0x40) {
            guard let read = ImageDigest(String(decoding: rest[(at + 1)...], as: UTF8.self)) else { throw fail(.digest) }
            digest = read
            rest = rest[..<at]
        }
        var domain: ArraySlice<UInt8>?
        // The first part is a domain when it could not be a part of a path, or is the one name that is known.
        if let slash = rest.firstIndex(of: 0x2F) {
            let first = rest[..<slash]
            if first.contains(0x2E) || first.contains(0x3A) || first.contains(where: Self.isUpper) || Self.text(first) == "localhost" {
                domain = first
                rest = rest[(slash + 1)...]
            }
        }
        var tag: String?
        if let colon = rest.lastIndex(of: 0x3A) {
            let written = rest[(colon + 1)...]
            guard Self.isTag(written) else { throw fail(.tag) }
            tag = Self.text(written)
            rest = rest[..<colon]
        }
        if let domain { guard Self.isDomain(domain) else { throw fail(.domain) } }
        guard !rest.contains(where: Self.isUpper) else { throw fail(.upperCase) }
        guard Self.isPath(rest) else { throw fail(.path) }

        var host = domain.map(Self.text) ?? Self.defaultDomain
        if host == "index.docker.io" { host = Self.defaultDomain }
        var path = Self.text(rest)
        if host == Self.defaultDomain, !rest.contains(0x2F) { path = "library/" + path }
        guard host.utf8.count + 1 + path.utf8.count <= Self.maximumNameLength else { throw fail(.tooLong) }
        self.domain = host
        self.path = path
        self.tag = tag ?? (digest == nil ? Self.defaultTag : nil)
        self.digest = digest
    }

    private init(domain: String, path: String, tag: String?, digest: ImageDigest?) {
        self.domain = domain
        self.path = path
        self.tag = tag
        self.digest = digest
    }

    /// `docker.io/library/nginx`: without tag and digest.
    public var name: String { domain + "/" + path }

    /// The whole reference, every part written out.
    public var description: String { name + (tag.map { ":" + $0 } ?? "") + (digest.map { "@" + $0.description } ?? "") }

    /// As short as it can be written: `nginx:1.27` for `docker.io/library/nginx:1.27`.
    public var familiar: String {
        var text = name
        if domain == Self.defaultDomain {
            text = path
            let library = "library/"
            if path.hasPrefix(library), !path.dropFirst(library.count).contains("/") { text = String(path.dropFirst(library.count)) }
        }
        return text + (tag.map { ":" + $0 } ?? "") + (digest.map { "@" + $0.description } ?? "")
    }

    /// The same repository with `digest` alone.
    public func pinned(to digest: ImageDigest) -> ImageReference {
        ImageReference(domain: domain, path: path, tag: nil, digest: digest)
    }

    /// Whether only a pull can tell what the name means now: the tag is `latest` and no digest holds it.
    public var isMoving: Bool { digest == nil && tag == Self.defaultTag }

    /// What a registry is asked for: the digest, else the tag.
    public var selector: String { digest?.description ?? tag ?? Self.defaultTag }

    // MARK: The grammar

    private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    private static func isLower(_ byte: UInt8) -> Bool { byte >= 0x61 && byte <= 0x7A }
    private static func isUpper(_ byte: UInt8) -> Bool { byte >= 0x41 && byte <= 0x5A }
    private static func isHexDigit(_ byte: UInt8) -> Bool { isDigit(byte) || (byte >= 0x61 && byte <= 0x66) }

    /// `[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}`
    private static func isTag(_ tag: ArraySlice<UInt8>) -> Bool {
        guard let first = tag.first, tag.count <= maximumTagLength, first != 0x2E, first != 0x2D else { return false }
        return tag.allSatisfy { isDigit($0) || isLower($0) || isUpper($0) || $0 == 0x5F || $0 == 0x2E || $0 == 0x2D }
    }

    /// Host labels with dots between, or an IPv6 address in brackets, and a port.
    private static func isDomain(_ domain: ArraySlice<UInt8>) -> Bool {
        var host = domain
        if domain.first == 0x5B {
            guard let close = domain.firstIndex(of: 0x5D) else { return false }
            let address = domain[(domain.startIndex + 1)..<close]
            guard address.count >= 2, address.count <= 45, address.contains(0x3A),
                address.allSatisfy({ isHexDigit($0) || (0x41...0x46).contains($0) || $0 == 0x3A || $0 == 0x2E })
            else { return false }
            let after = domain[(close + 1)...]
            return after.isEmpty || (after.first == 0x3A && isPort(after.dropFirst()))
        }
        if let colon = domain.firstIndex(of: 0x3A) {
            guard isPort(domain[(colon + 1)...]) else { return false }
            host = domain[..<colon]
        }
        return host.split(separator: 0x2E, omittingEmptySubsequences: false).allSatisfy { label in
            guard let first = label.first, let last = label.last, first != 0x2D, last != 0x2D else { return false }
            return label.allSatisfy { isDigit($0) || isLower($0) || isUpper($0) || $0 == 0x2D }
        }
    }

    private static func isPort(_ port: ArraySlice<UInt8>) -> Bool {
        guard !port.isEmpty, port.count <= 5, port.allSatisfy(isDigit) else { return false }
        return (1...65535).contains(port.reduce(0) { $0 * 10 + Int($1 - 0x30) })
    }

    /// Parts of `[a-z0-9]+` with `.`, `_`, `__` or any number of `-` between, slashes between the parts.
    private static func isPath(_ path: ArraySlice<UInt8>) -> Bool {
        path.split(separator: 0x2F, omittingEmptySubsequences: false).allSatisfy { part in
            guard let first = part.first, let last = part.last, isDigit(first) || isLower(first), isDigit(last) || isLower(last)
            else { return false }
            var separator: [UInt8] = []
            for byte in part {
                if isDigit(byte) || isLower(byte) {
                    separator = []
                    continue
                }
                separator.append(byte)
                let isFine = separator == [0x2E] || separator == [0x5F] || separator == [0x5F, 0x5F] || separator.allSatisfy { $0 == 0x2D }
                guard isFine else { return false }
            }
            return true
        }
    }
}

/// Why a text names no image. Nothing was looked up.
public struct ImageReferenceError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Which part is wrong.
    public enum Cause: Hashable, Sendable {
        case empty, tooLong, bareHash, domain, path, upperCase, tag, digest
    }

    /// What was written.
    public var text: String
    /// Which part of it is wrong.
    public var cause: Cause

    /// An image name as it was written, and the part of it that is wrong.
    public init(text: String, cause: Cause) {
        self.text = text
        self.cause = cause
    }

    /// What went wrong, as Kubernetes and its clients say it.
    public var reason: String {
        switch cause {
        case .empty: "invalid reference format"
        case .tooLong: "repository name must not be more than \(ImageReference.maximumNameLength) characters"
        case .bareHash: "invalid repository name, cannot specify 64-byte hexadecimal strings"
        case .upperCase: "invalid reference format: repository name must be lowercase"
        case .domain, .path, .tag, .digest: "invalid reference format"
        }
    }

    /// How to mend it, in the imperative.
    public var remedy: String {
        switch cause {
        case .empty: "name an image, such as registry.example/app:1.0"
        case .tooLong: "shorten the name"
        case .bareHash: "name the repository too, such as app@sha256:…"
        case .upperCase: "write the repository in lower case"
        case .domain: "write the registry as a host name or an address with a port, such as registry.example:5000"
        case .path: "write the repository in lower-case letters, digits and single '.', '_' or '-' between them"
        case .tag: "write the tag in at most 128 letters, digits, '_', '.' and '-', the first one a letter, a digit or '_'"
        case .digest: "write the digest as sha256: with 64 or sha512: with 128 lower-case hexadecimal digits"
        }
    }

    /// The message of kubelets, with what is wrong and how to mend it; a long name is cut at 512 characters.
    public var description: String { "couldn't parse image name \"\(text.prefix(512))\": \(reason); \(remedy)" }
}
