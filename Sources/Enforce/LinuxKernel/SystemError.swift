import Glibc

/// A call of the kernel that failed. What it would have changed is as it was.
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was tried, such as `setns` or `create link kst0a000001`.
    package var action: String
    /// The error's number.
    package var code: Int32
    /// What the kernel said beside the number.
    package var detail: String

    package init(_ action: String, _ code: Int32, detail: String = "") {
        self.action = action
        self.code = code
        self.detail = detail
    }

    package var description: String {
        let text = unsafe String(cString: strerror(code))
        return "\(action): \(text)\(detail.isEmpty ? "" : " (\(detail))")"
    }

    /// The result of a call of ours: not negative, or the negative number of an error.
    static func check(_ action: @autoclosure () -> String, _ result: Int) throws(SystemError) -> Int {
        if result < 0 { throw SystemError(action(), Int32(-result)) }
        return result
    }

    static func check(_ action: @autoclosure () -> String, _ result: Int32) throws(SystemError) -> Int32 {
        if result < 0 { throw SystemError(action(), -result) }
        return result
    }
}
