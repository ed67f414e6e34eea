/// Image references, as far as defaulting must read them.
enum ImageName {
    /// Whether an image without a pull policy is always pulled: it names the tag `latest`, or neither tag nor digest.
    ///
    /// What is no image reference has no tag.
    static func isLatest(_ image: String) -> Bool {
        guard let (tag, digest) = parse(image) else { return false }
        if let tag { return tag == "latest" }
        return digest == nil
    }

    /// The tag and digest of a reference (`docker.io/library/nginx:1.27@sha256:…`); nil when it is none.
    private static func parse(_ image: String) -> (tag: Substring?, digest: Substring?)? {
        var name = image[...]
        var digest: Substring?
        if let at = name.firstIndex(of: "@") {
            digest = name[name.index(after: at)...]
            name = name[..<at]
        }
        var tag: Substring?
        let lastSlash = name.lastIndex(of: "/") ?? name.startIndex
        if let colon = name.lastIndex(of: ":"), colon >= lastSlash {
            tag = name[name.index(after: colon)...]
            name = name[..<colon]
        }
        if let tag, !isTag(tag) { return nil }
        if let digest, !isDigest(digest) { return nil }
        return isName(name) ? (tag, digest) : nil
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (byte >= 0x30 && byte <= 0x39) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || byte == UInt8(ascii: "_")
    }

    private static func isTag(_ tag: Substring) -> Bool {
        guard let first = tag.utf8.first, isWord(first), tag.utf8.count <= 128 else { return false }
        return tag.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
    }

    private static func isDigest(_ digest: Substring) -> Bool {
        guard let colon = digest.firstIndex(of: ":") else { return false }
        let hex = digest[digest.index(after: colon)...]
        let length = ["sha256": 64, "sha384": 96, "sha512": 128][String(digest[..<colon])]
        return hex.utf8.count == length
            && hex.utf8.allSatisfy { ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x61 && $0 <= 0x66) }
    }

    private static func isName(_ name: Substring) -> Bool {
        guard !name.isEmpty, name.utf8.count <= 255 else { return false }
        var components = name.split(separator: "/", omittingEmptySubsequences: false)
        if components.count > 1, let first = components.first,
            first == "localhost" || first.contains(where: { $0 == "." || $0 == ":" || $0.isUppercase })
        {
            guard isDomain(first) else { return false }
            components.removeFirst()
        }
        return components.allSatisfy(isPathComponent)
    }

    private static func isDomain(_ domain: Substring) -> Bool {
        var host = domain
        if let colon = domain.lastIndex(of: ":"), !domain.hasSuffix("]") {
            let port = domain[domain.index(after: colon)...]
            guard !port.isEmpty, port.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return false }
            host = domain[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") { return true }
        return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            guard let first = label.utf8.first, let last = label.utf8.last else { return false }
            func isAlphanumeric(_ byte: UInt8) -> Bool { isWord(byte) && byte != UInt8(ascii: "_") }
            return isAlphanumeric(first) && isAlphanumeric(last)
                && label.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
        }
    }

    /// Lower-case words with single separators between: `.`, `_`, `__` or any number of `-`.
    private static func isPathComponent(_ component: Substring) -> Bool {
        let bytes = Array(component.utf8)
        func isAlphanumeric(_ byte: UInt8) -> Bool { (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x7A) }
        guard let first = bytes.first, let last = bytes.last, isAlphanumeric(first), isAlphanumeric(last) else {
            return false
        }
        var at = 0
        while at < bytes.count {
            if isAlphanumeric(bytes[at]) {
                at += 1
                continue
            }
            let separator = bytes[at]
            let start = at
            while at < bytes.count, bytes[at] == separator { at += 1 }
            switch separator {
            case UInt8(ascii: "."): if at - start > 1 { return false }
            case UInt8(ascii: "_"): if at - start > 2 { return false }
            case UInt8(ascii: "-"): break
            default: return false
            }
            guard isAlphanumeric(bytes[at]) else { return false }
        }
        return true
    }
}
