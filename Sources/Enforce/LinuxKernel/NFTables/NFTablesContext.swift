import CLinux
import CNft
import Synchronization

/// Why the kernel did not take commands. Nothing of them was carried out.
package struct NFTablesError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What libnftables printed.
    package var text: String
    package var description: String { text }
}

/// One open libnftables. It stays in the network namespace of the thread that made it, and is for one thread at a time.
@safe package final class NFTablesContext {
    // A lock and not an actor: what it keeps apart are contexts of several owners in one process, and nothing promises
    // that libnftables has no state beside them.
    private static let library = Mutex(())

    private let context: OpaquePointer

    package init() throws(NFTablesError) {
        unsafe context = try Self.library.withLock { _ throws(NFTablesError) in unsafe try Self.open() }
    }

    // It waits with select(2), which ends the process for a descriptor of 1024 or more.
    private static let maximumDescriptor: Int32 = 1000

    private static func open() throws(NFTablesError) -> OpaquePointer {
        // It takes the lowest free number, as this does.
        let event = kst_eventfd()
        guard event >= 0, OwnedDescriptor(event).number < maximumDescriptor else {
            throw NFTablesError(text: "libnftables cannot be opened after \(maximumDescriptor) other files")
        }
        guard let context = unsafe nft_ctx_new(UInt32(NFT_CTX_DEFAULT)) else {
            throw NFTablesError(text: "libnftables could not be opened")
        }
        // Else it prints to our own output.
        unsafe nft_ctx_buffer_output(context)
        unsafe nft_ctx_buffer_error(context)
        unsafe nft_ctx_output_set_flags(context, UInt32(NFT_CTX_OUTPUT_NUMERIC_ALL))
        return unsafe context
    }

    deinit { Self.library.withLock { _ in unsafe nft_ctx_free(context) } }

    /// Carries out all commands, or none; what they print.
    @discardableResult
    package func run(_ commands: String) throws(NFTablesError) -> String {
        try Self.library.withLock { _ throws(NFTablesError) in try perform(commands) }
    }

    private func perform(_ commands: String) throws(NFTablesError) -> String {
        let result = unsafe nft_run_cmd_from_buffer(context, commands)
        let output = unsafe nft_ctx_get_output_buffer(context).map { unsafe String(cString: $0) } ?? ""
        let error = unsafe nft_ctx_get_error_buffer(context).map { unsafe String(cString: $0) } ?? ""
        guard result == 0 else {
            throw NFTablesError(text: error.isEmpty ? "libnftables failed" : String(error.prefix(4096)))
        }
        return output
    }
}
