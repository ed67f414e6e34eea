package import APIServer

/// The version of this program, and of the API that it serves.
package enum KastellVersion {
    package static let program = "0.1.0"
    /// What `/version` says: the compatibility target with our build metadata (SemVer 2.0.0 section 10).
    package static let kubernetes = "v1.36.0+kastell"
    package static let buildDate = "2026-11-25T00:00:00Z"

    package static var server: ServerVersion {
        ServerVersion(gitVersion: kubernetes, gitCommit: "kastell-" + program, buildDate: buildDate)
    }
}
