import JSONValue
import KubeModel
import PolicyModel

/// Validates the two lists of kernel parameters of a policy: their syntax, and that they do not overlap.
enum SysctlValidation {
    static func faults(in spec: JSON) -> [FieldError] {
        let allowed = spec.member("allowedUnsafeSysctls")?.strings ?? []
        let forbidden = spec.member("forbiddenSysctls")?.strings ?? []
        let allowedPath: FieldPath = "spec.allowedUnsafeSysctls"
        let forbiddenPath: FieldPath = "spec.forbiddenSysctls"
        var errors = syntax(of: allowed, allowedPath) + syntax(of: forbidden, forbiddenPath)
        for (i, allow) in allowed.enumerated() {
            for (j, forbid) in forbidden.enumerated() {
                // The narrower of the two is at fault.
                if covers(forbid, allow) {
                    errors.append(.invalid(allowedPath.index(i), .string(allow), "sysctl overlaps with \(forbid)"))
                } else if covers(allow, forbid) {
                    errors.append(.invalid(forbiddenPath.index(j), .string(forbid), "sysctl overlaps with \(allow)"))
                }
            }
        }
        return errors
    }

    /// Whether every parameter of `narrow` is one of `wide`.
    private static func covers(_ wide: String, _ narrow: String) -> Bool {
        guard wide.hasSuffix("*") else { return wide == narrow }
        return (narrow.hasSuffix("*") ? narrow.dropLast() : narrow[...]).hasPrefix(wide.dropLast())
    }

    private static func syntax(of patterns: [String], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var coversAll = false
        for (index, pattern) in patterns.enumerated() {
            if pattern.isEmpty {
                errors.append(.invalid(path.index(index), "", "empty sysctl not allowed"))
            } else if !isPattern(pattern) {
                let detail =
                    "must have at most 253 characters and match regex "
                    + #"([a-z0-9]([-_a-z0-9]*[a-z0-9])?\.)*([a-z0-9][-_a-z0-9]*)?[a-z0-9*]"#
                errors.append(.invalid(path.index(index), .string(pattern), detail))
            } else if pattern.hasPrefix("*") {
                coversAll = true
            }
        }
        if coversAll, patterns.count > 1 {
            errors.append(.forbidden(path.child("items"), "if '*' is present, must not specify other sysctls"))
        }
        return errors
    }

    /// Segments of letters and digits, with dashes and underscores between them, joined by dots; a star may end the last.
    static func isPattern(_ text: String) -> Bool {
        guard text.utf8.count <= 253 else { return false }
        let segments = text.utf8.split(separator: 0x2E, omittingEmptySubsequences: false)
        func isPlain(_ byte: UInt8) -> Bool { byte &- 0x61 < 26 || byte &- 0x30 < 10 }
        for (index, segment) in segments.enumerated() {
            guard let first = segment.first, let last = segment.last else { return false }
            let mayEndInStar = index == segments.count - 1 && last == 0x2A
            guard isPlain(first) || mayEndInStar && segment.count == 1, isPlain(last) || mayEndInStar else {
                return false
            }
            guard segment.dropLast().allSatisfy({ isPlain($0) || $0 == 0x2D || $0 == 0x5F }) else { return false }
        }
        return true
    }
}
