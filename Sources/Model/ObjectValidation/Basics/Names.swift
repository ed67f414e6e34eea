/// The syntax of names. Each rule answers the sentences that say what is wrong; none when nothing is.
///
/// Source: `k8s.io/apimachinery` `util/validation`, `api/validate/content`.
enum Names {
    static let labelPattern = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
    static let subdomainPattern = labelPattern + "(\\." + labelPattern + ")*"
    static let looseLabelPattern = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
    static let keyPattern = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"

    /// A sentence with the pattern that was not matched, and examples of what would.
    static func pattern(_ message: String, _ pattern: String, _ examples: String...) -> String {
        if examples.isEmpty { return "\(message) (regex used for validation is '\(pattern)')" }
        let list = examples.map { "'\($0)', " }.joined(separator: " or ")
        return "\(message) (e.g. \(list)regex used for validation is '\(pattern)')"
    }

    // MARK: Characters

    static func isLower(_ byte: UInt8) -> Bool { byte >= 0x61 && byte <= 0x7A }
    static func isUpper(_ byte: UInt8) -> Bool { byte >= 0x41 && byte <= 0x5A }
    static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    static func isLowerOrDigit(_ byte: UInt8) -> Bool { isLower(byte) || isDigit(byte) }
    static func isAlphanumeric(_ byte: UInt8) -> Bool { isLower(byte) || isUpper(byte) || isDigit(byte) }
    static let dash: UInt8 = 0x2D
    static let dot: UInt8 = 0x2E
    static let underscore: UInt8 = 0x5F

    /// Whether the text is not empty, begins and ends with an `edge` and has only `inner` between.
    static func matches(
        _ text: some Collection<UInt8>, edge: (UInt8) -> Bool, inner: (UInt8) -> Bool
    ) -> Bool {
        guard let first = text.first, edge(first) else { return false }
        var last = first
        for byte in text {
            if !inner(byte) { return false }
            last = byte
        }
        return edge(last)
    }

    // MARK: DNS

    static func isLabel(_ text: some Collection<UInt8>) -> Bool {
        matches(text, edge: isLowerOrDigit) { isLowerOrDigit($0) || $0 == dash }
    }

    static func isSubdomain(_ text: String) -> Bool {
        text.utf8.split(separator: dot, omittingEmptySubsequences: false).allSatisfy { isLabel($0) }
    }

    static func dnsLabel(_ text: String) -> [String] {
        var faults: [String] = []
        if text.utf8.count > 63 { faults.append(Wording.longest(63)) }
        if !isLabel(text.utf8) {
            if isSubdomain(text) {
                faults.append("must not contain dots")
            } else {
                faults.append(
                    pattern(
                        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
                            + "and must start and end with an alphanumeric character", labelPattern, "my-name", "123-abc"))
            }
        }
        return faults
    }

    static func dnsSubdomain(_ text: String) -> [String] { subdomain(text, Wording.longest(253)) }

    private static func subdomain(_ text: String, _ tooLong: String) -> [String] {
        var faults: [String] = []
        if text.utf8.count > 253 { faults.append(tooLong) }
        if !isSubdomain(text) {
            faults.append(
                pattern(
                    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
                        + "and must start and end with an alphanumeric character", subdomainPattern, "example.com"))
        }
        return faults
    }

    /// A subdomain whose labels may have underscores.
    static func dnsSubdomainWithUnderscore(_ text: String) -> [String] {
        var faults: [String] = []
        if text.utf8.count > 253 { faults.append(Wording.longest(253)) }
        let good = text.utf8.split(separator: dot, omittingEmptySubsequences: false).allSatisfy { label in
            let rest = label.first == underscore ? label.dropFirst() : label
            return matches(rest, edge: isLowerOrDigit) { isLowerOrDigit($0) || $0 == dash || $0 == underscore }
        }
        if !good {
            faults.append(
                pattern(
                    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', "
                        + "and must start and end with an alphanumeric character",
                    looseLabelPattern + "(\\." + looseLabelPattern + ")*", "example.com"))
        }
        return faults
    }

    static func isDNS1035(_ text: String) -> Bool {
        guard let first = text.utf8.first, isLower(first) else { return false }
        return isLabel(text.utf8)
    }

    static func dns1035Label(_ text: String) -> [String] {
        var faults: [String] = []
        if text.utf8.count > 63 { faults.append(Wording.longest(63)) }
        if !isDNS1035(text) {
            faults.append(
                pattern(
                    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
                        + "alphabetic character, and end with an alphanumeric character", "[a-z]([-a-z0-9]*[a-z0-9])?",
                    "my-name", "abc-123"))
        }
        return faults
    }

    static func wildcardSubdomain(_ text: String) -> [String] {
        var faults: [String] = []
        if text.utf8.count > 253 { faults.append(Wording.longest(253)) }
        if !text.hasPrefix("*.") || !isSubdomain(String(text.dropFirst(2))) {
            faults.append(
                pattern(
                    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must "
                        + "consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
                    "\\*\\." + subdomainPattern, "*.example.com"))
        }
        return faults
    }

    // MARK: Labels

    static func isKeyName(_ text: some Collection<UInt8>) -> Bool {
        matches(text, edge: isAlphanumeric) { isAlphanumeric($0) || $0 == dash || $0 == dot || $0 == underscore }
    }

    private static let keyRule =
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"

