public import KubeModel

extension StatusError {
    /// A failure that the API server passes on without a reason: 500 with the bare message.
    public static func unclassified(_ message: String) -> StatusError { .init(code: 500, reason: "", message: message) }

    /// A patch that is well-formed and cannot be applied to this object. The server keeps the cause to itself.
    static func patchNotApplicable() -> StatusError {
        .init(
            code: 422, reason: "Invalid", message: "the server rejected our request due to an error in our request",
            details: .init())
    }

    static func patchTooLarge(_ why: String) -> StatusError {
        .init(code: 413, reason: "RequestEntityTooLarge", message: "Request entity too large: \(why)")
    }
}
