import CLinux
import Glibc
import Synchronization

/// A terminal of our own making: a program has one end, we the other.
package final class PseudoTerminal: Sendable {
    private let ours: OwnedDescriptor
    private let theirs: Mutex<OwnedDescriptor?>
    package let stream: DescriptorStream

    package init() throws(SystemError) {
        var (first, second): (Int32, Int32) = (-1, -1)
        _ = try SystemError.check("make a terminal", unsafe kst_terminal(&first, &second))
        ours = OwnedDescriptor(first)
        theirs = Mutex(OwnedDescriptor(second))
        stream = try DescriptorStream(reading: ours, writing: ours)
    }

    /// What the program gets as its standard three. To be let go of when it has it: our end learns of the program's end when
    /// nobody holds the other.
    package func takeTheirs() -> OwnedDescriptor? { theirs.withLock { $0.take() } }

    /// Tells the size; the program that holds it as its terminal is told by a signal.
    package func resize(rows: UInt16, columns: UInt16) throws(SystemError) {
        _ = try SystemError.check("set a terminal's size", kst_set_window_size(ours.number, rows, columns))
    }
}