    /// A label key: a name with an optional DNS subdomain and a slash before it.
    static func qualifiedName(_ text: String) -> [String] {
        var faults: [String] = []
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let name: Substring
        switch parts.count {
        case 1: name = parts[0]
        case 2:
            name = parts[1]
            if parts[0].isEmpty {
                faults.append("prefix part must be non-empty")
            } else {
                faults += subdomain(String(parts[0]), Wording.longest(bytes: 253)).map { "prefix part " + $0 }
            }
        default:
            let rule = pattern(keyRule, keyPattern, "MyName", "my.name", "123-abc")
            return ["a valid label key \(rule) with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"]
        }
        if name.isEmpty {
            faults.append("name part must be non-empty")
        } else if name.utf8.count > 63 {
            faults.append("name part " + Wording.longest(bytes: 63))
        }
        if !isKeyName(name.utf8) {
            faults.append("name part " + pattern(keyRule, keyPattern, "MyName", "my.name", "123-abc"))
        }
        return faults
    }

    static func labelValue(_ text: String) -> [String] {
        var faults: [String] = []
        if text.utf8.count > 63 { faults.append(Wording.longest(bytes: 63)) }
        if !text.isEmpty, !isKeyName(text.utf8) {
            faults.append(
                pattern(
                    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and "
                        + "must start and end with an alphanumeric character", "(\(keyPattern))?", "MyValue", "my_value",
                    "12345"))
        }
        return faults
    }

    // MARK: Path segments

    static func pathSegment(_ text: String) -> [String] {
        if text == "." || text == ".." { return ["may not be '\(text)'"] }
        return pathSegmentPrefix(text)
    }

    static func pathSegmentPrefix(_ text: String) -> [String] {
        ["/", "%"].filter { text.contains($0) }.map { "may not contain '\($0)'" }
    }

    // MARK: Keys, ports, headers

    static func configMapKey(_ text: String) -> [String] {
        var faults: [String] = []
        if text.utf8.count > 253 { faults.append(Wording.longest(253)) }
        if text.isEmpty || !text.utf8.allSatisfy({ isAlphanumeric($0) || $0 == dash || $0 == dot || $0 == underscore }) {
            faults.append(
                pattern(
                    "a valid config key must consist of alphanumeric characters, '-', '_' or '.'", "[-._a-zA-Z0-9]+",
                    "key.name", "KEY_NAME", "key-name"))
        }
        if text == "." {
            faults.append("must not be '.'")
        } else if text == ".." {
            faults.append("must not be '..'")
        } else if text.hasPrefix("..") {
            faults.append("must not start with '..'")
        }
        return faults
    }

    static func portName(_ text: String) -> [String] {
        var faults: [String] = []
        let bytes = text.utf8
        if bytes.count > 15 { faults.append(Wording.longest(15)) }
        if bytes.isEmpty || !bytes.allSatisfy({ isLowerOrDigit($0) || $0 == dash }) {
            faults.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
        }
        if !bytes.contains(where: isLower) { faults.append("must contain at least one letter (a-z)") }
        if text.contains("--") { faults.append("must not contain consecutive hyphens") }
        if bytes.first == dash || bytes.last == dash { faults.append("must not begin or end with a hyphen") }
        return faults
    }

    static func headerName(_ text: String) -> [String] {
        if !text.isEmpty, text.utf8.allSatisfy({ isAlphanumeric($0) || $0 == dash }) { return [] }
        return [
            pattern("a valid HTTP header must consist of alphanumeric characters or '-'", "[-A-Za-z0-9]+", "X-Header-Name")
        ]
    }

    static func environmentVariable(_ text: String) -> [String] {
        if text.isEmpty { return ["environment variable name must be non-empty"] }
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != 0x3D }) { return [] }
        return ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
    }

    static func cIdentifier(_ text: String) -> [String] {
        let bytes = text.utf8
        let good =
            bytes.first.map { !isDigit($0) } ?? false && bytes.allSatisfy { isAlphanumeric($0) || $0 == underscore }
        if good { return [] }
        return [
            pattern(
                "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric "
                    + "characters or '_'", "[A-Za-z_][A-Za-z0-9_]*", "my_name", "MY_NAME", "MyName")
        ]
    }

    static func isPercent(_ text: String) -> Bool {
        text.utf8.last == 0x25 && text.utf8.count > 1 && text.utf8.dropLast().allSatisfy(isDigit)
    }

    static func percent(_ text: String) -> [String] {
        if isPercent(text) { return [] }
        return [
            pattern(
                "a valid percent string must be a numeric string followed by an ending '%'", "[0-9]+%", "1%", "93%")
        ]
    }

    /// A sysctl's name, with dots or slashes.
    static func isSysctl(_ text: String) -> Bool {
        if text.utf8.count > 253 { return false }
        return text.utf8.split(omittingEmptySubsequences: false, whereSeparator: { $0 == dot || $0 == 0x2F }).allSatisfy {
            matches($0, edge: isLowerOrDigit) { isLowerOrDigit($0) || $0 == dash || $0 == underscore }
        }
    }

    static let sysctlPattern = "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"
}

/// Which names a kind accepts.
enum NameRule {
    case subdomain, label, dns1035, pathSegment, ipAddress, leaseCandidate, any

    /// The faults of a name, or of the prefix of a generated one.
    func faults(_ name: String, isPrefix: Bool = false) -> [String] {
        let masked = isPrefix ? Self.maskTrailingDash(name) : name
        switch self {
        case .subdomain: return Names.dnsSubdomain(masked)
        case .label: return Names.dnsLabel(masked)
        case .dns1035: return Names.dns1035Label(masked)
        case .pathSegment: return Names.pathSegment(name)
        case .ipAddress: return Addresses.strictFaults(name)
        case .leaseCandidate: return Names.configMapKey(name)
        case .any: return []
        }
    }

    /// A prefix may end in a dash, since more follows.
    private static func maskTrailingDash(_ name: String) -> String {
        guard name.utf8.count > 1, name.hasSuffix("-") else { return name }
        return String(name.dropLast(2)) + "a"
    }
}
