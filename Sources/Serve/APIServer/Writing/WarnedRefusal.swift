import KubeModel

/// A refusal of a write about which there was something to warn of beside.
struct WarnedRefusal: Error {
    var error: StatusError
    var warnings: [String]

    /// The error with its warnings; the error alone when there are none, or it is no refusal.
    static func of(_ error: any Error, warnings: [String]) -> any Error {
        guard !warnings.isEmpty, let refusal = error as? StatusError else { return error }
        return WarnedRefusal(error: refusal, warnings: warnings)
    }
}
