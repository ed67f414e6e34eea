package import YAMLValue

/// One fault of the configuration: where, what, and what is allowed there.
package struct ConfigurationFault: Hashable, Sendable, CustomStringConvertible {
    /// Where the value was written.
    package enum Origin: Hashable, Sendable {
        case file(String, YAMLMark)
        case flag(String)
    }

    package var origin: Origin
    /// The path of the field, such as `tls.minVersion`; empty when the file as a whole is at fault.
    package var field: String
    /// What is wrong, such as `"x" is no port`.
    package var problem: String
    /// What is allowed, or how to mend it.
    package var remedy: String

    /// `kastell.yaml:4:10: apiPort: 0 is not allowed. Allowed is a number from 1 to 65535.`
    package var description: String {
        let place =
            switch origin {
            case .file(let path, let mark): "\(path):\(mark.line):\(mark.column)"
            case .flag(let flag): flag
            }
        let subject = field.isEmpty ? "" : field + ": "
        return "\(place): \(subject)\(problem)" + (remedy.isEmpty ? "" : ". " + remedy)
    }
}

/// Why the configuration cannot be used: every fault that was found, in the order of the text. Nothing was started.
package struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    package var faults: [ConfigurationFault]

    package init(_ faults: [ConfigurationFault]) { self.faults = faults }

    /// One line per fault.
    package var description: String { faults.map(\.description).joined(separator: "\n") }
}
