import JSONValue
public import KubeModel
public import PolicyModel

/// The name of who writes an object, under which the fields it sets are owned.
public enum FieldManager {
    /// The longest name, in bytes.
    public static let maximumLength = 128

    /// The manager of a write: the one it names or, when it names none, what its `User-Agent` has before the first
    /// slash, printable and not longer than ``maximumLength``.
    public static func name(given: String, userAgent: String) -> String {
        if !given.isEmpty { return given }
        var name = ""
        for scalar in userAgent.prefix(while: { $0 != "/" }).unicodeScalars where isPrintable(scalar) {
            if name.utf8.count + String(scalar).utf8.count > maximumLength { break }
            name.unicodeScalars.append(scalar)
        }
        return name
    }

    /// The faults of a name.
    public static func faults(in name: String, at field: FieldPath = "fieldManager") -> [FieldError] {
        var found: [FieldError] = []
        if name.utf8.count > maximumLength { found.append(.tooLong(field, maximum: maximumLength)) }
        var position = 0
        for scalar in name.unicodeScalars {
            if !isPrintable(scalar) {
                let hex = String(scalar.value, radix: 16, uppercase: true)
                let code = "U+" + String(repeating: "0", count: max(0, 4 - hex.count)) + hex
                found.append(.invalid(field, .string(name), "invalid character \(code) (at position \(position))"))
            }
            position += String(scalar).utf8.count
        }
        return found
    }

    /// The faults of the options of a patch that concern its manager.
    ///
    /// - Parameters:
    ///   - name: the query parameter `fieldManager`; empty when there is none.
    ///   - force: the query parameter `force`, when it is given.
    ///   - isApply: whether the patch is a server-side apply.
    /// - Returns: every fault, in the order in which the API server lists them.
    public static func patchOptionFaults(name: String, force: Bool?, isApply: Bool) -> [FieldError] {
        var found: [FieldError] = []
        if isApply {
            if name.isEmpty { found.append(.required("fieldManager", "is required for apply patch")) }
        } else if force != nil {
            found.append(.forbidden("force", "may not be specified for non-apply patch"))
        }
        return found + faults(in: name)
    }

    /// What Go calls printable: letters, marks, numbers, punctuation, symbols and the ASCII space.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
            .spacingMark, .enclosingMark, .decimalNumber, .letterNumber, .otherNumber, .connectorPunctuation,
            .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation, .finalPunctuation,
            .otherPunctuation, .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol:
            true
        case .spaceSeparator: scalar == " "
        case .lineSeparator, .paragraphSeparator, .control, .format, .surrogate, .privateUse, .unassigned: false
        @unknown default: false
        }
    }
}
