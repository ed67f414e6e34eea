/// Why the kernel does not hold a ruleset. The one that it held stays in force.
package struct RulesetError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong.
    package enum Cause: Hashable, Sendable {
        /// The kernel, or libnftables, did not take the commands.
        case refused(String)
        /// libnftables could not be opened.
        case unavailable(String)
    }

    /// Where, such as `inet kastell`.
    package var table: String
    /// What went wrong there.
    package var cause: Cause
    /// How to mend it, in the imperative.
    package var remedy: String {
        switch cause {
        case .refused:
            "run 'nft list table \(table)' in the node's network namespace and see whether another program writes to it"
        case .unavailable: "install libnftables, and let this process administer its network namespace"
        }
    }

    package var description: String {
        switch cause {
        case .refused(let text): "table \(table): the rules were refused: \(text); \(remedy)"
        case .unavailable(let text): "table \(table): \(text); \(remedy)"
        }
    }
}
