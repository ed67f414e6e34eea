package import JSONValue
package import KubeModel

/// How an operation in a container ended: a `metav1.Status`.
///
/// Source: client-go remotecommand, v4: reason `NonZeroExitCode` with a cause `ExitCode` whose message is the number.
package struct OperationEnding: Hashable, Sendable {
    package var status: JSON

    package init(status: JSON) { self.status = status }

    /// It ended well.
    package static let success = OperationEnding(status: ["metadata": [:], "status": "Success"])

    /// A program ended with a code; 0 is success.
    package static func exited(_ code: Int32) -> OperationEnding {
        if code == 0 { return success }
        return OperationEnding(status: [
            "metadata": [:], "status": "Failure", "message": .string("command terminated with non-zero exit code: exit status \(code)"),
            "reason": "NonZeroExitCode", "details": ["causes": [["reason": "ExitCode", "message": .string(String(code))]]],
        ])
    }

    /// It could not be done, or was cut.
    package static func failed(_ error: StatusError) -> OperationEnding { OperationEnding(status: error.json) }

    package static func failed(_ message: String) -> OperationEnding {
        OperationEnding(status: ["metadata": [:], "status": "Failure", "reason": "InternalError", "message": .string(message), "code": 500])
    }

    /// Read from the bytes of a status frame; what is no Status counts as a failure.
    package init(_ bytes: [UInt8]) {
        guard let json = try? JSON.parse(bytes), json["status"]?.string != nil else {
            self = .failed("the end of the operation is not known")
            return
        }
        status = json
    }

    package var isSuccess: Bool { status["status"]?.string == "Success" }

    /// What the error stream carries: a Status from version 4 on, before that a sentence, and nothing on success.
    func bytes(version: Int) -> [UInt8] {
        if version >= 4 { return status.bytes }
        return isSuccess ? [] : Array((status["message"]?.string ?? "the operation failed").utf8)
    }
}

extension OperationEnding {
    /// What a person is told.
    package var message: String { status["message"]?.string ?? (isSuccess ? "" : "the operation failed") }
}
